"""The servers under test: how each is told to serve one zone on one address."""

import os
import pathlib
import shutil
import socket
import subprocess
import sys
import time

import processes

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "integration"))
import configurations  # noqa: E402
import sitefile  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(os.environ.get("SITENS_BUILD", ROOT / "build"))
SITENS = BUILD / "sitens" / "sitens"
PARENTGEN = BUILD / "parentgen" / "parentgen"
BENCH = BUILD / "tests" / "bench"
ADDRESS = "127.0.0.1"  # an address of an interface: named serves no other
FIRST_PORT = 5300
NAME = "get.example.test"
PATIENCE_S = 30

# ID 4711; id.server TXT CH, which sitens answers at once, and the zone's A, which the others do.
IDENTITY = b"\x12\x67\0\0\0\1\0\0\0\0\0\0\2id\6server\0\0\20\0\3"
ZONE_ADDRESS = b"\x12\x67\0\0\0\1\0\0\0\0\0\0\3get\7example\4test\0\0\1\0\1"


def site_file(directory, sites=2, zones=1, signed=False):
    """Writes the site file of the zone, and of zones - 1 others; returns the directory."""
    for zone in range(zones):
        name = f"get{zone or ''}.example.test"
        sections = {
            "zone": {"name": name, "ttl": 60},
            **{f"site dc{i}": {"nameserver": f"get.dc{i}.example.test",
                               "address": f"192.0.2.{i} 2001:db8::{i:x}"}
               for i in range(1, sites + 1)},
            "check": {"file": directory, "interval": "1h", "timeout": "30s"},
        }
        path = directory / f"{name}.conf"
        path.write_text(sitefile.text(sections))
        if signed and zone == 0:
            subprocess.run([PARENTGEN, "--genkey", path], check=True, cwd=directory,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            sections["zone"]["dnssec-key"] = next(directory.glob("K*.private"))
            path.write_text(sitefile.text(sections))
    return directory


def zone_text(directory):
    """The zone as sitens serves it, for the others."""
    return subprocess.run(
        [SITENS, "--print-zone", "--site", "dc1", directory / f"{NAME}.conf"], check=True,
        capture_output=True, text=True).stdout


class Server:
    """One server of one kind. directory holds its files, and all that it writes."""

    name = None
    signs = True      # it can serve a signed zone
    tcp = True
    udp = True
    thread_a_connection = False
    arguments = ()    # for the generator
    hello = ZONE_ADDRESS   # the first thing it can answer

    def __init__(self, directory, number, workers=1, zone=None, files=None, wrapper=(),
                 environment=None):
        self.directory, self.workers, self.zone, self.files = directory, workers, zone, files
        self.port = FIRST_PORT + number
        self.wrapper, self.environment = wrapper, environment or {}
        self.running = None
        directory.mkdir(parents=True, exist_ok=True)

    def program(self):
        return shutil.which(self.name, path="/usr/sbin:/usr/bin")

    def command(self):
        raise NotImplementedError

    def write(self, name, text):
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def write_zone(self, name=f"{NAME}.zone"):
        return self.write(name, self.zone)

    def start(self):
        """Starts it and waits for its first answer; returns the seconds that took."""
        command = [*self.wrapper, *self.command()]
        environment = {"RUNTIME_DIRECTORY": str(self.directory), "STATE_DIRECTORY": str(self.directory),
                       **self.environment}
        begin = time.perf_counter()
        self.running = processes.Running(command, self.directory / "log", environment)
        self.await_answer(self.hello)
        seconds = time.perf_counter() - begin
        if self.hello is not ZONE_ADDRESS:
            self.await_answer(ZONE_ADDRESS)
        return seconds

    def await_answer(self, query):
        """Asks until there is an answer. Before a server listens, the kernel refuses at once.

        To sleep in between would cost more time than some take to start.
        """
        deadline = time.monotonic() + PATIENCE_S
        with socket.socket(type=socket.SOCK_DGRAM) as sock:
            sock.connect((ADDRESS, self.port))
            sock.settimeout(0.002)
            while self.running.alive() and time.monotonic() < deadline:
                try:
                    sock.send(query)
                    answer = sock.recv(512)
                    if self.is_answer(answer):
                        return
                except (TimeoutError, ConnectionRefusedError):
                    pass
        last = (self.directory / "log").read_text(errors="replace").splitlines()[-3:]
        raise RuntimeError(f"{self.name}: no answer; it said: {' / '.join(last)}")

    def is_answer(self, octets):
        return octets[3] & 15 == 0 and octets[7] > 0

    def stop(self):
        if self.running:
            self.running.stop()
            self.running = None


class Sitens(Server):
    name = "sitens"
    hello = IDENTITY
    rate = 0

    def program(self):
        return SITENS

    def command(self):
        return [SITENS, "--site", "dc1", "--listen", f"{ADDRESS}@{self.port}", "--workers",
                self.workers, "--rrl", self.rate, self.files]


class SitensLimited(Sitens):
    """With rate limiting at work, and a limit that is not reached."""

    name = "sitens, RRL"
    rate = 1000000


class Echo(Server):
    name = "echo"
    shape = "batch"
    signs = tcp = False
    arguments = ("-e",)

    def program(self):
        return BENCH / "bench-echo"

    def command(self):
        return [self.program(), self.shape, ADDRESS, self.port]

    def is_answer(self, octets):
        return True


class EchoAdapt(Echo):
    name = "echo, adapting"
    shape = "adapt"


class EchoTcp(Echo):
    name = "echo, TCP"
    shape = "tcp"
    tcp, udp = True, False

    def await_answer(self, query):
        while self.running.alive():
            try:
                with socket.create_connection((ADDRESS, self.port), PATIENCE_S) as sock:
                    sock.send(len(query).to_bytes(2, "big") + query)
                    return sock.recv(512)
            except ConnectionRefusedError:
                pass
        raise RuntimeError("echo ended")


class Gdnsd(Server):
    name = "gdnsd"
    signs = False

    def command(self):
        self.write_zone(f"zones/{NAME}")
        for name in ("run", "state"):
            (self.directory / name).mkdir(exist_ok=True)
        self.write("config", f"""\
options => {{
  run_dir => {self.directory}/run
  state_dir => {self.directory}/state
  listen => {{ {ADDRESS}:{self.port} => {{ udp_threads => {self.workers}, tcp_threads => 1 }} }}
}}
""")
        return [self.program(), "-c", self.directory, "start"]


class Knot(Server):
    name = "knot"

    def program(self):
        return shutil.which("knotd", path="/usr/sbin:/usr/bin")

    def command(self):
        zone = self.write_zone()
        return [self.program(), "-c", self.write("knot.conf", f"""\
server:
    rundir: "{self.directory}"
    listen: {ADDRESS}@{self.port}
    udp-workers: {self.workers}
    tcp-workers: 1
    background-workers: 1
database:
    storage: "{self.directory}/db"
log:
  - target: stderr
    any: warning
template:
  - id: default
    zonefile-sync: -1
    journal-content: none
    semantic-checks: off
zone:
  - domain: {NAME}
    file: "{zone}"
""")]


class Nsd(Server):
    name = "nsd"

    def command(self):
        text = configurations.nsd(
            self.directory, ADDRESS, {NAME: self.write_zone()}, self.port,
            (f"server-count: {self.workers}", "minimal-responses: yes",
             f"reuseport: {'yes' if self.workers > 1 else 'no'}"))
        return [self.program(), "-d", "-c", self.write("nsd.conf", text)]


class Named(Server):
    name = "named"

    def command(self):
        zone = self.write_zone()
        return [self.program(), "-g", "-n", self.workers, "-c", self.write("named.conf", f"""\
options {{
    directory "{self.directory}";
    listen-on port {self.port} {{ {ADDRESS}; }};
    listen-on-v6 {{ none; }};
    pid-file none;
    session-keyfile none;
    recursion no;
    minimal-responses yes;
    notify no;
}};
controls {{ }};
zone "{NAME}" {{ type primary; file "{zone}"; }};
""")]


class Pdns(Server):
    name = "pdns"
    thread_a_connection = True

    def program(self):
        return shutil.which("pdns_server", path="/usr/sbin:/usr/bin")

    def command(self):
        zone, database = self.write_zone(), self.directory / "dnssec.sqlite3"
        self.write("named.conf", f'zone "{NAME}" {{ type master; file "{zone}"; }};\n')
        self.write("pdns.conf", f"""\
launch=bind
bind-config={self.directory}/named.conf
bind-dnssec-db={database}
local-address={ADDRESS}
local-port={self.port}
receiver-threads={self.workers}
distributor-threads=1
reuseport={"yes" if self.workers > 1 else "no"}
socket-dir={self.directory}
security-poll-suffix=
""")
        if not database.exists():
            for words in (["create-bind-db", database],
                          *([["set-presigned", NAME]] if "RRSIG" in self.zone else [])):
                subprocess.run(["pdnsutil", "--config-dir", self.directory, *words], check=True,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return [self.program(), f"--config-dir={self.directory}", "--daemon=no", "--guardian=no"]


ALL = (Echo, EchoAdapt, EchoTcp, Sitens, SitensLimited, Gdnsd, Knot, Nsd, Named, Pdns)
