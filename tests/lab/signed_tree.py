# SPDX-License-Identifier: ISC
"""A signed root and a signed parent zone on two nsd, and the sites below: real sitens daemons."""

import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import dns.dnssec
import dns.exception
import dns.message
import dns.name
import dns.query

from lan import wait_for

SOURCE = Path(__file__).resolve().parents[2]
sys.path.append(str(SOURCE / "tests" / "integration"))
import daemon  # noqa: E402  (shared with the integration tests)
import signing  # noqa: E402
import sitefile  # noqa: E402
import configurations  # noqa: E402
from nsd import OPTIONS, PROGRAM  # noqa: E402

ROOT, PARENT_SERVER = "192.0.2.1", "192.0.2.2"
PARENT = "example.net"
NAME = f"get.{PARENT}"
TTL_S = 1  # of A and AAAA, and of denials
LONG_TTL_S = 2  # of NS, DNSKEY and DS

# dc2 alone has IPv6: what the others deny, it has.
SITES = {
    "dc1": "198.51.100.11",
    "dc2": "198.51.100.12 2001:db8::12",
    "dc3": "198.51.100.13",
}
ADDRESSES = [ROOT, PARENT_SERVER, *" ".join(SITES.values()).split()]

EXTRA = f"""\
alias CNAME {NAME}.
deep.er.ent TXT "below two names without records"
@ CAA 0 issue "letsencrypt.org"
"""

APEX = """\
$TTL 300
{origin} {ttl} IN SOA {server} hostmaster {serial} 3600 600 604800 {ttl}
{origin} IN NS {server}
{server} IN A {address}
{origin} IN DNSKEY {key}
"""


def run(*command, **options):
    """Runs a program that must succeed; returns what it printed."""
    return subprocess.run(
        [str(word) for word in command], check=True, capture_output=True, text=True, **options
    ).stdout


class Zone:
    """A signed zone on an nsd of its own; exists while the context lasts.

    Signed with one key by dnssec-signzone, anew whenever its records change.
    """

    def __init__(self, directory, origin, address, server):
        directory.mkdir()
        self.directory, self.origin, self.address = directory, origin, address
        self.server, self.serial, self.records = server, 0, ""
        self.process = None
        self.key = signing.make_key(directory, origin)
        self.ds = dns.dnssec.make_ds(dns.name.from_text(origin), self.key.record, "SHA256").to_text()

    def __enter__(self):
        (self.directory / "nsd.conf").write_text(configurations.nsd(
            self.directory, self.address, {self.origin: f"{self.origin}.zone"}, options=OPTIONS))
        self._sign()
        self.process = subprocess.Popen(
            [PROGRAM, "-d", "-c", self.directory / "nsd.conf"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        self._await_serial()
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def publish(self, records):
        """Replaces all records but those of the apex; returns when they are served."""
        self.records = records
        if self.process:
            self._sign()
            self.process.send_signal(signal.SIGHUP)
            self._await_serial()

    def _sign(self):
        self.serial += 1
        origin = self.origin.rstrip(".") + "."
        plain, signed = self.directory / "plain", self.directory / f"{self.origin}.zone"
        apex = APEX.format(origin=origin, ttl=TTL_S, server=self.server, serial=self.serial,
                           address=self.address, key=self.key.data)
        plain.write_text(apex + self.records)
        run("dnssec-signzone", "-z", "-P", "-d", self.directory, "-o", origin, "-f", signed, plain,
            self.key.private)

    def _await_serial(self):
        query = dns.message.make_query(self.origin, "SOA")

        def is_served():
            try:
                answer = dns.query.udp(query, self.address, timeout=0.2).answer
            except (OSError, dns.exception.DNSException):
                return False
            return answer and answer[0][0].serial == self.serial

        wait_for(f"{self.origin} served", is_served)


class Site:
    """A sitens daemon with its own copy of the site file and its own directory of keys."""

    def __init__(self, directory, name):
        directory.mkdir()
        self.directory, self.name = directory, name
        self.well = directory / "well"
        self.lock = threading.Lock()  # one does something to it at a time
        self.running = None

    def install(self, text, keys):
        """Copies the site file and key files to the site, and starts it or has it read them."""
        with self.lock:
            for key in keys:
                shutil.copy(key, self.directory)
            (self.directory / "get.extra").write_text(EXTRA)
            (self.directory / "get.conf").write_text(text)
            if self.running:
                self.running.reload()
                self.refuse_faults()
                return
            self.well.touch()
            self.running = daemon.Daemon("--site", self.name, "--rrl", "0", self.directory / "get.conf")
            self.running.await_state("serving", NAME)

    def sign_anew(self):
        with self.lock:
            self.running.reload()

    def be_silent(self, seconds):
        with self.lock:
            self.well.unlink()
            self.running.await_state("failing", NAME)
        time.sleep(seconds)
        with self.lock:
            self.well.touch()
            self.running.await_state("serving", NAME)

    def refuse_faults(self):
        assert "^ERROR" not in self.running.log, self.running.log.texts

    def responses(self):
        """How many it has answered, as its metrics say."""
        text = (self.running.directory / "run" / "sitens.prom").read_text()
        return int(re.search(r'(?m)^sitens_responses_total{rcode="NOERROR"} (\d+)$', text)[1])

    def stop(self):
        if self.running:
            status = self.running.stop()
            self.running.discard()
            assert status == 0, self.running.log.texts


class Operator:
    """What the operator has at the desk: the site file, the public keys, and parentgen."""

    def __init__(self, directory):
        directory.mkdir()
        self.directory = directory
        self.site_file = directory / "get.conf"
        self.sites = ["dc1", "dc2"]
        self.key_lines = []
        self.policy = {}
        (directory / "get.extra").write_text(EXTRA)
        self.write()

    def write(self):
        keys = {
            option: [value for name, value in self.key_lines if name == option]
            for option in ("dnssec-key", "dnssec-publish")
        }
        sections = {"zone": {
            "name": NAME, "ttl": TTL_S, "delegation-ttl": LONG_TTL_S, "records": "get.extra", **keys
        }}
        for site in self.sites:
            nameserver = f"get.{site}.{PARENT}"
            sections[f"site {site}"] = {"nameserver": nameserver, "address": SITES[site]}
        sections["check"] = {
            "file": "well", "interval": "100ms", "fast-interval": "50ms", "fall": 1, "rise": 1,
        }
        sections["policy"] = {"hold-down": 0, **self.policy}
        self.site_file.write_text(sitefile.text(sections))
        return self.site_file.read_text()

    def make_key(self):
        """A new key by parentgen; returns the line that it says to add."""
        line = self.parentgen("--genkey").strip()
        return tuple(line.split(" = ", 1))

    def parentgen(self, *options):
        return run(daemon.PARENTGEN, *options, self.site_file)

    def check(self):
        """Has parentgen look for faults; there must be none."""
        self.parentgen("--check", "--parent", PARENT_SERVER)

    def delegation(self, ds=True):
        """The lines for the parent's zone file; without DS records as long as they must not be."""
        lines = self.parentgen().splitlines(keepends=True)
        return "".join(line for line in lines if ds or " IN DS " not in line)

    def key_files(self, pattern="K*"):
        return sorted(self.directory.glob(pattern))


class Chaos:
    """Sites that go silent, and re-sign, at random moments while the context lasts.

    Always one site answers, also for who has just found out that another does not: pdns asks no
    server for 10 s that was silent. So the silences of one site come in spells, with as long a rest
    before those of the next. Re-signing goes on all the time.
    """

    REST_S = 11

    def __init__(self, sites, seed, rest_s=REST_S):
        self.sites = sites  # those that are delegated to; may grow
        self.random = random.Random(seed)
        self.ending = threading.Event()
        self.calm = threading.Lock()  # who holds it finds every site serving
        self.threads = [
            threading.Thread(target=self._loop, args=(self._silence, rest_s, rest_s + 1)),
            threading.Thread(target=self._loop, args=(self._sign_anew, 0.1, 1)),
        ]
        self.silences = self.signings = 0
        self.error = None

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        for thread in self.threads:
            thread.join()

    def _loop(self, act, shortest_s, longest_s):
        try:
            while not self.ending.is_set():
                act(self.random.choice(self.sites))
                self.ending.wait(self.random.uniform(shortest_s, longest_s))
        except (AssertionError, OSError) as error:
            self.error = error

    def _silence(self, site):
        for _ in range(self.random.randint(2, 5)):
            with self.calm:
                site.be_silent(self.random.uniform(0.2, 1.2))
            self.silences += 1
            if self.ending.wait(self.random.uniform(0.1, 0.8)):
                return

    def _sign_anew(self, site):
        site.sign_anew()
        self.signings += 1
