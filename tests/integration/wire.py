"""DNS messages octet by octet, for what no well-behaved library would send or notice."""

import struct

import dns.message
import dns.name
import dns.rdatatype

QR, AA, TC, RD, RA, Z, AD, CD = 0x8000, 0x0400, 0x0200, 0x0100, 0x0080, 0x0040, 0x0020, 0x0010
DO = 0x8000

NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED, BADVERS, BADCOOKIE = 0, 1, 2, 3, 4, 5, 16, 23
IN, CH, HS, NONE, ANY = 1, 3, 4, 254, 255
NSID, SUBNET, EXPIRE, COOKIE, KEEPALIVE, PADDING, EDE = 3, 8, 9, 10, 11, 12, 15

ID = 0x5517


def name(text):
    """A name in wire form; letters keep their case."""
    return dns.name.from_text(text).to_wire()


def number(rdtype):
    """The number of a type given as text or number."""
    return dns.rdatatype.from_text(rdtype) if isinstance(rdtype, str) else rdtype


def question(owner="get.example.test", rdtype="A", rdclass=IN):
    """An entry of the question section; owner may be octets."""
    octets = owner if isinstance(owner, bytes) else name(owner)
    return octets + struct.pack("!HH", number(rdtype), rdclass)


def record(owner=b"\0", rdtype="TXT", rdclass=IN, ttl=0, rdata=b"\0", rdlength=None):
    """A record; rdlength: what its length says, if not the truth."""
    octets = owner if isinstance(owner, bytes) else name(owner)
    length = len(rdata) if rdlength is None else rdlength
    return octets + struct.pack("!HHIH", number(rdtype), rdclass, ttl, length) + rdata


def option(code, value=b"", length=None):
    """An EDNS option; length: what its length says, if not the truth."""
    return struct.pack("!HH", code, len(value) if length is None else length) + value


def opt(*options, payload=1232, version=0, flags=0, rcode=0, owner=b"\0", rdlength=None):
    """An OPT record."""
    return record(owner, 41, payload, rcode << 24 | version << 16 | flags, b"".join(options),
                  rdlength)


def query(*additional, asked=(question(),), flags=0, opcode=0, answer=(), authority=(), ident=ID,
          counts=None, trailing=b""):
    """A query; counts: what its header says of the sections, if not the truth."""
    sections = (asked, answer, authority, additional)
    head = struct.pack("!HH4H", ident, flags | opcode << 11,
                       *(counts or [len(section) for section in sections]))
    return head + b"".join(b"".join(section) for section in sections) + trailing


def ask_for(owner, rdtype="A", *additional, rdclass=IN, **more):
    """A query for one name and type."""
    return query(*additional, asked=(question(owner, rdtype, rdclass),), **more)


def end_of_question(octets):
    """The offset of what follows the question section of a sound message."""
    at = 12
    for _ in range(int.from_bytes(octets[4:6], "big")):
        while octets[at]:
            at += octets[at] + 1
        at += 5
    return at


class Response:
    """A response, which must be well-formed to its last octet."""

    def __init__(self, octets):
        self.octets = octets
        self.id, self.flags, *self.counts = struct.unpack("!HH4H", octets[:12])
        self.message = self.parse(octets)
        self.opcode = self.flags >> 11 & 15
        self.rcode = int(self.message.rcode())
        self.answer = self.message.answer
        self.authority = self.message.authority
        self.additional = self.message.additional
        self.has_opt = self.message.edns >= 0
        assert self.flags & QR, "QR is not set"
        assert not self.flags & (RA | Z | AD), "RA, Z or AD is set"
        if self.has_opt:
            assert self.message.edns == 0, "not our EDNS version"
            assert self.message.payload == 1232, "not our payload size"
            assert not self.message.ednsflags & 0x7fff, "a flag other than DO"

    @staticmethod
    def parse(octets):
        """What dnspython reads in a response of any opcode; it knows few, and reads some otherwise."""
        flags = int.from_bytes(octets[2:4], "big") & ~0x7800
        return dns.message.from_wire(octets[:2] + flags.to_bytes(2, "big") + octets[4:],
                                     one_rr_per_rrset=True)

    def option(self, code):
        """The octets of the only EDNS option of that code, or None."""
        found = [each.to_wire() for each in self.message.options if each.otype == code]
        assert len(found) <= 1
        return found[0] if found else None

    @property
    def ede(self):
        """The code of the extended DNS error, or None."""
        value = self.option(EDE)
        return None if value is None else int.from_bytes(value[:2], "big")

    @property
    def dnssec_ok(self):
        return bool(self.message.ednsflags & DO)

    @property
    def question(self):
        """The question section as it came, to be compared octet by octet."""
        return self.octets[12:end_of_question(self.octets)]

    @property
    def is_empty(self):
        """Whether there is no record but OPT."""
        return not (self.answer or self.authority or self.additional)


def types(section):
    """The types of the records of a section, in order."""
    return [dns.rdatatype.to_text(rrset.rdtype) for rrset in section]


def data(section):
    """The data of the records of a section, sorted."""
    return sorted(rrset[0].to_text() for rrset in section)
