"""What the soak measures: what is answered and when, what the kernel dropped, what sitens takes."""

import contextlib
import dataclasses
import pathlib
import re
import socket
import statistics
import threading
import time

import dns.edns
import dns.exception
import dns.message
import dns.rdatatype

SILENT = "silent"
FENCE_ID = 1
FENCE = dns.message.make_query("id.server", "TXT", "CH", id=FENCE_ID).to_wire()
PATIENCE_S = 60  # with which a change is awaited


@dataclasses.dataclass(frozen=True)
class Given:
    """The addresses of an answer, and whether it says that the site is well."""
    addresses: tuple
    ready: bool = True

    def __init__(self, addresses, ready=True):
        object.__setattr__(self, "addresses", tuple(sorted(addresses)))
        object.__setattr__(self, "ready", ready)

    @classmethod
    def of(cls, answer):
        addresses = [item.address for rrset in answer.answer for item in rrset
                     if item.rdtype == dns.rdatatype.A]
        ready = all(option.otype != dns.edns.OptionType.EDE or option.code != 14
                    for option in answer.options)
        return cls(addresses, ready)


def given(site, name):
    """What is answered for the name now, SILENT, or None where nothing came.

    Answers come in the order of the queries: if that to a second one comes, which is always
    answered, and none to the first, that is silence. So it takes no waiting. It is asked at an address
    of which the kernel drops nothing.
    """
    query = dns.message.make_query(name, "A", use_edns=0, id=~FENCE_ID & 0xffff)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(1)
        sock.connect((site.addresses[-1], 53))
        try:
            sock.send(query.to_wire())
            sock.send(FENCE)
            first = sock.recv(4096)
            if first[:2] == FENCE[:2]:
                return SILENT
            sock.recv(4096)
        except OSError:
            return None
        return Given.of(dns.message.from_wire(first))


def time_until(site, wanted, wrong):
    """Notes how long it takes from now until what is given changes as it should; returns whether it did.

    wanted: by name, what may be given before, what must be given then, and the list of delays. All
    else that is given is wrong.
    """
    begun, open_names = time.monotonic(), dict(wanted)
    while open_names and time.monotonic() < begun + PATIENCE_S:
        for name, (before, then, delays) in list(open_names.items()):
            now = given(site, name)
            if now in then:
                delays.append(time.monotonic() - begun)
                del open_names[name]
            elif now is not None and now not in before:
                wrong.append(f"{name}: {now}")
        time.sleep(0.02)
    for name, (_, _, delays) in open_names.items():
        delays.append(PATIENCE_S)
    return not open_names


@dataclasses.dataclass
class Size:
    """What a process takes."""
    rss_kib: int
    descriptors: int
    threads: int

    @classmethod
    def of(cls, pid):
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        rss, threads = (int(re.search(rf"{key}:\s+(\d+)", status)[1]) for key in ("VmRSS", "Threads"))
        return cls(rss, len(list(pathlib.Path(f"/proc/{pid}/fd").iterdir())), threads)


def child(pid, name):
    """The child of that name."""
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        for each in (task / "children").read_text().split():
            if pathlib.Path(f"/proc/{each}/comm").read_text().strip() == name:
                return int(each)
    raise LookupError(f"{pid} has no child {name}")


class Sizes(threading.Thread):
    """Those of processes every five seconds, until end(); connections open meanwhile."""

    def __init__(self, pids, metric):
        super().__init__(daemon=True)
        self.pids, self.metric = pids, metric
        self.ended = threading.Event()
        self.sizes = {name: [] for name in pids}
        self.connections = []

    def run(self):
        with contextlib.suppress(OSError):  # it has ended this very moment
            while not self.ended.wait(5):
                for name, pid in self.pids.items():
                    if pathlib.Path(f"/proc/{pid}").exists():  # else it was replaced
                        self.sizes[name].append(Size.of(pid))
                self.connections += self.metric("sitens_tcp_connections")

    def end(self):
        self.ended.set()
        self.join()

    def rss_of_thirds(self, name):
        """The median RSS in KiB of each third of the time."""
        rss = [size.rss_kib for size in self.sizes[name]] or [0]
        n = -(-len(rss) // 3)
        return [statistics.median(rss[i * n:(i + 1) * n] or rss[-1:]) for i in range(3)]


def at_rest(pid):
    """What a process takes when nothing is under way: the least of some moments."""
    sizes = []
    for _ in range(30):
        sizes.append(Size.of(pid))
        time.sleep(0.1)
    return Size(*(min(getattr(size, field.name) for size in sizes) for field in dataclasses.fields(Size)))


def dropped(addresses):
    """Queries that the kernel has dropped since no room was left in the sockets at port 53 of these
    addresses."""
    locals_ = {socket.inet_aton(each)[::-1].hex().upper() + ":0035" for each in addresses}
    lines = pathlib.Path("/proc/thread-self/net/udp").read_text().splitlines()[1:]
    return sum(int(fields[-1]) for fields in map(str.split, lines) if fields[1] in locals_)


def tcp_overflows():
    """Connections that the kernel made wait for a second or more, since too many came at once."""
    names, values = (line.split() for line in pathlib.Path(
        "/proc/thread-self/net/netstat").read_text().splitlines()[:2])
    return int(dict(zip(names, values))["ListenOverflows"])
