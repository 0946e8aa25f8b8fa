"""Response rate limiting: by prefix and kind of answer, and never for who has shown its address."""

import time

import pytest

import transport
import wire

GET = "get.example.test"
ANSWER, NEGATIVE, ERROR = GET, f"nothere.{GET}", "example.test"


class Flood:
    """Queries of one client, and what has come back."""

    def __init__(self, server, source=None):
        self.server, self.source = server, source
        self.began = time.monotonic()
        self.sent = self.full = self.slipped = 0
        # A good cookie, learnt over TCP, opens the way for the query that ends each wave.
        with transport.Via(server.address, server.port, tcp=True).connect(source) as sock:
            sock.sendall(transport.frame(wire.query(cookie(b"8 octets"))))
            self.cookie = wire.Response(transport.receive_frame(sock)).option(wire.COOKIE)

    def send(self, n, *additional, owner=ANSWER):
        """Sends n queries and counts the responses; returns self."""
        query = wire.ask_for(owner, "A", *additional)
        end = wire.query(cookie(self.cookie), ident=1)
        with transport.Via(self.server.address, self.server.port).connect(self.source) as sock:
            for at in range(0, n, 50):
                for _ in range(min(50, n - at)):
                    sock.send(query)
                    self.sent += 1
                sock.send(end)
                while (octets := sock.recv(65535))[:2] != end[:2]:
                    self.count(wire.Response(octets))
        return self

    def count(self, response):
        if response.flags & wire.TC:
            assert response.is_empty and response.counts[0] == 1
            self.slipped += 1
        else:
            self.full += 1

    @property
    def dropped(self):
        return self.sent - self.full - self.slipped

    def is_limited_to(self, rate):
        """Whether no more came back in full than the rate lets through, and some did."""
        seconds = time.monotonic() - self.began
        assert rate <= self.full <= rate * (1 + seconds) + 1
        assert abs(self.slipped - self.dropped) <= 1 + seconds  # every second one
        return True


def cookie(value):
    return wire.opt(wire.option(wire.COOKIE, value))


@pytest.fixture
def limited(sitens, site_file):
    """A daemon that gives each prefix 5 answers of each kind a second."""
    running = sitens(site_file(), "--rrl", "5")
    running.await_state("serving")
    return running


@pytest.mark.parametrize("owner", [ANSWER, NEGATIVE, ERROR])
@pytest.mark.parametrize("additional", [(), (wire.opt(),), (cookie(b"new here"),)],
                         ids=["plain", "edns", "client cookie"])
def test_limited(limited, owner, additional):
    assert Flood(limited).send(400, *additional, owner=owner).is_limited_to(5)


@pytest.mark.parametrize("query", [
    wire.query(asked=()), wire.query(opcode=4), wire.query(wire.opt(version=1)),
    wire.ask_for(GET, rdclass=wire.HS), wire.ask_for("id.server", "TXT", rdclass=wire.CH),
    wire.query(cookie(b"12345678"), asked=())])
def test_nothing_gets_around_it(limited, query):
    """Errors, and answers that belong to no zone."""
    with transport.Via(limited.address, limited.port).connect() as sock:
        began = time.monotonic()
        for _ in range(100):
            sock.send(query)
        end = wire.query(cookie(Flood(limited).cookie), ident=1)
        sock.send(end)
        full = 0
        while (octets := sock.recv(65535))[:2] != end[:2]:
            full += not octets[2] & 2
        assert 5 <= full <= 5 * (1 + time.monotonic() - began) + 1


def test_bad_cookie_is_limited(limited):
    flood = Flood(limited)
    bad = flood.cookie[:-1] + bytes([flood.cookie[-1] ^ 1])
    assert flood.send(400, cookie(bad)).is_limited_to(5)


def test_good_cookie_is_not_limited(limited):
    flood = Flood(limited)
    flood.send(400, cookie(flood.cookie))
    assert (flood.full, flood.slipped) == (400, 0)


def test_tcp_is_not_limited(limited):
    Flood(limited).send(100)
    with transport.Via(limited.address, limited.port, tcp=True).connect() as sock:
        sock.sendall(transport.frame(wire.query()) * 400)
        for _ in range(400):
            assert wire.types(wire.Response(transport.receive_frame(sock)).answer) == ["A"]


def test_client_behind_a_forged_address_gets_its_answer(limited):
    """What it takes: it asks again by TCP when an answer comes truncated."""
    assert Flood(limited).send(100).slipped > 10
    via = transport.Via(limited.address, limited.port, tcp=True)
    assert wire.types(via(wire.query()).answer) == ["A"]


def test_kinds_are_limited_apart(limited):
    assert Flood(limited).send(100, owner=NEGATIVE).is_limited_to(5)
    assert Flood(limited).send(100, owner=ERROR).is_limited_to(5)
    assert Flood(limited).send(100, owner=ANSWER).is_limited_to(5)


def test_prefix_is_24(limited):
    first = Flood(limited, "127.9.9.1").send(100)
    neighbour = Flood(limited, "127.9.9.254").send(100)
    assert first.full + neighbour.full <= 5 * (1 + time.monotonic() - first.began) + 1
    assert Flood(limited, "127.9.10.1").send(100).is_limited_to(5)


def test_off(sitens, site_file):
    running = sitens(site_file(), "--rrl", "0")
    running.await_state("serving")
    assert Flood(running).send(3000).full == 3000


def test_default_is_generous(serving):
    """A resolver that asks for several hundred names a second notices nothing."""
    assert Flood(serving).send(500).full == 500
