"""No memory: every single allocation of a load, a reload, a check fails in turn."""

import mmap
import pathlib
import re
import resource
import signal
import struct
import subprocess

import dns.message
import pytest

import daemon
import signing
import webserver
import world as worlds

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

    def run(self, *command):
        return subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False,
                              timeout=daemon.PATIENCE, env=daemon.environment(**self.environment))

    def each_in_turn(self, *command):
        """Runs a program again and again, another allocation failing each time; what became of it."""
        self.begin(1)
        done = self.run(*command)
        while self.failed:
            assert done.returncode >= 0, f"signal {-done.returncode} at\n{self.where}{done.stderr}"
            yield done
            self.begin(self.failed + 1)
            done = self.run(*command)


@pytest.fixture
def failing(tmp_path):
    return Failing(tmp_path)


@pytest.mark.parametrize("program, options", [
    (daemon.SITENS, ("--test", "--site", "dc1")), (daemon.PARENTGEN, ("--lint",)),
    (daemon.PARENTGEN, ("--genkey",))], ids=["sitens", "parentgen", "genkey"])
def test_every_allocation_of_a_start(site_file, failing, tmp_path, program, options):
    (tmp_path / "get.extra").write_text("_acme-challenge CNAME acme.example.net.\n")
    key = signing.make_key(tmp_path)
    path = site_file(zone={"records": "get.extra", "dnssec-key": key.private})
    good = daemon.run(*options, path, program=program)
    assert good.returncode == 0
    refused = 0
    for done in failing.each_in_turn(program, *options, path):
        if done.returncode:
            refused += 1
            assert done.stderr, f"not a word of it at\n{failing.where}"
        elif "--genkey" not in options:
            assert done.stdout == good.stdout, failing.where
            lost = set(good.stderr.splitlines()) - set(done.stderr.splitlines())
            assert len(lost) <= 1, failing.where  # there was no memory for the message itself
    assert refused > 10


def test_every_allocation_of_init(failing, tmp_path):
    """The file is there, and right, or it is not there."""
    path = tmp_path / "get.example.test.conf"
    options = ("--init", "--site", "dc1=192.0.2.10,2001:db8::10", "--site", "dc2=198.51.100.20", path)
    assert daemon.run(*options, program=daemon.PARENTGEN).returncode == 0
    good = path.read_text()
    path.unlink()
    refused = 0
    for done in failing.each_in_turn(daemon.PARENTGEN, *options):
        if path.exists():
            assert path.read_text() == good, failing.where
        else:
            refused += 1
            assert done.returncode and done.stderr, f"not a word of it at\n{failing.where}"
        assert {each.name for each in tmp_path.iterdir()} <= {path.name, failing.path.name}
        path.unlink(missing_ok=True)
    assert refused > 10


def of_any_time(text):
    """What differs from one run to the next is how long it took, and when."""
    text = re.sub(r" in \d+ ms|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", "", text)
    return re.sub(r" +\d+ ms$", "", text, flags=re.M)


@pytest.mark.parametrize("url", [None, f"http://{worlds.NAME}/"], ids=["dns", "web"])
def test_every_allocation_of_a_check(netns, tmp_path, failing, url):
    """The verdict is the right one, or the check says that this host could not ask. The page is whole."""
    page = tmp_path / "page.html"
    with worlds.world(netns, tmp_path) as world:
        world.start_parent()
        for site, (_, addresses) in worlds.SITES.items():
            world.start_fake(site)
            for address in addresses:
                world.stack.callback(webserver.WebServer((address, 80)).close)
        options = ["--check", "--parent", worlds.PARENT, *(["--url", url, "--html", page] if url else [])]
        good = daemon.run(*options, world.path, program=daemon.PARENTGEN)
        assert good.returncode == 0, good.stdout
        whole = page.read_text() if url else None
        refused = 0
        for done in failing.each_in_turn(daemon.PARENTGEN, *options, world.path):
            said = f"at\n{failing.where}{done.stdout}{done.stderr}"
            if done.returncode:
                refused += 1
                tags = set(re.findall(r"^error: .* \[([a-z-]+)\]$", done.stdout, re.M))
                # libcurl says the same of a header line that is too long, once something has come.
                doubtful = "libcurl" in failing.where and "headers without end" in done.stdout
                assert tags & {"not-asked", "not-checked"} or done.stderr or doubtful, f"a wrong verdict {said}"
            else:
                assert of_any_time(done.stdout) == of_any_time(good.stdout), said
                assert not url or of_any_time(page.read_text()) == of_any_time(whole), said
            if url:
                assert page.read_text().endswith("</html>\n"), said
        assert refused > 10


def at_any_age(text):
    """What sitensctl shows, but for ages and durations, and how wide they are."""
    return re.sub(r"for [\d a-z]+(?=,)|[\d\s.]+(e-\d+)?", " ", text)


@pytest.mark.parametrize("options", [(), ("status", "--json")], ids=["text", "json"])
def test_every_allocation_of_sitensctl(serving, failing, options):
    command = (daemon.BUILD / "sitens" / "sitensctl", "--socket", serving.directory / "run" / "control",
               *options)
    # Its reader drops an octet for which there is no memory, and does not say so.
    failing.environment["FAILING_MEMORY_SPARED"] += " libjansson.so.4"
    good = failing.run(*command)
    assert good.returncode == 0
    refused = 0
    for done in failing.each_in_turn(*command):
        if done.returncode:
            refused += 1
            assert done.stderr, f"not a word of it at\n{failing.where}"
        else:
            assert at_any_age(done.stdout) == at_any_age(good.stdout), failing.where
    assert refused > 2


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


def test_every_allocation_of_what_an_operator_says(sitens, site_file, failing):
    """It is done, and all that tells of it tells it in the end: also what there was no memory for."""
    running = sitens(site_file(check={"interval": "1h"}), more_environment=failing.environment)
    running.await_state("serving")
    running.await_ready()
    name, run, kept = "get.example.test", running.directory / "run", running.directory / "state" / "overrides"
    last, said = {"out": 0, "auto": 0}, ""

    def is_told(verb):
        try:
            state = (run / f"{name}.state").read_text()
        except FileNotFoundError:  # none is better than an old one
            return False
        return kept.exists() == (verb == "out") and state.startswith("out" if verb == "out" else "serving")

    while any(number is not None for number in last.values()):
        for verb, state in ("out", "out"), ("auto", "serving"):
            running.notifications.skip(reader="status")
            failing.begin(0 if last[verb] is None else last[verb] + 1)
            while f"{name}: {state}, " not in said:
                said = daemon.run("--socket", run / "control", verb, name,
                                  program=daemon.BUILD / "sitens" / "sitensctl").stdout
            said = ""
            daemon.await_true(failing.where, lambda verb=verb: is_told(verb))
            if daemon.SYSTEMD:
                running.notifications.await_match(rf"(?m)^STATUS=.*{name}: {state}", reader="status")
            last[verb] = failing.failed or None


# While it serves: other answers are made, for other addresses or with new signatures

@pytest.mark.parametrize("signed", [False, True], ids=["unsigned", "signed"])
def test_every_allocation_of_another_answer_set(netns, sitens, site_file, make_web, failing, tmp_path,
                                               signed):
    """What is given is the one site's address or the other's, or nothing for a moment; and what is
    wanted in the end."""
    own, other = "192.0.2.10", "198.51.100.20"
    for address in own, other:
        netns.add_address(f"{address}/32")
    with netns.inside():
        path = site_file(zone={"dnssec-key": signing.make_key(tmp_path).private} if signed else {},
                         site_dc1={"address": own}, url=make_web(("127.0.0.1", 0)).url(),
                         check={"interval": "1h"}, policy={"withdraw": "hand-over"})
        sitens("--site", "dc2", path, listen=(other, 53)).await_state("serving")
        running = sitens(path, listen=(own, 53), more_environment=failing.environment)
        running.await_state("serving")
        running.await_ready()
        control = running.directory / "run" / "control"

        def given():
            with running.udp() as sock:
                sock.send(dns.message.make_query("get.example.test", "A").to_wire())
                answers = daemon.answers_before_fence(sock)
            return daemon.addresses(dns.message.from_wire(answers[0])) if answers else None

        def is_given(wanted):
            now = given()
            assert now in (None, [own], [other]), failing.where
            return now == [wanted]

        def say(verb, wanted):
            while daemon.run("--socket", control, verb, "get.example.test",
                             program=daemon.BUILD / "sitens" / "sitensctl").returncode not in (0, 3):
                pass
            daemon.await_true(wanted, lambda: is_given(wanted))

        most, last = 0, {"out": 0, "auto": 0}  # that failed; None: the next one was not needed any more
        while any(number is not None for number in last.values()):
            for verb, wanted in ("out", other), ("auto", own):
                failing.begin(0 if last[verb] is None else last[verb] + 1)
                say(verb, wanted)
                last[verb] = failing.failed or None
                most = max(most, failing.failed)
        assert most > 50
