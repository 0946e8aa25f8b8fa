"""The same zones on nsd, and the same queries, generated at random: the same responses.

ALLOWED lists every difference there may be, and why.

SITENS_QUERIES: how many queries; 20,000 if it is not set. The same number gives the same queries.
"""

import contextlib
import os
import random

import dns.name
import pytest

import daemon
import nsd
import protocol
import transport
import wire

QUERIES = int(os.environ.get("SITENS_QUERIES", "20000"))
BATCH = 40

# Names of the zones, without what a query puts before them.
NAMES = ["", "target", "alias", "alias2", "dangling", "_acme-challenge", "deep.er.ent", "er.ent",
         "ent", "mixed", "big600", "big1100", "big1300"]
ZONES = ["get.example.test", "v4.example.test", "in.example.test", "signed.example.test"]
ELSEWHERE = ["", "test", "example.test", "example.org", "get.example.testx", "xget.example.test"]
TYPES = ["A", "AAAA", "NS", "SOA", "MX", "TXT", "CNAME", "CAA", "HTTPS", "DS", "DNSKEY", "PTR",
         "SRV", "NSEC", "RRSIG", 65280, 1000, 65534, "ANY", "AXFR",
         "IXFR", "MAILA", "MAILB", "TKEY", "TSIG", "OPT"]
FLAGS = [wire.RD, wire.CD, wire.AD, wire.Z, wire.RA, wire.TC, wire.AA]


def generated_name(rng):
    zone = rng.choice(ZONES)
    choice = rng.random()
    if choice < 0.6:
        labels = [rng.choice(NAMES), zone]
    elif choice < 0.8:
        labels = [rng.choice(["www", "*", "a.b.c", "ns1", "ns2", "x" * 63]), rng.choice(NAMES), zone]
    elif choice < 0.85:
        return protocol.LONGEST
    else:
        labels = [rng.choice(["", "www"]), rng.choice(ELSEWHERE)]
    return ".".join(filter(None, labels)) or "."


def generated_opt(rng):
    options = rng.sample([wire.option(100), wire.option(wire.PADDING, bytes(20)),
                          wire.option(wire.SUBNET, b"\0\1\x18\0\xc6\x33\x64"),
                          wire.option(wire.EXPIRE), wire.option(wire.KEEPALIVE)], rng.randrange(3))
    return wire.opt(*options, payload=rng.choice([0, 512, 700, 1220, 1232, 4096, 65535]),
                    version=rng.choice([0] * 19 + [1]), flags=rng.choice([0, wire.DO]))


def sound(rng, ident):
    """A query that has an answer."""
    owner = generated_name(rng)
    if rng.random() < 0.3:
        owner = "".join(rng.choice([each.upper(), each.lower()]) for each in owner)
    rdtype = rng.choice(TYPES) if rng.random() < 0.9 else rng.randrange(65536)
    additional = [] if rng.random() < 0.4 else [generated_opt(rng)]
    flags = 0 if rng.random() < 0.7 else rng.choice(FLAGS)
    rdclass = wire.IN if rng.random() < 0.97 else rng.choice([wire.CH, wire.HS, wire.NONE, wire.ANY])
    return wire.ask_for(owner, rdtype, *additional, rdclass=rdclass, ident=ident, flags=flags)


def faulty(rng, ident):
    """A query to which the answer is an error."""
    asked = wire.question(generated_name(rng), rng.choice(TYPES))
    additional = [] if rng.random() < 0.4 else [generated_opt(rng)]
    options = {"ident": ident, "flags": rng.choice([0, *FLAGS]), "asked": [asked]}
    match rng.randrange(5):
        case 0:
            options["opcode"] = rng.randrange(1, 16)
        case 1:
            options["asked"] = [asked] * rng.choice([0, 2, 3])
        case 2:
            additional = [generated_opt(rng), generated_opt(rng)]
        case 3:
            additional = [wire.opt(rng.choice([b"\0", b"\0\x64\0\1", wire.option(100)[:-1]]))]
        case 4:
            options["asked"] = [wire.question(rng.choice([b"\xc0\x0c", b"\x41a\0", b"\x3fa\0"]))]
    return wire.query(*additional, **options)


NS, OPT, RRSIG, NSEC = 2, 41, 46, 47
TKEY, TSIG, IXFR, AXFR, MAILB, MAILA, ALL = range(249, 256)


class Query:
    """What the list of allowed differences needs to know of a query."""

    def __init__(self, octets):
        self.id, self.octets = octets[:2], octets
        self.flags = int.from_bytes(octets[2:4], "big")
        self.opcode = self.flags >> 11 & 15
        self.questions = int.from_bytes(octets[4:6], "big")
        self.opts = int.from_bytes(octets[10:12], "big")
        padded = octets + bytes(300)
        at = 12
        while self.questions and padded[at]:
            at += padded[at] + 1
        self.type = int.from_bytes(padded[at + 1:at + 3], "big")
        self.rdclass = int.from_bytes(padded[at + 3:at + 5], "big")
        self.version = padded[at + 11] if self.opts and self.questions == 1 else 0


def compared_data(rrset):
    """The data of a record, without what differs from one signing to the next.

    The apex has two NSECs, one with and one without the type that this site has not, of which a
    zone file can hold only one.
    """
    fields = rrset[0].to_text().lower().split(" ")
    if rrset.rdtype == RRSIG:
        return fields[:4] + fields[6:8]
    if rrset.rdtype == NSEC and rrset.name == dns.name.from_text("signed.example.test"):
        return [field for field in fields if field != "aaaa"]
    return fields


def facts(octets):
    """What is compared of a response."""
    if octets is None:
        return {"answered": False}
    message = wire.Response.parse(octets)
    found = {
        "answered": True, "flags": int.from_bytes(octets[2:4], "big") & 0xfff0,
        "rcode": int(message.rcode()), "opt": message.edns >= 0,
        "do": bool(message.ednsflags & wire.DO), "question": message.question,
        "options": sorted(each.otype for each in message.options)}
    for section in ("answer", "authority", "additional"):
        found[section] = sorted(
            (rrset.name.to_text().lower(), rrset.rdtype, rrset.rdclass, rrset.ttl,
             compared_data(rrset)) for rrset in getattr(message, section))
    return found


EVERYTHING = {"rcode", "flags", "question", "answer", "authority", "additional", "options"}

# (why, which queries and responses of ours it is about, what may differ)
ALLOWED = [
    ("CD is copied, as RFC 4035 section 3.2.2 says; nsd clears it",
     lambda query, ours: query.flags & ours["flags"] & wire.CD, {"flags"}),
    ("An error to a query with an OPT has an OPT, RFC 6891 section 6.1.1; nsd's has none",
     lambda query, ours: ours["rcode"] in (wire.FORMERR, wire.NOTIMP) and query.opts,
     {"opt", "do"}),
    ("RD and CD are copied into FORMERR, and no flag into NOTIMP; nsd copies all or none",
     lambda query, ours: ours["rcode"] in (wire.FORMERR, wire.NOTIMP), {"flags"}),
    ("FORMERR repeats the one question that can be read, as named's and knot's; nsd's never does",
     lambda query, ours: query.questions == 1 and ours["rcode"] == wire.FORMERR, {"question"}),
    ("nsd takes a NOTIFY for one and refuses it in its own way; we have no use for any",
     lambda query, ours: query.opcode == 4 and ours["rcode"] == wire.NOTIMP, {"rcode"}),
    ("BADVERS keeps no flag but DO, RFC 3225 section 3; nsd's keeps all but DO",
     lambda query, ours: query.version and ours["rcode"] == wire.BADVERS, {"flags", "do"}),
    ("No question is FORMERR, RFC 9619 section 4; nsd says NOERROR",
     lambda query, ours: not query.questions and ours["rcode"] == wire.FORMERR, {"rcode"}),
    ("Classes other than IN are refused, question kept; nsd drops it, and takes class ANY for IN",
     lambda query, ours: query.rdclass != wire.IN and ours["rcode"] == wire.REFUSED, EVERYTHING),
    ("Types that are never data are errors; nsd looks for them",
     lambda query, ours: query.type in (OPT, TKEY, TSIG, MAILA, MAILB), EVERYTHING),
    ("Transfers are refused; nsd says otherwise below the apex",
     lambda query, ours: query.type in (AXFR, IXFR) and ours["rcode"] == wire.REFUSED, EVERYTHING),
    ("ANY is one HINFO, RFC 8482 section 4.2; nsd gives all there is",
     lambda query, ours: query.type == ALL and ours["rcode"] == wire.NOERROR, EVERYTHING),
    ("RRSIG as a question is much like ANY: one is enough, RFC 8482; nsd gives all there are",
     lambda query, ours: query.type == RRSIG, {"answer", "flags"}),
    ("A truncated response has no record, RFC 2181 section 9; nsd's has those that fit",
     lambda query, ours: ours["flags"] & wire.TC, {"answer", "authority", "additional"}),
    ("The answer stands alone; nsd adds the addresses of nameservers inside the zone",
     lambda query, ours: query.type == NS and ours["answer"], {"additional"}),
]


def differences(query, ours, theirs):
    """The names of the facts that differ and may not."""
    found = {key for key in {**ours, **theirs} if ours.get(key) != theirs.get(key)}
    for _, is_about, may_differ in ALLOWED:
        if found and ours["answered"] and is_about(query, ours):
            found -= may_differ
    return found


def exchange(via, queries):
    """The responses to queries, by ID."""
    end = wire.ask_for("id.server", "TXT", rdclass=wire.CH, ident=65535)
    responses = {}
    with via.connect() as sock:
        for octets in [*(query.octets for query in queries), end]:
            sock.sendall(transport.frame(octets) if via.tcp else octets)
        receive = transport.receive_frame if via.tcp else lambda sock: sock.recv(65535)
        while (octets := receive(sock) or end)[:2] != end[:2]:
            responses[octets[:2]] = octets
    return responses


@pytest.fixture(scope="module")
def twin(zones, loopback, tmp_path_factory):
    """The address of an nsd that serves the zones as `sitens -p` prints them."""
    if not nsd.PROGRAM:
        pytest.skip("nsd is not installed")
    texts = {}
    for name in ZONES:
        file = zones[0].site_files / f"{name.split('.', maxsplit=1)[0]}.conf"
        printed = daemon.run("--site", "dc1", "--print-zone", file)
        assert printed.returncode == 0, printed.stderr
        texts[name] = printed.stdout
    with nsd.serving(tmp_path_factory.mktemp("nsd"), loopback, texts):
        yield loopback


def check(compared):
    """Fails on differences in (query, our response, nsd's), and says what they are."""
    found = []
    for query, ours, theirs in compared:
        if ours != theirs and differences(query, ours := facts(ours), theirs := facts(theirs)):
            found.append((query, ours, theirs))
        if len(found) == 20:
            break
    for query, ours, theirs in found:
        print(f"query {query.octets.hex()}")
        for key in differences(query, ours, theirs):
            print(f"    {key}: ours {ours.get(key)}, nsd's {theirs.get(key)}")
    assert not found


@pytest.mark.parametrize("tcp", [False, True], ids=["udp", "tcp"])
def test_the_same_responses_as_nsd(zones, twin, tcp, request):
    rng = random.Random(request.node.name)
    ours_via, theirs_via = [transport.Via(*listen, tcp) for listen in (zones[1]["4"], twin)]

    def compared():
        for _ in range(0, QUERIES // 2, BATCH):
            queries = [Query(sound(rng, ident)) for ident in range(BATCH)]
            ours, theirs = exchange(ours_via, queries), exchange(theirs_via, queries)
            for query in queries:
                # nsd may close a connection early; it has a second chance.
                nsds = theirs.get(query.id) or theirs_via.octets(query.octets)
                yield query, ours.get(query.id), nsds

    check(compared())


def insist(via, message):
    """The response to a message, which is sent until there is one."""
    with via.connect() as sock:
        sock.settimeout(0.2)
        for _ in range(100):
            sock.send(message)
            with contextlib.suppress(TimeoutError):
                return sock.recv(65535)
    return None


def test_the_same_errors_as_nsd(zones, twin, request):
    """Fewer of them: nsd sends no more than a hundred errors a second."""
    rng = random.Random(request.node.name)
    ours_via, theirs_via = [transport.Via(*listen) for listen in (zones[1]["4"], twin)]

    def compared():
        for ident in range(QUERIES // 50):
            query = Query(faulty(rng, ident))
            yield query, ours_via.octets(query.octets), insist(theirs_via, query.octets)

    check(compared())
