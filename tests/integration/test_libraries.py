"""What setting up the build says of libraries that are too old or missing, and who knows the versions."""

import re
import subprocess

import pytest

import daemon

# As the build names them: the library, the least version.
NEEDED = dict(re.findall(r"'(\w+)': \['>=([\d.]+)'", (daemon.ROOT / "meson.build").read_text()))

# The library by which EL9 is told that it cannot.
EL9 = {**NEEDED, "libcurl": "7.76.1"}


def set_up(directory, versions, *options):
    """Has meson find libraries of these versions and no others; returns its errors."""
    (directory / "pc").mkdir()
    for name, version in versions.items():
        (directory / "pc" / f"{name}.pc").write_text(
            f"Name: {name}\nDescription: {name}\nVersion: {version}\nLibs:\nCflags:\n")
    done = subprocess.run(
        ["meson", "setup", directory / "build", daemon.ROOT, *options], capture_output=True,
        text=True, timeout=10 * daemon.PATIENCE,
        env={**daemon.environment(), "PKG_CONFIG_LIBDIR": str(directory / "pc")}, check=False)
    said = done.stdout.partition("ERROR: Problem encountered: ")[2].partition("\n\n")[0]
    assert bool(said) == (done.returncode != 0), done
    return said.splitlines()


def older(version):
    """A version before this one."""
    *first, last = version.split(".")
    return ".".join([*first, str(int(last) - 1)]) if int(last) else f"{int(first[0]) - 1}.99"


def test_missing(tmp_path):
    """All of them are told at once: what for, and what to install."""
    said = set_up(tmp_path, {})
    assert len(said) == len(NEEDED)
    assert "(-Dsystemd=disabled does without)" in said[-1]
    for line, (name, version) in zip(said, NEEDED.items()):
        assert re.fullmatch(
            rf"{name} >={version} is needed for .*, and pkg-config does not find it\. "
            rf"Install lib\S+-dev \(Debian\) or pkgconfig\({name}\) \(Fedora, openSUSE\)\.", line)


def test_too_old(tmp_path):
    said = set_up(tmp_path, {name: older(version) for name, version in NEEDED.items()})
    assert len(said) == len(NEEDED)
    for line, (name, version) in zip(said, NEEDED.items()):
        assert f"{name} >={version} is needed for" in line and f"and this is {older(version)}." in line


def test_el9(tmp_path):
    assert [line.split()[0] for line in set_up(tmp_path, EL9)] == ["libcurl"]


def test_without_libsystemd(tmp_path):
    """The oldest of the others are enough."""
    has = {name: version for name, version in NEEDED.items() if name != "libsystemd"}
    assert set_up(tmp_path, has, "-Dsystemd=disabled") == []


@pytest.mark.parametrize("file, form", [
    ("deploy/rpm/sitens.spec", r"BuildRequires: +pkgconfig\((\w+)\) >= ([\d.]+)"),
    ("README.md", r"(?m)^\| (\w+) \| ([\d.]+) \|"),
])
def test_others_name_the_same_versions(file, form):
    assert dict(re.findall(form, (daemon.ROOT / file).read_text())) == NEEDED
