# SPDX-License-Identifier: ISC
"""The scheme on booted machines: a parent, a client with its resolver, and sites with packages."""

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rdatatype

from node import Node, wait_for

SOURCE = Path(__file__).resolve().parents[2]
sys.path.append(str(SOURCE / "tests" / "integration"))
import namespace  # noqa: E402  (shared with the integration tests)

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

SITE_FILE = f"""\
[zone]
name = {ZONE}
ttl = {TTL_S}

[site dc1]
nameserver = get.dc1.example.test
address = {' '.join(SITES['dc1'])}

[site dc2]
nameserver = get.dc2.example.test
address = {' '.join(SITES['dc2'])}

[site dc3]
nameserver = get.dc3.example.test
address = {' '.join(SITES['dc3'])}
preference = 20

[check]
url = http://127.0.0.1/
unit = nginx.service

[policy]
hold-down = 1s
"""

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
    """A machine with nginx and the package sitens."""

    def __init__(self, node):
        self.node = node
        self.name = node.name
        self.ipv4, self.ipv6 = SITES[node.name]

    def set_up(self, package):
        self.node.write("/etc/nginx/sites-enabled/default", NGINX_SITE.format(name=self.name))
        self.node.write(f"/etc/sitens/{ZONE}.conf", SITE_FILE)
        self.install(package)
        self.node.systemctl("enable", "--now", "nginx")

    def install(self, package):
        self.node.run("dpkg", "--install", self.node.copy(package))

    @contextlib.contextmanager
    def network(self):
        """What the calling thread sends comes from this machine's network."""
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            namespace.enter(f"/run/netns/{self.node.machine}")
            yield
        finally:
            namespace.enter(f"/proc/self/fd/{home}")
            os.close(home)

    def query(self, rdtype="A", address=None, timeout_s=0.5, tcp=False):
        """Asks this site's sitens; None if it is silent."""
        message = dns.message.make_query(ZONE, rdtype)
        ask = dns.query.tcp if tcp else dns.query.udp
        with self.network():
            try:
                return ask(message, address or self.ipv4, timeout=timeout_s)
            except (dns.exception.Timeout, OSError, EOFError):
                return None

    def answers(self):
        response = self.query()
        return bool(response and response.flags & dns.flags.AA and response.answer)

    def silent(self):
        return self.query() is None

    def journal(self, unit="sitens"):
        lines = self.node.run("journalctl", f"--unit={unit}", "--output=json", "--no-pager").stdout
        return [json.loads(line) for line in lines.splitlines()]
