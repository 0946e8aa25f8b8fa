"""What bears on sitens in the soak: queries, crowds of connections, failures, reloads, a second site.

Whoever only makes load runs at `nice -n 15`, so that the servers and those who measure go before:
the load takes whatever CPU is left.
"""

import collections
import itertools
import json
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import threading
import time

import dns.exception
import dns.message
import dns.query

import daemon
import meter
import sitefile
import webserver

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
GENERATOR = daemon.BUILD / "tests/bench/bench-generator"
CROWD = ROOT / "tests" / "integration" / "crowd.py"
WELL, FLAPS, COMMAND, SHARED, HANDED = (
    f"{name}.example.test" for name in ("get", "flaps", "command", "shared", "handed"))
ADDRESSES = [f"192.0.2.{number}" for number in range(10, 20)]  # of this site
PEER = "198.51.100.20"
# Each habit, and of how many connections: more than the daemon lets in.
CROWDS = {"idle": 1000, "slow": 800, "greedy": 500, "deaf": 100}
DESCRIPTORS = 4096  # as the unit has it
STARVED_S = 5       # half of what sitens waits for a query
LOG_STOPS_S = 20    # of each minute


class Log:
    """A daemon's standard error, which is not read for a third of each minute."""

    def __init__(self):
        self.reader, self.writer = os.pipe()
        self.text = ""
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        begun = time.monotonic()
        while True:
            if (time.monotonic() - begun) % 60 > 60 - LOG_STOPS_S and self.writer is None:
                time.sleep(0.2)
                continue
            part = os.read(self.reader, 65536)
            if not part:
                return
            self.text += part.decode(errors="replace")

    def started(self):
        os.close(self.writer)
        self.writer = None


class Site:
    """A site's sitens and web server; what its checks ask is the site's own."""

    def __init__(self, directory, site, addresses, web, keys):
        self.directory, self.site, self.addresses, self.web = directory, site, addresses, web
        self.keys = keys
        for name in ("run", "state", "sites"):
            (directory / name).mkdir(parents=True)
        self.address, self.port = addresses[0], 53
        self.said = ""
        self.process = self.log = None

    def write(self, name, check, policy=None, address=ADDRESSES[0], **zone):
        made = {"zone": {"name": name, **zone}, "site dc1": {
                    "nameserver": "get.dc1.example.org", "address": address},
                "site dc2": {"nameserver": "get.dc2.example.org", "address": PEER},
                # With a sanitizer, a check may take longer without saying anything of the web server.
                "check": {"timeout": "10s" if daemon.SANITIZED else "1s", **check}, "policy": {"hold-down": "0s", **(policy or {})}}
        path = self.directory / "sites" / f"{name}.conf"
        path.with_suffix(".new").write_text(sitefile.text(made))
        path.with_suffix(".new").rename(path)

    def write_well(self, url):
        """The name that the generators ask for, also for AAAA."""
        self.write(WELL, {"url": url}, address=f"{ADDRESSES[0]} 2001:db8:1::10")

    def write_shared(self, shared_url):
        self.write(SHARED, {"url": shared_url}, {"answer": "serving", "withdraw": "hand-over"},
                   **{"dnssec-key": self.keys[SHARED]})
        self.write(HANDED, {"url": self.web.url()}, {"withdraw": "hand-over"},
                   **{"dnssec-key": self.keys[HANDED]})

    def write_command(self, ttl):
        self.write(COMMAND, {"exec": "/bin/true", "timeout": "10s"}, ttl=ttl)

    def metric(self, pattern):
        text = (self.directory / "run" / "sitens.prom").read_text()
        return [float(value) for value in re.findall(rf"^{pattern} (\S+)$", text, re.M)]

    def tell(self):
        """What it says of itself, and said last, for whoever looks for a fault."""
        status = daemon.run("--socket", self.directory / "run" / "control", "--json",
                            program=daemon.BUILD / "sitens" / "sitensctl")
        return f"{self.site}: {status.stdout}{status.stderr}{self.log.text[-2000:]}"

    def start(self):
        self.log = Log()
        listen = [word for address in self.addresses for word in ("--listen", f"{address}@53")]
        self.process = subprocess.Popen(
            ["prlimit", f"--nofile={DESCRIPTORS}", daemon.SITENS, "--site", self.site, "--rrl", "0",
             *listen, self.directory / "sites"], stdin=subprocess.DEVNULL, stderr=self.log.writer,
            env=daemon.environment(RUNTIME_DIRECTORY=str(self.directory / "run"),
                                   STATE_DIRECTORY=str(self.directory / "state")))
        self.log.started()

    def end(self, number=signal.SIGTERM):
        """Returns the exit status."""
        self.process.send_signal(number)
        status = self.process.wait(60)
        self.log.thread.join(60)
        self.said += self.log.text
        return status


def generator(server, seconds, *options, nice):
    return subprocess.Popen(
        ["nice", "-n", str(nice), GENERATOR, "-s", str(seconds), *options, server.address,
         str(server.port), WELL], stdout=subprocess.PIPE, text=True)


class Load:
    """Programs that run until close(), and what they said."""

    def __init__(self, server, seconds):
        self.server, self.seconds = server, seconds
        self.generators = {}
        self.crowds = []

    def generate(self, name, *options, nice=15):
        self.generators[name] = generator(self.server, self.seconds, *options, nice=nice)

    def crowd(self, habit, number):
        self.crowds.append(subprocess.Popen(
            ["nice", "-n", "15", sys.executable, CROWD, ",".join(self.server.addresses), "53",
             habit, str(number)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))

    def close(self):
        """{name: what the generator counted}"""
        counted = {}
        for name, each in self.generators.items():
            counted[name] = json.loads(each.communicate()[0].splitlines()[-1])
            counted[name]["broke off"] = each.returncode == 2
        for each in self.crowds:
            each.kill()
            each.communicate()
        return counted


def flap(site, end, seen):
    """Has the web server of two names fail and work again; notes how long that took to be noticed.

    The one is silent then; for the other the second site's address is given, unless that fails too.
    Its mark comes at once, and the addresses when their answers are made.
    """
    own, own_marked = (meter.Given([ADDRESSES[0]], ready) for ready in (True, False))
    handed, handed_unmarked = (meter.Given([PEER], ready) for ready in (False, True))
    while time.monotonic() < end:
        site.web.answer = webserver.response(status=500)
        meter.time_until(site, {
            FLAPS: ([own], [meter.SILENT], seen.delays["web server fails: silent"]),
            HANDED: ([own, own_marked], [handed, meter.SILENT],
                     seen.delays["web server fails: handed over"])}, seen.wrong)
        time.sleep(random.uniform(0.5, 3))
        site.web.answer = webserver.response()
        meter.time_until(site, {
            FLAPS: ([meter.SILENT], [own], seen.delays["web server works again: answers"]),
            HANDED: ([handed, handed_unmarked, meter.SILENT], [own],
                     seen.delays["web server works again: own address"])}, seen.wrong)
        time.sleep(random.uniform(0.5, 3))


def come_and_go(site, peer, end, seen):
    """Has the second site fail in three ways in turn; notes when the first one no more gives its
    address, and when it does again."""
    def fail():
        peer.web.answer = webserver.response(status=500)

    def fix():
        peer.web.answer = webserver.response()

    ways = {
        "says that it fails": (fail, fix),
        "hangs": (lambda: peer.process.send_signal(signal.SIGSTOP),
                  lambda: peer.process.send_signal(signal.SIGCONT)),
        "is killed": (lambda: peer.end(signal.SIGKILL), peer.start)}
    alone, both = (meter.Given([ADDRESSES[0]]),), (meter.Given([ADDRESSES[0], PEER]),)
    for what, (go, come) in itertools.cycle(ways.items()):
        go()
        meter.time_until(site, {SHARED: (both, alone, seen.delays[f"second site {what}"])}, seen.wrong)
        time.sleep(random.uniform(0.5, 3))
        come()
        if not meter.time_until(site, {SHARED: (alone, both, seen.delays["second site is back"])}, seen.wrong):
            seen.missed.append(f"after it {what}: {site.tell()}{peer.tell()}")
        if time.monotonic() > end:
            return
        time.sleep(random.uniform(0.5, 3))


def reload_all_the_time(site, end, seen):
    """Each second another site file, and HUP."""
    while time.monotonic() < end:
        seen.reloads += 1
        site.write_command(60 + seen.reloads % 2)
        site.process.send_signal(signal.SIGHUP)
        time.sleep(1)


def stream_by_tcp(site, end, seen):
    """Asks at full speed. sitens closes a connection that says nothing for ten seconds; whoever was
    closed since it had no CPU for so long comes again."""
    total = seen.counted["TCP, full speed"] = collections.Counter()
    while (left := end - time.monotonic()) > 0:
        with generator(site, left, "-t", "-w", "32", nice=15) as process:
            counted = json.loads(process.communicate()[0].splitlines()[-1])
        if process.returncode == 2 and counted["pause_ms"] < 1000 * STARVED_S:
            seen.tcp_lost.append(f"a connection at full speed was closed: {counted}")
        total.update({key: counted[key] for key in ("answers", "wrong", "lost", "seconds")})
        total["closed, since it had no CPU"] += process.returncode == 2


def ask_by_tcp(site, end, seen):
    """A client that asks one question by a new connection, and does not try again."""
    query = dns.message.make_query(WELL, "A")
    for number in itertools.count():
        begun = time.monotonic()
        if begun > end:
            return
        try:
            answer = dns.query.tcp(query, site.addresses[number % len(site.addresses)], 10,
                                   source=f"127.5.{number % 250}.1")
            seen.tcp_delays.append(time.monotonic() - begun)
            if meter.Given.of(answer) != meter.Given([ADDRESSES[0]]):
                seen.wrong.append(f"over TCP: {answer}")
        except (OSError, EOFError, dns.exception.DNSException) as error:
            seen.tcp_lost.append(repr(error))
        time.sleep(0.05)
