"""Fixtures: the daemon, a scripted web server, site files, addresses that nobody else uses."""

import itertools
import os
import signal
import socket

import pytest

import certificates
import daemon
import namespace
import protocol
import signing
import sitefile
import transport
import webserver

# Who starts the tests in the background may ignore it; the programs under test must not inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

_numbers = itertools.count(1)


def fresh_address():
    """A loopback address that no other test, also of a run at the same time, uses."""
    number = next(_numbers)
    return f"127.{64 + os.getpid() % 128}.{number >> 8}.{number & 255}"


def free_port(address):
    """A port of address that is free for UDP and for TCP."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    while True:
        with socket.socket(family, socket.SOCK_DGRAM) as udp:
            with socket.socket(family, socket.SOCK_STREAM) as tcp:
                udp.bind((address, 0))
                try:
                    tcp.bind((address, udp.getsockname()[1]))
                except OSError:
                    continue
                return udp.getsockname()[1]


@pytest.fixture
def listen():
    """An address and a port for sitens."""
    address = fresh_address()
    return address, free_port(address)


@pytest.fixture
def listen6():
    """The same on the IPv6 loopback address."""
    return "::1", free_port("::1")


@pytest.fixture
def make_web():
    """Starts scripted web servers: make_web(), make_web(tls=context), make_web("/path/of.sock")."""
    servers = []

    def make(place=None, tls=None):
        servers.append(webserver.WebServer(place or (fresh_address(), 0), tls))
        return servers[-1]

    yield make
    for server in servers:
        server.close()


@pytest.fixture
def web(make_web):
    """A scripted web server that is well."""
    return make_web()


@pytest.fixture
def site_file(tmp_path, web):
    """Writes site files: site_file() is one that uses `web`. Returns the path.

    file: its name. text: its content. All else goes to sitefile.sections().
    """

    def make(file="get.conf", text=None, url=None, **changes):
        path = tmp_path / file
        if text is None:
            text = sitefile.text(sitefile.sections(url or web.url(), **changes))
        path.write_text(text)
        return path

    return make


@pytest.fixture
def sitens(listen):
    """Starts daemons: sitens(file, "--option") listens on `listen` as site dc1.

    At the end of the test every daemon that still runs must stop with status 0, and none may have
    left the report of a sanitizer.
    """
    daemons = []

    def make(*arguments, **options):
        options.setdefault("listen", listen)
        daemons.append(daemon.Daemon("--site", "dc1", *arguments, **options))
        return daemons[-1]

    yield make
    try:
        for each in daemons:
            each.await_set_up()
            ended_before = each.process.poll() is not None
            status = each.stop()
            log = "\n".join(each.log.texts)
            assert ended_before or status == 0, f"exit status {status}\n{log}"
            assert "Sanitizer" not in log and "runtime error" not in log, log
    finally:
        for each in daemons:
            each.discard()


@pytest.fixture
def serving(sitens, site_file):
    """A daemon that serves get.example.test."""
    running = sitens(site_file())
    running.await_state("serving")
    return running


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    """A certificate authority."""
    return certificates.Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def netns():
    """A network namespace of the test's own, with its loopback interface up."""
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root")
    with namespace.Namespace(f"sitens-test-{os.getpid()}-{next(_numbers)}") as made:
        yield made


@pytest.fixture(scope="session")
def loopback():
    """An address and a port for another server."""
    address = fresh_address()
    return address, free_port(address)


@pytest.fixture(scope="module")
def local_port():
    """A port of 127.0.0.1, for a server that serves only addresses of an interface."""
    return free_port("127.0.0.1")


@pytest.fixture(scope="session")
def zones(tmp_path_factory):
    """A daemon with zones of every kind, without rate limit; see protocol.py."""
    listen, listen6 = [(each, free_port(each)) for each in (fresh_address(), "::1")]
    directory = tmp_path_factory.mktemp("zones")
    with protocol.serving(directory, listen, listen6, "--rrl", "0") as running:
        yield running, {"4": listen, "6": listen6}


@pytest.fixture(params=["udp4", "tcp4", "udp6", "tcp6"])
def ask(zones, request):
    """Asks the daemon of `zones`, in each of four ways: ask(query) is its response, or None."""
    return transport.Via(*zones[1][request.param[3]], request.param.startswith("tcp"))


@pytest.fixture
def ask_udp(zones):
    """Asks the daemon of `zones` by UDP."""
    return transport.Via(*zones[1]["4"])


@pytest.fixture
def clock(tmp_path):
    """The wall clock of a daemon started with more_environment=clock.environment."""
    if not signing.LIBFAKETIME:
        pytest.skip("libfaketime is missing: deploy/install-dependencies test")
    if daemon.SANITIZED:
        pytest.skip("a sanitizer does not run below libfaketime")
    return signing.Clock(tmp_path / "clock")
