"""A whole small world in a network namespace: a parent zone, a resolver, sites, web servers."""

import contextlib
import json
import subprocess

import daemon
import fakeserver
import parents
import sitefile
import webserver

NAME = "get.example.test"
PARENT = "192.0.2.2"  # the parent's name server, which the resolver file names too

SITES = {
    "dc1": ("ns1.get.example.test", ["192.0.2.10", "2001:db8:2::10"]),
    "dc2": ("get.dc2.example.test", ["198.51.100.20", "2001:db8:3::20"]),
}

# Runs a program with a resolv.conf(5) of its own.
WITH_RESOLVER = ["unshare", "-m", "sh", "-c",
                 'mount --bind "$0" /etc/resolv.conf && exec "$@"']


class World:
    """Everything starts inside the namespace that the calling thread is in.

    zone: keys to add to the site file's [zone]; sections: whole sections to add or replace.
    """

    def __init__(self, netns, directory, stack, zone=None, **sections):
        self.netns, self.directory, self.stack = netns, directory, stack
        for address in (PARENT, *(each for _, addresses in SITES.values() for each in addresses)):
            netns.add_address(f"{address}/{128 if ':' in address else 32}")
        self.web = {site: webserver.WebServer(("127.0.0.1", 0)) for site in SITES}
        for web in self.web.values():
            stack.callback(web.close)
        self.path = directory / "get.conf"
        self.zone, self.sections = zone or {}, sections
        self.write()
        self.sites, self.parent = {}, None

    def write(self, path=None, site=None, **changes):
        """Writes the site file, in the version of a site that has its own web server."""
        sections = {f"site_{name}": {"nameserver": nameserver, "address": " ".join(addresses)}
                    for name, (nameserver, addresses) in SITES.items()}
        sections["policy"] = {"hold-down": "0s"}
        sections["check"] = {"timeout": "500ms"}  # the check tells how long a failover takes
        sections |= self.sections
        sections["zone"] = {"delegation-ttl": "1h", "negative-ttl": "60", **self.zone}
        for section, keys in changes.items():
            sections[section] = None if keys is None else {**sections.get(section, {}), **keys}
        made = sitefile.sections(self.web[site or "dc1"].url(), NAME, **sections)
        path = path or self.path
        path.write_text(sitefile.text(made))
        return path

    def printed(self, *options):
        done = self.parentgen(*options, self.path)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def parentgen(self, *options):
        return daemon.run(*options, program=daemon.PARENTGEN)

    # The servers

    def start_parent(self, make=parents.Nsd, records=None, change=lambda text: text):
        """Starts the parent zone with what parentgen prints, changed by a function."""
        if records is None:
            records = change(self.printed())
        self.parent = make(self.directory / "parent", PARENT, records=records)
        self.stack.callback(self.parent.close)
        return self.parent

    def start_site(self, site, path=None, **options):
        """Starts sitens for a site, on its own addresses, and waits until it serves."""
        running = daemon.Daemon("--site", site, path or self.path, **options)
        self.stack.callback(running.discard)
        running.await_state("serving")
        self.sites[site] = running
        return running

    def start_sites(self):
        for site in SITES:
            self.start_site(site)

    def start_fake(self, site, behave=None, change=lambda text: text, nsid=None, zone_of=None):
        """Starts servers that say what sitens would, except what behave and change do to it, with
        the addresses of the site zone_of."""
        done = daemon.run("--site", zone_of or site, "--print-zone", self.path)
        assert done.returncode == 0, done.stderr
        servers = []
        for address in SITES[site][1]:
            servers.append(fakeserver.FakeServer(
                address, NAME, change(done.stdout), site.encode() if nsid is None else nsid))
            self.stack.callback(servers[-1].close)
            if behave:
                servers[-1].behave = behave
        return servers

    # The check

    def check(self, *options, find=False, resolver=PARENT, wrapper=()):
        """parentgen --check of the parent; find: it has to find the parent's servers itself, by a
        resolver. wrapper: words before the command."""
        if find:
            file = self.directory / "resolv.conf"
            file.write_text(f"nameserver {resolver}\n")
            wrapper = [*wrapper, *WITH_RESOLVER, str(file)]
        elif "--parent" not in options:
            options = ("--parent", PARENT, *options)
        return daemon.run("--check", *options, self.path, program=daemon.PARENTGEN,
                          wrapper=wrapper)

    def findings(self, *options, **more):
        """The exit status, and the findings by their tags."""
        done = self.check("--json", *options, **more)
        assert done.stdout, done
        report = json.loads(done.stdout)
        return done.returncode, {each["tag"]: each for each in report["findings"]}, report


@contextlib.contextmanager
def world(netns, directory, **options):
    with netns.inside(), contextlib.ExitStack() as stack:
        yield World(netns, directory, stack, **options)


def sign_keys(directory, path):
    """Makes a key beside the site file; returns the line of [zone] that names it."""
    done = subprocess.run([daemon.PARENTGEN, "--genkey", path], capture_output=True, text=True,
                          check=True, timeout=daemon.PATIENCE, cwd=directory)
    key, value = done.stdout.strip().split(" = ", 1)
    return {key: value}
