"""The system calls of each process and thread, traced, against what they may be.

docs/security.md tells what these limits are for.
"""

import re
import shutil
import subprocess

import pytest

import daemon
import signing
import transport
import webserver
import wire

# A thread that answers is woken by a signal once a second, so that it turns though nobody asks.
WOKEN = {"rt_sigreturn"}
# Of one that answers UDP queries, from its first query to its last answer.
UDP_CALLS = {"recvmmsg", "sendmmsg", "recvfrom", "sendto"} | WOKEN
# libuv from 1.45 on tries these, and does without where they are refused, as under the unit.
TRIED = {"io_uring_setup", "io_uring_enter"}
# Of one that has the TCP connections of an address: none that opens, sends or starts anything else.
# Memory of a connection comes from the heap.
TCP_CALLS = {"accept4", "close", "epoll_ctl", "epoll_pwait", "epoll_wait", "ioctl", "read",
             "sched_yield", "setsockopt", "write", "mmap", "mprotect", "munmap", "futex"} | WOKEN
# What no process below the unit may call, whatever becomes of it.
NEVER = ("@clock", "@cpu-emulation", "@debug", "@module", "@mount", "@obsolete", "@privileged", "@raw-io",
         "@reboot", "@resources", "@swap")
UNIT = daemon.ROOT / "deploy" / "sitens.service.in"

pytestmark = pytest.mark.skipif("sanitize" in daemon.BUILD.name, reason="a sanitizer makes calls of its own")


def expand(name):
    """The calls that a name in SystemCallFilter= stands for, as systemd has it."""
    if not name.startswith("@"):
        return {name}
    done = subprocess.run(["systemd-analyze", "syscall-filter", name], capture_output=True,
                          text=True, check=True)
    words = [line.strip() for line in done.stdout.splitlines() if line.startswith("    ")]
    return set().union(*(expand(word) for word in words if not word.startswith("#")))


def allowed_by_unit():
    calls = set()
    for words in re.findall("(?m)^SystemCallFilter=(.*)", UNIT.read_text()):
        named = set().union(*(expand(word) for word in words.lstrip("~").split()))
        calls = calls - named if words.startswith("~") else calls | named
    return calls


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
@pytest.mark.parametrize("group", NEVER)
def test_the_unit_allows_none_of(group):
    assert allowed_by_unit() & expand(group) == set()


class Thread:
    """One traced thread: its system calls in their order, and what it was made by."""

    def __init__(self, path):
        self.lines = path.read_text(errors="replace").splitlines()
        self.calls = [match[0] for match in map(re.compile(r"^[a-z]\w*(?=\()").match, self.lines) if match]

    def between(self, first, last):
        """The calls from the first of one name to the last of another."""
        end = len(self.calls) - self.calls[::-1].index(last)
        return set(self.calls[self.calls.index(first):end])

    @property
    def program(self):
        """What it executes; None for a thread."""
        executed = re.findall(r'(?m)^execve\("([^"]+)"', "\n".join(self.lines))
        return executed[-1].rpartition("/")[2] if executed else None


@pytest.fixture
def threads(sitens, site_file, web, make_web, authority, tmp_path):
    """Those of a daemon that did everything it can do."""
    for tool in ("strace", "systemd-analyze"):
        if not shutil.which(tool):
            pytest.skip(f"{tool} is not installed")
    key = signing.make_key(tmp_path, "get.example.test")
    tls = make_web(tls=authority.context("get.example.test"))
    path = site_file(
        zone={"dnssec-key": key.private}, site_dc2={"address": "127.0.0.2"},
        policy={"withdraw": "hand-over"}, check_exec={"exec": "/bin/true"},
        check_tls={"url": tls.url(), "ca-file": authority.path},
        check_file={"file": "/etc/passwd"}, check_tcp={"tcp": "{}:{}".format(*web.place)})
    directory = tmp_path / "trace"
    directory.mkdir()
    running = sitens(path, wrapper=["strace", "-D", "-ff", "-o", directory / "of"])
    running.await_state("serving")
    for tcp in (False, True):
        ask = transport.Via(running.address, running.port, tcp=tcp).octets
        for _ in range(20):
            assert ask(wire.query())
    running.reload()
    web.answer = webserver.response(status=500)
    running.await_state("failing")
    assert running.stop() == 0
    return [Thread(each) for each in directory.iterdir()]


def test_only_what_is_needed(threads):
    """All is done by one daemon, since tracing is slow."""
    programs = {thread.program for thread in threads}
    assert programs == {"sitens", "sitens-http", "sitens-exec", "true", None}
    allowed = allowed_by_unit()
    for thread in threads:
        assert set(thread.calls) - TRIED <= allowed, thread.program
    udp = [thread for thread in threads if "recvmmsg" in thread.calls]
    tcp = [thread for thread in threads if "accept4" in thread.calls]
    assert udp and tcp
    for thread in udp:
        assert thread.between("recvmmsg", "recvmmsg") <= UDP_CALLS
    for thread in tcp:
        # With the first connection libuv opens a descriptor that it keeps in reserve.
        thread.calls = thread.calls[thread.calls.index("setsockopt"):]
        assert thread.between("accept4", "accept4") <= TCP_CALLS | TRIED
