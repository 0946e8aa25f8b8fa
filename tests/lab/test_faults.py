# SPDX-License-Identifier: ISC
"""What breaks around a site: it never answers with a dead web server, and comes back by itself.

docs/faults.md tells the operator; each of its faults that has a test here bears the same name.
"""

import contextlib
import dataclasses
import socket

import pytest

from lan import run, wait_for
from scheme import SOURCE, Background, network_of

DROP_IN = "/etc/systemd/system/sitens.service.d/test.conf"


@dataclasses.dataclass
class Fault:
    """A fault that is there while the context of present(site) lasts.

    answers: whether a site with a web server that works answers meanwhile. says: a part of what is
    in the journal then, or None. restarts: present() starts sitens anew to bring the fault about.
    """

    present: callable
    answers: bool = True
    says: str | None = None
    restarts: bool = False


FAULTS = {}


def fault(name, **more):
    """The function is a generator: the fault is there while it waits."""

    def add(function):
        FAULTS[name] = Fault(contextlib.contextmanager(function), **more)
        return function

    return add


def commands(enter, leave):
    """A fault that comes and goes with a command."""

    def present(site):
        site.node.run(*enter)
        try:
            yield
        finally:
            site.node.run(*leave)

    return present


@contextlib.contextmanager
def limited(site, name, value):
    """A soft limit of the running daemon, which its own user may set."""
    limit = ("setpriv", "--reuid=sitens", "--regid=sitens", "--clear-groups", "prlimit",
             f"--pid={site.pid()}")
    most = site.node.run(*limit, f"--{name}", "--noheadings", "--output=HARD").stdout.strip()
    site.node.run(*limit, f"--{name}={value}:")
    try:
        yield
    finally:
        site.node.run(*limit, f"--{name}={most}:")


def restart(site):
    site.node.systemctl("restart", "sitens")


@fault("no processes", answers=False)
def no_processes(site):
    with limited(site, "nproc", 1):
        # What makes the checks has to be started anew.
        site.node.run("pkill", "--exact", "sitens-http")
        yield


@fault("no descriptors")
def no_descriptors(site):
    used = len(site.node.run("ls", f"/proc/{site.pid()}/fd").stdout.split())
    with limited(site, "nofile", used):
        yield


@fault("full run-time directory", restarts=True)
def full_run(site):
    node = site.node
    node.systemctl("stop", "sitens")
    node.run("mkdir", "--parents", "/run/sitens")
    node.run("mount", "-t", "tmpfs", "-o", "size=64k", "full", "/run/sitens")
    node.run("chown", "sitens:sitens", "/run/sitens")
    node.systemctl("start", "sitens")
    wait_for("the answer", site.answers)
    node.run("sh", "-c", "cat /dev/zero >/run/sitens/filler || true")
    try:
        yield
    finally:
        node.systemctl("stop", "sitens")
        node.run("umount", "/run/sitens")
        node.systemctl("start", "sitens")


@fault("state directory that cannot be written", says="Read-only file system", restarts=True)
def read_only_state(site):
    node = site.node
    node.systemctl("stop", "sitens")
    node.run("rm", "--force", "/var/lib/sitens/cookie-secrets")
    node.run("mount", "--bind", "-o", "ro", "/var/lib/sitens", "/var/lib/sitens")
    node.systemctl("start", "sitens")
    try:
        yield
    finally:
        node.systemctl("stop", "sitens")
        node.run("umount", "/var/lib/sitens")
        node.systemctl("start", "sitens")


@fault("journald is killed")
def no_journal(site):
    site.node.systemctl("kill", "--signal=KILL", "systemd-journald")
    yield


@fault("journald is restarted")
def new_journal(site):
    site.node.systemctl("restart", "systemd-journald")
    yield


@fault("no system bus")
def no_bus(site):
    node = site.node
    node.systemctl("stop", "dbus.socket", "dbus.service")
    try:
        yield
    finally:
        node.systemctl("start", "dbus.socket", "dbus.service")


@fault("bus that is stopped")
def hung_bus(site):
    site.node.systemctl("kill", "--signal=STOP", "dbus")
    try:
        yield
    finally:
        site.node.systemctl("kill", "--signal=CONT", "dbus")


@fault("interface down", answers=False)
def interface_down(site):
    yield from commands(("ip", "link", "set", "eth0", "down"), ("ip", "link", "set", "eth0", "up"))(site)
    site.node.run("ip", "addr", "add", f"{site.ipv6}/64", "dev", "eth0")


@fault("address removed", answers=False)
def address_removed(site):
    yield from commands(("ip", "addr", "del", f"{site.ipv4}/24", "dev", "eth0"),
                        ("ip", "addr", "add", f"{site.ipv4}/24", "dev", "eth0"))(site)


@fault("IPv6 off")
def ipv6_off(site):
    # From outside: /proc/sys is read-only inside.
    turn = ("ip", "netns", "exec", site.node.machine, "sysctl", "--quiet")
    run(*turn, "net.ipv6.conf.all.disable_ipv6=1")
    try:
        yield
    finally:
        run(*turn, "net.ipv6.conf.all.disable_ipv6=0")
        site.node.run("ip", "addr", "add", f"{site.ipv6}/64", "dev", "eth0")


@fault("MTU of 1280")
def small_mtu(site):
    yield from commands(("ip", "link", "set", "eth0", "mtu", "1280"),
                        ("ip", "link", "set", "eth0", "mtu", "1500"))(site)


@fault("errors of ICMP")
def icmp(site):
    """Clients that are gone when the answer comes."""
    query = bytes.fromhex("00010000000100000000000003") + b"get\x07example\x04test\0\0\1\0\1"
    with network_of(site.client_netns):
        for _ in range(500):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as gone:
                gone.sendto(query, (site.ipv4, 53))
    yield


@fault("checker is killed")
def checker_killed(site):
    site.node.run("pkill", "--exact", "--signal=KILL", "sitens-http")
    yield


@fault("checker is stopped")
def checker_stopped(site):
    site.node.run("pkill", "--exact", "--signal=STOP", "sitens-http")
    yield


@fault("kernel without Landlock", says="no Landlock", restarts=True)
def no_landlock(site):
    node = site.node
    node.write(DROP_IN, "[Service]\nSystemCallFilter=~landlock_create_ruleset\n")
    node.systemctl("daemon-reload")
    restart(site)
    try:
        yield
    finally:
        (node.root / DROP_IN.lstrip("/")).unlink()
        node.systemctl("daemon-reload")
        restart(site)


def test_every_fault_is_documented():
    text = (SOURCE / "docs" / "faults.md").read_text()
    assert [name for name in FAULTS if f"| {name} |" not in text] == []


@pytest.mark.parametrize("name", FAULTS)
def test_a_dead_web_server_is_never_served(lab, name):
    """Whatever else is broken; and all is well again when it is not."""
    fault, site = FAULTS[name], lab.actives[0]
    said, before = len(site.journal()), site.pid()
    with contextlib.ExitStack() as broken:
        with Background(site.answers, pause_s=0.01) as asking:
            wait_for("the answer", lambda: asking.results and asking.results[-1][1])
            broken.enter_context(fault.present(site))
            if fault.answers:
                wait_for("the answer", site.answers)
        print(f"{name}: silent for {asking.longest_gap_s():.1f} s")
        site.node.systemctl("stop", "nginx")
        wait_for("silence", site.silent)
        if fault.answers:
            site.node.systemctl("start", "nginx")
            wait_for("the answer", site.answers)
    site.node.systemctl("start", "nginx")
    wait_for("the answer", site.answers)
    wait_for("the answer over IPv6", lambda: site.query("AAAA", site.ipv6))
    print(*(entry["MESSAGE"] for entry in site.journal()[said:]), sep="\n")
    assert fault.restarts or site.pid() == before
    if fault.says:
        wait_for(f"{fault.says!r} in the journal", lambda: any(
            fault.says in entry["MESSAGE"] for entry in site.journal()[said:]))
