"""The size of the referral as the lint computes it, and what real parents send: 2 to 26 sites."""

import base64
import re
import subprocess

import dns.flags
import dns.query
import pytest

import daemon
import parents

ADDRESS = "127.0.0.1"
COUNTS = range(2, 27)
SOA = parents.SOA.format(address=ADDRESS)

# Servers below the delegated name, whose addresses are glue. Those of hosts of the parent zone are
# data of the zone: with DO they are signed, and servers send as many as fit, or none.
GLUE = "ns{i}.get{n:02}.example.test"
SHAPES = {
    "IPv4": (GLUE, "{a}.0.0.1"),
    "both": (GLUE, "{a}.0.0.1 2a00:{i}::1"),
    "hosts": ("get.dc{i}.example.test", "{a}.0.0.1"),
}


def site_file_of(site_file, tmp_path, shape, n):
    """A site file of n sites for a name of its own, with a key."""
    nameserver, address = SHAPES[shape]
    (tmp_path / f"K{n}.key").write_text(
        f"get{n:02}.example.test. IN DNSKEY 257 3 13 {base64.b64encode(KEY).decode()}\n")
    changes = {f"site_dc{i}": {"nameserver": nameserver.format(i=i, n=n),
                               "address": address.format(a=150 + i, i=i)}
               for i in range(1, n + 1)}
    return site_file(file=f"get{n}.conf", zone={
        "name": f"get{n:02}.example.test", "dnssec-key": f"K{n}.private"}, **changes)


# The generator of the curve, uncompressed: a key that somebody could have.
KEY = bytes.fromhex("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
                    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5")


def claims(path):
    """What the lint says: {tag: (octets, sites that fit)}."""
    done = daemon.run("--lint", path, program=daemon.PARENTGEN)
    assert done.returncode == 0, done.stderr
    return {tag: (int(size), int(fit)) for size, fit, tag in re.findall(
        r"the referral takes (\d+) octets; .*that is (\d+) of \d+ sites.*\[(referral-\d+)\]",
        done.stderr)}


def signed(directory, records):
    """The parent zone, signed by RSA of 2048 bits, the longest signature that the lint allows for."""
    zone = directory / "unsigned"
    zone.write_text(SOA + records)
    keys = [subprocess.run([parents.needed("dnssec-keygen"), "-a", "RSASHA256", "-b", "2048",
                            "-K", directory, *flags, parents.ZONE], check=True, text=True,
                           capture_output=True).stdout.strip() for flags in ((), ("-f", "KSK"))]
    subprocess.run([parents.needed("dnssec-signzone"), "-S", "-K", directory, "-d", directory,
                    "-o", parents.ZONE, "-f", directory / "signed", zone], check=True, capture_output=True)
    assert len(keys) == 2
    return (directory / "signed").read_text()


def referral(parent, n, dnssec, transport):
    """Its size, and its addresses; None if it says that it was cut short."""
    response = parent.ask(f"get{n:02}.example.test", "A", dnssec, dnssec, transport)
    assert not response.answer and response.authority or response.flags & dns.flags.TC
    addresses = {(rrset.name, item) for rrset in response.additional for item in rrset}
    return len(response.to_wire()), None if response.flags & dns.flags.TC else addresses


def check_count(parent, said, n, dnssec, tag):
    """What is said of n sites, against what the server sends for this query."""
    size, addresses = referral(parent, n, dnssec, dns.query.tcp)
    _, over_udp = referral(parent, n, dnssec, dns.query.udp)
    limit = 1232 if dnssec else 512
    if tag in said:
        assert said[tag][0] == size > limit
    elif dnssec or "referral-1232" not in said:
        assert size <= limit
    # Knot DNS leaves some of the 1232 octets unused.
    if not dnssec or not isinstance(parent, parents.Knot) or size > limit or size < limit - 40:
        assert (over_udp == addresses) == (size <= limit)


def said_and_printed(site_file, tmp_path, shape):
    """What the lint says by the number of sites, and the parent zone's records for them all."""
    said, records = {}, set()
    for n in COUNTS:
        path = site_file_of(site_file, tmp_path, shape, n)
        said[n] = claims(path)
        records |= set(daemon.run("--force", path, program=daemon.PARENTGEN).stdout.splitlines())
    return said, "\n".join(sorted(records)) + "\n"


@pytest.mark.parametrize("make", [parents.Nsd, parents.Named, parents.Knot])
@pytest.mark.parametrize("shape", SHAPES)
def test_sizes(site_file, tmp_path, netns, shape, make):
    """The sizes are those of real servers to the octet, and what is said to fit does."""
    with netns.inside():
        said, records = said_and_printed(site_file, tmp_path, shape)
        with make(tmp_path / "parent", ADDRESS, records=signed(tmp_path, records),
                  soa="") as parent:
            for n in COUNTS if shape != "hosts" else ():
                check_count(parent, said[n], n, True, "referral-1232")
            for n in COUNTS if (shape, make) != ("hosts", parents.Named) else ():
                check_count(parent, said[n], n, False, "referral-512")


@pytest.mark.parametrize("shape", SHAPES)
def test_sites_that_fit(site_file, tmp_path, netns, shape):
    with netns.inside():
        said, _ = said_and_printed(site_file, tmp_path, shape)
    for tag in "referral-512", "referral-1232":
        (fit,) = {said[n][tag][1] for n in COUNTS if tag in said[n]}
        assert tag not in said[fit] and tag in said[fit + 1]
