# SPDX-License-Identifier: ISC
"""deploy/Containerfile: built by buildah from a base that is made here, run in namespaces as its
image says, with all capabilities dropped but one."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import dns.exception
import dns.message
import dns.query
import pytest

from lan import wait_for
from root import root
from scheme import SOURCE, ZONE

import namespace
import sitefile
import webserver

ADDRESS = "192.0.2.11"
SITE_FILE = sitefile.text({
    "zone": {"name": ZONE, "ttl": 2},
    "site dc1": {"nameserver": "get.dc1.example.test", "address": ADDRESS},
    "check": {"url": "http://127.0.0.1/"},
})
# buildah's own may be above the present ones; root of a container may lower them only.
LIMITS = ("--ulimit=nofile=1024:1024", "--ulimit=nproc=1024:1024")
PATIENCE_S = 20
NOT_WELL = 3  # says `sitensctl status`
# What docker and podman mount, and the powers that the options in deploy/Containerfile leave.
RUN = """
root=$1 outside=$2 user=$3; shift 3
mount --bind "$outside/etc" "$root/etc/sitens" && mount --bind "$outside/state" "$root/var/lib/sitens" &&
mount --rbind /dev "$root/dev" && mount -t proc proc "$root/proc" &&
chroot "$root" chown "$user" /var/lib/sitens &&
exec chroot "$root" setpriv --bounding-set=-all,+net_bind_service --reuid="$user" --regid="$user" \\
    --clear-groups "$@"
"""


class Buildah:
    """The program, with a store of its own."""

    def __init__(self, store):
        self.command = ("buildah", "--root", store / "root", "--runroot", store / "run",
                        "--storage-driver", "vfs")

    def __call__(self, *arguments):
        """What it prints."""
        done = subprocess.run([*self.command, *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
        return done.stdout.strip()

    def obstacle(self, container):
        done = subprocess.run([*self.command, "run", "--isolation", "chroot", container, "true"],
                              capture_output=True, text=True, check=False)
        return done.stderr if done.returncode else None


@pytest.fixture(scope="module")
def store():
    """Not in /tmp: Debian 13 mounts it so that a program there has no capability of its own."""
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="sitens-store-") as directory:
        yield Path(directory)


@pytest.fixture(scope="module")
def image(store):
    """(what the image says of itself, the directory of its files)."""
    if not shutil.which("buildah"):
        pytest.skip("buildah is missing: deploy/install-dependencies lab")
    buildah = Buildah(store)
    base = buildah("from", *LIMITS, "scratch")
    buildah("add", base, root(("passwd",), ()), "/")
    if why := buildah.obstacle(base):
        pytest.skip(f"buildah cannot run anything here: {why}")
    buildah("commit", "--format", "docker", base, "base")
    buildah("build", *LIMITS, "--isolation", "chroot", "--format", "docker",
            "--build-arg", "BASE=localhost/base",
            "--file", SOURCE / "deploy" / "Containerfile", "--tag", "sitens", SOURCE)
    container = buildah("from", "sitens")
    says = json.loads(buildah("inspect", "--type", "image", "sitens"))["Docker"]["config"]
    yield says, Path(buildah("mount", container))
    buildah("umount", container)


class Container:
    """A running one, in a network where only its site is; its log is in directory."""

    def __init__(self, image, directory):
        self.says, self.root = image
        self.log = directory / "log"
        with self.log.open("wb") as log:
            self.unshare = subprocess.Popen(
                ["unshare", "--mount", "--pid", "--fork", "sh", "-c", RUN, "sh", self.root, directory,
                 self.says["User"], *self.says["Entrypoint"]],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    @property
    def pid(self):
        children = Path(f"/proc/{self.unshare.pid}/task/{self.unshare.pid}/children").read_text().split()
        return int(children[0])

    def health(self):
        """The exit status of what the image says is to be run for that."""
        kind, command = self.says["Healthcheck"]["Test"]
        assert kind == "CMD-SHELL"
        return self.run("sh", "-c", command).returncode

    def run(self, *command):
        user = self.says["User"]
        return subprocess.run(
            ["nsenter", f"--target={self.pid}", "--mount", "--pid", "--root", "--wd", "setpriv",
             f"--reuid={user}", f"--regid={user}", "--clear-groups", *command],
            capture_output=True, text=True, check=False)

    def stop(self):
        os.kill(self.pid, getattr(signal, self.says["StopSignal"]))
        return self.unshare.wait(PATIENCE_S)


@pytest.fixture
def web():
    """In the network of the site, as are the container and the test."""
    with namespace.Namespace(f"sitens-container-{os.getpid()}") as netns:
        netns.add_address(f"{ADDRESS}/32")
        with netns.inside(), contextlib.closing(webserver.WebServer(("127.0.0.1", 80))) as web:
            yield web


@pytest.fixture
def container(image, web, tmp_path):
    for volume in ("etc", "state"):
        (tmp_path / volume).mkdir()
    (tmp_path / "etc" / f"{ZONE}.conf").write_text(SITE_FILE)
    container = Container(image, tmp_path)
    yield container
    if container.unshare.poll() is None:
        os.kill(container.pid, signal.SIGKILL)
        container.unshare.wait()


def answers():
    query = dns.message.make_query(ZONE, "A")
    with contextlib.suppress(OSError, dns.exception.Timeout):
        return [rdata.address for rdata in dns.query.udp(query, ADDRESS, timeout=0.2).answer[0]]
    return None


def test_answers_while_the_web_server_works(container, web):
    """And is healthy also while it is rightly silent: who restarts it gains nothing."""
    wait_for("the answer", answers)
    assert answers() == [ADDRESS]
    assert container.health() == 0
    web.answer = webserver.response(status=500)
    wait_for("silence", lambda: not answers())
    assert container.run("sitensctl", "status").returncode == NOT_WELL
    assert container.health() == 0
    web.answer = webserver.response()
    wait_for("the answer", answers)


def test_unhealthy_when_it_hangs(container):
    wait_for("the answer", answers)
    os.kill(container.pid, signal.SIGSTOP)
    assert container.health() != 0


def test_stop(container):
    """As the guide says: nobody is sent there any more, the web server goes on, then it ends well."""
    wait_for("the answer", answers)
    assert container.run("sitensctl", "--runtime", "out", "--all").returncode == 0
    wait_for("silence", lambda: not answers())
    assert container.stop() == 0, container.log.read_text()


def test_stop_while_it_serves(container):
    wait_for("the answer", answers)
    assert container.stop() == 0, container.log.read_text()
    assert not answers()


def test_runs_without_root(container):
    wait_for("the answer", answers)
    status = Path(f"/proc/{container.pid}/status").read_text()
    assert not re.search(r"^(Uid|Gid):.*\b0\b", status, re.MULTILINE), status
    # Port 53, and nothing else.
    assert re.findall(r"^Cap(?:Prm|Eff|Bnd):\t(\w+)", status, re.MULTILINE) == ["0000000000000400"] * 3


def test_state_and_configuration_come_from_outside(image):
    says, directory = image
    assert set(says["Volumes"]) == {"/etc/sitens", "/var/lib/sitens"}
    for volume in says["Volumes"]:
        assert list((directory / volume.lstrip("/")).iterdir()) == []


def test_image_has_no_tools_to_build(image):
    _, directory = image
    for left in ("source", "build", "usr/bin/cc", "usr/bin/gcc", "usr/bin/meson", "usr/include/ldns"):
        assert not (directory / left).exists(), left
