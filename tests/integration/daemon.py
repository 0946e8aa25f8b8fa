"""sitens as the tests see it: a process with a log, a notification socket and an address."""

import collections
import contextlib
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

import dns.message
import dns.query
import dns.rdatatype
import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(os.environ.get("SITENS_BUILD", ROOT / "build"))
SITENS = BUILD / "sitens" / "sitens"
PARENTGEN = BUILD / "parentgen" / "parentgen"

# Whether the programs are built with AddressSanitizer or ThreadSanitizer.
SANITIZED = bool(re.search(rb"__[at]san_init", SITENS.read_bytes())) if SITENS.exists() else False

# Whether they are built with libsystemd.
SYSTEMD = b"sd_notify" in SITENS.read_bytes() if SITENS.exists() else True

# How long a test waits for what must come. Only a failing test waits that long.
PATIENCE = 60


def environment(**more):
    """What sitens gets from the environment: nothing of the tester's own session."""
    kept = ("PATH", "LD_LIBRARY_PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS",
            "TSAN_OPTIONS")
    return {"LC_ALL": "C.UTF-8", **{k: os.environ[k] for k in kept if k in os.environ}, **more}


def run(*arguments, program=SITENS, wrapper=(), **options):
    """Runs a program that ends by itself; text in, text out."""
    return subprocess.run(
        [*map(str, wrapper), str(program), *map(str, arguments)], capture_output=True, text=True,
        stdin=subprocess.DEVNULL, timeout=PATIENCE, env=environment(), check=False, **options)


def await_true(what, condition):
    """Waits until a condition holds of which nothing tells."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited for {what}"
        time.sleep(0.02)


class Events:
    """Texts that arrive over time; a test awaits them in their order.

    Who awaits the one kind of text need not know of the other: each reader has its own place.
    """

    def __init__(self, name):
        self.name = name
        self.texts = []
        self.positions = collections.Counter()
        self.ended = False
        self.changed = threading.Condition()

    def add(self, text):
        with self.changed:
            self.texts.append(text)
            self.changed.notify_all()

    def end(self):
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    def await_match(self, pattern, reader=None):
        """Waits for the next text that matches, passing over others; returns the match."""
        deadline = time.monotonic() + PATIENCE
        with self.changed:
            while True:
                for text in self.texts[self.positions[reader]:]:
                    self.positions[reader] += 1
                    if match := re.search(pattern, text):
                        return match
                if self.ended or not self.changed.wait(deadline - time.monotonic()):
                    seen = "\n  ".join(self.texts)
                    raise AssertionError(f"{self.name}: nothing matches {pattern!r} in\n  {seen}")

    def skip(self, reader=None):
        """Passes over what has arrived so far."""
        with self.changed:
            self.positions[reader] = len(self.texts)

    def __contains__(self, pattern):
        return any(re.search(pattern, text) for text in self.texts)


class NoEvents:
    """The notifications of a build that sends none: a test that is about them is skipped."""

    def __getattr__(self, name):
        pytest.skip("this build has no systemd: it notifies nobody")

    def __contains__(self, pattern):
        pytest.skip("this build has no systemd: it notifies nobody")


class Daemon:
    """A running sitens that listens on one address and port.

    log: the lines on its standard error. notify: what it sends to the service manager, one datagram
    a text.
    """

    def __init__(self, *arguments, listen=None, wrapper=(), more_environment=None):
        self.address, self.port = listen or (None, 53)
        self.log = Events("log")
        self.notifications = Events("notifications")
        self.notify = self.notifications if SYSTEMD else NoEvents()
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="sitens-test-"))
        self.directory.chmod(0o755)
        for name in ("run", "state"):
            (self.directory / name).mkdir()
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(self.directory / "notify"))
        (self.directory / "notify").chmod(0o777)
        command = [*map(str, wrapper), str(SITENS), *map(str, arguments)]
        if listen:
            command[len(wrapper) + 1:len(wrapper) + 1] = ["--listen", f"{self.address}@{self.port}"]
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            text=True, env=environment(**{
                "NOTIFY_SOCKET": str(self.directory / "notify"),
                "RUNTIME_DIRECTORY": str(self.directory / "run"),
                "STATE_DIRECTORY": str(self.directory / "state"), **(more_environment or {})}))
        self.readers = [threading.Thread(target=each, daemon=True)
                        for each in (self._read_log, self._read_notifications)]
        for reader in self.readers:
            reader.start()

    def _read_log(self):
        for line in self.process.stderr:
            self.log.add(line.rstrip("\n"))
        self.log.end()

    def _read_notifications(self):
        while datagram := self.socket.recv(65536):
            self.notifications.add(datagram.decode())
        self.notifications.end()

    # Events

    def await_ready(self):
        """Waits for the first result of every zone; returns self."""
        if SYSTEMD:
            self.notify.await_match(r"(?m)^READY=1$")
        else:
            metrics = self.directory / "run" / "sitens.prom"
            await_true("every zone to have a state", lambda: (
                metrics.exists() and 'state="starting"} 1' not in metrics.read_text()))
        return self

    def await_state(self, state, zone="get.example.test"):
        """Waits for the log line of a zone's next change to a state; returns the line."""
        change = rf"^\w+: {re.escape(zone)}: {state} \(was \S+\): .*"
        return self.log.await_match(change, reader=zone)[0]

    def await_round(self):
        """Waits for new metrics: after a change, or a round of what is done every five seconds."""
        metrics = self.directory / "run" / "sitens.prom"
        before = metrics.stat().st_mtime_ns
        await_true("new metrics", lambda: metrics.stat().st_mtime_ns != before)

    def await_file(self, name, text):
        """Waits until a file of the run-time directory begins with a text; None: until it is gone."""
        path = self.directory / "run" / name
        await_true(f"{text!r} in {name}", lambda: (
            path.exists() and path.read_text().startswith(text) if text else not path.exists()))

    # Signals and the end

    def signal(self, number):
        self.process.send_signal(number)

    def reload(self):
        """Asks for a reload and waits for its end, good or bad."""
        if not SYSTEMD:
            self.log.skip("reload")
            self.signal(signal.SIGHUP)
            self.log.await_match("reloaded$|reload failed", "reload")
            return
        self.notify.skip()
        self.signal(signal.SIGHUP)
        self.notify.await_match(r"(?m)\ARELOADING=1\nMONOTONIC_USEC=\d+$")
        self.notify.await_match(r"(?m)^READY=1$")

    def await_set_up(self):
        """Waits until a SIGTERM would be an orderly stop, as it is not before the loop runs."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status")
        caught = re.compile(r"SigCgt:\s*([0-9a-f]+)")
        await_true("the handler of SIGTERM", lambda: self.process.poll() is not None or (
            int(caught.search(status.read_text())[1], 16) >> (signal.SIGTERM - 1) & 1))

    def wait(self):
        """Waits for the end of the process and of its log; returns the exit status."""
        status = self.process.wait(PATIENCE)
        self.readers[0].join(PATIENCE)
        return status

    def stop(self):
        """Ends it as the service manager does; returns the exit status."""
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
        return self.wait()

    def discard(self):
        """Ends it by force and removes what it left."""
        if self.process.poll() is None:
            self.process.kill()
            self.wait()
        self.process.stderr.close()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
            end.sendto(b"", str(self.directory / "notify"))
        self.readers[1].join(PATIENCE)
        self.socket.close()
        shutil.rmtree(self.directory)

    # Queries

    def ask(self, name="get.example.test", rdtype="A", tcp=False, rdclass="IN", **options):
        """The answer to one query; options are those of dns.message.make_query()."""
        query = dns.message.make_query(name, rdtype, rdclass, **options)
        transport = dns.query.tcp if tcp else dns.query.udp
        return transport(query, self.address, port=self.port, timeout=PATIENCE)

    def udp(self):
        """A UDP socket connected to it."""
        return connected(socket.SOCK_DGRAM, self.address, self.port)

    def tcp(self):
        """A TCP connection to it."""
        return connected(socket.SOCK_STREAM, self.address, self.port)

    def drops_udp(self, name="get.example.test", rdtype="A"):
        """Whether a query over UDP stays without answer.

        Nothing needs to be waited for: a query that is always answered follows on the same socket,
        and answers come in the order of the queries.
        """
        with self.udp() as sock:
            sock.send(dns.message.make_query(name, rdtype).to_wire())
            return not answers_before_fence(sock)

    def closes_tcp(self, name="get.example.test", rdtype="A"):
        """Whether a query over TCP closes the connection without an answer."""
        with self.tcp() as sock:
            sock.sendall(framed(dns.message.make_query(name, rdtype)))
            return receive_framed(sock) is None

    def is_silent(self, name="get.example.test"):
        """Whether the zone is silent: over UDP and TCP, and for every type."""
        silent = [self.drops_udp(name), self.drops_udp(name, "SOA"), self.closes_tcp(name)]
        assert len(set(silent)) == 1, f"silent for A, SOA, over TCP: {silent}"
        return silent[0]


@contextlib.contextmanager
def reloads(running, interval_s=0.1):
    """Asks for reloads again and again while the context lasts."""
    ended = threading.Event()

    def storm():
        while not ended.wait(interval_s):
            running.signal(signal.SIGHUP)

    thread = threading.Thread(target=storm)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def connected(kind, address, port):
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind)
    sock.settimeout(PATIENCE)
    sock.connect((address, port))
    return sock


def answers_before_fence(sock):
    """What is answered to all that was sent on a UDP socket: a list of datagrams.

    Its end is known by the answer to one more query, for id.server, which is always answered.
    """
    fence = dns.message.make_query("id.server", "TXT", "CH").to_wire()
    sock.send(fence)
    answers = []
    while True:
        answer = sock.recv(65535)
        if answer[:2] == fence[:2] and answer[12:len(fence)] == fence[12:]:
            return answers
        answers.append(answer)


def framed(message):
    """A message as it goes over TCP: octets, or a dns.message."""
    octets = message if isinstance(message, bytes) else message.to_wire()
    return len(octets).to_bytes(2, "big") + octets


def receive_framed(sock):
    """The next message on a TCP connection, None where it was closed instead."""
    try:
        length = sock.recv(2, socket.MSG_WAITALL)
        octets = sock.recv(int.from_bytes(length, "big"), socket.MSG_WAITALL) if length else b""
    except ConnectionResetError:
        return None
    return dns.message.from_wire(octets) if octets else None


def addresses(response, section="answer"):
    """The data of the records in a section of a response, as texts in order."""
    return sorted(item.to_text() for rrset in getattr(response, section) for item in rrset)
