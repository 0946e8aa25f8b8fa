"""Sound queries, changed at random: whatever comes in, what goes out is well-formed, and answers it.

SITENS_MUTATIONS: how many; 6,000 if it is not set. The same number gives the same queries.
"""

import os
import random

import pytest

import protocol
import transport
import wire

MUTATIONS = int(os.environ.get("SITENS_MUTATIONS", "6000"))
BATCH = 40

GET = "get.example.test"
COOKIE = wire.option(wire.COOKIE, b"8 octets" + b"\1\0\0\0" + bytes(12))
SOUND = [
    wire.query(), wire.query(wire.opt()), wire.ask_for(GET, "AAAA", wire.opt(flags=wire.DO)),
    wire.ask_for(f"nothere.{GET}", "HTTPS", wire.opt()), wire.ask_for(protocol.LONGEST, "TXT"),
    wire.ask_for(f"x.alias2.{GET}", "ANY"), wire.ask_for(f"big600.{GET}", "TXT", wire.opt()),
    wire.ask_for("id.server", "TXT", wire.opt(wire.option(wire.NSID)), rdclass=wire.CH),
    wire.query(wire.opt(COOKIE)), wire.query(wire.opt(COOKIE), asked=()),
    wire.query(wire.opt(wire.option(100, b"value"), wire.option(wire.PADDING, bytes(64)))),
    wire.query(wire.opt(), wire.record("key", "TSIG", wire.ANY, rdata=bytes(40))),
    wire.query(wire.opt(), authority=(wire.record(GET, "SOA", rdata=b"\xc0\x0c\xc0\x0c" + bytes(20)),)),
    wire.query(opcode=4, answer=(wire.record(GET),)), wire.query(opcode=5),
]


def set_octet(rng, octets):
    octets[rng.randrange(len(octets))] = rng.choice([0, 1, 0x3f, 0x40, 0x7f, 0x80, 0xc0, 0xff])


def flip_bit(rng, octets):
    octets[rng.randrange(len(octets))] ^= 1 << rng.randrange(8)


def set_number(rng, octets):
    at = rng.randrange(len(octets) - 1)
    octets[at:at + 2] = rng.choice([0, 1, 2, 41, 255, 512, 0x7fff, 0xffff]).to_bytes(2, "big")


def cut(rng, octets):
    del octets[rng.randrange(3, len(octets)):]


def remove(rng, octets):
    at = rng.randrange(3, len(octets))
    del octets[at:at + rng.randrange(1, 12)]


def repeat(rng, octets):
    at = rng.randrange(3, len(octets))
    octets[at:at] = octets[at:at + rng.randrange(1, 60)] * rng.randrange(1, 4)


def splice(rng, octets):
    other = rng.choice(SOUND)
    at = rng.randrange(12, len(other))
    octets[min(at, len(octets)):] = other[at:]


def mutated(rng, ident):
    octets = bytearray(rng.choice(SOUND))
    for _ in range(rng.randrange(1, 6)):
        if len(octets) > 12:
            rng.choice([set_octet, flip_bit, set_number, cut, remove, repeat, splice])(rng, octets)
    octets[:2] = ident.to_bytes(2, "big")
    return bytes(octets)


def is_fit(query, octets, tcp):
    """Whether the response is one to the query, and well-formed."""
    response = wire.Response(octets)
    assert response.opcode == query[2] >> 3 & 15
    copied = 0 if response.opcode else wire.RD | wire.CD
    assert response.flags & (wire.RD | wire.CD) == int.from_bytes(query[2:4], "big") & copied
    assert response.question == query[12:12 + len(response.question)]
    assert response.rcode in (*range(6), wire.BADVERS, wire.BADCOOKIE)
    if not tcp:
        assert len(octets) <= (1232 if response.has_opt else 512)
    if response.rcode not in (wire.NOERROR, wire.NXDOMAIN):
        assert response.is_empty and not response.flags & (wire.AA | wire.TC)
    return True


@pytest.mark.parametrize("family", "46")
def test_datagrams(zones, family, request):
    rng = random.Random(request.node.name)
    end = wire.ask_for("id.server", "TXT", rdclass=wire.CH, ident=65535)
    with transport.Via(*zones[1][family]).connect() as sock:
        for _ in range(0, MUTATIONS // 2, BATCH):
            queries = [mutated(rng, ident) for ident in range(BATCH)]
            for query in (*queries, end):
                sock.send(query)
            while (octets := sock.recv(65535))[:2] != end[:2]:
                query = queries[int.from_bytes(octets[:2], "big")]
                assert is_fit(query, octets, tcp=False), query.hex()


def test_frames(zones, request):
    """Fewer, as many of them end the connection."""
    rng = random.Random(request.node.name)
    via = transport.Via(*zones[1]["4"], tcp=True)
    for _ in range(MUTATIONS // 20):
        queries = [mutated(rng, ident) for ident in range(4)]
        with via.connect() as sock:
            sock.sendall(b"".join(map(transport.frame, queries)))
            for query in queries:
                octets = transport.receive_frame(sock)
                if octets is None:
                    break
                assert is_fit(query, octets, tcp=True), query.hex()
    assert via(wire.query()).rcode == wire.NOERROR
