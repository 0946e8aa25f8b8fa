# SPDX-License-Identifier: ISC
"""Four validating resolvers, each on an address of its own, below a root zone of ours, and a cache
that forwards to one of them."""

import re
import subprocess
import time
from pathlib import Path

import dns.exception
import dns.message
import dns.query
import dns.rcode

PATIENCE_S = 20

UNBOUND = """\
server:
  directory: "{directory}"
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  interface: {address}
  outgoing-interface: {address}
  access-control: 0.0.0.0/0 allow
  do-ip6: no
  root-hints: "{directory}/root.hints"
  trust-anchor: ". DNSKEY {key}"
  ede: yes
  val-log-level: 2
remote-control:
  control-enable: no
"""

NAMED = """\
options {{
  directory "{directory}";
  session-keyfile "{directory}/session.key";
  pid-file none;
  listen-on {{ {address}; }};
  query-source address {address};
  allow-query {{ any; }};
  recursion yes;
  dnssec-validation yes;
  max-cache-size 16M;
}};
controls {{ }};
zone "." {{ type hint; file "root.hints"; }};
trust-anchors {{ . static-key {quoted_key}; }};
"""

KRESD = """\
net.listen('{address}', 53, {{ kind = 'dns' }})
net.outgoing_v4('{address}')
net.ipv6 = false
modules.load('hints > iterate')
hints.root_file('{directory}/root.hints')
trust_anchors.remove('.')
trust_anchors.add('. 3600 IN DNSKEY {key}')
cache.open(20 * MB, 'lmdb://{directory}/cache')
cache.min_ttl(1)
"""

PDNS = """\
local-address={address}
allow-from=0.0.0.0/0
query-local-address={address}
hint-file={directory}/root.hints
lua-config-file={directory}/anchor.lua
socket-dir={directory}
dnssec=validate
dont-query=
daemon=no
write-pid=no
security-poll-suffix=
disable-syslog=yes
extended-resolution-errors=yes
threads=1
loglevel=4
"""

PDNS_ANCHOR = "clearTA('.')\naddTA('.', '{ds}')\n"

# Of each: its program, its files, its command line.
KINDS = {
    "unbound": ("unbound", {"unbound.conf": UNBOUND}, ["-d", "-c", "{directory}/unbound.conf"]),
    "named": ("named", {"named.conf": NAMED}, ["-4", "-g", "-n", "1", "-c", "{directory}/named.conf"]),
    "kresd": ("kresd", {"kresd.conf": KRESD}, ["-n", "-c", "{directory}/kresd.conf", "{directory}"]),
    "pdns": (
        "pdns_recursor",
        {"recursor.conf": PDNS, "anchor.lua": PDNS_ANCHOR},
        ["--config-dir={directory}"],
    ),
}

PACKAGES = {"unbound": "unbound", "named": "bind9", "kresd": "knot-resolver",
            "pdns": "pdns-recursor", "dnsmasq": "dnsmasq-base"}

HINTS = ". 3600000 NS a.root-servers.example.\na.root-servers.example. 3600000 A {root}\n"


def old_settings(program):
    """What has a PowerDNS Recursor from 5.2 on read settings as those before do."""
    said = subprocess.run([program, "--version"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False, text=True).stdout
    major, minor = re.search(r"Recursor (\d+)\.(\d+)", said).groups()
    return ["--enable-old-settings"] if (int(major), int(minor)) >= (5, 2) else []


def missing():
    """The programs that are not installed."""
    return [kind[0] for kind in KINDS.values() if not Path("/usr/sbin", kind[0]).exists()]


class Resolver:
    """A running resolver; exists while the context lasts. Its log is directory/log.

    root: the root server's address; key, ds: the data of the root's DNSKEY and DS records.
    kind: which of KINDS, its name if not given. more: text at the end of its configuration.
    """

    def __init__(self, name, directory, address, root, key, ds, kind=None, more=""):
        self.name, self.directory, self.address = name, directory, address
        self.kind = kind or name
        self.program, files, arguments = KINDS[self.kind]
        *numbers, base64 = key.split(maxsplit=3)
        quoted = f'{" ".join(numbers)} "{base64}"'
        values = {"directory": directory, "address": address, "key": key, "quoted_key": quoted, "ds": ds}
        directory.mkdir()
        (directory / "root.hints").write_text(HINTS.format(root=root))
        for file, text in files.items():
            (directory / file).write_text(text.format(**values))
        with (directory / next(iter(files))).open("a") as configuration:
            configuration.write(more)
        self.command = [f"/usr/sbin/{self.program}", *(each.format(**values) for each in arguments)]
        if self.kind == "pdns":
            self.command += old_settings(self.command[0])
        self.process = None

    def __enter__(self):
        with (self.directory / "log").open("wb") as log:
            self.process = subprocess.Popen(
                self.command, cwd=self.directory, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def await_answer(self, name):
        """Waits until it resolves name."""
        give_up = time.monotonic() + PATIENCE_S
        while time.monotonic() < give_up and self.process.poll() is None:
            response = self.ask(name, "SOA", timeout_s=1)
            if response and response.rcode() == dns.rcode.NOERROR:
                return
            time.sleep(0.1)
        raise RuntimeError(f"{self.name} does not answer\n{(self.directory / 'log').read_text()}")

    def ask(self, name, rdtype, timeout_s=6):
        """The response to one query with DO set, or None."""
        query = dns.message.make_query(name, rdtype, want_dnssec=True, payload=1232)
        try:
            return dns.query.udp_with_fallback(query, self.address, timeout=timeout_s)[0]
        except (dns.exception.DNSException, OSError, EOFError):
            return None

    def version(self):
        """As its package has it."""
        return subprocess.run(
            ["dpkg-query", "--show", "--showformat=${Version}", PACKAGES[self.kind]],
            capture_output=True, text=True, check=False,
        ).stdout


class Forwarder(Resolver):
    """A small office's cache: dnsmasq, which asks another resolver."""

    kind = "dnsmasq"

    def __init__(self, name, directory, address, upstream):
        self.name, self.directory, self.address = name, directory, address
        directory.mkdir()
        self.command = [
            "/usr/sbin/dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--log-facility=-",
            f"--pid-file={directory}/pid", "--user=root", "--group=root", "--no-hosts", "--no-resolv",
            f"--server={upstream}", f"--listen-address={address}", "--bind-interfaces",
        ]
        self.process = None
