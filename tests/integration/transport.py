"""Ways to ask a server: UDP and TCP, IPv4 and IPv6."""

import socket

import wire

PATIENCE = 60
FENCE = wire.ask_for("id.server", "TXT", rdclass=wire.CH, ident=0xfe4c)


def frame(message):
    """A message as TCP carries it."""
    return len(message).to_bytes(2, "big") + message


def receive_octets(sock, n):
    """The next n octets; fewer only at the end of the connection."""
    octets = b""
    while len(octets) < n and (more := sock.recv(n - len(octets))):
        octets += more
    return octets


def receive_frame(sock):
    """The next message of a TCP connection, or None at its end."""
    try:
        length = receive_octets(sock, 2)
        return receive_octets(sock, int.from_bytes(length, "big")) if length else None
    except ConnectionResetError:
        return None


class Via:
    """Asks one server in one way."""

    def __init__(self, address, port, tcp=False):
        self.address, self.port, self.tcp = address, port, tcp

    def connect(self, source=None):
        """A socket connected to the server; source: the address to come from."""
        family = socket.AF_INET6 if ":" in self.address else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_STREAM if self.tcp else socket.SOCK_DGRAM)
        sock.settimeout(PATIENCE)
        if source:
            sock.bind((source, 0))
        sock.connect((self.address, self.port))
        return sock

    def octets(self, message):
        """The response's octets, or None: the datagram was dropped or the connection closed.

        Nothing is waited for: over UDP a query that is always answered follows on the same socket,
        and answers come in the order of the queries.
        """
        with self.connect() as sock:
            if self.tcp:
                sock.sendall(frame(message))
                return receive_frame(sock)
            sock.send(message)
            sock.send(FENCE)
            first = sock.recv(65535)
            return None if first[:2] == FENCE[:2] else first

    def __call__(self, message):
        """The response, or None."""
        octets = self.octets(message)
        if octets is None:
            return None
        response = wire.Response(octets)
        assert octets[:2] == message[:2], "not the ID of the query"
        return response
