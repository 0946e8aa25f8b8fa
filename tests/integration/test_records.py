"""Extra records: those that cannot be served are refused at load, with file and line."""

import pytest

import daemon
import transport
import wire

GET = "get.example.test"
LONG = ".".join(["a" * 63, "b" * 63, "c" * 63, "d" * 55])

# The extra records; the line of the fault (None: of no one line); what the message says.
FAULTS = {
    "alias-at-the-apex": ("@ CNAME example.org.", 1, "CNAME cannot stand at the zone's own name"),
    "address-at-the-apex": ("@ A 192.0.2.1", 1, "A comes from `address` in the [site] sections"),
    "address6-at-the-apex": ("@ AAAA 2001:db8::1", 1, "AAAA comes from `address`"),
    "ns-at-the-apex": ("@ NS ns1", 1, "NS comes from the [site] sections"),
    "soa": ("@ SOA a b 1 2 3 4 5", 1, "SOA is made from the site file"),
    "ns-below": ("\nsub NS ns1.example.org.", 2, "NS would delegate a part of the zone"),
    "ds": ("sub DS 1 13 2 " + 64 * "0", 1, "DS belongs to a delegation"),
    "dname": ("sub DNAME example.org.", 1, "DNAME would redirect a whole subtree"),
    "dnskey": ("@ DNSKEY 257 3 13 AAAA", 1, "DNSKEY is made from the site file"),
    "outside": ("example.test. TXT x", 1, "lies outside the zone"),
    "final-dot": ("www. TXT x", 1, "lies outside the zone"),
    "wildcard": ("* TXT x", 1, "is a wildcard; write out each name"),
    "class": ("@ CH TXT x", 1, "is not of class IN"),
    "twice": ("a TXT x\na TXT x", 2, "stands there twice"),
    "alias-and-other": ("a CNAME b\na TXT x", 2, "cannot stand beside a CNAME"),
    "other-and-alias": ("a TXT x\n\na CNAME b", 3, "cannot stand beside a CNAME"),
    "two-aliases": ("a CNAME b\na CNAME c", 2, "is a second CNAME"),
    "other-ttl": ("a 60 TXT x\na 61 TXT y", 2, "has another TTL"),
    "loop": ("a CNAME b\nb CNAME a", None, "a CNAME loop"),
    "include": ("$INCLUDE other", 1, "$INCLUDE is not supported"),
    "unknown-type": ("a BOGUS x", 1, "not a record"),
    "bad-data": ("@ MX ten mail", 1, "not a record"),
    "no-data": ("x MX 0", 1, "not a record"),
    "long-label": (f"{'a' * 64} TXT x", 1, "not a record"),
    "long-name": (f"{LONG} TXT x", 1, "more than 255 octets"),
    "long-target": (f"x CNAME {LONG}", 1, "more than 255 octets"),
    "cds": ("@ CDS 1 13 2 00", 1, "CDS is made from the site file"),
    "nsec": (f"@ NSEC {GET}. A", 1, "NSEC is made from the site file"),
    "rrsig": ("x RRSIG A 13 3 60 20300101000000 20200101000000 1 x. aaaa", 1, "RRSIG is made from"),
    "look-alike": (f"x{GET}. TXT x", 1, "lies outside the zone"),
    "twice-in-another-case": ("x TXT x\nx TXT y\nX TXT x", 3, "stands there twice"),
    **{f"type {number}": (f"x TYPE{number} \\# 0", 1, "of a type that no record has")
       for number in (0, 41, 128, 251, 252, 253, 254, 255)},
}


@pytest.mark.parametrize("records, line, message", FAULTS.values(), ids=FAULTS)
def test_refused(site_file, tmp_path, records, line, message):
    extra = tmp_path / "extra"
    extra.write_text(records + "\n")
    done = daemon.run("--site", "dc1", "--test", site_file(zone={"records": "extra"}))
    assert done.returncode == 78
    place = f"ERROR: {extra}:{line}: " if line else f"ERROR: {extra}: "
    assert any(said.startswith(place) and message in said for said in done.stderr.splitlines()), (
        done.stderr)


def test_every_fault_is_reported(site_file, tmp_path):
    (tmp_path / "extra").write_text("@ A 192.0.2.1\n@ TXT fine\n* TXT x\n@ CNAME x\n")
    done = daemon.run("--site", "dc1", "--test", site_file(zone={"records": "extra"}))
    for line in (1, 3, 4):
        assert f"extra:{line}: " in done.stderr
    assert "extra:2: " not in done.stderr


@pytest.mark.parametrize("make", ["missing", "directory"])
def test_not_a_file(site_file, tmp_path, make):
    if make == "directory":
        (tmp_path / "extra").mkdir()
    done = daemon.run("--site", "dc1", "--test", site_file(zone={"records": "extra"}))
    assert done.returncode == 78
    assert f"{tmp_path}/extra: " in done.stderr


def test_serial_follows_the_content(site_file, tmp_path):
    """Equal serials mean equal configuration, the extra records included."""
    path = site_file(zone={"records": "extra"})
    serials = []
    for text in ("@ TXT one\n", "@ TXT two\n", "; a comment\n@  TXT  one\n"):
        (tmp_path / "extra").write_text(text)
        serials.append(daemon.run("-s", "dc1", "-t", path).stdout.split("serial ")[1].split(",")[0])
    assert serials[0] != serials[1]
    assert serials[0] == serials[2]


def test_serial_is_the_same_at_every_site(site_file):
    path = site_file()
    one, two = (daemon.run("-s", site, "-t", path).stdout for site in ("dc1", "dc2"))
    assert one.splitlines()[0] == two.splitlines()[0]


GOOD = """\
; What the guide shows.
@               CAA   0 issue "letsencrypt.org"
@               MX    0 .
@               TXT   "v=spf1 -all"
_acme-challenge CNAME get.acme.example.test.
@               HTTPS 1 . alpn=h2,h3
@               TYPE65280 \\# 2 abcd
host      120   A     192.0.2.7
host            AAAA  2001:db8::7
_443._tcp       TLSA  3 1 1 0000000000000000000000000000000000000000000000000000000000000000
$TTL 300
later           TXT   "of another TTL"
$ORIGIN sub.get.example.test.
x               TXT   "below another origin"
                TXT   "of the same owner" ( "over"
                      "lines" )
"""


def test_served(sitens, site_file, tmp_path):
    (tmp_path / "get.extra").write_text(GOOD)
    running = sitens(site_file(zone={"records": "get.extra"}))
    running.await_state("serving")
    via = transport.Via(running.address, running.port)
    for owner, rdtype, ttl, data in (
            (GET, "CAA", 60, ['0 issue "letsencrypt.org"']), (GET, "MX", 60, ["0 ."]),
            (GET, "TXT", 60, ['"v=spf1 -all"']), (GET, "HTTPS", 60, ['1 . alpn="h2,h3"']),
            (GET, 65280, 60, ["\\# 2 abcd"]), (f"host.{GET}", "A", 120, ["192.0.2.7"]),
            (f"host.{GET}", "AAAA", 60, ["2001:db8::7"]),
            (f"_443._tcp.{GET}", "TLSA", 60, ["3 1 1 " + "0" * 64]),
            (f"later.{GET}", "TXT", 300, ['"of another TTL"']),
            (f"x.sub.{GET}", "TXT", 300,
             ['"below another origin"', '"of the same owner" "over" "lines"'])):
        response = via(wire.ask_for(owner, rdtype))
        assert wire.data(response.answer) == data
        assert {rrset.ttl for rrset in response.answer} == {ttl}
