"""How named understands a zone file: the outside judge of extra records."""

import struct
import subprocess

ORIGIN = "get.example.test"

# What stands before extra records that are given to named by themselves.
HEAD = f"""\
$ORIGIN {ORIGIN}.
$TTL 60
@ SOA ns.example.test. hostmaster.example.test. 1 14400 3600 1209600 60
@ NS ns.example.test.
"""


def named_refuses(text):
    """What named-checkzone says about records that it refuses; None when it takes them."""
    done = subprocess.run(
        ["named-checkzone", ORIGIN, "/dev/stdin"], input=(HEAD + text + "\n").encode("latin-1"),
        capture_output=True, check=False)
    return done.stdout.decode("latin-1") if done.returncode else None


def read(text, directory):
    """A zone file as named reads it: {(owner, type, data): TTL}, all of it octets and numbers."""
    zone, raw = directory / "read.zone", directory / "read.raw"
    zone.write_text(text, "latin-1")
    done = subprocess.run(
        ["named-checkzone", "-D", "-F", "raw=0", "-o", str(raw), ORIGIN, str(zone)],
        capture_output=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return dict(parse_raw(raw.read_bytes()))


def parse_raw(octets):
    """The records of named's raw format, version 0: RRsets behind one another."""
    at = 12  # format, version, time
    while at < len(octets):
        total, _, rdtype, _, ttl, n = struct.unpack_from(">IHHHII", octets, at)
        place, end = at + 18, at + total
        owner, place = parse_counted(octets, place)
        for _ in range(n):
            data, place = parse_counted(octets, place)
            yield (owner.lower(), rdtype, data), ttl
        at = end


def parse_counted(octets, at):
    length, = struct.unpack_from(">H", octets, at)
    return octets[at + 2:at + 2 + length], at + 2 + length
