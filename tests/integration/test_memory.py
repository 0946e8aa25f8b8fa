"""No memory: every single allocation of a load and of a reload fails in turn."""

import mmap
import pathlib
import resource
import signal
import struct
import subprocess

import pytest

import daemon
import signing

PRELOADED = daemon.BUILD / "tests" / "integration" / "failing_memory.so"

# Not made for it: see docs/architecture.md. libcrypto is only called by it.
SPARED = "libldns.so.3 libcrypto.so.3"

pytestmark = pytest.mark.skipif(daemon.SANITIZED,
                                reason="the sanitizer has an allocator of its own")


class Failing:
    """The file that the test and a program share; see failing_memory.c."""

    def __init__(self, directory):
        self.path = directory / "memory"
        self.path.write_bytes(bytes(8192))
        with self.path.open("r+b") as shared:
            self.shared = mmap.mmap(shared.fileno(), 8192)
        self.environment = {
            "LD_PRELOAD": str(PRELOADED), "FAILING_MEMORY": str(self.path),
            "FAILING_MEMORY_SPARED": SPARED}

    def begin(self, first):
        """Lets an allocation fail, the first-th or one behind it."""
        self.shared[:24] = struct.pack("qqq", 0, 0, 0)
        self.shared[:8] = struct.pack("q", first)

    @property
    def failed(self):
        """Which it was; 0: none yet."""
        return struct.unpack_from("q", self.shared, 16)[0]

    @property
    def where(self):
        return self.shared[24:4024].split(b"\0")[0].decode()


@pytest.fixture
def failing(tmp_path):
    return Failing(tmp_path)


def run(failing, *command):
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False,
                          timeout=daemon.PATIENCE, env=daemon.environment(**failing.environment))


@pytest.mark.parametrize("program, options", [
    (daemon.SITENS, ("--test", "--site", "dc1")), (daemon.PARENTGEN, ("--lint",)),
    (daemon.PARENTGEN, ("--genkey",))], ids=["sitens", "parentgen", "genkey"])
def test_every_allocation_of_a_start(site_file, failing, tmp_path, program, options):
    (tmp_path / "get.extra").write_text("_acme-challenge CNAME acme.example.net.\n")
    key = signing.make_key(tmp_path)
    path = site_file(zone={"records": "get.extra", "dnssec-key": key.private})
    good = daemon.run(*options, path, program=program)
    assert good.returncode == 0
    first, refused = 1, 0
    while True:
        failing.begin(first)
        done = run(failing, program, *options, path)
        if not failing.failed:
            break
        first = failing.failed + 1
        assert done.returncode >= 0, f"signal {-done.returncode} at\n{failing.where}{done.stderr}"
        if done.returncode:
            refused += 1
            assert done.stderr, f"not a word of it at\n{failing.where}"
        elif "--genkey" not in options:
            assert done.stdout == good.stdout, failing.where
            lost = set(good.stderr.splitlines()) - set(done.stderr.splitlines())
            assert len(lost) <= 1, failing.where  # there was no memory for the message itself
    assert refused > 10


def test_every_allocation_of_a_reload(sitens, site_file, failing, tmp_path):
    """Whatever fails, what serves goes on serving, and the log tells what became of the reload."""
    (tmp_path / "get.extra").write_text("_acme-challenge CNAME acme.example.net.\n")
    key = signing.make_key(tmp_path)

    def write(ttl):
        return site_file(zone={"records": "get.extra", "dnssec-key": key.private, "ttl": ttl},
                         check={"interval": "1h"})

    def told(since):
        """How many reloads the log tells the outcome of; a message that was lost is told of."""
        texts = running.log.texts[since:]
        return sum("reloaded" in text or "reload failed" in text or "dropped: the log" in text
                   for text in texts)

    ttl = served = 60
    running = sitens(write(ttl), more_environment=failing.environment)
    running.await_state("serving")
    running.await_ready()
    first, kept = 1, 0
    while True:
        since = len(running.log.texts)
        write(ttl := ttl + 1)
        failing.begin(first)
        running.signal(signal.SIGHUP)
        daemon.await_true("an outcome", lambda: failing.failed or told(since))
        got = running.ask().answer[0].ttl
        assert got in (served, ttl), failing.where
        kept += got == served
        if not failing.failed:
            break
        first = failing.failed + 1
        write(ttl := ttl + 1)
        running.signal(signal.SIGHUP)  # and the next one is as ever
        daemon.await_true("a reload", lambda: running.ask().answer[0].ttl == ttl)
        daemon.await_true("two outcomes", lambda: told(since) >= 2)
        served = ttl
    failing.begin(0)
    assert kept > 50


def test_address_space_runs_out(sitens, site_file):
    """Before anything is called that does not survive it."""
    running = sitens(site_file())
    running.await_state("serving")
    running.await_ready()
    pid = running.process.pid
    pages = int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[0])
    before = resource.prlimit(pid, resource.RLIMIT_AS)
    resource.prlimit(pid, resource.RLIMIT_AS,
                     (pages * resource.getpagesize() + (16 << 20), before[1]))
    running.reload()
    running.log.await_match("loading the configuration: Cannot allocate memory")
    running.log.await_match("reload failed: keeping the previous configuration")
    assert running.ask().answer
    resource.prlimit(pid, resource.RLIMIT_AS, before)
    running.reload()
    running.log.await_match(": reloaded")
