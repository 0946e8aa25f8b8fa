# SPDX-License-Identifier: ISC
"""What one could use in place of this kit, each as its own manual says, and the kit itself.

All have two sites at equal distance, the same TTL, and resolvers that find them below the same root
and parent zone. Where there are health checks, they ask for the same page once a second, wait a
second for it, and take a site out after two failures, as far as the software can be told so.
"""

import dataclasses
import json
from pathlib import Path

import dns.exception
import dns.message
import dns.query

import signed_tree as tree
from network import NAME, PARENT, Lab
from lan import wait_for
from twofold_client import Record

import configurations  # noqa: E402
import nsd  # noqa: E402

LONG_TTL_S = 3600  # of delegations, as parentgen has it
DISTANCE_MS = 9  # of a site: a round trip of 20 ms from the resolvers
SERVERS = {"ns1": "192.0.2.11", "ns2": "192.0.2.12"}
REQUEST_INTERVAL_MS = 250

# A negative TTL as sitens has it; the name servers' names are in the parent zone.
APEX = """\
@ {ttl} IN SOA {first}.{parent}. hostmaster.{parent}. 1 14400 3600 604800 {ttl}
"""

NAMED = """\
options {{
    directory "{directory}";
    session-keyfile "{directory}/session.key";
    pid-file none;
    listen-on {{ {address}; }};
    query-source address {address};
    transfer-source {address};
    notify-source {address};
    recursion no;
    dnssec-validation no;
}};
controls {{ }};
"""
NAMED_PROGRAM = ("/usr/sbin/named", "-4", "-g", "-n", "1", "-c", "named.conf")

GDNSD = """\
options => {{ listen => [ {address} ], run_dir => {directory}/run, state_dir => {directory}/state }}
service_types => {{
    web => {{
        plugin => http_status, vhost => {name}, url_path => /healthz,
        down_thresh => 2, ok_thresh => 3, up_thresh => 3,
        interval => 2, timeout => 1
    }}
}}
plugins => {{ multifo => {{ get => {{ service_types => web, {members} }} }} }}
"""

PDNS = """\
launch=bind
bind-config={directory}/zones.conf
local-address={address}
enable-lua-records=yes
lua-health-checks-interval=1
socket-dir={directory}
security-poll-suffix=
daemon=no
guardian=no
write-pid=no
disable-syslog=yes
"""


class System(Lab):
    """A way to have two sites under one name.

    title: its name in the table. hosts, state: what it needs besides the sites.
    """

    title = hosts = state = ""

    def __init__(self, directory, resolvers, ttl_s, **changes):
        sites = {"dc1": DISTANCE_MS, "dc2": DISTANCE_MS}
        super().__init__(directory, sites, ttl_s=ttl_s, signed=False, resolvers=resolvers, **changes)
        self.nameservers = {}  # {name in the parent zone: host}

    @property
    def addresses(self):
        return [site.address for site in self.sites.values()]

    def apex(self):
        """SOA and NS records of a zone file that begins at the name."""
        names = list(self.nameservers)
        return APEX.format(first=names[0], parent=PARENT, ttl=self.ttl_s) + "".join(
            f"@ {LONG_TTL_S} IN NS {name}.{PARENT}.\n" for name in names)

    def a_records(self, addresses):
        return "".join(f"@ {self.ttl_s} IN A {address}\n" for address in addresses)

    def start_nameservers(self):
        for name, host in self.nameservers.items():
            self.configure(name, host)
        for host in self.nameservers.values():
            wait_for(f"{host.name}: answer", lambda host=host: self._answers(host))

    def configure(self, name, host):
        """Writes a name server's files and starts it."""
        raise NotImplementedError

    def start_named(self, host, zone, more=""):
        """BIND with one zone: its statements without braces. more: statements before it."""
        text = NAMED.format(directory=host.directory, address=host.address) + more
        (host.directory / "named.conf").write_text(f'{text}zone "{NAME}" {{ {zone} }};\n')
        host.start(*NAMED_PROGRAM)

    def _answers(self, host):
        query = dns.message.make_query(NAME, "A")
        with self.client_host.inside():
            try:
                return dns.query.udp(query, host.address, timeout=0.5).answer
            except (dns.exception.Timeout, OSError):
                return None

    def delegate(self):
        self.parent.publish("".join(
            f"{NAME}. {LONG_TTL_S} IN NS {name}.{PARENT}.\n"
            f"{name}.{PARENT}. {LONG_TTL_S} IN A {host.address}\n"
            for name, host in self.nameservers.items()))

    # Clients and counts

    def start_clients(self, *_):
        resolvers = [resolver.address for resolver in self.resolvers.values()]
        with (self.directory / "records").open("ab") as records:
            self.clients = self.client_host.start(
                "/usr/bin/python3", Path(__file__).with_name("twofold_client.py"), NAME,
                REQUEST_INTERVAL_MS, self.ttl_s, *resolvers, stdout=records)

    def records(self, resolver=None):
        names = {each.address: each.name for each in self.resolvers.values()}
        lines = (self.directory / "records").read_text().splitlines()
        made = [Record(**json.loads(line)) for line in lines if line.endswith("}")]
        made = [dataclasses.replace(each, resolver=names[each.resolver]) for each in made]
        return [each for each in made if resolver in (None, each.resolver)]

    def datagrams(self):
        """How many UDP datagrams have arrived at the name servers: queries, but for a few."""
        hosts = self.nameservers or {site.name: site.host for site in self.sites.values()}
        return sum(counter(host, "Udp", "InDatagrams") for host in hosts.values())

    def connections(self):
        """How many TCP connections the sites have accepted: clients' and health checks'."""
        return sum(counter(site.host, "Tcp", "PassiveOpens") for site in self.sites.values())


def counter(host, protocol, name):
    """A counter of the kernel's on a host."""
    with host.inside():
        text = Path("/proc/thread-self/net/snmp").read_text(encoding="ascii")
    heads, values = [line.split()[1:] for line in text.splitlines()
                     if line.startswith(f"{protocol}:")]
    return int(values[heads.index(name)])


class OnTwoServers(System):
    """The name is served by two hosts of the operator's that are no sites."""

    hosts = "2 name servers"

    def start_nameservers(self):
        self.nameservers = {name: self.host(name, address) for name, address in SERVERS.items()}
        super().start_nameservers()


class RoundRobin(OnTwoServers):
    title = "two A records, rotated"
    hosts = "2 name servers (any provider)"
    state = "the zone, static"
    options = ("round-robin: yes",)

    def configure(self, name, host):
        (host.directory / f"{NAME}.zone").write_text(self.apex() + self.a_records(self.addresses))
        (host.directory / "nsd.conf").write_text(configurations.nsd(
            host.directory, host.address, {NAME: f"{NAME}.zone"},
            options=(*nsd.OPTIONS, *self.options)))
        host.start(nsd.PROGRAM, "-d", "-c", host.directory / "nsd.conf")


class FixedOrder(RoundRobin):
    title = "two A records, fixed order"
    options = ()  # as in the zone file is nsd's default


class Script(OnTwoServers):
    title = "script and dynamic update"
    hosts = "primary with the script, secondary"
    state = "the zone, changed by the script; a TSIG key"

    def configure(self, name, host):
        primary = self.nameservers["ns1"]
        if host is not primary:
            self.start_named(host, f'type secondary; primaries {{ {primary.address}; }}; '
                                   f'file "zone"; notify no;')
            return
        key = tree.run("tsig-keygen", "monitor")
        (host.directory / "key").write_text(key)
        (host.directory / "zone").write_text(self.apex() + self.a_records(self.addresses))
        # The secondary by its address, for the servers have no resolver; and without the five
        # seconds that BIND by default lets pass between two notifications.
        self.start_named(host, 'type primary; file "zone"; allow-update { key monitor; }; '
                               f'notify explicit; also-notify {{ {SERVERS["ns2"]}; }}; '
                               'notify-delay 0;', more='include "key";\n')
        host.start(Path(__file__).with_name("monitor"), NAME, self.ttl_s, host.directory / "key",
                   host.address, *self.addresses)


class Gdnsd(OnTwoServers):
    title = "gdnsd, http_status"
    state = "none: each checks for itself"

    def configure(self, name, host):
        (host.directory / "zones").mkdir()
        (host.directory / "zones" / NAME).write_text(
            self.apex() + f"@ {self.ttl_s}/{self.ttl_s} DYNA multifo!get\n")
        members = ", ".join(f"{site.name} => {site.address}" for site in self.sites.values())
        (host.directory / "config").write_text(GDNSD.format(
            address=host.address, directory=host.directory, name=NAME, members=members))
        host.start("/usr/sbin/gdnsd", "-c", host.directory, "start")


class Ifurlup(OnTwoServers):
    title = "PowerDNS, ifurlup"
    state = "none: each checks for itself"

    def configure(self, name, host):
        addresses = ", ".join(f"'{address}'" for address in self.addresses)
        (host.directory / "zone").write_text(
            self.apex() + f"@ {self.ttl_s} IN LUA A \"ifurlup('http://{NAME}/healthz', "
            f"{{{{{addresses}}}}}, {{timeout=1}})\"\n")
        (host.directory / "zones.conf").write_text(
            f'zone "{NAME}" {{ type master; file "{host.directory}/zone"; }};\n')
        (host.directory / "pdns.conf").write_text(
            PDNS.format(address=host.address, directory=host.directory))
        host.start("/usr/sbin/pdns_server", f"--config-dir={host.directory}")


class Scheme2015(System):
    title = "2015: BIND at each site"
    hosts = state = "none"

    def start_nameservers(self):
        self.nameservers = {f"get.{site.name}": site.host for site in self.sites.values()}
        super().start_nameservers()

    def configure(self, name, host):
        (host.directory / "zone").write_text(self.apex() + self.a_records([host.address]))
        self.start_named(host, 'type primary; file "zone";')


class Sitens(System):
    title = "this kit: sitens"
    hosts, state = "none", "none: each site checks itself"
    policy = {}

    def __init__(self, directory, resolvers, ttl_s):
        policy = {"policy": self.policy} if self.policy else {}
        super().__init__(directory, resolvers, ttl_s, check={"interval": "1s", "fast-interval": "1s"},
                         **policy)

    start_nameservers = Lab.start_nameservers
    delegate = Lab.delegate


class SitensHandOver(Sitens):
    title = "this kit, `withdraw = hand-over`"
    state = "none: each site checks itself, and asks the others"
    policy = {"withdraw": "hand-over"}


class SitensServing(SitensHandOver):
    title = "this kit, `answer = serving` as well"
    policy = {"answer": "serving", "withdraw": "hand-over"}


SYSTEMS = {
    "round-robin": RoundRobin,
    "fixed-order": FixedOrder,
    "script": Script,
    "gdnsd": Gdnsd,
    "ifurlup": Ifurlup,
    "2015": Scheme2015,
    "sitens": Sitens,
    "sitens-hand-over": SitensHandOver,
    "sitens-serving": SitensServing,
}
