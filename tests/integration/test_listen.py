"""The addresses it listens on: in use, not there yet, found out by itself."""

import os
import pathlib
import re
import socket
import subprocess
import tempfile

import pytest

import daemon
import webserver

EX_UNAVAILABLE = 69


IP_FREEBIND = 15  # of <linux/in.h>: the address need not be there yet


def hold(kind, address, port):
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind)
    sock.setsockopt(socket.SOL_IP, IP_FREEBIND, 1)
    sock.bind((address, port))
    if kind == socket.SOCK_STREAM:
        sock.listen()
    return sock


def in_use(site_file, listen):
    """Starts sitens on a place that is taken; returns what it said."""
    address, port = listen
    done = daemon.run("--site", "dc1", "--listen", f"{address}@{port}", site_file())
    assert done.returncode == EX_UNAVAILABLE, done
    match = re.search(rf"(?m)^ERROR: .*{address}.*{port}.*$", done.stderr)
    assert match, done.stderr
    return match[0]


def test_udp_port_in_use_names_the_holder(site_file, listen):
    with hold(socket.SOCK_DGRAM, *listen):
        said = in_use(site_file, listen)
    assert f"is taken by python3 (pid {os.getpid()})" in said


@pytest.mark.parametrize("kind", (socket.SOCK_DGRAM, socket.SOCK_STREAM))
def test_test_names_the_holder(site_file, listen, kind):
    """The service in its sandbox cannot; an operator's root can."""
    address, port = listen
    arguments = ("--test", "--site", "dc1", "--listen", f"{address}@{port}", site_file())
    free = daemon.run(*arguments)
    assert (free.returncode, f"would listen on {address} port {port}\n" in free.stdout) == (0, True)
    with hold(kind, *listen):
        done = daemon.run(*arguments)
    assert done.returncode == 0
    assert f"port {port}, which python3 (pid {os.getpid()}) has now" in done.stdout


def test_test_names_each_holder(site_file, netns):
    """One look at sockets and processes for all of them."""
    netns.add_addresses([f"10.0.0.{number}/32" for number in range(1, 6)])
    with netns.inside(), hold(socket.SOCK_DGRAM, "10.0.0.1", 53), \
            hold(socket.SOCK_STREAM, "10.0.0.2", 53), hold(socket.SOCK_DGRAM, "0.0.0.0", 54), \
            hold(socket.SOCK_STREAM, "::", 55), hold(socket.SOCK_DGRAM, "10.0.0.4", 56):
        other = subprocess.Popen(["python3", "-c", "import socket; s = socket.create_server("
                                  "('10.0.0.3', 53)); print(flush=True); input()"],
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        with other:
            other.stdout.readline()
            places = ["10.0.0.1@53", "10.0.0.2@53", "10.0.0.3@53", "10.0.0.4@53", "10.0.0.1@54",
                      "10.0.0.2@55", "10.0.0.5@56", "::1@53", "::1@55"]
            done = daemon.run("--test", "--site", "dc1", *(f"--listen={place}" for place in places),
                              site_file())
            other.stdin.close()
    this, that = (f", which python3 (pid {pid}) has now" for pid in (os.getpid(), other.pid))
    said = re.findall("(?m)^would listen on .* port [0-9]*(.*)$", done.stdout)
    assert said == [this, this, that, "", this, this, "", "", this], done.stdout


def test_holder_that_is_not_visible(site_file, listen):
    if os.geteuid() != 0:
        pytest.skip("becoming another user needs root")
    address, port = listen
    with tempfile.NamedTemporaryFile() as copy, hold(socket.SOCK_DGRAM, *listen):
        pathlib.Path(copy.name).write_text(site_file().read_text())
        os.chmod(copy.name, 0o644)
        done = daemon.run("--site", "dc1", "--listen", f"{address}@{port}", copy.name,
                          wrapper=("setpriv", "--reuid=65534", "--clear-groups"))
    assert done.returncode == EX_UNAVAILABLE
    assert "is taken by another process (`sitens --test`, as root, names it" in done.stderr


def test_tcp_port_in_use_names_the_holder(site_file, listen):
    with hold(socket.SOCK_STREAM, *listen):
        said = in_use(site_file, listen)
    assert f"is taken by python3 (pid {os.getpid()})" in said


def test_port_held_by_another_sitens(serving, site_file, listen):
    said = in_use(site_file, listen)
    assert f"is taken by sitens (pid {serving.process.pid})" in said
    assert not serving.is_silent()


def test_port_is_not_shared_with_another_sitens(sitens, site_file, listen):
    """SO_REUSEPORT is for the workers of one daemon; two would each get half of the queries."""
    running = sitens(site_file(), "--workers", "2")
    running.await_state("serving")
    address, port = listen
    done = daemon.run(
        "--site", "dc1", "--workers", "2", "--listen", f"{address}@{port}", site_file())
    assert done.returncode == EX_UNAVAILABLE, done


@pytest.mark.parametrize("address", ["192.0.2.10/32", "2001:db8:2::10/128"])
def test_address_that_comes_later(sitens, site_file, netns, address):
    """IP_FREEBIND: sitens may start before the network does."""
    with netns.inside():
        web = webserver.WebServer(("127.0.0.1", 0))
        running = sitens(site_file(url=web.url()), listen=(address.split("/")[0], 53))
        running.await_state("serving")
        netns.add_address(address)
        assert not running.is_silent()
        web.close()


def test_default_is_the_sites_own_addresses(sitens, site_file, netns):
    for address in ("192.0.2.10/32", "2001:db8:2::10/128", "192.0.2.11/32"):
        netns.add_address(address)
    with netns.inside():
        web = webserver.WebServer(("127.0.0.1", 0))
        running = sitens(site_file(url=web.url()), listen=False)
        running.await_state("serving")
        for running.address in ("192.0.2.10", "2001:db8:2::10"):
            assert not running.is_silent()
        for other in ("192.0.2.11", "127.0.0.1"):
            with daemon.connected(socket.SOCK_DGRAM, other, 53) as sock:
                sock.send(b"x" * 12)
                with pytest.raises(ConnectionRefusedError):
                    sock.recv(512)
        web.close()


def test_default_behind_nat_is_every_global_address(sitens, site_file, netns):
    netns.add_address("10.1.2.3/32")
    with netns.inside():
        web = webserver.WebServer(("127.0.0.1", 0))
        running = sitens(site_file(url=web.url()), listen=False)
        running.await_state("serving")
        running.address = "10.1.2.3"
        assert not running.is_silent()
        web.close()


def test_address_without_a_carrier_tells_the_site(site_file, netns):
    """A site that boots with its cable unplugged must serve as soon as it is plugged in."""
    netns.add_unplugged("192.0.2.10/24")
    with netns.inside():
        done = daemon.run("--test", site_file())
    assert done.returncode == 0, done.stderr
    assert "this host is site dc1, known by its address, 192.0.2.10" in done.stdout
    assert "would listen on 192.0.2.10 port 53" in done.stdout


def test_host_with_many_addresses_finds_itself(sitens, site_file, netns):
    """A hosting machine; its site's addresses are the last ones."""
    netns.add_addresses([f"10.{number >> 8}.{number & 255}.1/32" for number in range(1500)])
    netns.add_addresses([f"fd00::{number:x}/128" for number in range(1, 1500)])
    netns.add_address("192.0.2.10/32")
    netns.add_address("2001:db8:2::10/128")
    with netns.inside():
        done = daemon.run("--test", site_file())
        every = daemon.run("--test", "--listen", "0.0.0.0", site_file())
    assert done.returncode == 0 and "not on this host" not in done.stderr, done.stderr
    assert "this host is site dc1, known by its address, 192.0.2.10" in done.stdout
    assert done.stdout.count("would listen on") == 2
    assert every.stdout.count("would listen on") == 256
    assert "more than 256 addresses to listen on: say which with --listen" in every.stderr


def test_every_address_but_link_local_ones(sitens, site_file, netns):
    """An interface's own address cannot be bound without the interface, and no client uses it."""
    netns.add_unplugged("2001:db8:2::10/64")
    netns.add_address("fe80::1234/64")
    with netns.inside():
        web = webserver.WebServer(("127.0.0.1", 0))
        running = sitens(site_file(url=web.url()), "--listen", "::@5300", listen=False)
        running.await_state("serving")
        running.address, running.port = "::1", 5300
        assert not running.is_silent()
        assert "cannot be used" not in running.log
        web.close()


@pytest.fixture
def behind_nat(sitens, site_file, netns):
    """A daemon that serves 203.0.113.5, on a host that does not have its own 10.0.0.5 yet."""
    with netns.inside():
        web = webserver.WebServer(("127.0.0.1", 0))
        running = sitens(site_file(url=web.url(), site_dc1={"address": "203.0.113.5"}),
                         listen=False)
        running.await_state("serving")
        running.address = "10.0.0.5"
        yield running
        web.close()


def test_behind_nat_the_address_comes_later(behind_nat, netns):
    """Started before the network, it must not wait for a reload to be of use."""
    netns.add_address("10.0.0.5/32")
    behind_nat.log.await_match("^INFO: this host has other addresses now", reader="host")
    assert daemon.addresses(behind_nat.ask(tcp=True)) == ["203.0.113.5"]
    assert daemon.addresses(behind_nat.ask()) == ["203.0.113.5"]


def test_port_that_is_let_go_of_later(behind_nat, netns):
    """A failure is told once; then it is tried again and again."""
    with hold(socket.SOCK_DGRAM, "10.0.0.5", 53):
        netns.add_address("10.0.0.5/32")
        behind_nat.log.await_match(r"^ERROR: 10\.0\.0\.5 port 53 is taken by python3")
        behind_nat.await_round()  # the one that said so
        behind_nat.await_round()
    behind_nat.log.await_match("^NOTICE: listening on all addresses now")
    assert daemon.addresses(behind_nat.ask()) == ["203.0.113.5"]
    assert sum("is taken by" in text for text in behind_nat.log.texts) == 1


def test_each_failure_is_told_once(behind_nat, netns):
    """Also that of an address which comes while another one's is known."""
    with hold(socket.SOCK_DGRAM, "10.0.0.5", 53):
        netns.add_address("10.0.0.5/32")
        behind_nat.log.await_match(r"^ERROR: 10\.0\.0\.5 port 53 is taken by python3")
        with hold(socket.SOCK_STREAM, "10.0.0.6", 53):
            netns.add_address("10.0.0.6/32")
            behind_nat.log.await_match(r"^ERROR: 10\.0\.0\.6 port 53 is taken by python3")
            behind_nat.await_round()
            behind_nat.await_round()
    behind_nat.log.await_match("^NOTICE: listening on all addresses now")
    behind_nat.address = "10.0.0.6"
    assert daemon.addresses(behind_nat.ask(tcp=True)) == ["203.0.113.5"]
    assert sum("is taken by" in text for text in behind_nat.log.texts) == 2
