"""parentgen and DNSSEC: keys, DS records, and what it says about signatures."""

import base64
import datetime
import random
import re
import resource
import subprocess
import time

import dns.dnssec
import dns.flags
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset
import dns.zone
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

import daemon
import fakeserver
import parents
import signing
import world as worlds
from test_parentgen_check import FAULT, expect, only

EX_CONFIG = 78
NAME = "get.example.test"
DAY = 86400


@pytest.fixture
def world(netns, tmp_path):
    """Two sites whose site file has a key."""
    with worlds.world(netns, tmp_path) as made:
        made.zone = worlds.sign_keys(tmp_path, made.path)
        made.write()
        yield made


def key_files(directory):
    return sorted(directory.glob("K*"))


def ds_by_ldns(directory, digest="-2"):
    """The DS as another program computes it."""
    (key,) = directory.glob("K*.key")
    done = subprocess.run([parents.needed("ldns-key2ds"), "-n", digest, key], capture_output=True,
                          text=True, check=True, timeout=daemon.PATIENCE)
    return done.stdout.split("DS")[1].split()


# Keys

def test_genkey(site_file):
    path = site_file()
    done = daemon.run("--genkey", path, program=daemon.PARENTGEN)
    assert done.returncode == 0
    match = re.fullmatch(r"dnssec-key = (K(\S+)\.\+013\+(\d{5})\.private)\n", done.stdout)
    assert match and match[2] == NAME
    assert re.search(r"1\. .* reload sitens; wait\.\n +2\. Put the DS", done.stderr)
    private, public = path.parent / match[1], path.parent / match[1].replace("private", "key")
    assert private.stat().st_mode & 0o777 == 0o600
    record = dns.rrset.from_text_list(NAME, 3600, "IN", "DNSKEY",
                                      [public.read_text().split("DNSKEY")[1].split(";")[0]])[0]
    assert (record.flags, record.protocol, record.algorithm) == (257, 3, 13)
    assert dns.dnssec.key_id(record) == int(match[3])
    # sitens takes the key as it is.
    path = site_file(zone={"dnssec-key": match[1]})
    done = daemon.run("--site", "dc1", "--print-zone", path)
    assert done.returncode == 0, done.stderr
    assert re.search(r"\bDNSKEY\b", done.stdout) and re.search(r"\bRRSIG\b", done.stdout)


def test_second_key_is_published_first(site_file):
    path = site_file()
    first = daemon.run("--genkey", path, program=daemon.PARENTGEN)
    key, value = first.stdout.strip().split(" = ")
    path = site_file(zone={key: value})
    done = daemon.run("--genkey", path, program=daemon.PARENTGEN)
    assert done.returncode == 0
    match = re.fullmatch(r"dnssec-publish = (257 3 13 \S+)\n", done.stdout)
    (new,) = {each.name for each in path.parent.glob("K*.private")} - {value}
    steps = re.findall(r"(?m)^  \d\. (.*)", done.stderr)
    assert [step.endswith("wait.") for step in steps] == [True, True, False]
    assert "DS records of both keys" in steps[0]
    assert f"`dnssec-key = {new}`" in steps[1] and "keep that of the old key" in steps[1]
    path = site_file(zone={key: value, "dnssec-publish": match[1]})
    assert daemon.run("--site", "dc1", "--test", path).returncode == 0


def test_genkey_never_overwrites(tmp_path, site_file):
    """Also not where it cannot write."""
    path = site_file()
    done = subprocess.run(["unshare", "-m", "sh", "-c", 'mount --bind -o ro "$0" "$0" && '
                           'mount -o remount,bind,ro "$0" && exec "$@"', tmp_path,
                           daemon.PARENTGEN, "--genkey", path],
                          capture_output=True, text=True, check=False, timeout=daemon.PATIENCE)
    assert done.returncode == FAULT
    assert "cannot be created: Read-only file system" in done.stderr
    assert not done.stdout
    assert not key_files(tmp_path)


@pytest.mark.parametrize("content, says", [
    (None, "there is no .key file beside it"),
    ("not a record\n", "the .key file beside it holds no record"),
    ("; a comment\n", "the .key file beside it holds no record"),
    (f"{NAME}. IN A 192.0.2.1\n", "in the .key file beside it: not a DNSKEY record"),
    ("other.example. IN DNSKEY {key}\n", "this key was made for another name"),
    (f"{NAME}. IN DNSKEY 256 3 13 {{key}}\n",
     "in the .key file beside it: the flags (first field) must be 257"),
    (f"{NAME}. IN DNSKEY 257 3 8 AwEAAb8=\n",
     "in the .key file beside it: the algorithm (third field) must be 13"),
])
def test_bad_key_file(site_file, tmp_path, content, says):
    path = site_file(zone={"dnssec-key": "K.private"})
    data = signing.make_key(tmp_path).data
    if content:
        key = data if content.startswith("other") else data.removeprefix("257 3 13 ")
        (path.parent / "K.key").write_text(content.format(key=key))
    done = daemon.run(path, program=daemon.PARENTGEN)
    assert done.returncode == FAULT
    assert not done.stdout
    assert re.fullmatch(
        rf"{path}:5: dnssec-key = {path.parent}/K\.private: {re.escape(says)}.*\n", done.stderr)


PUBLISHED = {
    "short": lambda data: "257 3 13",
    "rubbish": lambda data: "rubbish",
    "flags": lambda data: data.replace("257 3 13", "256 3 13"),
    "revoked": lambda data: data.replace("257 3 13", "385 3 13"),
    "protocol": lambda data: data.replace("257 3 13", "257 2 13"),
    "algorithm": lambda data: "257 3 8 AwEAAb8=",
    "algorithm-of-none": lambda data: data.replace("257 3 13", "257 3 200"),
    "other-algorithm": lambda data: data.replace("257 3 13", "257 3 15"),
    "nobody-signs-with-it": lambda data:
        "257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=",
    "flags-wrapped": lambda data: data.replace("257 3 13", f"{65536 + 257} 3 13"),
    "protocol-wrapped": lambda data: data.replace("257 3 13", "257 259 13"),
    "algorithm-wrapped": lambda data: data.replace("257 3 13", "257 3 269"),
    "not-on-the-curve": lambda data: "257 3 13 " + base64.b64encode(bytes(64)).decode(),
    "cut": lambda data: data[:60],
    "and-more": lambda data: data + " AAAA",
}


@pytest.mark.parametrize("change", PUBLISHED.values(), ids=PUBLISHED)
def test_published_key_is_refused_by_both_programs_alike(site_file, tmp_path, change):
    """A DS record for a key that sitens does not take breaks the name."""
    key = signing.make_key(tmp_path)
    value = change(key.data)
    path = site_file(zone={"dnssec-key": key.private, "dnssec-publish": value})
    for options in (), ("--lint",), ("--ds",):
        done = daemon.run(*options, path, program=daemon.PARENTGEN)
        assert done.returncode == FAULT
        assert not done.stdout
        assert done.stderr.startswith(f"{path}:6: dnssec-publish = {value}: "), done.stderr
    said = daemon.run("--test", "--site", "dc1", path)
    assert said.returncode == EX_CONFIG
    assert f"ERROR: {done.stderr}" in said.stderr


def test_published_key_without_one_that_signs(site_file, tmp_path):
    path = site_file(zone={"dnssec-publish": signing.make_key(tmp_path).data})
    done = daemon.run(path, program=daemon.PARENTGEN)
    assert done.returncode == FAULT
    assert f"{path}:5: " in done.stderr and "no dnssec-key has this algorithm" in done.stderr


def test_keys_of_other_makers(site_file, tmp_path):
    """BIND's files begin with comments, ldns's have one behind the record."""
    key = signing.make_key(tmp_path)
    path = site_file(zone={"dnssec-key": key.private})
    for text in (key.public.read_text(), f"\n\n{NAME}. 3600 IN DNSKEY {key.data} ;{{id = 1}}\n"):
        key.public.write_text(text)
        done = daemon.run("--lint", path, program=daemon.PARENTGEN)
        assert done.returncode == 0, done.stderr


def test_private_key_is_not_needed(world):
    """parentgen runs on a workstation, too."""
    world.start_sites()
    for private in world.directory.glob("K*.private"):
        private.unlink()
    assert " DS " in world.printed("--ds")


# DS records

def test_ds(world):
    world.start_sites()
    done = world.parentgen("--ds", world.path)
    assert done.returncode == 0
    assert "ds-" not in done.stderr
    (line,) = [line for line in done.stdout.splitlines() if not line.startswith(";")]
    owner, ttl, _, rdtype, *data = line.split()
    assert (owner, ttl, rdtype) == (NAME + ".", "3600", "DS")
    assert data == ds_by_ldns(world.directory)


def test_no_keys(site_file):
    done = daemon.run("--ds", site_file(), program=daemon.PARENTGEN)
    assert done.returncode == FAULT
    assert "the site file has no key; make one with parentgen --genkey" in done.stderr


def test_ds_is_withheld(world):
    world.start_site("dc1")
    done = world.parentgen(world.path)
    assert done.returncode == 0
    assert " NS " in done.stdout and " DS " not in done.stdout
    assert ("warning: the DS is left out, since dc2 is not seen to serve and sign with the keys"
            in done.stderr)
    assert "[ds-withheld]" in done.stderr
    done = world.parentgen("--ds", world.path)
    assert done.returncode == FAULT
    assert not done.stdout
    assert "[ds-withheld]" in done.stderr


def test_ds_is_forced(world):
    done = world.parentgen("--ds", "--force", world.path)
    assert done.returncode == 0
    assert " DS " in done.stdout
    assert "[ds-forced]" in done.stderr
    assert "dc1 is not seen to serve and sign with the keys: the name may break" in done.stderr


def test_withheld_ds_is_left_as_it_is(world):
    """A site that is out for a while must not make the name insecure or bogus."""
    world.start_site("dc1")
    assert "DS" not in world.printed("--format", "nsupdate")
    world.zone = {}
    world.write()
    assert f"update delete {NAME}. DS" in world.printed("--format", "nsupdate")


def test_ds_with_a_standby_of_sitens(world):
    world.write(site_dc2={"preference": 20})
    standby = daemon.Daemon("--site", "dc2", world.path)
    world.stack.callback(standby.discard)
    world.start_site("dc1")
    standby.await_state("standby")
    done = world.parentgen("--ds", world.path)
    assert done.returncode == 0 and " DS " in done.stdout and "[ds-" not in done.stderr


def start_standby(world, **options):
    """A fake one, which gives the addresses of dc1."""
    world.write(site_dc2={"preference": 20})
    return world.start_fake("dc2", zone_of="dc1", **options)


def strip_signatures(query, response, tcp):
    response.answer = [rrset for rrset in response.answer if rrset.rdtype != dns.rdatatype.RRSIG]
    return response


def test_ds_with_a_standby(world):
    """Its keys are seen as those of every other site."""
    start_standby(world)
    world.start_site("dc1")
    done = world.parentgen("--ds", world.path)
    assert done.returncode == 0 and " DS " in done.stdout and "[ds-" not in done.stderr
    assert world.findings()[2]["sites"][1]["state"] == "standby"


@pytest.mark.parametrize("behave", [strip_signatures, fakeserver.not_ready])
def test_standby_without_keys_withholds_ds(world, behave):
    start_standby(world, behave=behave)
    world.start_site("dc1")
    done = world.parentgen("--ds", world.path)
    assert done.returncode == FAULT
    assert "dc2 is not seen to serve and sign" in done.stderr


@pytest.mark.parametrize("preference, behave", [
    (10, fakeserver.not_ready),
    (20, fakeserver.say_nothing),
    (20, fakeserver.with_rcode(dns.rcode.SERVFAIL)),
])
def test_site_that_is_out_withholds_ds(world, preference, behave):
    world.write(site_dc2={"preference": preference})
    world.start_site("dc1")
    world.start_fake("dc2", behave)
    done = world.parentgen("--ds", world.path)
    assert done.returncode == FAULT
    assert "dc2 is not seen to serve and sign" in done.stderr


def test_ds_is_withheld_where_another_site_is_unsigned(world):
    zone, world.zone = world.zone, {}
    unsigned = world.write(world.directory / "unsigned.conf")
    world.zone = zone
    world.write()
    world.start_site("dc1")
    world.start_site("dc2", unsigned)
    assert world.parentgen("--ds", world.path).returncode == FAULT


@pytest.mark.parametrize("make", [parents.Named, parents.Knot, parents.Pdns])
def test_ds_is_applied(world, make):
    """In each server's own form; the DS of an older key goes."""
    world.start_sites()
    parent = world.start_parent(make, records=f"get 3600 IN NS old\n"
                                f"get 3600 IN DS 1 13 2 {64 * '0'}\n")
    parent.apply(world.printed("--format", parent.form))
    (rrset,) = parent.ask(NAME, "DS").answer
    assert [item.to_text().split() for item in rrset] == [ds_by_ldns(world.directory)]


def test_ds_of_the_key_that_stays(world):
    """The DS of a key goes before the sites lose it: they have both still."""
    old = set(key_files(world.directory))
    key = daemon.run("--genkey", world.path, program=daemon.PARENTGEN).stdout.split(" = ")[1]
    world.zone |= {"dnssec-publish": key.strip()}
    world.write()
    world.start_sites()
    assert world.printed("--ds").count(" DS ") == 2
    (new,) = (each for each in set(key_files(world.directory)) - old if each.suffix == ".private")
    world.zone = {"dnssec-key": new.name}
    world.write()
    done = world.parentgen("--ds", world.path)
    assert done.returncode == 0 and "ds-" not in done.stderr
    (line,) = re.findall("(?m)^.* DS .*$", done.stdout)
    assert f" DS {int(new.name.split('+')[2].split('.')[0])} " in line


# The check

def test_all_is_right(world):
    world.start_sites()
    world.start_parent()
    returned, findings, _ = world.findings()
    # nsd serves the parent unsigned here.
    only(findings, "ds-unsigned-parent")
    assert returned == FAULT


def test_ds_is_missing(world):
    world.start_parent()
    world.start_sites()
    findings = expect(world, "ds-missing", "the parent holds no DS of the site file's keys", 0)
    only(findings, "ds-missing")
    assert findings["ds-missing"]["severity"] == "note"


SHA1, SHA384 = "-1", "-4"  # as ldns-key2ds calls them


@pytest.mark.parametrize("held, tags", [
    ([SHA384], set()),
    ([SHA1], {"ds-digest"}),
    (["{tag} 13 200 abcdef"], {"ds-digest"}),
    ([SHA1, SHA384, "{tag} 13 200 abcdef"], set()),
    ([f"{{tag}} 13 4 {96 * '1'}"], {"ds-stale", "ds-missing"}),
    ([f"{{tag}} 13 1 {40 * '1'}"], {"ds-stale", "ds-missing"}),
    ([f"{{tag}} 13 4 {96 * '1'}", SHA384], {"ds-stale"}),
    (["{tag} 15 200 abcdef"], {"ds-stale", "ds-missing"}),
    (["{other} 13 200 abcdef"], {"ds-stale", "ds-missing"}),
])
def test_digests(world, held, tags):
    """A digest that can be made is compared; what validators do not take makes no name secure."""
    world.start_sites()
    tag = int(ds_by_ldns(world.directory)[0])
    lines = [" ".join(ds_by_ldns(world.directory, each)) if each.startswith("-")
             else each.format(tag=tag, other=tag ^ 1) for each in held]
    world.start_parent(change=lambda text: re.sub(r"(?m)^.* DS .*\n", "", text) +
                       "".join(f"get 3600 IN DS {line}\n" for line in lines))
    returned, findings, _ = world.findings()
    only(findings, "ds-unsigned-parent", *tags)  # nsd serves the parent unsigned
    assert returned == FAULT


def test_ds_of_another_key(world):
    world.start_sites()
    world.start_parent(change=lambda text: re.sub(r"(DS \d+ 13 2 )\S+", rf"\g<1>{64 * 'a'}", text))
    findings = expect(world, "ds-stale", "of no key in the site file")
    assert findings["ds-missing"]["severity"] == "error"


def test_unsigned_site(world):
    zone, world.zone = world.zone, {}
    unsigned = world.write(world.directory / "unsigned.conf")
    world.zone = zone
    world.write()
    world.start_parent()
    world.start_site("dc1")
    world.start_site("dc2", unsigned)
    expect(world, "dnskey-missing", r"the site does not serve the key \d+ of the site file",
           servers="dc2 at 198.51.100.20, dc2 at 2001:db8:3::20")


def test_site_signs_and_the_file_here_has_no_key(world):
    signed = world.path.rename(world.directory / "signed.conf")
    world.zone = {}
    world.write()
    world.start_parent()
    world.start_site("dc1")
    world.start_site("dc2", signed)
    expect(world, "dnskey-unknown", "the site signs, but the site file here has no keys")


def signed_anew(directory, inception, expiry):
    """Makes a function that signs the text of a zone with other times."""
    (path,) = directory.glob("K*.private")
    secret = re.search(r"PrivateKey: (\S+)", path.read_text())[1]
    number = int.from_bytes(base64.b64decode(secret), "big")
    private = ec.derive_private_key(number, ec.SECP256R1())
    now = datetime.datetime.fromtimestamp(time.time(), datetime.timezone.utc)

    def change(text):
        zone = dns.zone.from_text(text, NAME, relativize=False, check_origin=False)
        apex = dns.name.from_text(NAME)
        (key,) = zone.find_rdataset(apex, "DNSKEY")
        for name in list(zone.nodes):
            node = zone.nodes[name]
            for covers in [each.covers for each in node if each.rdtype == dns.rdatatype.RRSIG]:
                rrset = zone.find_rrset(name, covers)
                rrsig = dns.dnssec.sign(
                    rrset, private, apex, key, now + datetime.timedelta(seconds=inception),
                    now + datetime.timedelta(seconds=expiry))
                zone.replace_rdataset(name, dns.rdataset.from_rdata(rrset.ttl, rrsig))
        return zone.to_text()

    return change


@pytest.mark.parametrize("inception, expiry, tag, says", [
    (-20 * DAY, -60, "signature-expired", "the site's signatures have expired"),
    (-13 * DAY, 1800, "signature-ending", "the site's signatures expire within the hour"),
    (7200, 14 * DAY, "signature-future",
     "not valid yet: a clock is wrong by more than an hour"),
    (-1800, 14 * DAY + 1800, "clock-skew", r"the site's clock is at least 1(79\d|800) s ahead"),
])
def test_signature_times(world, inception, expiry, tag, says):
    world.start_parent()
    world.start_site("dc1")
    world.start_fake("dc2", change=signed_anew(world.directory, inception, expiry))
    findings = expect(world, tag, says, servers="dc2 at 198.51.100.20, dc2 at 2001:db8:3::20")
    only(findings, tag, "ds-missing")


def test_bad_signature(world):
    def other_address(query, response, tcp):
        wire = bytearray(response.to_wire())
        where = wire.find(bytes([198, 51, 100, 20]))
        if where >= 0:
            wire[where + 3] ^= 1
        return bytes(wire)

    world.start_parent()
    world.start_site("dc1")
    world.start_fake("dc2", other_address)
    findings = expect(world, "signature-bad",
                      "the site's A records have no signature that its keys verify")
    assert "wrong-address" in findings


@pytest.mark.parametrize("rdtype", ["SOA", "A", "AAAA", "NS", "DNSKEY", None])
def test_signatures_of_nothing(world, rdtype):
    """The records are gone and their signatures are not: there is nothing to verify. None: all."""
    def strip(query, response, tcp):
        if rdtype in (None, dns.rdatatype.to_text(query.question[0].rdtype)):
            response.answer = [rrset for rrset in response.answer
                               if rrset.rdtype == dns.rdatatype.RRSIG]
        return response

    world.start_parent()
    world.start_site("dc1")
    world.start_fake("dc2", strip)
    status, findings, _ = world.findings()
    assert status == FAULT and set(findings) > {"ds-missing"}
    if rdtype in (None, "SOA", "DNSKEY"):
        assert "[ds-withheld]" in world.parentgen(world.path).stderr


def keys_of_one_tag(key, count):
    """Keys that have the tag of key: other octets, and the last two make up for it."""
    tag = dns.dnssec.key_id(key)
    for seed in range(count):
        octets = bytearray(random.Random(seed).randbytes(64))
        octets[-2:] = b"\0\0"
        made = dns.rrset.from_text(
            NAME, 60, "IN", "DNSKEY", "257 3 13 " + base64.b64encode(octets).decode())[0]
        rest = (tag - dns.dnssec.key_id(made)) % 0xffff
        octets[-2:] = rest.to_bytes(2, "big")
        made = dns.rrset.from_text(
            NAME, 60, "IN", "DNSKEY", "257 3 13 " + base64.b64encode(octets).decode())[0]
        if dns.dnssec.key_id(made) == tag:
            yield made


def test_keytrap(world):
    """Many keys of one tag and many signatures (CVE-2023-50387): few are tried."""
    def swamp(query, response, tcp):
        rrset, rrsigs = response.answer
        if rrset.rdtype == dns.rdatatype.DNSKEY:
            (key,) = list(rrset)
            for each in keys_of_one_tag(key, 700):
                rrset.add(each)
        (rrsig,) = list(rrsigs)
        rrsigs.clear()
        for i in range(500 if rrset.rdtype == dns.rdatatype.A else 40):
            rrsigs.add(rrsig.replace(signature=i.to_bytes(4, "big") + bytes(60)))
        if tcp:
            return response
        response.answer = []
        response.flags |= dns.flags.TC
        return response

    def behave(query, response, tcp):
        return swamp(query, response, tcp) if len(response.answer) == 2 else response

    world.start_parent()
    world.start_site("dc1")
    world.start_fake("dc2", behave)
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    findings = expect(world, "signature-bad", "no signature that its keys verify, among the first "
                      "that came")
    # What it computes; all tries would take a minute.
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before < 20
    only(findings, "signature-bad", "ds-missing", "no-udp")


def test_signatures_are_stripped(world):
    world.start_parent()
    world.start_site("dc1")
    world.start_fake("dc2", strip_signatures)
    findings = expect(world, "signature-bad", "have no signature that its keys verify")
    only(findings, "signature-bad", "ds-missing")
    assert "[ds-withheld]" in world.parentgen(world.path).stderr
