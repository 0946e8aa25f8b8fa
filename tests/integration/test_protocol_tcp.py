"""TCP: RFC 1035 section 4.2.2, RFC 7766 and RFC 9210."""

import contextlib
import random
import select
import socket

import pytest

import transport
import wire
from transport import frame, receive_frame

GET = "get.example.test"

# As in sitens/dns/tcp.h.
CONNECTIONS, CONNECTIONS_PER_CLIENT, LARGEST_QUERY = 256, 32, 4096


@pytest.fixture(params="46")
def tcp(zones, request):
    """The daemon of `zones` by TCP."""
    return transport.Via(*zones[1][request.param], tcp=True)


@pytest.fixture
def lone_tcp(serving):
    """A daemon of the test's own by TCP, so that no other test's connections count."""
    return transport.Via(serving.address, serving.port, tcp=True)


def numbered(n, owner=GET, rdtype="A"):
    """n queries with ID 0 to n - 1, framed."""
    return [frame(wire.ask_for(owner, rdtype, ident=ident)) for ident in range(n)]


def receive(sock, n):
    """The next n responses, in the order of their IDs."""
    responses = [wire.Response(receive_frame(sock)) for _ in range(n)]
    return sorted(responses, key=lambda response: response.id)


def are_answers(responses):
    """Whether they answer the queries of numbered()."""
    assert [response.id for response in responses] == list(range(len(responses)))
    assert all(wire.types(response.answer) == ["A"] for response in responses)
    return True


def is_alive(sock):
    """Whether the connection still answers."""
    with contextlib.suppress(ConnectionResetError, BrokenPipeError):
        sock.sendall(frame(wire.query()))
        return receive_frame(sock) is not None
    return False


def test_one_after_the_other(tcp):
    """RFC 7766 section 6.2.1: a connection is for more than one query."""
    with tcp.connect() as sock:
        for query in numbered(100):
            sock.sendall(query)
            assert wire.types(wire.Response(receive_frame(sock)).answer) == ["A"]


@pytest.mark.parametrize("n", [2, 10, 1000])
def test_pipelined(tcp, n):
    """RFC 7766 section 6.2.1.1"""
    with tcp.connect() as sock:
        sock.sendall(b"".join(numbered(n)))
        assert are_answers(receive(sock, n))
        assert is_alive(sock)


def test_pipelined_after_bad_ones(tcp):
    """An error in a message is no error of the connection."""
    bad = [wire.query(opcode=5, ident=0), wire.query(counts=(9, 9, 9, 9), ident=1),
           wire.ask_for("example.test", ident=2), wire.ask_for(GET, "AXFR", ident=3)]
    with tcp.connect() as sock:
        sock.sendall(b"".join(map(frame, bad)) + frame(wire.query(ident=4)))
        responses = receive(sock, 5)
        assert [each.rcode for each in responses] == [
            wire.NOTIMP, wire.FORMERR, wire.REFUSED, wire.REFUSED, wire.NOERROR]


@pytest.mark.parametrize("at", range(1, len(frame(wire.query()))))
def test_split_in_two(tcp, at):
    """RFC 7766 section 8; the length field, too, may be split."""
    query = frame(wire.query())
    with tcp.connect() as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.sendall(query[:at])
        sock.sendall(query[at:])
        assert wire.types(wire.Response(receive_frame(sock)).answer) == ["A"]


def test_split_and_joined_in_any_way(tcp, request):
    rng = random.Random(request.node.name)
    for _ in range(50):
        stream = b"".join(numbered(20))
        with tcp.connect() as sock:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while stream:
                length = rng.randrange(1, 120)
                sock.sendall(stream[:length])
                stream = stream[length:]
            assert are_answers(receive(sock, 20))


def test_octet_by_octet(tcp):
    with tcp.connect() as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for octet in b"".join(numbered(2)):
            sock.sendall(bytes([octet]))
        assert are_answers(receive(sock, 2))


@pytest.mark.parametrize("n", [1, 2, 500])
def test_half_closed_connections_get_their_answers(tcp, n):
    with tcp.connect() as sock:
        sock.sendall(b"".join(numbered(n)))
        sock.shutdown(socket.SHUT_WR)
        assert are_answers(receive(sock, n))
        assert receive_frame(sock) is None


@pytest.mark.parametrize("octets", [b"", b"\0", frame(wire.query())[:-1]])
def test_half_closed_before_the_end_of_a_query(tcp, octets):
    with tcp.connect() as sock:
        sock.sendall(octets)
        sock.shutdown(socket.SHUT_WR)
        assert receive_frame(sock) is None


ENDS = {
    "empty": b"\0\0", "shorter than a header": frame(b"\x12\x34\0\0\0\1\0\0\0\0\0"),
    "a response": frame(wire.query(flags=wire.QR)), "too long": b"\x10\x01" + bytes(20),
    "as long as can be": b"\xff\xff", "no DNS at all": b"GET / HTTP/1.1\r\n\r\n"}


@pytest.mark.parametrize("octets", ENDS.values(), ids=ENDS)
def test_frames_that_end_the_connection(tcp, octets):
    """At once, and not because nothing else comes: one that was idle before is still there."""
    with tcp.connect() as older, tcp.connect() as sock:
        sock.sendall(octets)
        assert receive_frame(sock) is None
        assert is_alive(older)


@pytest.mark.parametrize("octets", ENDS.values(), ids=ENDS)
def test_queries_before_such_a_frame_are_answered(tcp, octets):
    with tcp.connect() as sock:
        sock.sendall(b"".join(numbered(3)) + octets)
        assert are_answers(receive(sock, 3))
        assert receive_frame(sock) is None


def test_longest_query(tcp):
    """Padded to the octet to what is taken."""
    room = LARGEST_QUERY - len(wire.query(wire.opt(wire.option(wire.PADDING))))
    query = wire.query(wire.opt(wire.option(wire.PADDING, bytes(room))))
    assert len(query) == LARGEST_QUERY
    assert wire.types(tcp(query).answer) == ["A"]


def test_answers_longer_than_the_query_buffer(tcp):
    with tcp.connect() as sock:
        sock.sendall(b"".join(numbered(100, f"big9000.{GET}", "TXT")))
        for response in receive(sock, 100):
            assert wire.types(response.answer) == ["TXT"] and len(response.octets) > 9000


def test_keepalive_option_is_ignored(tcp):
    """RFC 7828 is not spoken: no option comes back, and the connection goes on."""
    with tcp.connect() as sock:
        sock.sendall(frame(wire.query(wire.opt(wire.option(wire.KEEPALIVE)))))
        assert not wire.Response(receive_frame(sock)).message.options
        assert is_alive(sock)


@pytest.mark.parametrize("half_closed", [False, True], ids=["open", "half-closed"])
def test_reader_that_does_not_read(lone_tcp, half_closed):
    """What it does not take is not made: nothing more is read from it, and others are served."""
    query = frame(wire.ask_for(GET, "NS"))
    queries = memoryview(query * 200000)
    sent = 0
    with lone_tcp.connect() as slow:
        slow.settimeout(0.2)
        with contextlib.suppress(TimeoutError):
            while sent < len(queries):
                sent += slow.send(queries[sent:sent + 65536])
        assert sent < len(queries), "the server takes queries without end"
        assert lone_tcp(wire.query()) is not None
        slow.settimeout(transport.PATIENCE)
        if half_closed:
            slow.shutdown(socket.SHUT_WR)
        for _ in range(sent // len(query)):
            assert receive_frame(slow)[6:8] == b"\0\2"  # two answer records
        if half_closed:
            assert receive_frame(slow) is None
        assert lone_tcp(wire.query()) is not None


def test_clients_that_go_away(lone_tcp):
    for n in range(200):
        with lone_tcp.connect() as sock:
            if n % 2:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # reset
            sock.sendall(b"".join(numbered(n)))
    assert lone_tcp(wire.query()) is not None


def test_connections_of_one_client(lone_tcp):
    """One client has 32 at most; the one that was idle longest makes room."""
    with contextlib.ExitStack() as stack:
        socks = [stack.enter_context(lone_tcp.connect()) for _ in range(CONNECTIONS_PER_CLIENT)]
        assert all(map(is_alive, socks))
        assert is_alive(socks[0])  # now the second is the one idle longest
        newest = stack.enter_context(lone_tcp.connect())
        assert is_alive(newest) and is_alive(socks[0])
        assert receive_frame(socks[1]) is None
        other = stack.enter_context(lone_tcp.connect(source="127.1.2.3"))
        assert is_alive(other) and all(map(is_alive, socks[2:]))


def test_connections_in_all(lone_tcp):
    """However many addresses an attacker has, the newest connection is served."""
    with contextlib.ExitStack() as stack:
        socks = [stack.enter_context(lone_tcp.connect(source=f"127.2.{n % 20}.1"))
                 for n in range(CONNECTIONS)]
        assert all(map(is_alive, socks))
        newest = stack.enter_context(lone_tcp.connect(source="127.3.0.1"))
        assert is_alive(newest)
        assert receive_frame(socks[0]) is None
        assert all(map(is_alive, socks[1:]))


def test_idle_connections_are_closed(lone_tcp):
    """RFC 7766 section 6.2.3. Who sends a query in tiny pieces is idle, too; who asks is not."""
    with lone_tcp.connect() as idle, lone_tcp.connect() as drip, lone_tcp.connect() as busy:
        still_open = [idle, drip]
        pieces = iter(frame(wire.query()))
        while still_open:
            for sock in select.select(still_open, [], [], 0.5)[0]:
                assert receive_frame(sock) is None
                still_open.remove(sock)
            with contextlib.suppress(ConnectionResetError, BrokenPipeError):
                drip.send(bytes([next(pieces)]))  # there are enough of them for 18 seconds
            assert is_alive(busy)
