"""What a signed zone says: RFC 4034, 4035, 6840, 7344, 8198 and 9077, checked as a validator would."""

import time

import dns.dnssec
import dns.message
import dns.name
import dns.rdatatype
import pytest

import protocol
import wire

ZONE = "signed.example.test"
APEX = dns.name.from_text(ZONE)
DO = wire.opt(flags=wire.DO)

NAMES = ["", "_acme-challenge", "alias", "dangling", "target", "deep.er.ent", "er.ent", "ent", "z",
         "ns1", "nothing", "zz", "a.b.c", "*", "*.target", "0", "x.er.ent", "dangling.alias"]
TYPES = ["A", "AAAA", "NS", "SOA", "MX", "TXT", "CNAME", "DS", "HTTPS", "DNSKEY", "CDS", "CDNSKEY",
         "NSEC", "ANY", 65280]


def below(name):
    return f"{name}.{ZONE}" if name else ZONE


def sets(response):
    """The answer and authority section as sets of records."""
    message = dns.message.from_wire(response.octets)
    return message.answer, message.authority


@pytest.fixture
def keys(ask):
    """The zone's keys, as validators want them."""
    answer, _ = sets(ask(wire.ask_for(ZONE, "DNSKEY", DO)))
    [dnskeys] = [rrset for rrset in answer if rrset.rdtype == dns.rdatatype.DNSKEY]
    return {APEX: dnskeys}


def are_signed(section, keys):
    """Whether each set has a good signature, and its TTL (RFC 4035 section 2.2)."""
    signatures = {(each.name, each.covers): each for each in section
                  if each.rdtype == dns.rdatatype.RRSIG}
    for rrset in section:
        if rrset.rdtype != dns.rdatatype.RRSIG:
            signature = signatures.pop((rrset.name, rrset.rdtype))
            dns.dnssec.validate(rrset, signature, keys)
            assert signature.ttl == rrset.ttl == signature[0].original_ttl
            assert signature[0].signer == APEX
    assert not signatures, "signatures of what is not there"
    return True


@pytest.mark.parametrize("rdtype", TYPES)
@pytest.mark.parametrize("name", NAMES)
def test_every_set_is_signed(ask, keys, name, rdtype):
    response = ask(wire.ask_for(below(name), rdtype, DO))
    assert response.dnssec_ok and response.flags & wire.AA
    for section in sets(response):
        assert are_signed(section, keys)


@pytest.mark.parametrize("additional", [(), (wire.opt(),)], ids=["plain", "edns"])
@pytest.mark.parametrize("rdtype", TYPES)
def test_only_for_who_asks(ask, rdtype, additional):
    """RFC 4035 section 3.1: without DO there is nothing of DNSSEC but what was asked for."""
    for name in NAMES:
        response = ask(wire.ask_for(below(name), rdtype, *additional))
        found = set(wire.types(response.answer) + wire.types(response.authority))
        assert not (found - {rdtype}) & {"RRSIG", "NSEC", "DNSKEY", "DS"}


def nsecs(section):
    return [rrset for rrset in section if rrset.rdtype == dns.rdatatype.NSEC]


def types_of(nsec):
    """The types that an NSEC lists."""
    return {dns.rdatatype.to_text(window * 256 + octet * 8 + bit)
            for window, bitmap in nsec[0].windows for octet, value in enumerate(bitmap)
            for bit in range(8) if value & 0x80 >> bit}


def covers(nsec, name):
    """Whether it says that there is no such name (RFC 4034 section 6.1: in canonical order)."""
    after, next_name = nsec.name < name, nsec[0].next
    return after and (name < next_name or next_name == APEX) and not next_name.is_subdomain(name)


def is_empty_non_terminal(section, name):
    return any(nsec.name < name and nsec[0].next.is_subdomain(name) for nsec in nsecs(section))


@pytest.mark.parametrize("rdtype", ["A", "AAAA", "TXT", "MX", "HTTPS", "DS", "NS", 65280])
@pytest.mark.parametrize("name", NAMES)
def test_denial_is_proven(ask, name, rdtype):
    """RFC 4035 section 3.1.3."""
    owner = dns.name.from_text(below(name))
    response = ask(wire.ask_for(below(name), rdtype, DO))
    answer, authority = sets(response)
    proofs = nsecs(authority)
    for rrset in answer:  # aliases: what follows is about the last target
        if rrset.rdtype == dns.rdatatype.CNAME:
            owner = rrset[0].target
    if response.rcode == wire.NXDOMAIN:
        wildcard = next(up for up in ancestors(owner) if up == APEX or any(
            nsec.name.is_subdomain(up) or nsec[0].next.is_subdomain(up) for nsec in proofs))
        assert any(covers(nsec, owner) for nsec in proofs)
        assert any(covers(nsec, dns.name.from_text("*", wildcard)) for nsec in proofs)
        assert len(proofs) <= 2
    elif "SOA" in wire.types(response.authority):
        matching = [nsec for nsec in proofs if nsec.name == owner]
        if matching:
            assert not types_of(matching[0]) & {response_type(rdtype), "CNAME"}
            assert {"RRSIG", "NSEC"} <= types_of(matching[0])
        else:
            assert is_empty_non_terminal(authority, owner)
        assert len(proofs) == 1


def ancestors(name):
    while name != APEX:
        name = name.parent()
        yield name


def response_type(rdtype):
    return rdtype if isinstance(rdtype, str) else f"TYPE{rdtype}"


def test_missing_family_of_this_site(ask):
    """The one denial that tells what this site has, and no more than that."""
    response = ask(wire.ask_for(ZONE, "AAAA", DO))
    [exact] = nsecs(sets(response)[1])
    assert exact.name == APEX and "A" in types_of(exact) and "AAAA" not in types_of(exact)


@pytest.mark.parametrize("name, rdtype", [
    ("", "HTTPS"), ("", "TXT"), ("", 65280), ("nothing", "AAAA"), ("0", "A"), ("*", "AAAA"),
    ("zz", "AAAA"), ("a.b.c", "AAAA")])
def test_no_other_denial_speaks_of_addresses(ask, name, rdtype):
    """Resolvers deny from what they have cached (RFC 8198): what the apex has at the other sites too."""
    for nsec in nsecs(sets(ask(wire.ask_for(below(name), rdtype, DO)))[1]):
        if nsec.name == APEX:
            assert {"A", "AAAA"} <= types_of(nsec)


def test_ttls_of_denial(ask):
    """RFC 9077: all of it is remembered for the negative TTL."""
    for name, rdtype in (("", "HTTPS"), ("", "AAAA"), ("nothing", "A"), ("ent", "A")):
        response = ask(wire.ask_for(below(name), rdtype, DO))
        assert {rrset.ttl for rrset in response.authority} == {protocol.NEGATIVE_TTL}


def test_ds_at_the_apex(ask):
    """RFC 4035 section 3.1.4.1: the child says that it has none."""
    response = ask(wire.ask_for(ZONE, "DS", DO))
    assert response.rcode == wire.NOERROR and response.answer == []
    assert [rrset.name for rrset in response.authority if rrset.rdtype == 6] == [APEX]


def test_what_tells_the_parent(ask, keys):
    """RFC 7344, RFC 8078: CDS and CDNSKEY name the key that is there."""
    [key] = keys[APEX]
    assert key.flags == 257 and key.protocol == 3
    [cds] = [each for each in ask(wire.ask_for(ZONE, "CDS")).answer]
    assert cds[0].to_text() == dns.dnssec.make_ds(APEX, key, "SHA256").to_text()
    [cdnskey] = [each for each in ask(wire.ask_for(ZONE, "CDNSKEY")).answer]
    assert cdnskey[0].to_text() == key.to_text()


def test_times_of_signatures(ask):
    """An hour back, two weeks ahead."""
    now = time.time()
    for rrset in ask(wire.ask_for(ZONE, "A", DO)).answer:
        if rrset.rdtype == dns.rdatatype.RRSIG:
            assert 3590 <= now - rrset[0].inception <= 3600 + 600
            assert 13 * 86400 <= rrset[0].expiration - now <= 14 * 86400 + 10


def test_flags(ask):
    """RFC 4035 section 3.1.6: CD is copied, AD is not set, whatever the query says."""
    for flags in (0, wire.AD, wire.CD, wire.AD | wire.CD):
        response = ask(wire.ask_for(ZONE, "A", DO, flags=flags))
        assert response.flags & (wire.AD | wire.CD) == flags & wire.CD


def test_denial_does_not_fit_512(ask):
    response = ask(wire.ask_for(below("nothing"), "A", wire.opt(payload=512, flags=wire.DO)))
    assert response.rcode == wire.NXDOMAIN and response.dnssec_ok
    assert bool(response.flags & wire.TC) != ask.tcp


def test_rrsig_as_a_question(ask, keys):
    """As for ANY: one will do (RFC 8482)."""
    for name in ("", "target", "alias"):
        response = ask(wire.ask_for(below(name), "RRSIG", DO))
        assert response.rcode == wire.NOERROR
        assert wire.types(response.answer) == ["RRSIG"]


@pytest.mark.parametrize("rdtype", ["A", "AAAA", "HTTPS", "DNSKEY"])
def test_unsigned_zones_are_unsigned(ask, rdtype):
    response = ask(wire.ask_for("get.example.test", rdtype, DO))
    assert response.dnssec_ok
    assert not {"RRSIG", "NSEC"} & set(wire.types(response.answer + response.authority))
