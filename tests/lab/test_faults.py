# SPDX-License-Identifier: ISC
"""What breaks around a site: it never answers with a dead web server, and comes back by itself.

docs/faults.md tells the operator; each of its faults that has a test here bears the same name.
"""

import contextlib
import dataclasses
import re
import socket

import pytest

from lan import run, wait_for
from scheme import SOURCE, Background, network_of

import hang  # noqa: E402  (of the integration tests, as scheme finds them)

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


def send_queries(site, n):
    """Of clients that are gone before the answer comes."""
    query = bytes.fromhex("00010000000100000000000003") + b"get\x07example\x04test\0\0\1\0\1"
    with network_of(site.client_netns):
        for _ in range(n):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as gone:
                gone.sendto(query, (site.ipv4, 53))


def add_ipv6(site):
    """As an operator does: whether others have the address is asked first."""
    site.node.run("ip", "addr", "add", f"{site.ipv6}/64", "dev", "eth0")


def is_flagged(site, flag):
    return site.ipv6 in site.node.run("ip", "-6", "addr", "show", "dev", "eth0", flag).stdout


@fault("no processes", answers=False, says="could not be made for")
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


@fault("full disk", restarts=True)
def full_disk(site):
    node, places = site.node, ("/run/sitens", "/var/lib/sitens")
    node.systemctl("stop", "sitens")
    for place in places:
        node.run("mkdir", "--parents", place)
        node.run("mount", "-t", "tmpfs", "-o", "size=64k,mode=700", "full", place)
        node.run("chown", "sitens:sitens", place)
    node.systemctl("start", "sitens")
    wait_for("the answer", site.answers)
    for place in places:
        node.run("sh", "-c", f"cat /dev/zero >{place}/filler || true")
    try:
        yield
    finally:
        node.systemctl("stop", "sitens")
        node.run("umount", *places)
        node.systemctl("start", "sitens")


@fault("run-time directory that hangs")
def hung_run(site):
    """FUSE without a server, over what sitens itself sees."""
    namespace = f"/proc/{site.node.leader()}/root/proc/{site.pid()}/ns/mnt"
    with hang.over("/run/sitens", namespace):
        yield


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
    add_ipv6(site)


@fault("address removed", answers=False)
def address_removed(site):
    yield from commands(("ip", "addr", "del", f"{site.ipv4}/24", "dev", "eth0"),
                        ("ip", "addr", "add", f"{site.ipv4}/24", "dev", "eth0"))(site)


@fault("tentative address", restarts=True)
def tentative(site):
    """sitens starts while the host still asks whether others have the address."""
    probes = "net.ipv6.conf.eth0.dad_transmits"
    site.node.run("ip", "addr", "del", f"{site.ipv6}/64", "dev", "eth0")
    site.node.run("sysctl", "--quiet", f"{probes}=5")
    try:
        add_ipv6(site)
        restart(site)
        assert is_flagged(site, "tentative")
        yield
    finally:
        site.node.run("sysctl", "--quiet", f"{probes}=1")


@fault("address that another host has")
def duplicate(site):
    client = ("ip", "-n", site.client_netns, "addr")
    run(*client, "add", f"{site.ipv6}/64", "dev", "eth0", "nodad")
    try:
        site.node.run("ip", "addr", "del", f"{site.ipv6}/64", "dev", "eth0")
        add_ipv6(site)
        wait_for("the other host's word", lambda: is_flagged(site, "dadfailed"))
        yield
    finally:
        run(*client, "del", f"{site.ipv6}/64", "dev", "eth0")
        site.node.run("ip", "addr", "del", f"{site.ipv6}/64", "dev", "eth0")
        add_ipv6(site)


def unsent(site):
    text = site.node.run("cat", "/run/sitens/sitens.prom").stdout
    return int(re.search('"unsent"} (\\d+)', text)[1])


@fault("link that is too slow")
def slow_link(site):
    """More answers than it takes: the kernel has no room for more (EAGAIN), and drops what is late."""
    queue = ("tc", "-n", site.node.machine, "qdisc")
    run(*queue, "add", "dev", "eth0", "root", "tbf", "rate", "100kbit", "burst", "1600", "latency", "60s")
    try:
        before = unsent(site)

        def is_refused():
            send_queries(site, 1000)
            return unsent(site) > before

        wait_for("answers that the kernel refuses", is_refused)
        yield
    finally:
        run(*queue, "del", "dev", "eth0", "root")


@fault("IPv6 off")
def ipv6_off(site):
    # From outside: /proc/sys is read-only inside.
    turn = ("ip", "netns", "exec", site.node.machine, "sysctl", "--quiet")
    run(*turn, "net.ipv6.conf.all.disable_ipv6=1")
    try:
        yield
    finally:
        run(*turn, "net.ipv6.conf.all.disable_ipv6=0")
        add_ipv6(site)


@fault("MTU of 1280")
def small_mtu(site):
    yield from commands(("ip", "link", "set", "eth0", "mtu", "1280"),
                        ("ip", "link", "set", "eth0", "mtu", "1500"))(site)


@fault("errors of ICMP")
def icmp(site):
    """Clients that are gone when the answer comes."""
    send_queries(site, 500)
    yield


@fault("checker is killed")
def checker_killed(site):
    site.node.run("pkill", "--exact", "--signal=KILL", "sitens-http")
    yield


@fault("checker is stopped")
def checker_stopped(site):
    site.node.run("pkill", "--exact", "--signal=STOP", "sitens-http")
    yield


@fault("checker is replaced")
def checker_replaced(site):
    """As an upgrade does that does not come to its end: the file is another one, and the process that
    came of the old one ends."""
    program = "/usr/libexec/sitens/sitens-http"
    site.node.run("sh", "-c", f"cp --preserve {program} {program}.dpkg-new && "
                  f"mv {program}.dpkg-new {program} && pkill --exact sitens-http")
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
            wait_for("what users see of it", site.answers if fault.answers else site.silent)
        print(f"{name}: silent for {asking.longest_gap_s():.1f} s")
        site.node.systemctl("stop", "nginx")
        wait_for("silence", site.silent)
        if fault.answers:
            site.node.systemctl("start", "nginx")
            wait_for("the answer", site.answers)
    site.node.systemctl("start", "nginx")
    wait_for("the answer", site.answers)
    wait_for("the answer over IPv6", lambda: site.query("AAAA", site.ipv6))
    wait_for("its return in the journal", lambda: any(
        entry.get("SITENS_STATE") == "serving" for entry in site.journal()[said:]))
    print(*(entry["MESSAGE"] for entry in site.journal()[said:]), sep="\n")
    assert fault.restarts or site.pid() == before
    if fault.says:
        wait_for(f"{fault.says!r} in the journal", lambda: any(
            fault.says in entry["MESSAGE"] for entry in site.journal()[said:]))
