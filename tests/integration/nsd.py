"""nsd, to compare with."""

import contextlib
import shutil
import subprocess

import dns.exception
import dns.message
import dns.query

import configurations

PROGRAM = shutil.which("nsd", path="/usr/sbin:/usr/bin")

# Those of its habits in which sitens has no part.
OPTIONS = (
    "server-count: 1", "minimal-responses: yes", "refuse-any: no", "answer-cookie: no",
    "ipv4-edns-size: 1232", "tcp-count: 100", "tcp-query-count: 0", 'identity: "dc1"',
    "hide-version: yes")


def await_answer(process, address, port):
    """Waits until it answers; the datagrams sent before it listens are refused at once."""
    query = dns.message.make_query("id.server", "TXT", "CH")
    while process.poll() is None:
        with contextlib.suppress(OSError, dns.exception.Timeout):
            return dns.query.udp(query, address, port=port, timeout=0.2)
    raise AssertionError("nsd ended")


@contextlib.contextmanager
def serving(directory, listen, zones):
    """An nsd that serves {name: zone file text}."""
    for name, zone in zones.items():
        (directory / f"{name}.zone").write_text(zone)
    (directory / "nsd.conf").write_text(configurations.nsd(
        directory, listen[0], {name: f"{name}.zone" for name in zones}, listen[1], OPTIONS))
    with subprocess.Popen([PROGRAM, "-d", "-c", str(directory / "nsd.conf")],
                          stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            await_answer(process, *listen)
            yield
        finally:
            process.terminate()
