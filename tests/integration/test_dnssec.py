"""Signed answers, as a validating resolver sees them: RFC 4034, 4035, 6840, 8198, 8482 and 9077."""

import dns.dnssec
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import pytest

import daemon
import signing
import sitefile
import webserver
from conftest import fresh_address, free_port

GET = signing.ORIGIN
SIGNED = {"DNSKEY", "CDS", "CDNSKEY", "NSEC", "RRSIG"}
NEGATIVE_TTL = 30
V4 = {"site_dc1": {"address": sitefile.ADDRESS}}
V6 = {"site_dc1": {"address": sitefile.ADDRESS6}}

EXTRA = """\
@ CAA 0 issue "letsencrypt.org"
@ HTTPS 1 . alpn=h2
_http._tcp SRV 0 0 80 Other.Example.TEST.
deep.er.ent TXT "below two names without records"
alias CNAME get.example.test.
away CNAME elsewhere.example.net.
dangling CNAME nothing
*a TXT "not a wildcard"
"""


class Zones:
    """One daemon, one key, a zone of each kind: of both families, of one, of the other, with
    nameservers inside."""

    NAMES = ("get", "v4", "v6", "in")

    def __init__(self, directory):
        self.web = webserver.WebServer((fresh_address(), 0))
        self.trusted = {}
        (directory / "get.extra").write_text(EXTRA)
        for name, changes in {
                "get": {}, "v4": V4, "v6": V6,
                "in": {"site_dc1": {"nameserver": "ns1.in.example.test"},
                       "site_dc2": {"nameserver": "ns2.in.example.test"}}}.items():
            zone = f"{name}.example.test"
            key = signing.make_key(directory, zone, 15 if name == "in" else 13)
            keys = {"dnssec-key": key.private.name}
            if name == "get":
                keys["records"] = "get.extra"
            text = sitefile.text(sitefile.sections(self.web.url(), zone, zone=keys, **changes))
            (directory / f"{name}.conf").write_text(text)
            self.trusted |= signing.key_set([key], zone)
        address = fresh_address()
        self.daemon = daemon.Daemon("--site", "dc1", "--rrl", "0", directory,
                                    listen=(address, free_port(address)))
        self.daemon.await_ready()

    def ask(self, name, rdtype="A", **options):
        return self.daemon.ask(f"{name}.example.test", rdtype, want_dnssec=True, payload=1232,
                               **options)

    def close(self):
        try:
            assert self.daemon.stop() == 0, self.daemon.log.texts
        finally:
            self.daemon.discard()
            self.web.close()


@pytest.fixture(scope="module")
def signed(tmp_path_factory):
    zones = Zones(tmp_path_factory.mktemp("signed"))
    yield zones
    zones.close()


POSITIVE = [
    ("get", "A"), ("get", "AAAA"), ("get", "NS"), ("get", "SOA"), ("get", "DNSKEY"), ("get", "CDS"),
    ("get", "CDNSKEY"), ("get", "CAA"), ("get", "HTTPS"), ("get", "NSEC"), ("get", "ANY"),
    ("_http._tcp.get", "SRV"), ("deep.er.ent.get", "TXT"), ("*a.get", "TXT"), ("alias.get", "A"),
    ("away.get", "A"), ("GeT", "A"), ("v4", "A"), ("v6", "AAAA"), ("in", "A"), ("in", "DNSKEY"),
    ("ns1.in", "A"), ("ns2.in", "A"), ("ns2.in", "ANY"),
]
NODATA = [
    ("get", "TXT"), ("get", "DS"), ("get", "CNAME"), ("get", "TYPE65280"), ("ent.get", "A"),
    ("er.ent.get", "ANY"), ("_tcp.get", "A"), ("deep.er.ent.get", "A"), ("alias.get", "TXT"),
    ("v4", "AAAA"), ("v6", "A"), ("v4", "HTTPS"), ("ns2.in", "AAAA"), ("in", "MX"),
]
NXDOMAIN = [
    ("x.get", "A"), ("x.deep.er.ent.get", "A"), ("a.er.ent.get", "A"), ("*.get", "A"),
    ("dangling.get", "A"), ("a.b.c.d.v4", "AAAA"), ("ns3.in", "A"), ("ns.in", "A"), ("x.ns1.in", "A"),
]


@pytest.mark.parametrize("tcp", [False, True], ids=["udp", "tcp"])
@pytest.mark.parametrize("name, rdtype", POSITIVE)
def test_answer_is_validated(signed, name, rdtype, tcp):
    response = signed.ask(name, rdtype, tcp=tcp)
    assert signing.is_validated(response, signed.trusted)
    assert response.rcode() == dns.rcode.NOERROR and response.answer and not response.authority
    assert response.ednsflags & dns.flags.DO


@pytest.mark.parametrize("name, rdtype", NODATA)
def test_missing_type_is_proved(signed, name, rdtype):
    response = signed.ask(name, rdtype)
    assert signing.is_validated(response, signed.trusted)
    assert response.rcode() == dns.rcode.NOERROR
    [(owner, (_, listed))] = signing.proofs(response).items()
    last = response.answer[0][0].target.to_text() if response.answer else f"{name}.example.test."
    if owner == last:
        assert listed.isdisjoint({rdtype, "CNAME"})
        assert {"NSEC", "RRSIG"} <= listed


@pytest.mark.parametrize("name, rdtype", NXDOMAIN)
def test_missing_name_is_proved(signed, name, rdtype):
    response = signed.ask(name, rdtype)
    assert signing.is_validated(response, signed.trusted)
    assert response.rcode() == dns.rcode.NXDOMAIN
    assert 1 <= len(signing.proofs(response)) <= 2


@pytest.mark.parametrize("name, rdtype", NODATA + NXDOMAIN)
def test_a_denial_lasts_as_long_as_the_soa_says(signed, name, rdtype):
    """RFC 9077 section 3."""
    assert {rrset.ttl for rrset in signed.ask(name, rdtype).authority} == {NEGATIVE_TTL}


@pytest.mark.parametrize("name, rdtype", POSITIVE + NODATA + NXDOMAIN)
@pytest.mark.parametrize("edns", [{}, {"use_edns": 0}], ids=["plain", "edns"])
def test_without_do_there_is_nothing_of_dnssec(signed, name, rdtype, edns):
    """RFC 4035 section 3.1: but for what was asked for by its type."""
    response = signed.daemon.ask(f"{name}.example.test", rdtype, **edns)
    found = {dns.rdatatype.to_text(rrset.rdtype) for rrset in response.answer + response.authority}
    assert found & SIGNED <= {rdtype}
    assert response.rcode() == signed.ask(name, rdtype).rcode()
    assert not response.ednsflags & dns.flags.DO


# Caches may use a denial for other questions (RFC 8198): what one site lacks, another may have.

@pytest.mark.parametrize("zone, missing", [("v4", "AAAA"), ("v6", "A")])
def test_only_its_own_missing_address_is_denied_honestly(signed, zone, missing):
    apex = f"{zone}.example.test."
    [exact] = signing.proofs(signed.ask(zone, missing)).values()
    assert missing not in exact[1]
    for name, rdtype in ((zone, "TXT"), (f"x.{zone}", "A"), (f"x.{zone}", missing)):
        [full] = signing.proofs(signed.ask(name, rdtype)).values()
        assert {"A", "AAAA"} <= full[1] and full[0] == exact[0] == apex
    assert {"A", "AAAA"} <= signing.types(signed.ask(zone, "NSEC").answer[0][0])


def test_no_more_than_one_signature_set_for_rrsig(signed):
    """Nobody needs it, but amplifiers would (RFC 8482)."""
    response = signed.ask("get", "RRSIG")
    assert [len(rrset) for rrset in response.answer] == [1]
    assert len(response.to_wire()) < 512


def test_keys_stand_for_the_parent_to_see(signed):
    """RFC 7344: CDS and CDNSKEY say the same as DNSKEY."""
    dnskey, cds, cdnskey = (signed.ask("get", rdtype).answer[0] for rdtype in (
        "DNSKEY", "CDS", "CDNSKEY"))
    assert [item.to_text() for item in cdnskey] == [item.to_text() for item in dnskey]
    assert [(item.flags, item.protocol) for item in dnskey] == [(257, 3)]
    digest = dns.dnssec.make_ds(dnskey.name, dnskey[0], "SHA256")
    assert [item.to_text() for item in cds] == [digest.to_text()]


@pytest.mark.parametrize("name, rdtype, most", [
    ("get", "A", 200), ("get", "AAAA", 200), ("v4", "AAAA", 420), ("get", "TXT", 420),
    ("x.v4", "A", 420), ("get", "DNSKEY", 300), ("ns3.in", "A", 700)])
def test_sizes(signed, name, rdtype, most):
    """Far below 1232 octets, what an unfragmented packet carries (RFC 9715)."""
    assert len(signed.ask(name, rdtype).to_wire()) <= most


def test_truncation_and_tcp(signed):
    """A resolver that takes 512 octets gets the whole by TCP."""
    query = dns.message.make_query("ns3.in.example.test", "A", want_dnssec=True, payload=512)
    with signed.daemon.udp() as udp:
        udp.send(query.to_wire())
        response = dns.message.from_wire(udp.recv(65535))
    assert response.flags & dns.flags.TC and not response.answer and not response.authority
    assert signing.is_validated(signed.ask("ns3.in", "A", tcp=True), signed.trusted)


def test_each_zone_has_its_own_key(signed):
    with pytest.raises(dns.dnssec.ValidationFailure):
        signing.is_validated(signed.ask("get"), signing.key_set(
            [signing.make_key(signed.daemon.directory)]))


def test_every_site_with_its_own_key(sitens, site_file, tmp_path):
    """RFC 8901: the site file is the same everywhere, and so is the key set; own.private is not."""
    keys, answers = [], []
    for site in ("dc1", "dc2"):
        (tmp_path / site).mkdir()
        keys.append(signing.make_key(tmp_path / site))
        for part in (keys[-1].private, keys[-1].public):
            part.rename(tmp_path / site / f"own{part.suffix}")
    for site in ("dc1", "dc2"):
        zone = {"dnssec-key": "own.private", "dnssec-publish": [key.data for key in keys]}
        address = fresh_address()
        running = sitens(site_file(f"{site}/get.conf", zone=zone), "--site", site,
                         listen=(address, free_port(address)))
        running.await_state("serving")
        answers.append([running.ask(GET, rdtype, want_dnssec=True) for rdtype in (
            "A", "DNSKEY", "SOA", "MX")])
    for site, key in zip(answers, keys):
        assert all(signing.is_validated(each, signing.key_set(keys)) for each in site)
        assert all(signing.is_validated(each, signing.key_set([key])) for each in site)
    assert answers[0][0].answer[0] != answers[1][0].answer[0]
    assert answers[0][1].answer[0] == answers[1][1].answer[0]
    assert answers[0][2].answer[0] == answers[1][2].answer[0]
