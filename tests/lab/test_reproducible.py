# SPDX-License-Identifier: ISC
"""The same sources make the same packages."""

import hashlib
import pathlib
import shutil
import subprocess
import tempfile

import pytest

from root import HOST_SUITE
from scheme import SOURCE

# Said as the other tests say it: else those for the last of their releases would be taken.
pytestmark = pytest.mark.parametrize("suite", (HOST_SUITE,), scope="session")


@pytest.fixture
def open_directory():
    """A directory that every user can enter, as pytest's are not."""
    with tempfile.TemporaryDirectory(prefix="sitens-build-") as name:
        pathlib.Path(name).chmod(0o755)
        yield pathlib.Path(name)


def built(directory, names):
    """What of these is no source."""
    top = pathlib.Path(directory) == SOURCE
    return [name for name in names if top and (name.startswith("build") or name == "dist")]


def copy_sources(tree):
    """Those of git with what is changed, or those of a tarball with whatever was built there."""
    if not (SOURCE / ".git").exists():
        shutil.copytree(SOURCE, tree, symlinks=True, ignore=built)
        return
    subprocess.run(["git", "clone", "--quiet", SOURCE, tree], check=True)
    changed = subprocess.run(["git", "-C", SOURCE, "diff", "HEAD", "--binary"], check=True,
                             stdout=subprocess.PIPE).stdout
    if changed:
        subprocess.run(["git", "-C", tree, "apply"], input=changed, check=True)


def test_builds_are_alike(packages, open_directory, suite):
    """Another directory, time zone, umask and user: the same packages to the octet."""
    assert suite == HOST_SUITE
    tree = open_directory / "tree"
    copy_sources(tree)
    subprocess.run(["chown", "-R", "nobody", open_directory], check=True)
    build = (f"umask 027; TZ=Pacific/Chatham HOME={open_directory} TMPDIR={open_directory} "
             f"{tree}/deploy/build-deb")
    subprocess.run(["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "sh", "-c", build],
                   check=True, stdout=subprocess.DEVNULL)
    for name, package in packages.items():
        [other] = (tree / "dist").glob(f"{name}_*.deb")
        assert hashlib.sha256(other.read_bytes()).digest() == hashlib.sha256(
            package.read_bytes()).digest(), name
