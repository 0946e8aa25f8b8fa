# SPDX-License-Identifier: ISC
"""The scheme on booted machines: a parent, a client with its resolver, and sites with packages."""

import concurrent.futures
import contextlib
import json
import os
import sys
import threading
import time
from pathlib import Path

import dns.exception
import dns.message
import dns.query

from lan import wait_for

SOURCE = Path(__file__).resolve().parents[2]
sys.path.append(str(SOURCE / "tests" / "integration"))
import namespace  # noqa: E402  (shared with the integration tests)
import sitefile  # noqa: E402

ZONE = "get.example.test"
URL = f"http://{ZONE}/"
PARENT = "192.0.2.1"
TTL_S = 2

SITES = {
    "dc1": ("192.0.2.11", "2001:db8::11"),
    "dc2": ("192.0.2.12", "2001:db8::12"),
    "dc3": ("192.0.2.13", "2001:db8::13"),
}
STANDBY = "dc3"

SITE_FILE = sitefile.text({
    "zone": {"name": ZONE, "ttl": TTL_S},
    **{f"site {site}": {
        "nameserver": f"get.{site}.example.test", "address": " ".join(addresses),
        **({"preference": 20} if site == STANDBY else {})} for site, addresses in SITES.items()},
    "check": {"url": "http://127.0.0.1/", "unit": "nginx.service"},
    # Not doubled by the failures of one test after another.
    "policy": {"hold-down": "1s", "hold-down-max": "1s"},
})

NGINX_SITE = """\
server {{
    listen 80 default_server;
    listen [::]:80 default_server;
    location / {{ return 200 "{name}\\n"; }}
}}
"""

# One server for the root zone and its child; the resolver takes them for two.
NSD_CONF = """\
server:
  ip-address: 192.0.2.1
remote-control:
  control-enable: no
zone:
  name: .
  zonefile: /etc/nsd/root.zone
zone:
  name: example.test
  zonefile: /etc/nsd/example.test.zone
"""

ROOT_ZONE = f"""\
. 86400 IN SOA a.root.test. hostmaster.example.test. 1 14400 3600 604800 300
. 86400 IN NS a.root.test.
a.root.test. 86400 IN A {PARENT}
example.test. 86400 IN NS ns.example.test.
ns.example.test. 86400 IN A {PARENT}
"""

PARENT_ZONE = f"""\
$ORIGIN example.test.
@ 3600 IN SOA ns hostmaster 1 14400 3600 604800 300
@ 3600 IN NS ns
ns 3600 IN A {PARENT}
"""

# local-zone: unbound answers for the name "test" itself unless told not to.
UNBOUND_CONF = """\
server:
  interface: 127.0.0.1
  module-config: "iterator"
  root-hints: /etc/unbound/root.hints
  local-zone: "test." nodefault
"""

ROOT_HINTS = f"""\
. 86400 IN NS a.root.test.
a.root.test. 86400 IN A {PARENT}
"""


class Site:
    """A machine with nginx and the package sitens, and what the client's network sees of it."""

    def __init__(self, node, client_netns):
        self.node = node
        self.name = node.name
        self.client_netns = client_netns
        self.ipv4, self.ipv6 = SITES.get(node.name, node.plain_addresses)

    def set_up(self, package, site_file=SITE_FILE):
        self.node.write("/etc/nginx/sites-enabled/default", NGINX_SITE.format(name=self.name))
        self.node.write(f"/etc/sitens/{ZONE}.conf", site_file)
        self.node.systemctl("enable", "--now", "nginx")
        self.install(package)

    def fix(self):
        """Puts right what a test may have broken."""
        path = f"/etc/sitens/{ZONE}.conf"
        self.node.systemctl("reset-failed", "nginx")  # tests start it more often than systemd allows
        self.node.systemctl("start", "nginx")
        if self.node.read(path) != SITE_FILE:
            self.node.write(path, SITE_FILE)
            self.node.systemctl("restart", "sitens")
        self.node.systemctl("start", "sitens")

    def install(self, package):
        return self.node.run("dpkg", "--install", self.node.copy(package)).stdout

    def query(self, rdtype="A", address=None, timeout_s=0.3, tcp=False):
        """Asks this site's sitens; None if it is silent."""
        message = dns.message.make_query(ZONE, rdtype)
        ask = dns.query.tcp if tcp else dns.query.udp
        with network_of(self.client_netns):
            try:
                return ask(message, address or self.ipv4, timeout=timeout_s)
            except (dns.exception.DNSException, OSError, EOFError):
                return None

    def answers(self):
        response = self.query()
        return bool(response and response.answer)

    def silent(self):
        """One lost packet is no silence."""
        return all(self.query() is None for _ in range(3))

    def pid(self):
        return self.node.systemctl("show", "--value", "--property=MainPID", "sitens")

    def journal(self, unit="sitens"):
        output = self.node.run("journalctl", f"--unit={unit}", "--output=json", "--no-pager").stdout
        return [json.loads(line) for line in output.splitlines()]

    def has_said(self, text):
        return any(text in entry["MESSAGE"] for entry in self.journal())

    def state(self):
        """As told last in the journal."""
        states = [entry["SITENS_STATE"] for entry in self.journal() if "SITENS_STATE" in entry]
        return states[-1] if states else None


class Parent:
    """A machine with nsd, which serves the root and the parent zone."""

    def __init__(self, node):
        self.node = node

    def set_up(self, package):
        node = self.node
        node.run("dpkg", "--install", node.copy(package))
        node.write("/root/get.conf", SITE_FILE)
        delegation = node.run("parentgen", "/root/get.conf").stdout
        node.write("/etc/nsd/nsd.conf", NSD_CONF)
        node.write("/etc/nsd/root.zone", ROOT_ZONE)
        node.write("/etc/nsd/example.test.zone", PARENT_ZONE + delegation)
        node.systemctl("start", "nsd")


class Client:
    """A machine with unbound, which goes through the root and the parent, and curl."""

    def __init__(self, node):
        self.node = node

    def set_up(self):
        self.node.write("/etc/unbound/unbound.conf", UNBOUND_CONF)
        self.node.write("/etc/unbound/root.hints", ROOT_HINTS)
        self.node.write("/etc/resolv.conf", "nameserver 127.0.0.1\n")
        self.node.systemctl("start", "unbound")

    def fetch(self):
        """The page's text: the name of the site that served it; None on any failure.

        As patient as a user: an unbound that meets a silent site may drop a query, and the client's
        library asks again after 5 seconds.
        """
        done = self.node.run("curl", "--silent", "--fail", "--max-time", "15", URL, check=False)
        return done.stdout.strip() if done.returncode == 0 else None


class Scheme:
    """All machines together."""

    def __init__(self, parent, client, sites):
        self.parent = parent
        self.client = client
        self.sites = sites
        self.actives = [site for site in sites.values() if site.name != STANDBY]
        self.standby = sites[STANDBY]

    def set_up(self, packages):
        """Installs everything, on all machines at once."""
        work = [
            lambda: self.parent.set_up(packages["parentgen"]),
            self.client.set_up,
            *(lambda site=site: site.set_up(packages["sitens"]) for site in self.sites.values()),
        ]
        with concurrent.futures.ThreadPoolExecutor() as pool:
            for done in [pool.submit(job) for job in work]:
                done.result()

    def wait_until_well(self):
        for site in self.sites.values():
            site.fix()
        for site in self.actives:
            wait_for(f"{site.name} answering", site.answers)


@contextlib.contextmanager
def network_of(netns):
    """What the calling thread sends meanwhile leaves from this network namespace."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        namespace.enter(f"/run/netns/{netns}")
        yield
    finally:
        namespace.enter(f"/proc/self/fd/{home}")
        os.close(home)


class Background:
    """Calls a function at a steady pace while the context lasts; keeps (when, result)."""

    def __init__(self, function, pause_s):
        self.function = function
        self.pause_s = pause_s
        self.results = []
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self._loop)

    def _loop(self):
        while not self.ending.wait(self.pause_s):
            begun = time.monotonic()
            self.results.append((begun, self.function()))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        self.thread.join()

    def longest_gap_s(self):
        """The longest time between two calls that returned something true."""
        good = [at for at, result in self.results if result]
        return max((b - a for a, b in zip(good, good[1:])), default=float("inf"))
