"""Real name servers that hold the parent zone: each takes a delegation in its own way."""

import os
import pathlib
import shutil
import sqlite3
import subprocess
import threading

import dns.flags
import dns.message
import dns.query
import dns.rdatatype

import configurations
import daemon

ZONE = "example.test"

SOA = """\
$ORIGIN example.test.
@ 3600 IN SOA ns hostmaster 1 14400 3600 604800 300
@ 3600 IN NS ns
ns 3600 IN A {address}
"""

PDNS_SCHEMA = "/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql"


def needed(program):
    """The path of a program that the tests cannot do without."""
    path = shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin:/sbin")
    assert path, f"{program} is missing; see deploy/dependencies"
    return path


class Parent:
    """A running server of example.test; a subclass for each make.

    records: text of a zone file, what the zone holds besides SOA and its own NS.
    """

    ready = ""  # what its log says when it answers

    def __init__(self, directory, address, port=53, records="", soa=SOA):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(exist_ok=True)
        self.address, self.port = address, port
        self.zone_file = self.directory / "zone"
        self.zone_file.write_text(soa.format(address=address) + records)
        self.log = daemon.Events(type(self).__name__)
        self.prepare()
        self.process = subprocess.Popen(
            self.command(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, cwd=self.directory,
            stderr=subprocess.STDOUT, text=True, env=daemon.environment(**self.environment()))
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        try:
            self.log.await_match(self.ready)
        except AssertionError:
            self.close()
            raise

    def _read(self):
        for line in self.process.stdout:
            self.log.add(line.rstrip("\n"))
        self.log.end()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.process.kill()
        self.process.wait(daemon.PATIENCE)
        self.reader.join(daemon.PATIENCE)
        self.process.stdout.close()

    def write(self, name, text):
        (self.directory / name).write_text(text)
        return self.directory / name

    def environment(self):
        return {}

    def prepare(self):
        pass

    def apply(self, text):
        """Changes the running zone by what parentgen printed in the server's own form."""
        raise NotImplementedError

    def feed(self, command, text):
        """Runs a command that reads text."""
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=False,
                              timeout=daemon.PATIENCE, cwd=self.directory,
                              env=daemon.environment(**self.environment()))
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def ask(self, name, rdtype, edns=True, dnssec=False, transport=dns.query.udp):
        query = dns.message.make_query(name, rdtype, use_edns=edns, want_dnssec=dnssec,
                                       **{"payload": 1232} if edns else {})
        query.flags &= ~dns.flags.RD
        return transport(query, self.address, port=self.port, timeout=daemon.PATIENCE)


class Named(Parent):
    form = "nsupdate"
    ready = r"\brunning$"

    def prepare(self):
        self.config = self.write("named.conf", f"""
            options {{
              directory "{self.directory}"; pid-file none; session-keyfile none; recursion no;
              listen-on port {self.port} {{ {self.address}; }}; listen-on-v6 {{ none; }};
              dnssec-validation no; minimal-responses no; }};
            controls {{ }};
            zone "{ZONE}" {{ type primary; file "zone"; allow-update {{ any; }}; }};
            """)

    def command(self):
        return [needed("named"), "-g", "-n", "1", "-c", self.config]

    def apply(self, text):
        return self.feed([needed("nsupdate")], f"server {self.address} {self.port}\n{text}")


class Knot(Parent):
    form = "knotc"
    ready = "server started"

    def prepare(self):
        self.config = self.write("knot.conf", f"""
server:
    listen: {self.address}@{self.port}
    rundir: {self.directory}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
database:
    storage: {self.directory}
control:
    listen: {self.directory}/knot.sock
log:
  - target: stdout
    any: info
zone:
  - domain: {ZONE}
    file: {self.zone_file}
    semantic-checks: on
""")

    def command(self):
        return [needed("knotd"), "-c", self.config]

    def apply(self, text):
        return self.feed([needed("knotc"), "-s", self.directory / "knot.sock"], text)


class Pdns(Parent):
    form = "pdnsutil"
    ready = "Done launching threads"

    def prepare(self):
        self.write("pdns.conf", f"""
launch=gsqlite3
gsqlite3-database={self.directory}/db
local-address={self.address}
local-port={self.port}
socket-dir={self.directory}
daemon=no
guardian=no
cache-ttl=0
query-cache-ttl=0
negquery-cache-ttl=0
zone-cache-refresh-interval=0
receiver-threads=1
""")
        schema = pathlib.Path(PDNS_SCHEMA)
        assert schema.exists(), "pdns-backend-sqlite3 is missing; see deploy/dependencies"
        with sqlite3.connect(self.directory / "db") as database:
            database.executescript(schema.read_text())
        # What is printed calls pdnsutil as it is installed; here it has its own configuration.
        wrapper = self.write("pdnsutil", "#!/bin/sh\nexec {} --config-dir={} \"$@\"\n".format(
            needed("pdnsutil"), self.directory))
        wrapper.chmod(0o755)
        self.feed([wrapper, "load-zone", ZONE, self.zone_file], "")

    def environment(self):
        return {"PATH": f"{self.directory}:{os.environ['PATH']}"}

    def command(self):
        return [needed("pdns_server"), f"--config-dir={self.directory}"]

    def apply(self, text):
        return self.feed(["/bin/sh", "-e"], text)


class Nsd(Parent):
    """It reads a zone file; there is no other way in."""

    form = "bind"
    ready = "nsd started"

    def prepare(self):
        self.config = self.write("nsd.conf", configurations.nsd(
            self.directory, self.address, {ZONE: self.zone_file}, self.port))

    def command(self):
        return [needed("nsd"), "-d", "-c", self.config]


class Tinydns(Parent):
    """It listens on port 53 only. records are lines of tinydns-data."""

    form = "tinydns"
    ready = "starting tinydns"

    def __init__(self, directory, address, records):
        super().__init__(directory, address, records=records,
                         soa=".example.test:{address}:ns.example.test:3600\n")

    def prepare(self):
        self.directory.chmod(0o755)
        self.zone_file.rename(self.directory / "data")
        self.feed([needed("tinydns-data")], "")

    def environment(self):
        return {"ROOT": str(self.directory), "IP": self.address, "UID": "65534", "GID": "65534"}

    def command(self):
        return [needed("tinydns")]
