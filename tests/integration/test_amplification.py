"""How much longer the answers are than what it takes to ask: what docs/rate-limiting.md says.

The queries are as short as they can be: what a query carries beyond that makes the factor smaller.
"""

import collections
import math
import re

import pytest

import daemon
import protocol
import sitefile
import transport
import wire

PAGE = daemon.ROOT / "docs" / "rate-limiting.md"

# By name, whether it is signed, whether the nameservers have names in it, and the number of sites.
# This site of the larger ones has no IPv6 address. The names have the length of get.example.test.
ZONES = {
    "get.example.test": ("unsigned", False, 2), "www.example.test": ("unsigned", True, 2),
    "ftp.example.test": ("signed", False, 2), "cdn.example.test": ("signed", True, 2),
    "g12.example.test": ("unsigned", False, 12), "w12.example.test": ("unsigned", True, 12),
    "f12.example.test": ("signed", False, 12), "c12.example.test": ("signed", True, 12)}

# The same with the extra record `a CNAME b`, of which there is no b.
ALIASES = {
    "gal.example.test": ("unsigned", False, 2), "wal.example.test": ("unsigned", True, 2),
    "fal.example.test": ("signed", False, 2), "cal.example.test": ("signed", True, 2)}
ALIAS = "alias to no such name, an extra record"

OWNERS = ["", "a", "x", "*", "ns1", "ns2", "ns12", "nsz", "x.ns1", "x.y"]
TYPES = ["A", "AAAA", "NS", "SOA", "MX", "TXT", "CNAME", "DS", "DNSKEY", "CDS", "CDNSKEY", "NSEC",
         "RRSIG", "HINFO", "HTTPS", "ANY", "AXFR", "MAILA", "OPT", 1000, 65534]
EDNS = [(), (wire.opt(),), (wire.opt(flags=wire.DO),), (wire.opt(wire.option(wire.NSID)),),
        (wire.opt(wire.option(wire.NSID), flags=wire.DO),),
        (wire.opt(wire.option(wire.COOKIE, b"8 octets"), flags=wire.DO),)]

KINDS = {
    "A": "address", "AAAA": "address", "NS": "NS", "SOA": "SOA", "DNSKEY": "DNSKEY", "CDS": "CDS",
    "CDNSKEY": "DNSKEY", "HINFO": "ANY", "NSEC": "NSEC, RRSIG", "RRSIG": "NSEC, RRSIG",
    "TXT": "id.server"}


def write_zone(directory, name, signed, inside, sites):
    zone = {"name": name}
    if name in ALIASES:
        (directory / f"{name}.extra").write_text("a CNAME b\n")
        zone["records"] = f"{name}.extra"
    if signed == "signed":
        zone["dnssec-key"] = protocol.make_key(directory, name)
    sections = {
        f"site_dc{i}": {
            "nameserver": f"ns{i}.{name}" if inside else f"get.dc{i}.example.test",
            "address": f"192.0.2.{i}" + ("" if sites > 2 and i == 1 else f" 2001:db8::{i}")}
        for i in range(1, sites + 1)}
    text = sitefile.text(sitefile.sections("", zone=zone, check=None,
                                           check_it={"exec": "/bin/true"}, **sections))
    (directory / f"{name}.conf").write_text(text)


@pytest.fixture(scope="module")
def via(loopback, tmp_path_factory):
    directory = tmp_path_factory.mktemp("amplification")
    for name, form in (ZONES | ALIASES).items():
        write_zone(directory, name, *form)
    running = daemon.Daemon("--site", "dc1", "--rrl", "0", directory, listen=loopback)
    try:
        running.await_ready()
        yield transport.Via(*loopback)
        assert running.stop() == 0
    finally:
        running.discard()


def kind_of(response, sites):
    """The row of the page that the response belongs to."""
    if "CNAME" in wire.types(response.answer):
        return ALIAS
    if response.rcode == wire.NXDOMAIN:
        return "no such name"
    if response.rcode != wire.NOERROR:
        return "error"
    if not response.answer:
        return "no such type"
    kind = KINDS[wire.types(response.answer)[0]]
    return f"NS, {sites} sites" if kind == "NS" else kind


def column(signed, inside):
    return f"{signed}, nameservers inside" if inside else signed


def queries():
    """(column, number of sites, query)"""
    for zone, (signed, inside, sites) in ZONES.items():
        for additional in EDNS:
            for owner in OWNERS:
                for rdtype in TYPES:
                    yield column(signed, inside), sites, wire.ask_for(
                        f"{owner}.{zone}".lstrip("."), rdtype, *additional)
    for zone, (signed, inside, sites) in ALIASES.items():
        for additional in EDNS:
            yield column(signed, inside), sites, wire.ask_for(f"a.{zone}", "A", *additional)
    for signed, inside, sites in ZONES.values():
        for additional in EDNS:
            for query in (wire.ask_for("id.server", "TXT", *additional, rdclass=wire.CH),
                          wire.ask_for(".", "A", *additional), wire.query(*additional, asked=()),
                          wire.query(*additional, opcode=2), wire.query(*additional, trailing=b"x")):
                yield column(signed, inside), sites, query


def measured(via):
    """{(row, column): (factor, octets of the response, octets of the query)}, the largest each"""
    found = collections.defaultdict(lambda: (0, 0, 0))
    for name, sites, query in queries():
        octets = via.octets(query)
        row = kind_of(wire.Response(octets), sites)
        found[row, name] = max(found[row, name], (len(octets) / len(query), len(octets), len(query)))
    return found


def documented():
    """{(row, column): factor}"""
    rows = [[cell.strip() for cell in line.strip("|\n").split("|")]
            for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    head = next(row for row in rows if row[0] == "answer")
    return {(row[0], name): float(cell)
            for row in rows if len(row) == len(head) and row != head
            for name, cell in zip(head[1:], row[1:]) if re.fullmatch(r"[\d.]+", cell)}


def test_factors_are_those_of_the_page(via):
    """Every kind of answer has a row, and no factor is larger, nor much smaller, than it says."""
    found = measured(via)
    for (row, name), (factor, octets, asked) in sorted(found.items()):
        print(f"{row}, {name}: {octets} octets for {asked}, {factor:.2f}")
    assert {key: math.ceil(factor * 10) / 10 for key, (factor, *_) in found.items()} == documented()


def largest(page, wanted):
    return max(factor for (row, _), factor in page.items() if (row == ALIAS) == wanted)


def test_the_pages_say_the_largest():
    text, page = " ".join(PAGE.read_text().split()), documented()
    without, alias = largest(page, False), largest(page, True)
    # Whatever extra records there are: what is sent by UDP, for the shortest query that gets it.
    bound = 1232 / len(wire.ask_for("get.example.test", "A", EDNS[1][0]))
    assert f"at most {without:g} times" in text and f"makes it {alias:g} times" in text
    assert f"never more than {math.ceil(bound)} times" in text
    assert f"at most {without:g} times" in (daemon.ROOT / "docs" / "security.md").read_text()
