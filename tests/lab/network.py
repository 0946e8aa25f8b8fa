# SPDX-License-Identifier: ISC
"""The scheme as the world sees it: sites, their parent zone, resolvers and clients, far apart.

Every host is a network namespace with one address; a router in user space joins them (router.py).
Of a Lab, any number may run at a time: nothing but the directory and the prefix of the namespaces'
names is outside.

    with Lab(directory) as lab:
        lab.start_clients()
        lab.sites["dc1"].stop_web()
        ...
        lab.records("unbound")
"""

import contextlib
import fcntl
import itertools
import json
import os
import re
import signal
import struct
import subprocess
from pathlib import Path

import dns.exception
import dns.query
import dns.message

import signed_tree as tree  # also lets the integration tests' modules be found
from client import Record
from lan import wait_for
from resolvers import Forwarder, Resolver
from router import Router

import configurations  # noqa: E402  (shared with the integration tests)
import daemon  # noqa: E402
import signing  # noqa: E402
import sitefile  # noqa: E402
from namespace import Namespace  # noqa: E402

NAME, PARENT = tree.NAME, tree.PARENT

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
DEVICE = "wan"

# One way in ms, from the middle of the network: the round trip between two hosts takes twice the
# sum of theirs.
SERVER_MS, RESOLVER_MS, CLIENT_MS = 4, 1, 0.5
SITES = {"dc1": 4, "dc2": 19}  # as the resolvers see them: round trips of 10 and 40 ms

KINDS = ("unbound", "named", "kresd", "pdns", "dnsmasq")
FORWARDED_TO = "unbound"

NGINX_SERVER = """\
server {{
    listen 80 backlog=1024;
    location / {{ return 200 "{name}\\n"; }}
    location = /healthz {{ root {directory}; }}
}}"""

_numbers = itertools.count(1)


class Host:
    """A machine with one address, and the processes on it."""

    def __init__(self, network, name, address, distance_ms):
        self.network, self.name, self.address = network, name, address
        self.directory = network.directory / name
        self.directory.mkdir(exist_ok=True)
        self.netns = network.stack.enter_context(Namespace(f"{network.prefix}-{name}"))
        self._attach(distance_ms)

    def _attach(self, distance_ms):
        with self.netns.inside():
            tun = os.open("/dev/net/tun", os.O_RDWR | os.O_CLOEXEC)
        self.network.stack.callback(os.close, tun)
        fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", DEVICE.encode(), IFF_TUN | IFF_NO_PI))
        for command in (
                ("addr", "add", f"{self.address}/32", "dev", DEVICE),
                ("link", "set", DEVICE, "up"),
                ("route", "add", "default", "dev", DEVICE, "src", self.address)):
            tree.run("ip", "-n", self.netns.name, *command)
        self.network.router.set(self.address, tun, distance_ms=distance_ms)

    def inside(self):
        """The calling thread, its new sockets and the processes it starts are on this host."""
        return self.netns.inside()

    def start(self, *command, **options):
        """Starts a program, which ends with the network at the latest; returns the Popen."""
        with (self.directory / "log").open("ab") as log, self.inside():
            process = subprocess.Popen(
                [str(word) for word in command],
                **{"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log, "cwd": self.directory,
                   **options})
        self.network.stack.callback(end, process)
        return process

    def set_distance(self, distance_ms):
        self.network.router.set(self.address, distance_ms=distance_ms)

    def set_loss(self, share):
        self.network.router.set(self.address, loss=share)

    def unplug(self):
        """Pulls the cable: packets both ways are lost, and nobody is told."""
        self.network.router.set(self.address, plugged=False)

    def plug(self):
        self.network.router.set(self.address, plugged=True)


def end(process):
    """Ends a process, by force if need be."""
    process.send_signal(signal.SIGCONT)  # a stopped one would not even notice
    process.terminate()
    try:
        process.wait(2)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Network:
    """A router and its hosts; exists while the context lasts. All files are in directory."""

    def __init__(self, directory):
        self.directory = Path(directory)
        self.directory.mkdir(exist_ok=True)
        self.prefix = f"sitens-{os.getpid()}-{next(_numbers)}"
        self.stack = contextlib.ExitStack()
        self.router = None
        self.hosts = {}

    def __enter__(self):
        with contextlib.ExitStack() as undo:
            undo.push(self.stack)
            self.router = self.stack.enter_context(Router())
            self.set_up()
            undo.pop_all()
        return self

    def set_up(self):
        """What there is besides the router."""

    def __exit__(self, *_):
        self.stack.close()

    def host(self, name, address, distance_ms=SERVER_MS):
        """Adds a host."""
        self.hosts[name] = Host(self, name, address, distance_ms)
        return self.hosts[name]

    def zone(self, host, origin, server):
        """Adds a signed zone on an nsd of its own; returns its tree.Zone."""
        zone = Zone(host, origin, server)
        self.stack.enter_context(zone)
        return zone


class Zone(tree.Zone):
    """A signed zone on a host; publish() replaces its records."""

    def __init__(self, host, origin, server):
        super().__init__(host.directory / "zone", origin, host.address, server)
        self.host = host

    def __enter__(self):
        with self.host.inside():
            return super().__enter__()

    def publish(self, records):
        with self.host.inside():
            super().publish(records)


class Site:
    """A data centre: a host with a web server and, unless told otherwise, sitens."""

    def __init__(self, network, name, address, distance_ms):
        self.name, self.address = name, address
        self.host = network.host(name, address, distance_ms)
        self.network, self.directory = network, self.host.directory
        self.health = self.directory / "healthz"
        self.health.write_text("ok\n")
        server = NGINX_SERVER.format(directory=self.directory, name=name)
        (self.directory / "nginx.conf").write_text(configurations.nginx(self.directory, server))
        self.web = self.nameserver = None

    # The web server

    def start_web(self):
        self.web = self.host.start(
            "/usr/sbin/nginx", "-p", self.directory, "-e", self.directory / "nginx.log",
            "-c", self.directory / "nginx.conf")

        def listens():
            with self.host.inside(), contextlib.suppress(OSError):
                daemon.connected(daemon.socket.SOCK_STREAM, self.address, 80).close()
                return True

        wait_for(f"{self.name}: web server", listens)

    def stop_web(self):
        """The web server ends; the host refuses connections."""
        self.web.terminate()
        self.web.wait()

    def hang_web(self):
        """The web server hangs: connections are made and nothing is answered."""
        self.web.send_signal(signal.SIGSTOP)

    def resume_web(self):
        self.web.send_signal(signal.SIGCONT)

    def fail_check(self):
        """The page that the check asks for fails; the others do not."""
        self.health.unlink()

    def fix_check(self):
        self.health.write_text("ok\n")

    # The name server

    def start_nameserver(self):
        """Starts sitens on what is in directory/sitens; returns without waiting for its result."""
        with self.host.inside():
            self.nameserver = daemon.Daemon("--site", self.name, self.directory / "sitens")
        self.network.stack.callback(self.nameserver.discard)

    def await_nameserver(self, state="(serving|standby)"):
        return self.nameserver.await_state(state, NAME)

    def stop_nameserver(self):
        """As the service manager does it."""
        self.nameserver.stop()

    def take_out(self):
        """As sitens-drain does it: it withdraws by its policy, and runs on."""
        done = daemon.run("--socket", self.nameserver.directory / "run" / "control", "out", "--all",
                          program=daemon.BUILD / "sitens" / "sitensctl")
        assert done.returncode == 0, done

    def kill_nameserver(self):
        """The process ends and the host answers port unreachable."""
        self.nameserver.process.kill()
        self.nameserver.wait()

    # The host

    def unplug(self):
        self.host.unplug()

    def plug(self):
        self.host.plug()


class Lab(Network):
    """Root and parent zone, sites, resolvers, and a host for clients.

    sites: {ID: distance in ms}. resolvers: kinds; a kind that stands there again makes kind-2 and
    so on. raised_ttl_s: what the kind "raised", an unbound, makes of shorter TTLs. changes:
    sections of the site file as sitefile.sections() has them; what is not changed is sitens'
    default.

    To compare with something else: override start_nameservers() and delegate().
    """

    more = {}  # text at the end of resolvers' configurations, by kind

    def __init__(self, directory, sites=None, ttl_s=5, signed=True, resolvers=KINDS, raised_ttl_s=900,
                 **changes):
        super().__init__(directory)
        self.distances, self.ttl_s, self.signed = SITES if sites is None else sites, ttl_s, signed
        self.kinds, self.raised_ttl_s, self.changes = resolvers, raised_ttl_s, changes
        self.sites, self.resolvers = {}, {}
        self.root = self.parent = self.client_host = self.clients = self.key = None

    @property
    def cache_s(self):
        """How long resolvers keep an address."""
        return self.raised_ttl_s if "raised" in self.kinds else self.ttl_s

    def set_up(self):
        self.client_host = self.host("client", "203.0.113.1", CLIENT_MS)
        self._grow_tree()
        for number, (name, distance_ms) in enumerate(self.distances.items(), 1):
            self.sites[name] = Site(self, name, f"198.51.{number}.1", distance_ms)
            self.sites[name].start_web()
        self.start_nameservers()
        self.delegate()
        for kind in self.kinds:
            self.add_resolver(kind)
        for resolver in self.resolvers.values():
            self.await_resolver(resolver)

    def _grow_tree(self):
        root, parent = self.host("root", tree.ROOT), self.host("parent", tree.PARENT_SERVER)
        self.parent = self.zone(parent, PARENT, f"ns.{PARENT}.")
        self.root = Zone(root, ".", "a.root-servers.example.")
        self.root.publish(
            f"{PARENT}. 300 IN NS {self.parent.server}\n"
            f"{self.parent.server} 300 IN A {parent.address}\n"
            f"{PARENT}. 300 IN DS {self.parent.ds}\n")
        self.stack.enter_context(self.root)

    # The scheme

    def site_file(self):
        """The text of the site file."""
        sections = {"zone": {"name": NAME, "ttl": self.ttl_s}}
        if self.signed:
            sections["zone"]["dnssec-key"] = self.key.private
        for site in self.sites.values():
            sections[f"site {site.name}"] = {
                "nameserver": f"get.{site.name}.{PARENT}", "address": site.address}
        sections["check"] = {"url": "http://127.0.0.1/healthz"}
        for section, keys in self.changes.items():
            section = section.replace("_", " ")
            sections[section] = {**sections.get(section, {}), **keys}
        return sitefile.text(sections)

    def start_nameservers(self):
        """Copies the site file to every site, and starts sitens there."""
        if self.signed:
            self.key = signing.make_key(self.directory, NAME)
        for site in self.sites.values():
            (site.directory / "sitens").mkdir()
            (site.directory / "sitens" / "get.conf").write_text(self.site_file())
            site.start_nameserver()
        for site in self.sites.values():
            site.await_nameserver()

    def delegate(self):
        """Puts into the parent zone what parentgen prints."""
        path = next(iter(self.sites.values())).directory / "sitens" / "get.conf"
        # A standby shows its keys to nobody, so that the DS has to be asked for.
        force = ["--force"] if "preference" in path.read_text() else []
        with self.client_host.inside():
            records = daemon.run(*force, path, program=daemon.PARENTGEN)
        assert records.returncode == 0 and (" IN DS " in records.stdout) == self.signed, records
        self.parent.publish(records.stdout)

    # Resolvers

    def add_resolver(self, kind):
        """Adds a resolver on a host of its own; returns it."""
        number = sum(name.split("-")[0] == kind for name in self.resolvers) + 1
        name = kind if number == 1 else f"{kind}-{number}"
        host = self.host(name, f"203.0.113.{len(self.resolvers) + 11}", RESOLVER_MS)
        directory = host.directory / "resolver"
        if kind == "dnsmasq":
            upstream = self.resolvers[name.replace("dnsmasq", FORWARDED_TO)]
            resolver = Forwarder(name, directory, host.address, upstream.address)
        else:
            unbound, more = (kind, self.more.get(kind, "")) if kind != "raised" else (
                "unbound", f"server:\n  cache-min-ttl: {self.raised_ttl_s}\n")
            resolver = Resolver(name, directory, host.address, tree.ROOT, self.root.key.data,
                                self.root.ds, unbound, more)
        with host.inside():
            self.stack.enter_context(resolver)
        self.resolvers[name] = resolver
        return resolver

    def await_resolver(self, resolver):
        """Waits until it resolves; the name itself is not asked for."""
        with self.client_host.inside():
            resolver.await_answer(PARENT)

    def restart_resolver(self, resolver):
        """Empties its memory."""
        resolver.__exit__()
        with self.hosts[resolver.name].inside():
            resolver.__enter__()
        self.await_resolver(resolver)

    # Clients

    def start_clients(self, interval_ms=200, resolvers=None):
        """Has clients download through every resolver (or these), all begun in cache_s."""
        addresses = [resolver.address for resolver in resolvers or self.resolvers.values()]
        with (self.directory / "records").open("ab") as records:
            self.clients = self.client_host.start(
                "/usr/bin/python3", Path(__file__).with_name("client.py"), NAME, interval_ms,
                self.cache_s, *addresses, stdout=records)

    def stop_clients(self):
        """Has them begin nothing more, and waits until the last request has ended."""
        if self.clients.poll() is not None:
            raise RuntimeError((self.client_host.directory / "log").read_text())
        self.clients.terminate()
        self.clients.wait()

    def records(self, resolver=None):
        """The requests so far, of one resolver's client or of all, in order of their start."""
        names = {each.address: each.name for each in self.resolvers.values()}
        path = self.directory / "records"
        lines = path.read_text().splitlines() if path.exists() else []
        made = [Record(**json.loads(line)) for line in lines if line.endswith("}")]
        for record in made:
            record.resolver = names[record.resolver]
        return sorted((each for each in made if resolver in (None, each.resolver)),
                      key=lambda record: record.start)

    def await_record(self, what, condition, limit_s=60):
        """Waits until condition(record) holds for one of the requests; returns the first."""
        return wait_for(what, lambda: next(filter(condition, self.records()), None), limit_s, 0.1)

    def lookup(self, resolver, name=NAME, rdtype="A", timeout_s=10):
        """One query of the clients' host: the response, or None."""
        query = dns.message.make_query(name, rdtype, use_edns=False)
        with self.client_host.inside(), contextlib.suppress(dns.exception.Timeout):
            return dns.query.udp(query, resolver.address, timeout=timeout_s)

    def queries(self, site):
        """How many queries a site's sitens has had an answer for, as its metrics say."""
        text = (self.sites[site].nameserver.directory / "run" / "sitens.prom").read_text()
        return sum(map(int, re.findall(r"(?m)^sitens_queries_total{.*} (\d+)$", text)))
