"""A web server that behaves as a test tells it to.

What it does with each connection is its `answer`, a function that a test may change at any time:

    web.answer = webserver.response(status=500)
    web.answer = webserver.hang
"""

import os
import socket
import ssl
import struct
import threading


def response(status=200, body=b"ok\n", headers=()):
    """Answers with this."""
    head = [f"HTTP/1.1 {status} Scripted", f"Content-Length: {len(body)}", "Connection: close"]
    octets = "\r\n".join([*head, *headers, "", ""]).encode() + body

    def answer(connection, web):
        connection.sendall(octets)

    answer.octets = octets
    return answer


def redirect(location):
    """Answers 301."""
    return response(301, b"", [f"Location: {location}"])


def drip(connection, web):
    """Sends a good response, an octet every tenth of a second."""
    for octet in response().octets:
        connection.sendall(bytes([octet]))
        if web.closing.wait(0.1):
            return


def hang(connection, web):
    """Takes the request and says nothing, until the client goes away."""
    while connection.recv(4096):
        pass


def unfinished(connection, web):
    """Sends a good response but for its last octet, and waits."""
    connection.sendall(response().octets[:-1])
    hang(connection, web)


def close(connection, web):
    """Closes the connection, as nginx does that waits for the PROXY protocol."""


def reset(connection, web):
    """Breaks the connection off with a TCP reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def endless_headers(connection, web):
    """Sends headers for as long as the client reads them."""
    connection.sendall(b"HTTP/1.1 200 Scripted\r\n")
    while not web.closing.is_set():
        connection.sendall(b"X-More: " + b"x" * 1000 + b"\r\n")


def endless_body(connection, web):
    """Sends a body for as long as the client reads it."""
    connection.sendall(b"HTTP/1.1 200 Scripted\r\n\r\n")
    while not web.closing.is_set():
        connection.sendall(b"x" * 65536)


class WebServer:
    """Listens on an (address, port) or on the path of a unix socket until close()."""

    def __init__(self, place, tls=None):
        self.place = place
        self.tls = tls
        self.answer = response()
        self.requests = []
        self.closing = threading.Event()
        self.arrived = threading.Condition()
        self.listener = None
        self.listen()

    def listen(self):
        """Begins, or begins anew after close() on the same address and port."""
        self.closing.clear()
        if isinstance(self.place, str):
            self.listener = socket.socket(socket.AF_UNIX)
            self.listener.bind(self.place)
            self.listener.listen(64)
        else:
            family = socket.AF_INET6 if ":" in self.place[0] else socket.AF_INET
            self.listener = socket.create_server(self.place, family=family, backlog=64)
            self.place = self.listener.getsockname()[:2]
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    def close(self):
        """Refuses connections from now on."""
        self.closing.set()
        if self.listener:
            self.listener.shutdown(socket.SHUT_RDWR)
            self.listener.close()
            self.listener = None
            if isinstance(self.place, str):
                os.unlink(self.place)

    def url(self, path="/healthz"):
        """The URL as a site file has it."""
        if isinstance(self.place, str):
            return f"unix:{self.place}:{path}"
        host, port = self.place
        host = f"[{host}]" if ":" in host else host
        return f"{'https' if self.tls else 'http'}://{host}:{port}{path}"

    def await_requests(self, n, since=None, timeout=60):
        """Waits until n more requests have come in; returns the text of the last one.

        since: count from that number of requests, not from now. Give it where the request may come
        before this is called, and no other follows.
        """
        with self.arrived:
            wanted = (len(self.requests) if since is None else since) + n
            if not self.arrived.wait_for(lambda: len(self.requests) >= wanted, timeout):
                raise AssertionError(f"{len(self.requests)} of {wanted} requests arrived")
            return self.requests[-1]

    def _accept(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                if listener.fileno() < 0:
                    return
                continue  # whoever came is gone
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        # A client that goes away, or does not like the certificate, is part of the play.
        try:
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
            self._note(self._read_request(connection))
            self.answer(connection, self)
        except (OSError, ssl.SSLError):
            pass
        finally:
            connection.close()

    @staticmethod
    def _read_request(connection):
        octets = b""
        while b"\r\n\r\n" not in octets and (more := connection.recv(4096)):
            octets += more
        return octets.decode(errors="replace")

    def _note(self, request):
        with self.arrived:
            self.requests.append(request)
            self.arrived.notify_all()
