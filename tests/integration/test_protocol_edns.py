"""EDNS: RFC 6891, 3225, 5001, 7830, 7871, 8914 and 9715."""

import pytest

import transport
import wire

GET = "get.example.test"


def is_formerr_with_opt(response):
    """The question can be read, so it comes back."""
    assert response.rcode == wire.FORMERR and response.has_opt
    assert response.counts == [1, 0, 0, 1] and response.question == wire.question()
    return True


QUERIES = [
    (GET, "A", wire.IN, wire.NOERROR), (GET, "MX", wire.IN, wire.NOERROR),
    (GET, "HTTPS", wire.IN, wire.NOERROR), (f"nothere.{GET}", "A", wire.IN, wire.NXDOMAIN),
    ("example.test", "A", wire.IN, wire.REFUSED), (GET, "AXFR", wire.IN, wire.REFUSED),
    (GET, "ANY", wire.IN, wire.NOERROR), (GET, "MAILA", wire.IN, wire.NOTIMP),
    (GET, "OPT", wire.IN, wire.FORMERR), ("id.server", "TXT", wire.CH, wire.NOERROR),
    (GET, "A", wire.HS, wire.REFUSED)]


@pytest.mark.parametrize("owner, rdtype, rdclass, rcode", QUERIES)
@pytest.mark.parametrize("flags", [0, wire.DO, 0x7fff, 0xffff], ids=hex)
def test_opt_for_opt_and_do_for_do(ask, owner, rdtype, rdclass, rcode, flags):
    """RFC 6891 section 6.1.1 and 6.1.4, RFC 3225 section 3."""
    response = ask(wire.ask_for(owner, rdtype, wire.opt(flags=flags), rdclass=rdclass))
    assert response.rcode == rcode and response.has_opt
    assert response.dnssec_ok == bool(flags & wire.DO)
    response = ask(wire.ask_for(owner, rdtype, rdclass=rdclass))
    assert response.rcode == rcode and not response.has_opt


@pytest.mark.parametrize("version", [1, 2, 100, 255])
@pytest.mark.parametrize("flags", [0, wire.DO, 0x0040], ids=hex)
@pytest.mark.parametrize("owner", [GET, f"nothere.{GET}", "example.test"])
@pytest.mark.parametrize("options", [(), (wire.option(100),), (wire.option(wire.COOKIE, b"3"),)],
                         ids=["none", "unknown", "bad cookie"])
def test_other_versions(ask, version, flags, owner, options):
    """RFC 6891 section 6.1.3: BADVERS, our version, and no data."""
    response = ask(wire.ask_for(owner, "A", wire.opt(*options, version=version, flags=flags)))
    assert response.rcode == wire.BADVERS and response.has_opt
    assert response.is_empty and not response.flags & wire.AA
    assert response.dnssec_ok == bool(flags & wire.DO)
    assert response.question == wire.question(owner)


def test_extended_rcode_in_a_query_is_ignored(ask):
    assert ask(wire.query(wire.opt(rcode=255))).rcode == wire.NOERROR


UNKNOWN = {
    "code 0": wire.option(0), "LLQ": wire.option(1, bytes(18)), "DAU": wire.option(5, b"\x08\x0d"),
    "subnet of nothing": wire.option(wire.SUBNET, b"\0\1\0\0"),
    "subnet": wire.option(wire.SUBNET, b"\0\1\x18\0\xc6\x33\x64"),
    "subnet of a family that is none": wire.option(wire.SUBNET, b"\xff\xff\xff\xff"),
    "expire": wire.option(wire.EXPIRE), "keepalive": wire.option(wire.KEEPALIVE),
    "keepalive with a value": wire.option(wire.KEEPALIVE, b"\0\x64"),
    "padding": wire.option(wire.PADDING, bytes(300)), "EDE": wire.option(wire.EDE, b"\0\x12hello"),
    "chain": wire.option(13, b"\0"), "key tag": wire.option(14, b"\0\1\0\2"),
    "code 100": wire.option(100), "code 65001 with 500 octets": wire.option(65001, bytes(500)),
    "code 65535": wire.option(65535, b"x"), "twice the same": wire.option(100) * 2,
    "a hundred": wire.option(100) * 100}


@pytest.mark.parametrize("option", UNKNOWN.values(), ids=UNKNOWN)
def test_other_options_are_ignored(ask, option):
    """RFC 6891 section 6.1.2; none is echoed."""
    response = ask(wire.query(wire.opt(option)))
    assert response.rcode == wire.NOERROR and wire.types(response.answer) == ["A"]
    assert response.has_opt and not response.message.options


@pytest.mark.parametrize("options", [
    b"\0", b"\0\x64", b"\0\x64\0", wire.option(100, b"abc", length=4),
    wire.option(100, b"", length=1), wire.option(100, b"", length=65535),
    wire.option(100) + b"\0\x64\0\1", wire.option(wire.NSID, b"", length=1),
    wire.option(wire.COOKIE, bytes(8), length=9)])
def test_options_that_are_not_well_formed(ask, options):
    """RFC 6891 section 7: FORMERR, and with an OPT."""
    assert is_formerr_with_opt(ask(wire.query(wire.opt(options))))


@pytest.mark.parametrize("rdlength", [1, 5, 65535])
def test_opt_longer_than_the_message(ask, rdlength):
    assert is_formerr_with_opt(ask(wire.query(wire.opt(rdlength=rdlength))))


def test_opt_shorter_than_it_is(ask):
    assert is_formerr_with_opt(ask(wire.query(wire.opt(wire.option(100), rdlength=0))))


@pytest.mark.parametrize("second", [wire.opt(), wire.opt(version=1), wire.opt(payload=512)])
def test_two_opts(ask, second):
    """RFC 6891 section 6.1.1."""
    assert is_formerr_with_opt(ask(wire.query(wire.opt(), second)))
    assert is_formerr_with_opt(ask(wire.query(wire.opt(), wire.record(GET), second)))


@pytest.mark.parametrize("owner", [wire.name("a"), wire.name(GET), b"\xc0\x0c"])
def test_opt_with_an_owner(ask, owner):
    assert is_formerr_with_opt(ask(wire.query(wire.opt(owner=owner))))


@pytest.mark.parametrize("section", ["answer", "authority"])
def test_opt_in_another_section(ask, section):
    assert is_formerr_with_opt(ask(wire.query(**{section: (wire.opt(),)})))
    assert is_formerr_with_opt(ask(wire.query(wire.opt(), **{section: (wire.opt(),)})))


def test_records_before_and_after_opt(ask):
    tsig = wire.record("key", "TSIG", wire.ANY, rdata=bytes(40))
    for additional in ((wire.record(GET), wire.opt()), (wire.opt(), wire.record(GET)),
                       (wire.opt(), tsig), (wire.record(GET), wire.opt(), wire.record(GET))):
        response = ask(wire.query(*additional))
        assert response.rcode == wire.NOERROR and wire.types(response.answer) == ["A"]
        assert response.has_opt and response.counts == [1, 1, 0, 1]


# Sizes and truncation

def test_truncation_without_edns(ask):
    """RFC 1035 section 4.2.1: 512 octets over UDP."""
    response = ask(wire.ask_for(f"big600.{GET}", "TXT"))
    if ask.tcp:
        assert wire.types(response.answer) == ["TXT"] and len(response.octets) > 600
    else:
        assert response.flags & wire.TC and response.flags & wire.AA and response.is_empty
    assert response.question == wire.question(f"big600.{GET}", "TXT")


@pytest.mark.parametrize("payload, big, whole", [
    (0, 600, False), (1, 600, False), (511, 600, False), (512, 600, False), (600, 600, False),
    (700, 600, True), (1232, 1100, True), (1100, 1100, False), (1232, 1300, False),
    (1400, 1300, False), (4096, 1300, False), (65535, 1300, False)])
def test_size_of_the_requester(ask_udp, payload, big, whole):
    """RFC 6891 section 6.2.3 to 6.2.5: below 512 is 512; ours is 1232 (RFC 9715)."""
    response = ask_udp(wire.ask_for(f"big{big}.{GET}", "TXT", wire.opt(payload=payload)))
    assert response.rcode == wire.NOERROR and response.has_opt
    assert bool(response.flags & wire.TC) != whole
    assert wire.types(response.answer) == (["TXT"] if whole else [])
    assert response.authority == []
    assert len(response.octets) <= min(max(payload, 512), 1232)


@pytest.mark.parametrize("payload", [0, 1, 40, 511])
def test_size_of_less_than_512_is_512(ask_udp, payload):
    response = ask_udp(wire.ask_for(GET, "A", wire.opt(payload=payload)))
    assert wire.types(response.answer) == ["A"] and not response.flags & wire.TC


def test_size_to_the_octet(ask_udp):
    """A response of exactly the requester's size is sent, one octet less makes it truncated."""
    owner = f"big600.{GET}"
    length = len(ask_udp(wire.ask_for(owner, "TXT", wire.opt(payload=1232))).octets)
    for payload in (length - 1, length, length + 1):
        response = ask_udp(wire.ask_for(owner, "TXT", wire.opt(payload=payload)))
        assert bool(response.flags & wire.TC) == (payload < length)


def test_options_count_for_the_size(ask_udp):
    owner = f"big600.{GET}"
    length = len(ask_udp(wire.ask_for(owner, "TXT", wire.opt(payload=1232))).octets)
    response = ask_udp(wire.ask_for(owner, "TXT", wire.opt(wire.option(wire.NSID), payload=length)))
    assert response.flags & wire.TC and response.option(wire.NSID) == b"dc1"


@pytest.mark.parametrize("big", [600, 1100, 1300, 9000])
def test_tcp_has_no_such_limit(zones, big):
    via = transport.Via(*zones[1]["4"], tcp=True)
    for additional in ((), (wire.opt(payload=512),)):
        response = via(wire.ask_for(f"big{big}.{GET}", "TXT", *additional))
        assert not response.flags & wire.TC and len(response.octets) > big


# NSID and extended errors

@pytest.mark.parametrize("owner, rdtype, rdclass, rcode", QUERIES)
def test_nsid(ask, owner, rdtype, rdclass, rcode):
    """RFC 5001: only if asked for; what the query says in it is ignored."""
    for value in (b"", b"payload", bytes(100)):
        asked = wire.opt(wire.option(wire.NSID, value))
        response = ask(wire.ask_for(owner, rdtype, asked, rdclass=rdclass))
        assert response.rcode == rcode and response.option(wire.NSID) == b"dc1"
    response = ask(wire.ask_for(owner, rdtype, wire.opt(), rdclass=rdclass))
    assert response.option(wire.NSID) is None


def test_nsid_twice(ask):
    response = ask(wire.query(wire.opt(wire.option(wire.NSID) * 2)))
    assert response.rcode == wire.NOERROR and response.option(wire.NSID) == b"dc1"


def test_extended_error_only_with_edns(ask):
    """RFC 8914 section 2."""
    assert ask(wire.ask_for("example.test", "A", wire.opt())).ede == 20
    assert not ask(wire.ask_for("example.test", "A")).has_opt
    for owner in (GET, f"nothere.{GET}"):
        assert ask(wire.ask_for(owner, "A", wire.opt())).ede is None


def test_all_that_we_know_together(ask):
    everything = wire.opt(*UNKNOWN.values(), wire.option(wire.NSID),
                          wire.option(wire.COOKIE, b"clientck"), flags=wire.DO)
    response = ask(wire.ask_for("example.test", "A", everything))
    assert response.rcode == wire.REFUSED and response.ede == 20 and response.dnssec_ok
    assert response.option(wire.NSID) == b"dc1"
    assert response.option(wire.COOKIE)[:8] == b"clientck"
    assert len(response.message.options) == 3
