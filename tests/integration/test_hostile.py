"""Any octets at all may come in by UDP and TCP; sitens goes on answering."""

import random
import socket

import dns.message
import pytest

import daemon
import sitefile

QUERY = dns.message.make_query("get.example.test", "A", use_edns=0).to_wire()


def mutated(rng):
    """A query with some octets changed, cut or added."""
    octets = bytearray(QUERY)
    for _ in range(rng.randrange(1, 8)):
        octets[rng.randrange(len(octets))] = rng.randrange(256)
    if rng.random() < 0.3:
        del octets[rng.randrange(len(octets)):]
    if rng.random() < 0.3:
        octets += rng.randbytes(rng.randrange(600))
    return bytes(octets)


def answers_well(running):
    for tcp in (False, True):
        assert daemon.addresses(running.ask(tcp=tcp)) == [sitefile.ADDRESS]


@pytest.fixture
def unlimited(sitens, site_file):
    """A daemon that serves without rate limit, so that each answer can be expected."""
    running = sitens(site_file(), "--rrl", "0")
    running.await_state("serving")
    return running


def test_datagrams(unlimited, request):
    rng = random.Random(request.node.name)
    with unlimited.udp() as sock:
        for _ in range(400):
            for _ in range(25):
                sock.send(mutated(rng))
                sock.send(rng.randbytes(rng.randrange(1500)))
            for answer in daemon.answers_before_fence(sock):
                assert len(answer) >= 12 and answer[2] & 0x80, answer.hex()
    answers_well(unlimited)


def test_empty_and_largest_datagrams(serving):
    with serving.udp() as sock:
        sock.send(b"")
        sock.send(QUERY + b"\0" * (65507 - len(QUERY)))
        sock.send(b"\xff" * 65507)
        daemon.answers_before_fence(sock)
    answers_well(serving)


def test_responses_are_dropped(serving):
    """Else two servers could be set on each other by one forged datagram."""
    with serving.udp() as sock:
        sock.send(dns.message.make_response(dns.message.from_wire(QUERY)).to_wire())
        assert not daemon.answers_before_fence(sock)


def test_tcp_octets(unlimited, request):
    rng = random.Random(request.node.name)
    for number in range(1000):
        with unlimited.tcp() as sock:
            octets = mutated(rng)
            if number % 2:
                octets = daemon.framed(octets)
            try:
                sock.sendall(octets)
                if number % 4 < 2:
                    sock.shutdown(socket.SHUT_WR)
                    while sock.recv(4096):
                        pass
            except ConnectionError:
                pass
    answers_well(unlimited)


def test_tcp_query_octet_by_octet(serving):
    with serving.tcp() as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for octet in daemon.framed(QUERY):
            sock.sendall(bytes([octet]))
        assert daemon.addresses(daemon.receive_framed(sock)) == [sitefile.ADDRESS]


def test_idle_connections_do_not_lock_others_out(serving):
    idle = [serving.tcp() for _ in range(300)]
    try:
        answers_well(serving)
    finally:
        for sock in idle:
            sock.close()
