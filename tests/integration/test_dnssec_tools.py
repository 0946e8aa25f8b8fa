"""What others' tools say of the signed zone and of its answers."""

import re
import shutil
import subprocess
import sys

import pytest

import daemon
import signing
import sitefile

GET = signing.ORIGIN

# pygraphviz has no module `release` any more, from which Debian 12's dnsviz reads the version.
DNSVIZ_GROK = """
import sys, types, pygraphviz
pygraphviz.release = types.SimpleNamespace(version="1.7")
from dnsviz.commands import grok
grok.main(sys.argv)
"""

EXTRA = """\
@ CAA 0 issue "letsencrypt.org"
@ MX 0 Mail.Example.NET.
@ HTTPS 1 . alpn=h2
_http._tcp SRV 0 0 80 Other.Example.TEST.
deep.er.ent TXT "below two names without records"
Alias CNAME Get.Example.Test.
a\\"b TXT "an owner that some programs print as something else, as the next ones"
\\@ TXT x
\\$c TXT x
d\\;e CNAME a\\"b
f\\.g TXT x
h\\000i TXT x
"""

IN_ZONE = {"site_dc1": {"nameserver": f"ns1.{GET}"}, "site_dc2": {"nameserver": f"ns2.x.{GET}"}}
ZONES = {
    "both families": {},
    "IPv4 only": {"site_dc1": {"address": sitefile.ADDRESS}},
    "IPv6 only": {"site_dc1": {"address": sitefile.ADDRESS6}},
    "nameservers inside": IN_ZONE,
    "extra records": {**IN_ZONE, "zone": {"records": "get.extra"}},
}
KEYS = {  # algorithms of keys that sign, and of keys that are only published
    "13": ([13], []), "15": ([15], []), "13 and 13": ([13, 13], []), "13 and 15": ([13, 15], []),
    "13, 13 published": ([13], [13, 13])}


def tool(*command):
    """Runs a tool of others, which must be content; returns what it said."""
    if not shutil.which(command[0]):
        pytest.skip(f"{command[0]} is missing: deploy/install-dependencies test")
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          check=False, timeout=daemon.PATIENCE)
    assert done.returncode == 0, f"{command[0]}: {done}"
    return done.stdout + done.stderr


@pytest.fixture
def make_zone(site_file, tmp_path):
    """Writes a signed site file; returns its path and the keys that sign."""
    def make(kind, keys, **more):
        (tmp_path / "get.extra").write_text(EXTRA)
        signing_keys, published = ([signing.make_key(tmp_path, algorithm=each) for each in part]
                                   for part in keys)
        changes = {**ZONES[kind], **more}
        changes["zone"] = {**changes.get("zone", {}),
                           "dnssec-key": [key.private for key in signing_keys],
                           "dnssec-publish": [key.data for key in published]}
        return site_file(**changes), signing_keys
    return make


CASES = [(kind, "13") for kind in ZONES] + [("extra records", keys) for keys in KEYS]


@pytest.mark.parametrize("kind, keys", CASES)
def test_zone_is_good(make_zone, tmp_path, kind, keys):
    done = daemon.run("--print-zone", "--site", "dc1", make_zone(kind, KEYS[keys])[0])
    assert done.returncode == 0, done
    zone = tmp_path / "zone"
    zone.write_text(done.stdout)
    assert "Zone is verified and complete" in tool("ldns-verify-zone", zone)
    # -z: one kind of key signs everything, which the flags alone do not tell.
    assert "Zone fully signed" in tool("dnssec-verify", "-z", "-o", GET, zone)
    if keys in ("13", "15"):  # of more keys it misjudges some, also in zones signed by BIND
        tool("kzonecheck", "-o", GET, zone)
    tool("named-checkzone", "-i", "local", GET, zone)


@pytest.fixture
def served(sitens, make_zone, tmp_path, request):
    """A daemon with a zone of the kind of the test's parameter, and its key."""
    path, [key] = make_zone(request.param, KEYS["13"])
    running = sitens(path)
    running.await_state("serving")
    trusted = tmp_path / "anchor"
    flags, protocol, algorithm, public = key.data.split(maxsplit=3)
    trusted.write_text(f'trust-anchors {{ "{GET}" static-key {flags} {protocol} {algorithm} '
                       f'"{public}"; }};\n')
    running.anchor = trusted
    running.key = key
    return running


@pytest.mark.parametrize("served", ["IPv4 only", "extra records"], indirect=True)
def test_delv(served):
    """BIND's validator, for what is there and what is not."""
    def delv(name, rdtype):
        return tool("delv", f"@{served.address}", "-p", served.port, "-a", served.anchor,
                    f"+root={GET}", name, rdtype)

    for rdtype in ("A", "NS", "SOA", "DNSKEY"):
        assert "; fully validated" in delv(GET, rdtype)
    for name, rdtype in ((GET, "TXT"), (f"x.{GET}", "A"), (f"a.b.ns1.{GET}", "AAAA")):
        assert "; negative response, fully validated" in delv(name, rdtype)


# The anchor is the key, and there is no DS: newer versions want one for whoever signs CDS.
FOR_WANT_OF_DS = {"CDS_SIGNER_INVALID", "CDNSKEY_SIGNER_INVALID"}
ADDRESSES = {"dc1": sitefile.ADDRESS, "dc2": "198.51.100.20"}


@pytest.fixture
def make_sites(sitens, make_zone, netns, tmp_path):
    """Starts the daemons of sites dc1 and dc2 at their own addresses; returns the one key.

    dnsviz looks for more than it is told of: it gets a network where nothing else is.
    """
    def make(kind):
        for address in ADDRESSES.values():
            netns.add_address(f"{address}/32")
        (tmp_path / "well").touch()
        path, [key] = make_zone(kind, KEYS["13"], check=None,
                                check_file={"file": tmp_path / "well"})
        for site in ADDRESSES:
            with netns.inside():
                running = sitens(path, "--site", site, listen=False)
            running.await_state("serving")
        return key
    return make


@pytest.mark.parametrize("kind", ["IPv4 only", "extra records"])
def test_dnsviz(make_sites, netns, tmp_path, kind):
    """It asks every site for everything, in many ways, and compares and judges all of it."""
    probe, keys = tmp_path / "probe", tmp_path / "keys"
    keys.write_text(f"{GET}. 3600 IN DNSKEY {make_sites(kind).data}\n")
    servers = ",".join(f"get.{site}.example.test={ADDRESSES[site]}" for site in ADDRESSES)
    with netns.inside():
        tool("dnsviz", "probe", "-4", "-A", "-R", "A,MX,SOA,DNSKEY", "-o", probe, "-x",
             f"{GET}+:{servers}", GET, f"x.{GET}")
    said = tool(sys.executable, "-c", DNSVIZ_GROK, "-t", keys, "-r", probe)
    assert re.search(r'"status": "SECURE"', said), said
    assert not re.search(r'"BOGUS"|"INVALID"', said), said
    assert set(re.findall(r'"code": "(\w+)"', said)) <= FOR_WANT_OF_DS, said
