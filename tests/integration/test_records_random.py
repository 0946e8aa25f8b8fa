"""Extra records of every type, written at random: what is sound comes back as it went in, over DNS
and from --print-zone, and damage is refused or means what it says. named is the judge."""

import random
import re

import dns.name
import dns.rdata
import dns.rdatatype
import pytest

import daemon
import random_records
import transport
import wire
import zonefiles

APEX = zonefiles.ORIGIN
OWN_TYPES = {dns.rdatatype.SOA, dns.rdatatype.NS}
# Their names may be compressed (RFC 3597 section 4), and dnspython does not know them.
COMPRESSED = {dns.rdatatype.from_text(each) for each in ("MB", "MG", "MR", "MINFO")}
EACH = 6  # sound records of a type, and half as many damaged ones


@pytest.fixture(params=range(2))
def rng(request):
    """Seeded, and said to be: add a number to the range to have others."""
    print(f"seed {request.param}")
    return random.Random(request.param)


@pytest.fixture
def extra(site_file, tmp_path):
    """A function that makes a site file with these lines of extra records."""
    def make(lines):
        (tmp_path / "extra").write_text("\n".join(lines) + "\n", "latin-1")
        return site_file(zone={"records": "extra"})
    return make


def sound_lines(rng):
    types = [each for each in sorted(random_records.SOUND) for _ in range(EACH)]
    return [random_records.sound(rng, f"r{i}", rdtype) for i, rdtype in enumerate(types)]


def printed(path):
    done = daemon.run("-s", "dc1", "--print-zone", path)
    assert done.returncode == 0, done.stderr
    return done.stdout


def extra_records(text, directory):
    """What named reads in a zone file, without the records that sitens makes."""
    apex = dns.name.from_text(APEX).to_wire()
    return {key: ttl for key, ttl in zonefiles.read(text, directory).items()
            if key[0] != apex or key[1] not in OWN_TYPES | {dns.rdatatype.A, dns.rdatatype.AAAA}}


def test_sound_records_are_printed_as_named_reads_them(extra, rng, tmp_path):
    lines = sound_lines(rng)
    path = extra(lines)
    written = extra_records(zonefiles.HEAD + "\n".join(lines) + "\n", tmp_path)
    assert len(written) == len(lines)
    assert extra_records(printed(path), tmp_path) == written


def test_sound_records_are_served_as_named_reads_them(sitens, extra, rng, tmp_path):
    lines = sound_lines(rng)
    path = extra(lines)
    running = sitens(path).await_ready()
    via = transport.Via(running.address, running.port, tcp=True)
    for (owner, rdtype, data), ttl in extra_records(
            zonefiles.HEAD + "\n".join(lines) + "\n", tmp_path).items():
        name, _ = dns.name.from_wire(owner, 0)
        answer = via(wire.ask_for(name.to_text(), rdtype)).answer
        rrset, = [each for each in answer if each.name == name]
        assert rrset.ttl == ttl
        if rdtype not in COMPRESSED:
            assert rrset[0].to_digestable() == dns.rdata.from_wire(
                "IN", rdtype, data, 0, len(data)).to_digestable()


def test_damage_is_refused_or_means_what_it_says(extra, rng, tmp_path):
    """Each line that sitens takes is one that named takes, with the same data."""
    lines = [random_records.damage(rng, line.replace("\n", " ")) for line in sound_lines(rng)]
    refused = 0
    while True:  # without a parenthesis that was not closed, what it swallowed has faults of its own
        done = daemon.run("-s", "dc1", "--test", extra(lines))
        faults = {int(number) for number in re.findall(r"(?m)^ERROR: \S+:(\d+): ", done.stderr)}
        if not faults:
            break
        refused += len(faults)
        lines = [line for number, line in enumerate(lines, 1) if number not in faults]
    assert done.returncode == 0, done.stderr
    assert refused > 100 and len(lines) > 30
    for line in lines:
        assert not (said := zonefiles.named_refuses(line)), (line, said)
    assert extra_records(printed(extra(lines)), tmp_path) == extra_records(
        zonefiles.HEAD + "\n".join(lines) + "\n", tmp_path)
