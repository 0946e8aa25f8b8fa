"""An authoritative server that does what a test wants, over UDP and TCP."""

import contextlib
import socket
import threading

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.zone

NSID = 3
EDE = 15


def say_nothing(query, response, tcp):
    """A behaviour: silence; over TCP the connection is closed."""
    return None


def with_rcode(rcode):
    """A behaviour: nothing but this code."""
    def behave(query, response, tcp):
        empty = dns.message.make_response(query)
        empty.set_rcode(rcode)
        return empty
    return behave


def not_ready(query, response, tcp):
    """A behaviour: what a site that serves no one says instead of keeping silent (EDE 14)."""
    failing = with_rcode(dns.rcode.SERVFAIL)(query, response, tcp)
    failing.use_edns(0, 0, 1232, options=[dns.edns.GenericOption(EDE, b"\0\x0e")])
    return failing


class FakeServer:
    """Serves the text of a zone file on an address; nsid is what it says about itself.

    behave(query, response, tcp) may return another response, octets, or None for silence.
    """

    def __init__(self, address, name, text, nsid=b"", port=53):
        self.zone = dns.zone.from_text(text, name, relativize=False, check_origin=False)
        self.nsid = nsid
        self.behave = lambda query, response, tcp: response
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.udp = socket.socket(family, socket.SOCK_DGRAM)
        self.udp.bind((address, port))
        self.tcp = socket.socket(family, socket.SOCK_STREAM)
        self.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.tcp.bind((address, port))
        self.tcp.listen(64)
        self.threads = [threading.Thread(target=each, daemon=True)
                        for each in (self._serve_udp, self._serve_tcp)]
        for thread in self.threads:
            thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        for sock in (self.udp, self.tcp):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()
        for thread in self.threads:
            thread.join(5)

    def close_tcp(self):
        """Nobody listens on TCP any more."""
        self.tcp.shutdown(socket.SHUT_RDWR)
        self.tcp.close()

    def _serve_udp(self):
        with contextlib.suppress(OSError):
            while True:
                wire, client = self.udp.recvfrom(65535)
                if not wire:
                    return
                answer = self._answer(wire, False)
                if answer is not None:
                    self.udp.sendto(answer, client)

    def _serve_tcp(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.tcp.accept()
                with connection, contextlib.suppress(OSError):
                    length = int.from_bytes(connection.recv(2, socket.MSG_WAITALL), "big")
                    wire = connection.recv(length, socket.MSG_WAITALL)
                    # Who is gone before it has asked gets nothing.
                    answer = self._answer(wire, True) if len(wire) == length > 0 else None
                    if answer is not None:
                        connection.sendall(len(answer).to_bytes(2, "big") + answer)

    def _answer(self, wire, tcp):
        query = dns.message.from_wire(wire)
        answer = self.behave(query, self._respond(query), tcp)
        return answer.to_wire(max_size=65535) if isinstance(answer, dns.message.Message) else answer

    def _respond(self, query):
        response = dns.message.make_response(query)
        response.flags |= dns.flags.AA
        if self.nsid:
            response.use_edns(0, 0, 1232, options=[dns.edns.GenericOption(NSID, self.nsid)])
        name, rdtype = query.question[0].name, query.question[0].rdtype
        node = self.zone.get_node(name)
        if node is None:
            response.set_rcode(dns.rcode.NXDOMAIN)
        section = response.answer
        if node is None or node.get_rdataset(dns.rdataclass.IN, rdtype) is None:
            section, name, rdtype = response.authority, self.zone.origin, dns.rdatatype.SOA
        for covers in (None, rdtype):
            with contextlib.suppress(KeyError):
                section.append(
                    self.zone.find_rrset(name, rdtype) if covers is None else
                    self.zone.find_rrset(name, dns.rdatatype.RRSIG, covers))
        return response
