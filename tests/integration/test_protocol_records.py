"""The extra records (`records =`): what is refused, where and why; what is served."""

import pytest

import daemon
import transport
import wire

GET = "get.example.test"
LONG = ".".join(["a" * 63, "b" * 63, "c" * 63, "d" * 55])

REFUSED = [
    ("@ A 192.0.2.1", "A comes from `address`"), ("@ AAAA 2001:db8::1", "AAAA comes from `address`"),
    ("@ NS ns.example.test.", "NS comes from the [site] sections"),
    ("@ SOA a. b. 1 2 3 4 5", "SOA is made from the site file"),
    ("@ CNAME x.example.test.", "CNAME cannot stand at the zone's own name"),
    ("@ DNSKEY 257 3 13 aaaa", "DNSKEY is made from"), ("@ CDS 1 13 2 00", "CDS is made from"),
    ("@ NSEC get.example.test. A", "NSEC is made from"),
    ("x RRSIG A 13 3 60 20300101000000 20200101000000 1 x. aaaa", "RRSIG is made from"),
    ("x NS ns.example.test.", "would delegate"), ("x DS 1 13 2 00", "DS belongs to a delegation"),
    ("x DNAME y.example.test.", "DNAME would redirect"), ("*.x TXT y", "is a wildcard"),
    ("example.test. TXT x", "example.test. TXT lies outside the zone"),
    ("xget.example.test. TXT x", "lies outside the zone"),
    ("get.example.test TXT x\nx.get.example.test. TXT x\nx TXT x", "stands there twice"),
    ("x TXT x\nx TXT y\nX TXT x", "stands there twice"),
    ("x CNAME y\nx TXT x", "cannot stand beside a CNAME"),
    ("x TXT x\nX CNAME y", "cannot stand beside a CNAME"),
    ("x CNAME y\nx CNAME z", "is a second CNAME"),
    ("x 60 TXT x\nx 61 TXT y", "has another TTL"), ("x CH TXT x", "is not of class IN"),
    (f"x CNAME {LONG}", "more than 255 octets"), (f"{LONG} TXT x", "more than 255 octets"),
    ("x TYPE0 \\# 0", "a type that no record has"), ("x TYPE41 \\# 0", "a type that no record has"),
    ("x TYPE250 \\# 1 00", "a type that no record has"),
    ("x TYPE255 \\# 0", "a type that no record has"), ("x AXFR \\# 0", "a type that no record has"),
    ("x TYPE128 \\# 0", "a type that no record has"),
    ("x A 192.0.2.300", "not a record"), ("x NOSUCHTYPE y", "not a record"), ("x", "not a record"),
    (f"{'a' * 64} TXT x", "not a record"), ("x MX 0", "not a record"),
    ("$INCLUDE /etc/hosts", "$INCLUDE is not supported"),
]


def run_test(site_file, tmp_path, text):
    """What `sitens --test` says of a site file with these extra records."""
    if text is not None:
        (tmp_path / "get.extra").write_text(text)
    return daemon.run("--site", "dc1", "--test", site_file(zone={"records": "get.extra"}))


@pytest.mark.parametrize("text, why", REFUSED)
def test_refused(site_file, tmp_path, text, why):
    """With file and line, and the good lines around it do not matter."""
    text = f"good TXT x\n{text}\nalso.good TXT y\n"
    tried = run_test(site_file, tmp_path, text)
    assert tried.returncode == 78
    line = text.count("\n") - 1
    [fault] = [each for each in tried.stderr.splitlines() if each.startswith("ERROR: ")]
    assert f"{tmp_path}/get.extra:{line}: " in fault and why in fault


def test_every_fault_is_told(site_file, tmp_path):
    tried = run_test(site_file, tmp_path, "".join(text + "\n" for text, _ in REFUSED[:10]))
    assert tried.returncode == 78
    assert [f"get.extra:{line}: " in fault for line, fault in
            enumerate(tried.stderr.splitlines(), 1)] == [True] * 10


def test_missing(site_file, tmp_path):
    tried = run_test(site_file, tmp_path, None)
    assert tried.returncode == 78
    assert f"{tmp_path}/get.extra: cannot be opened: No such file or directory" in tried.stderr


def test_folder(site_file, tmp_path):
    (tmp_path / "get.extra").mkdir()
    tried = run_test(site_file, tmp_path, None)
    assert tried.returncode == 78
    assert f"{tmp_path}/get.extra: not a regular file" in tried.stderr


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


def test_serial_follows_the_records(site_file, tmp_path):
    """Equal serials mean equal configuration; comments and spaces mean nothing."""

    def serial(text):
        (tmp_path / "get.extra").write_text(text)
        printed = daemon.run("--site", "dc1", "--print-zone", site_file(zone={"records": "get.extra"}))
        [soa] = [line.split() for line in printed.stdout.splitlines() if "\tSOA\t" in line]
        return soa[6]

    first = serial("x TXT y\n")
    assert serial("; comment\nx   TXT  \"y\"\n\n") == first
    assert len({first, serial("x TXT z\n"), serial("z TXT y\n"), serial("x 61 TXT y\n"),
                serial("x TXT y\nz TXT y\n"), serial("")}) == 6
