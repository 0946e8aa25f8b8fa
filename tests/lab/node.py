# SPDX-License-Identifier: ISC
"""Booted systemd containers on a LAN of their own.

A node is systemd-nspawn over a throw-away overlay of the root, in a network namespace of its own.
"""

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from lan import run, wait_for

BOOT_S = 60
CGROUPS = [Path("/sys/fs/cgroup", sub) for sub in ("systemd", "unified", "")]
ENVIRONMENT = ("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8")


class Node:
    """One machine of the lab. Without a LAN it reaches what the host reaches, to install packages, by
    slirp4netns: ports that others on the host use are no concern of it."""

    def __init__(self, lan, root, name, *addresses):
        self.lan = lan
        self.lower = root
        self.name = name
        self.addresses = addresses  # with their prefix lengths
        self.machine = f"{lan.name}-{name}" if lan else name
        self.dir = Path(tempfile.gettempdir(), self.machine)
        self.root = self.dir / "root"
        self.nspawn = None
        self.way_out = None

    @property
    def plain_addresses(self):
        return [address.split("/")[0] for address in self.addresses]

    def boot(self):
        """Starts the machine; booted() waits for it."""
        self._mount()
        self.write("/etc/hostname", f"{self.name}\n")
        self.write("/etc/machine-id", "")
        self.write("/etc/resolv.conf", "" if self.lan else "nameserver 10.0.2.3\n")
        if self.lan:
            self.lan.attach(self.machine, self.name, self.addresses)
        else:
            self._find_way_out()
        self._spawn()

    def _find_way_out(self):
        run("ip", "netns", "add", self.machine)
        run("ip", "-n", self.machine, "link", "set", "lo", "up")
        self.way_out = subprocess.Popen(
            ["slirp4netns", "--configure", "--disable-host-loopback", "--netns-type=path",
             f"/run/netns/{self.machine}", "tap0"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def _mount(self):
        self.dir.mkdir()
        run("mount", "-t", "tmpfs", "-o", "size=8g,mode=755", self.machine, self.dir)
        for part in ("upper", "work", "root"):
            (self.dir / part).mkdir()
        layers = f"lowerdir={self.lower},upperdir={self.dir}/upper,workdir={self.dir}/work"
        run("mount", "-t", "overlay", "-o", layers, self.machine, self.root)

    def _spawn(self):
        command = [
            "systemd-nspawn",
            "--quiet",
            f"--directory={self.root}",
            f"--machine={self.machine}",
            f"--hostname={self.name}",
            "--register=no",
            "--resolv-conf=off",
            "--timezone=off",
            "--link-journal=no",
            # As on a host: nspawn of this version does not know these calls, and refuses them.
            "--system-call-filter=landlock_create_ruleset landlock_add_rule landlock_restrict_self",
            f"--network-namespace-path=/run/netns/{self.machine}",
            "--boot",
        ]
        if not self.lan:
            command += ["--capability=all"]  # to make network namespaces, and machines, inside
            command += [f"--bind={path}" for path in ("/dev/fuse",) if Path(path).exists()]
        if not Path("/run/systemd/system").exists():
            # No service manager to give the container a cgroup: it gets one here.
            command = [*self._enter_cgroup(), *command, "--keep-unit"]
        console = (self.dir / "console").open("wb")
        self.nspawn = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=console, stderr=console, start_new_session=True,
            env={**os.environ, "SYSTEMD_NSPAWN_API_VFS_WRITABLE": "network"}  # sysctl net.*, as on a host
        )

    def _cgroups(self):
        return [top / self.machine for top in CGROUPS if (top / "cgroup.procs").exists()]

    def _enter_cgroup(self):
        for cgroup in self._cgroups():
            cgroup.mkdir(exist_ok=True)
        procs = [str(cgroup / "cgroup.procs") for cgroup in self._cgroups()]
        script = 'while [ "$1" != -- ]; do echo $$ >"$1"; shift; done; shift; exec "$@"'
        return ["sh", "-c", script, "sh", *procs, "--"]

    def booted(self):
        wait_for(f"boot of {self.name}", self._is_running, BOOT_S)

    def _is_running(self):
        if self.nspawn.poll() is not None:
            raise RuntimeError(f"{self.name}: {(self.dir / 'console').read_text()}")
        if not self.leader():
            return False
        state = self.run("systemctl", "is-system-running", check=False).stdout.strip()
        if state == "degraded":
            raise RuntimeError(self.run("systemctl", "--failed").stdout)
        return state == "running"

    def leader(self):
        """The container's process 1, as the host sees it.

        Not nspawn's other child, which only prepares the container: in its namespaces one would
        meet the host's own systemd.
        """
        task = Path(f"/proc/{self.nspawn.pid}/task/{self.nspawn.pid}/children")
        try:
            for child in task.read_text().split():
                if os.readlink(f"/proc/{child}/ns/pid") != os.readlink("/proc/self/ns/pid"):
                    return child
        except (FileNotFoundError, ProcessLookupError):
            pass
        return None

    def enter(self):
        """The words to put before a command that is to run inside."""
        return ["nsenter", f"--target={self.leader()}", "--all", "--"]

    def run(self, *command, check=True, **options):
        """Runs a command inside; returns the CompletedProcess with its output as text."""
        done = subprocess.run(
            [*self.enter(), "env", "-i", *ENVIRONMENT, *map(str, command)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            **options,
        )
        if check and done.returncode:
            words = " ".join(map(str, command))
            raise AssertionError(f"{self.name}: {words}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def systemctl(self, *arguments, check=True):
        return self.run("systemctl", *arguments, check=check).stdout.strip()

    def read(self, path):
        return (self.root / path.lstrip("/")).read_text()

    def write(self, path, text):
        target = self.root / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        target.write_text(text)

    def copy(self, path, directory="/root"):
        """Copies a file of the host; returns its name inside."""
        shutil.copy(path, self.root / directory.lstrip("/"))
        return f"{directory}/{Path(path).name}"

    def power_off(self):
        """An orderly shutdown, as an operator does it. Returns at once."""
        self.run("systemctl", "--no-block", "poweroff")

    def wait_off(self, limit_s=60):
        self.nspawn.wait(limit_s)

    def boot_again(self):
        """After wait_off(): the same machine, with its files."""
        self._spawn()
        self.booted()

    def remove(self):
        """Ends the machine, if it still runs, and removes what was made for it."""
        if self.nspawn and self.nspawn.poll() is None:
            # Killing nspawn would leave the container alive; its process 1 takes all with it.
            leader = self.leader()
            os.kill(int(leader) if leader else self.nspawn.pid, signal.SIGKILL)
            self.nspawn.wait()
        if self.way_out:
            self.way_out.kill()
            self.way_out.wait()
        if Path("/run/netns", self.machine).exists():
            run("ip", "netns", "del", self.machine)
        for mounted in (self.root, self.dir):
            if mounted.is_mount():
                run("umount", mounted)
        if self.dir.exists():
            self.dir.rmdir()
        for cgroup in self._cgroups():
            for directory, *_ in os.walk(cgroup, topdown=False):
                os.rmdir(directory)
