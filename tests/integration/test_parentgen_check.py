"""parentgen --check: every fault that it knows, made to happen, and what it says then."""

import contextlib
import os
import pty
import random
import re
import subprocess
import threading
import time

import dns.edns
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset
import dns.zone
import pytest

import daemon
import fakeserver
import parents
import webserver
import world as worlds

FAULT, NOT_WELL = 1, 3


@pytest.fixture
def world(netns, tmp_path):
    with worlds.world(netns, tmp_path) as made:
        yield made


def expect(world, tag, says, status=FAULT, servers=None, **options):
    """The check finds this, says this, and ends with this status."""
    returned, findings, _ = world.findings(**options)
    assert tag in findings, findings
    assert re.search(says, findings[tag]["text"]), findings[tag]["text"]
    assert findings[tag]["fix"]
    assert returned == status, findings
    if servers is not None:
        assert findings[tag]["servers"] == servers
    return findings


def only(findings, *tags):
    assert sorted(findings) == sorted(tags), findings


DS, DNSKEY = dns.rdatatype.DS, dns.rdatatype.DNSKEY


def silent_for(rdtype):
    return lambda query, response, tcp: response if query.question[0].rdtype != rdtype else None


def fails_for(rdtype):
    servfail = fakeserver.with_rcode(dns.rcode.SERVFAIL)
    return lambda query, response, tcp: (
        response if query.question[0].rdtype != rdtype else servfail(query, response, tcp))


# All is right

@pytest.mark.parametrize("make", [parents.Nsd, parents.Knot, parents.Named, parents.Pdns])
def test_all_is_right(world, make):
    world.start_parent(make)
    world.start_sites()
    done = world.check()
    assert done.returncode == 0, done.stdout
    assert not done.stderr
    lines = done.stdout.splitlines()
    assert re.match(r"SITE +STATE +IPV4 +IPV6 +SITE FILE +TIME$", lines[0])
    for line, site in zip(lines[1:], worlds.SITES):
        assert re.match(rf"{site} +serving +udp tcp +udp tcp +same +\d+ ms$", line)
    assert "1 of 1 addresses of the parent's name servers delegate get.example.test." in lines
    assert re.search(r"(?m)^Worst failover: 62\.\d s = 1\.\d s until the site is silent \+ 60 s TTL "
                     r"\+ 1\.6 s a resolver's retry\.$", done.stdout)
    assert lines[-1] == "All is right."
    assert "\033" not in done.stdout


def test_finds_the_parent(world):
    world.start_parent()
    world.start_sites()
    returned, findings, report = world.findings(find=True)
    assert returned == 0
    assert not findings
    assert report["parents"] == [{"server": "ns.example.test (192.0.2.2)", "delegates": True}]


def test_json(world):
    world.start_parent()
    world.start_sites()
    _, _, report = world.findings()
    assert report["name"] == "get.example.test"
    assert [site["id"] for site in report["sites"]] == ["dc1", "dc2"]
    for site in report["sites"]:
        assert site["state"] == "serving"
        for place in site["addresses"]:
            assert place["serial"] == report["serial"]
            assert place["udp"] and place["tcp"]
    assert report["failover"]["ttl"] == 60
    assert report["failover"]["seconds"] == pytest.approx(
        sum(report["failover"][part] for part in ("detection", "takeover", "ttl", "retry")))


# Sites that are not well, and those that stand by

def test_silent_site(world):
    world.start_parent()
    world.start_sites()
    world.web["dc1"].answer = webserver.response(500)
    for site in world.sites.values():
        site.await_state("failing")
    findings = expect(world, "no-site-serves", "no site answers: get.example.test does not resolve")
    assert "keeps silent" in findings["failing"]["text"]


def test_one_site_silent(world):
    world.start_parent()
    world.start_site("dc1")
    world.start_fake("dc2", fakeserver.say_nothing)
    findings = expect(world, "failing", "dc2 is failing: sitens is there and keeps silent",
                      status=NOT_WELL)
    only(findings, "failing")
    assert re.search(r"(?m)^dc2 +failing +- +- +\? +-$", world.check().stdout)


def test_nobody_listens(world):
    world.start_parent()
    world.start_site("dc1")
    expect(world, "failing", "dc2 is failing: the host is up, but nothing listens on its port "
           "53", status=NOT_WELL)


def gives(world, site, of, mark=False):
    """A fake site that gives the addresses of the sites `of`; mark: and says that it is not ready."""
    zones = [dns.zone.from_text(daemon.run("--site", each, "--print-zone", world.path).stdout,
                                worlds.NAME, relativize=False) for each in of]

    def behave(query, response, tcp):
        for rrset in response.answer:
            if rrset.rdtype in (dns.rdatatype.A, dns.rdatatype.AAAA):
                rrset.clear()
                for zone in zones:
                    rrset.update(zone.find_rdataset(rrset.name, rrset.rdtype))
        if mark:
            response.use_edns(0, 0, 1232, options=[
                dns.edns.GenericOption(fakeserver.EDE, b"\0\x0e"),
                dns.edns.GenericOption(fakeserver.NSID, site.encode())])
        return response
    return world.start_fake(site, behave)


@pytest.mark.parametrize("preference, policy, of, mark, state, right", [
    (10, {}, ["dc2"], False, "serving", True),
    (10, {}, ["dc1"], False, "serving", False),
    (10, {}, ["dc2", "dc1"], False, "serving", False),
    (10, {"answer": "serving"}, ["dc2"], False, "serving", True),
    (10, {"answer": "serving"}, ["dc2", "dc1"], False, "serving", True),
    (10, {"answer": "serving"}, ["dc1"], False, "serving", False),
    (20, {}, ["dc1"], False, "standby", True),
    (20, {}, ["dc2"], False, "serving", True),
    (20, {"answer": "serving"}, ["dc2", "dc1"], False, "serving", False),
    (5, {"answer": "serving"}, ["dc1"], False, "serving", False),
    (10, {"withdraw": "hand-over"}, ["dc1"], True, "failing", True),
    (20, {"withdraw": "hand-over"}, ["dc1"], True, "failing", True),
    (5, {"withdraw": "hand-over"}, ["dc1"], True, "failing", True),
    (10, {}, ["dc1"], True, "failing", False),
    (10, {"withdraw": "servfail"}, ["dc1"], True, "failing", False),
    (10, {"withdraw": "hand-over"}, ["dc1", "dc2"], True, "last-resort", False),
    (10, {"last-resort": "yes"}, ["dc2"], True, "last-resort", True),
])
def test_whose_addresses(world, preference, policy, of, mark, state, right):
    """A site may give those of others where the policy says so, and that tells its state."""
    world.write(site_dc2={"preference": preference}, policy=policy)
    world.start_parent()
    world.start_fake("dc1")
    gives(world, "dc2", of, mark)
    status, findings, report = world.findings()
    assert report["sites"][1]["state"] == state
    for place in report["sites"][1]["addresses"]:
        assert place["state"] == state and set(place["answers"]) == set(of)
    assert ("wrong-address" in findings) == (not right)
    assert set(findings) <= {"wrong-address", state}
    if not right:
        assert status == FAULT and findings["wrong-address"]["servers"].count("dc2 at ") == 2
    else:
        assert status == (NOT_WELL if mark else 0)


def test_hands_over(world):
    world.write(policy={"withdraw": "hand-over"})
    world.start_parent()
    world.start_site("dc1")
    gives(world, "dc2", ["dc1"], mark=True)
    findings = expect(world, "failing", "dc2 is failing: it answers with the addresses of others; its "
                      "check fails$", NOT_WELL)
    only(findings, "failing")


def test_both_hand_over(world):
    """What comes is not the name's death: it resolves, to whom users should not go."""
    world.write(policy={"withdraw": "hand-over"})
    world.start_parent()
    gives(world, "dc1", ["dc2"], mark=True)
    gives(world, "dc2", ["dc1"], mark=True)
    status, findings, _ = world.findings()
    assert (status, set(findings)) == (NOT_WELL, {"failing"})


def test_failing_by_servfail(world):
    world.start_parent()
    world.start_site("dc1")
    world.start_fake("dc2", fakeserver.not_ready)
    expect(world, "failing", "dc2 is failing: it answers that it is not ready", NOT_WELL)


def test_last_resort(world):
    def last_resort(query, response, tcp):
        response.use_edns(0, 0, 1232, options=[
            fakeserver.dns.edns.GenericOption(fakeserver.EDE, b"\0\x0e"),
            fakeserver.dns.edns.GenericOption(fakeserver.NSID, b"dc2")])
        return response

    world.start_parent()
    world.start_site("dc1")
    world.start_fake("dc2", last_resort)
    findings = expect(world, "last-resort", "dc2 answers as the last resort", NOT_WELL)
    only(findings, "last-resort")


def test_no_route(world):
    world.write(site_dc2={"address": "203.0.113.20"})
    world.start_parent()
    world.start_site("dc1")
    expect(world, "not-checked", "dc2 could not be asked: this host has no route to it")


def test_one_address_without_a_route(world):
    world.write(site_dc2={"address": "198.51.100.20 2001:db8:9::1"})
    world.start_parent()
    world.start_site("dc1")
    world.start_site("dc2", listen=("198.51.100.20", 53))
    findings = expect(world, "no-route", "this host has no route there", 0,
                      servers="dc2 at 2001:db8:9::1")
    only(findings, "no-route")
    assert re.search(r"(?m)^dc2 +serving +udp tcp +\? +same ", world.check().stdout)


def test_parent_without_a_route(world):
    world.start_sites()
    status, findings, _ = world.findings("--parent", "203.0.113.2")
    assert status == FAULT
    only(findings, "no-route", "not-checked", "ns-not-looked-up")
    assert "the parent zone could not be asked" in findings["not-checked"]["text"]


# A terminal

def on_terminal(world):
    """What a person sees: standard output and error on a terminal."""
    world.start_parent()
    world.start_site("dc1")
    ours, theirs = pty.openpty()
    command = [daemon.PARENTGEN, "--check", "--parent", worlds.PARENT, world.path]
    with subprocess.Popen(command, stdout=theirs, stderr=theirs, stdin=subprocess.DEVNULL,
                          env=daemon.environment()) as process:
        os.close(theirs)
        seen = b""
        with contextlib.suppress(OSError):  # the end of a terminal is an error
            while octets := os.read(ours, 4096):
                seen += octets
        os.close(ours)
    return process.returncode, seen.decode()


def test_colours_and_progress_on_a_terminal(world):
    status, seen = on_terminal(world)
    assert status == NOT_WELL
    assert re.search(r"dc1 +\033\[32mserving +\033\[0m", seen)
    assert re.search(r"dc2 +\033\[33mfailing +\033\[0m", seen)
    assert re.search(r"\rparentgen: \d+ of \d+ questions answered\033\[K", seen)
    # The progress is gone before the table comes.
    assert re.search(r"\r\033\[KSITE", seen)


def test_standby_on_an_address_that_is_not_the_first(world):
    """The first one cannot be reached from here."""
    world.start_site("dc1", world.write(site_dc2={
        "preference": 20, "address": "203.0.113.9 198.51.100.20 2001:db8:3::20"}))
    gives(world, "dc2", ["dc1"])
    assert world.findings()[2]["sites"][1]["state"] == "standby"


def test_standby_of_sitens(world):
    """The daemon itself, kept in reserve."""
    world.write(site_dc2={"preference": 20})
    world.start_parent()
    world.start_site("dc1")
    standby = daemon.Daemon("--site", "dc2", world.path)
    world.stack.callback(standby.discard)
    standby.await_state("standby")
    status, findings, report = world.findings()
    assert status == 0 and not findings
    assert report["sites"][1]["state"] == "standby"
    assert answers_of(report, 1) == {("dc1",)}


def answers_of(report, site):
    """Whose addresses a site gives, at each of its own."""
    return {tuple(place.get("answers", ())) for place in report["sites"][site]["addresses"]}


def await_answers(world, *expected):
    """Waits until the check sees each site give these; the check itself is the one to ask."""
    daemon.await_true("the answers", lambda: [
        answers_of(world.findings()[2], i) for i in range(len(expected))] == [
            {each} for each in expected])


def test_sitens_that_answers_for_others(world):
    """Both serve, and give each other's addresses."""
    world.write(policy={"answer": "serving"})
    world.start_parent()
    world.start_sites()
    await_answers(world, ("dc1", "dc2"), ("dc1", "dc2"))
    status, findings, _ = world.findings()
    assert status == 0 and not findings


def test_sitens_that_hands_over(world):
    world.write(policy={"withdraw": "hand-over"})
    own = world.write(world.directory / "dc2.conf", site="dc2", policy={"withdraw": "hand-over"})
    world.start_parent()
    world.start_site("dc1")
    world.start_site("dc2", own)
    world.web["dc2"].answer = webserver.response(500)
    await_answers(world, ("dc1",), ("dc1",))
    status, findings, report = world.findings()
    assert report["sites"][1]["state"] == "failing"
    # Its site file has another web server, since all of them are on one host here.
    assert (status, set(findings)) == (FAULT, {"failing", "drift"})


# Faults of a site

def fake_dc2(world, **options):
    world.start_parent()
    world.start_site("dc1")
    return world.start_fake("dc2", **options)


BOTH = "dc2 at 198.51.100.20, dc2 at 2001:db8:3::20"


def test_drift(world):
    world.start_parent()
    world.start_site("dc1")
    world.start_site("dc2", world.write(world.directory / "other.conf", policy={"last-resort": "no",
                                                                            "hold-down": "1s"}))
    findings = expect(world, "drift", r"the site runs another site file than this one \(serial \d+",
                      servers=BOTH)
    only(findings, "drift")
    assert re.search(r"(?m)^dc2 +serving .* other ", world.check().stdout)


def test_wrong_address(world):
    fake_dc2(world, change=lambda text: text.replace("A\t198.51.100.20", "A\t198.51.100.99"))
    findings = expect(world, "wrong-address",
                      "the site answers A: 198.51.100.99; the site file has 198.51.100.20",
                      servers=BOTH)
    only(findings, "wrong-address")


def test_address_of_a_family_that_the_site_lacks(world):
    fake_dc2(world, change=lambda text: re.sub(r"(?m)^\S+\t\d+\tIN\tAAAA.*\n", "", text))
    expect(world, "wrong-address", "answers AAAA: none; the site file has 2001:db8:3::20")


def test_name_servers_at_the_site(world):
    fake_dc2(world, change=lambda text: re.sub(r"(?m)^.*\tNS\tns1.get.example.test.\n", "", text))
    findings = expect(world, "ns-at-site", "the site lists the name servers get.dc2.example.test; "
                      "the site file has get.dc2.example.test ns1.get.example.test", servers=BOTH)
    only(findings, "ns-at-site")


def test_wrong_site(world):
    fake_dc2(world, nsid=b"dc7")
    only(expect(world, "wrong-site", "the server says that it is the site `dc7`", servers=BOTH),
         "wrong-site")


def test_control_characters_of_a_server(world):
    fake_dc2(world, nsid=b"dc7\033[31m\n")
    findings = expect(world, "wrong-site", "the site `dc7")
    assert "\033" not in findings["wrong-site"]["text"] and "\n" not in world.findings()[1][
        "wrong-site"]["text"]


def test_text_of_a_server_that_is_no_utf8(world):
    """JSON cannot hold it; the finding must be there even so."""
    fake_dc2(world, nsid=b"dc7\xff")
    expect(world, "wrong-site", r"the site `dc7\?`", servers=BOTH)


def test_not_sitens(world):
    fake_dc2(world, nsid=b"")
    only(expect(world, "not-sitens", "does not tell which site it is"), "not-sitens")


def test_no_edns(world):
    def without_edns(query, response, tcp):
        response.use_edns(False)
        return response

    fake_dc2(world, behave=without_edns)
    only(expect(world, "no-edns", "answers lack EDNS", servers=BOTH), "no-edns")


@pytest.mark.parametrize("rcode", [dns.rcode.REFUSED, dns.rcode.SERVFAIL, dns.rcode.NXDOMAIN])
def test_lame(world, rcode):
    fake_dc2(world, behave=fakeserver.with_rcode(rcode))
    expect(world, "lame", "the server does not serve the name: it answers " +
           dns.rcode.to_text(rcode), servers=BOTH)


def test_lame_without_authority(world):
    def without_authority(query, response, tcp):
        response.flags &= ~dns.flags.AA
        return response

    fake_dc2(world, behave=without_authority)
    expect(world, "lame", "it answers without authority", servers=BOTH)


def test_no_tcp(world):
    for server in fake_dc2(world):
        server.close_tcp()
    only(expect(world, "no-tcp", "over TCP the site has nobody listening on the port",
                servers=BOTH), "no-tcp")


def test_no_udp(world):
    fake_dc2(world, behave=lambda query, response, tcp: response if tcp else None)
    only(expect(world, "no-udp", "over UDP the site does not answer", servers=BOTH), "no-udp")


def other_id(query, response, tcp):
    response.id ^= 1
    return response


def other_question(query, response, tcp):
    response.question[0].name = dns.name.from_text("www.example.test")
    return response


def other_type(query, response, tcp):
    response.question[0].rdtype = dns.rdatatype.TXT
    return response


@pytest.mark.parametrize("behave", [
    lambda query, response, tcp: b"HTTP/1.1 400 Bad Request\r\n\r\n",
    lambda query, response, tcp: b"",
    lambda query, response, tcp: query,
    other_id, other_question, other_type],
    ids=["http", "empty", "echo", "id", "name", "type"])
def test_garbage(world, behave):
    """What is no answer to the question is as good as silence."""
    fake_dc2(world, behave=behave)
    only(expect(world, "failing", "dc2 is failing", status=NOT_WELL), "failing")


@pytest.mark.parametrize("rdtype", ["SOA", "A", "NS", "AAAA", "DNSKEY"])
def test_record_without_data(world, rdtype):
    """It is a sound message, but the record says nothing."""
    def without_data(query, response, tcp):
        wire = bytearray(dns.message.make_response(query).to_wire())
        if dns.rdatatype.to_text(query.question[0].rdtype) != rdtype:
            return response
        wire[2] |= 4  # AA
        wire[7] = 1  # one answer
        question = 12 + len(query.question[0].name.to_wire()) + 4
        record = b"\xc0\x0c" + query.question[0].rdtype.to_bytes(2, "big") + b"\0\1\0\0\0\1\0\0"
        return bytes(wire[:question]) + record + bytes(wire[question:])

    fake_dc2(world, behave=without_data)
    status, findings, _ = world.findings()
    assert (status, bool(findings)) == ((0, False) if rdtype == "DNSKEY" else (FAULT, True))


@pytest.mark.parametrize("seed", range(4))
def test_damaged_answers(world, seed):
    """Sites and parent send answers with octets changed: a report comes all the same."""
    chance = random.Random(seed)

    def damage(query, response, tcp):
        wire = bytearray(response.to_wire())
        for _ in range(chance.randint(0, 4)):
            # Not the identifier: the answer would be passed over.
            wire[chance.randrange(2, len(wire))] = chance.randrange(256)
        return bytes(wire)

    for site in worlds.SITES:
        world.start_fake(site, damage)
    zone = PARENT_TEXT + world.printed()
    with fakeserver.FakeServer(worlds.PARENT, "example.test", zone) as parent:
        parent.behave = damage
        status, _, report = world.findings()
    assert status in (0, FAULT, NOT_WELL)
    assert len(report["sites"]) == 2


def chain_of_pointers(query, response, tcp):
    """A whole message whose every name is a long chain of compression pointers (RFC 1035 section
    4.1.4): some octets, and a long time to read."""
    name = query.question[0].name.to_wire()
    question = name + query.question[0].rdtype.to_bytes(2, "big") + b"\0\1"
    root = 12 + len(question) + 12
    chain = b"\0" + b"".join((0xc000 | (root if i == 0 else root + 2 * i - 1)).to_bytes(2, "big")
                             for i in range((16380 - root) // 2))
    last = (0xc000 | root + len(chain) - 2).to_bytes(2, "big")
    opaque = b"\xc0\x0c" + b"\xff\0" + b"\0\1\0\0\0\x3c" + len(chain).to_bytes(2, "big") + chain
    count = (65400 - root - len(opaque)) // 14
    records = count * (last + b"\0\2\0\1\0\0\0\x3c\0\2" + last)
    head = query.id.to_bytes(2, "big") + b"\x84\0\0\1" + (count + 1).to_bytes(2, "big") + bytes(4)
    return head + question + opaque + records


def test_messages_that_take_long_to_read(world):
    """Reading is within the time limit too."""
    for site in worlds.SITES:
        world.start_fake(site, chain_of_pointers)
    begun = time.monotonic()
    with fakeserver.FakeServer(worlds.PARENT, "example.test", PARENT_TEXT) as parent:
        parent.behave = chain_of_pointers
        status, findings, _ = world.findings()
    assert status == FAULT and findings
    assert time.monotonic() - begun < 30  # all of them, one after the other, take longer


@pytest.mark.parametrize("rdtype", ["A", "AAAA", "NS", "SOA"])
def test_type_that_is_dropped(world, rdtype):
    """By a filter, say, while the rest is answered."""
    def behave(query, response, tcp):
        return silent_for(dns.rdatatype.from_text(rdtype))(query, response, tcp) if not tcp else response

    world.start_parent()
    world.start_site("dc1")
    world.start_fake("dc2", behave)
    findings = expect(world, "answer-missing",
                      f"the site answers, but asked for {rdtype} it does not answer",
                      servers="dc2 at 198.51.100.20, dc2 at 2001:db8:3::20")
    only(findings, "answer-missing")


def test_dropped_dnskey_of_an_unsigned_name(world):
    """Nobody asks for it."""
    world.start_parent()
    world.start_site("dc1")
    world.start_fake("dc2", silent_for(DNSKEY))
    assert world.findings()[:2] == (0, {})


def test_one_address_is_silent(world):
    fake_dc2(world)[1].behave = fakeserver.say_nothing
    only(expect(world, "address-silent", "2001:db8:3::20 does not answer, although",
                servers="dc2"), "address-silent")


def test_truncated(world):
    """An answer cut short over UDP is asked for again over TCP."""
    def truncate(query, response, tcp):
        if not tcp:
            response = dns.message.make_response(query)
            response.flags |= dns.flags.TC | dns.flags.AA
        return response

    fake_dc2(world, behave=truncate)
    only(expect(world, "no-udp", "over UDP"), "no-udp")


# Faults of the delegation

def remove(pattern):
    return lambda text: re.sub(rf"(?m)^.*{pattern}.*\n", "", text)


def replace(old, new):
    def change(text):
        assert old in text
        return text.replace(old, new)
    return change


@pytest.mark.parametrize("change, tag, says", [
    (remove(r" NS get\.dc2"), "ns-missing",
     "the delegation lacks get.dc2.example.test, the name server of dc2"),
    (lambda text: text + "get 3600 IN NS old\n", "ns-stale",
     "the delegation lists old.example.test, which is no site's name server"),
    (replace("3600 IN NS", "7200 IN NS"), "ttl-differs",
     "the NS records have the TTL 7200 s; the site file has 3600 s"),
    (remove("ns1.get.example.test. 3600 IN AAAA"), "glue-missing",
     "the referral lacks glue: ns1.get.example.test AAAA 2001:db8:2::10"),
    (replace("IN A 192.0.2.10", "IN A 192.0.2.66"), "glue-differs",
     "the glue of ns1.get.example.test is A 192.0.2.66; the site file has 192.0.2.10"),
    (remove("get.dc2.example.test. 3600 IN A "), "ns-address-missing",
     "get.dc2.example.test has no A record; the site file has 198.51.100.20"),
    (replace("IN A 198.51.100.20", "IN A 104.16.0.1"), "ns-address-differs",
     "get.dc2.example.test has A 104.16.0.1; the site file has 198.51.100.20"),
    (lambda text: text + f"get 3600 IN DS 1 13 2 {64 * '0'}\n", "ds-stale",
     r"the parent holds a DS \(key tag 1\) of no key in the site file"),
])
def test_delegation(world, change, tag, says):
    world.start_parent(change=change)
    world.start_sites()
    findings = expect(world, tag, says, servers="192.0.2.2")
    assert set(findings) <= {tag, "ds-unsigned-parent"}


def test_ds_in_an_unsigned_parent(world):
    world.start_parent(change=lambda text: text + f"get 3600 IN DS 1 13 2 {64 * '0'}\n")
    world.start_sites()
    expect(world, "ds-unsigned-parent", "the parent holds a DS, but is not signed itself")


NOT_DELEGATED = "the parent does not delegate get.example.test"
ADDRESS_AT_NAME = "the parent holds address records at get.example.test, and does not delegate it"
BY_WILDCARD = NOT_DELEGATED + ": a wildcard answers for it"


@pytest.mark.parametrize("make", [parents.Nsd, parents.Knot, parents.Named])
@pytest.mark.parametrize("records, tag, says", [
    ("", "not-delegated", NOT_DELEGATED),
    ("get 60 IN TXT text\n", "not-delegated", NOT_DELEGATED),
    ("*.example.test. 60 IN TXT wild\n", "not-delegated", NOT_DELEGATED),
    ("get 60 IN A 192.0.2.10\n", "address-at-name", ADDRESS_AT_NAME),
    ("get 60 IN AAAA 2001:db8::1\n", "address-at-name", ADDRESS_AT_NAME),
    ("get 60 IN CNAME www\n", "cname-at-name", "the parent holds a CNAME at get.example.test"),
    ("get 60 IN DNAME www\n", "dname-at-name", "the parent holds a DNAME at get.example.test"),
    ("* 60 IN CNAME www\n", "not-delegated", BY_WILDCARD),
    ("* 60 IN CNAME www.example.net.\n", "not-delegated", BY_WILDCARD),
    ("* 60 IN A 192.0.2.10\n", "not-delegated", BY_WILDCARD),
    ("* 60 IN AAAA 2001:db8::1\n", "not-delegated", BY_WILDCARD),
    # Beside a wildcard, records of the name's own are its own.
    ("get 60 IN CNAME www\n* 60 IN CNAME other\n", "cname-at-name", "holds a CNAME"),
    ("get 60 IN AAAA 2001:db8::1\n* 60 IN A 192.0.2.10\n", "address-at-name", ADDRESS_AT_NAME),
])
def test_no_delegation(world, make, records, tag, says):
    world.start_parent(make, records=records)
    world.start_site("dc1")
    findings = expect(world, tag, says, servers="192.0.2.2")
    assert findings[tag]["text"].endswith(says) or "holds a CNAME" in says


@pytest.mark.parametrize("records, tag, says", [
    ("dl 60 IN DNAME www\n", "dname-at-name", "the parent holds a DNAME at dl.example.test"),
    ("*.dl 60 IN CNAME www\n", "not-delegated",
     "the parent does not delegate get.dl.example.test: a wildcard answers for it"),
    ("* 60 IN A 192.0.2.10\n", "not-delegated", "a wildcard answers for it"),
])
def test_no_delegation_two_labels_down(world, records, tag, says):
    world.write(zone={"name": "get.dl.example.test", "parent": "example.test"})
    world.start_parent(records=records)
    expect(world, tag, says)


RESOLVER = "192.0.2.3"
TO_PARENT = """\
. 3600 IN SOA ns. hostmaster. 1 14400 3600 604800 300
. 3600 IN NS ns.
example.test. 3600 IN NS ns.example.test.
ns.example.test. 3600 IN A 192.0.2.2
"""


def test_name_server_below_another_cut(world):
    """What the parent zone holds for it nobody sees, however often it is put there."""
    world.start_parent(change=lambda text: text + "dc2 3600 IN NS ns\n")
    world.start_sites()
    world.netns.add_address(f"{RESOLVER}/32")
    with fakeserver.FakeServer(RESOLVER, ".", TO_PARENT):
        findings = expect(world, "ns-occluded", "get.dc2.example.test has no A+ record: it lies in "
                          "the zone dc2.example.test", find=True, resolver=RESOLVER)
    only(findings, "ns-occluded")


def refer(zone):
    """A behaviour: the delegation in the text of a zone, as a parent refers to it."""
    def behave(query, response, tcp):
        if query.question[0].name.is_subdomain(dns.name.from_text(worlds.NAME)):
            response = dns.message.make_response(query)
            response.use_edns(0, 0, 1232)
            for name, rdataset in zone.iterate_rdatasets():
                if name.is_subdomain(dns.name.from_text(worlds.NAME)):
                    section = (response.authority if rdataset.rdtype == dns.rdatatype.NS
                               else response.additional)
                    section.append(dns.rrset.from_rdata_list(name, rdataset.ttl, rdataset))
        return response
    return behave


DC2_SOA = ("dc2.example.test.", 60, "IN", "SOA", "ns. host. 1 14400 3600 604800 300")


def test_name_server_in_another_zone_of_the_same_server(world):
    """The server of the parent holds the zone between, too, and answers from that."""
    def behave(query, response, tcp):
        if query.question[0].name.is_subdomain(dns.name.from_text("dc2.example.test")):
            response = dns.message.make_response(query)
            response.flags |= dns.flags.AA
            response.set_rcode(dns.rcode.NXDOMAIN)
            response.authority = [dns.rrset.from_text(*DC2_SOA)]
            return response
        return refer(parent.zone)(query, response, tcp)

    world.start_sites()
    zone = PARENT_TEXT + world.printed()
    with fakeserver.FakeServer(worlds.PARENT, "example.test", zone) as parent:
        parent.behave = behave
        findings = expect(world, "ns-occluded",
                          "get.dc2.example.test has no A+ record: it lies in the zone "
                          "dc2.example.test", servers=worlds.PARENT)
    only(findings, "ns-occluded")
    world.write(zone={"name": "get.dc2.example.test", "parent": "example.test"},
                site_dc1={"nameserver": "ns1.example.test"},
                site_dc2={"nameserver": "ns2.example.test"})
    with fakeserver.FakeServer(worlds.PARENT, "example.test", PARENT_TEXT) as parent:
        parent.behave = behave
        expect(world, "zone-between", "get.dc2.example.test lies in the zone dc2.example.test")


@pytest.mark.parametrize("truncates", [True, False])
def test_glue_dropped_over_udp(world, truncates):
    """The servers that do not say so leave resolvers with fewer sites; the records are there."""
    def behave(query, response, tcp):
        response = refer(parent.zone)(query, response, tcp)
        if response.additional and not tcp:
            response.additional = []
            response.flags |= dns.flags.TC if truncates else 0
        return response

    world.start_sites()
    with fakeserver.FakeServer(worlds.PARENT, "example.test",
                               PARENT_TEXT + world.printed()) as parent:
        parent.behave = behave
        _, findings, _ = world.findings()
    only(findings, *([] if truncates else ["glue-dropped"]))
    if not truncates:
        assert "over UDP the referral lacks addresses of 1 of 2 sites" in findings[
            "glue-dropped"]["text"]


@pytest.mark.parametrize("target, says", [
    ("ns1.get.example.test.example.test.", "its final dot is missing"),
    ("get.dc2.example.test.example.test.", "its final dot is missing"),
    ("other.example.test.example.test.", "its final dot is missing"),
    ("192.0.2.10", "NS records take a name, not an address"),
    ("192.0.2.10.", "NS records take a name, not an address"),
    ("old", "which is no site's name server$"),
    ("example.test.", "which is no site's name server$"),
    ("example.test.example.net.", "which is no site's name server$"),
])
def test_stale_name_server(world, target, says):
    world.start_parent(change=lambda text: text + f"get 3600 IN NS {target}\n")
    world.start_sites()
    findings = expect(world, "ns-stale", f"the delegation lists .*{says}")
    only(findings, "ns-stale")


# This host's own faults

def test_descriptors_run_out(world):
    """That no question could be sent says nothing of those who were to be asked."""
    world.start_parent()
    world.start_sites()
    for limit in (8, 20):
        findings = expect(world, "not-asked", "this host failed to ask: Too many open files",
                          wrapper=["prlimit", f"--nofile={limit}"])
        only(findings, "not-asked")


def test_sending_is_forbidden(world):
    """The routes of this host forbid it, as a firewall would."""
    world.write(site_dc2={"address": "203.0.113.20"})
    world.netns.add_prohibited("203.0.113.20")
    world.start_parent()
    world.start_site("dc1")
    findings = expect(world, "not-asked", "this host failed to ask: Permission denied",
                      servers="dc2 at 203.0.113.20")
    only(findings, "not-asked")
    assert re.search(r"(?m)^dc2 +unknown ", world.check().stdout)


def test_name_server_is_a_cname(world):
    world.start_parent(change=lambda text: remove("get.dc2.example.test. 3600 IN A")(text) +
                       "get.dc2 3600 IN CNAME www\n")
    world.start_sites()
    expect(world, "ns-is-cname", "the name server's name get.dc2.example.test is a CNAME")


def test_zone_between(world):
    world.write(zone={"name": "get.dl.example.test", "parent": "example.test"})
    world.start_parent(records="dl 3600 IN NS ns.dl\nns.dl 3600 IN A 192.0.2.2\n")
    expect(world, "zone-between",
           "get.dl.example.test lies in the zone dl.example.test, which example.test delegates")


def test_parent_is_not_a_zone(world):
    world.write(zone={"name": "get.dl.example.test", "parent": "dl.example.test"})
    world.start_parent(records="get.dl 3600 IN NS ns\n")
    expect(world, "parent-not-a-zone", "dl.example.test is not a zone of its own; it lies in "
           "example.test", find=True)


def test_no_resolver(world):
    world.start_sites()
    expect(world, "parent-not-found", "no resolver of this host tells the name servers of "
           "example.test", find=True)


def test_name_server_elsewhere(world):
    """Its address is asked of the resolver."""
    world.write(site_dc2={"nameserver": "get.dc2.example.net"})
    world.start_parent()
    world.start_sites()
    expect(world, "ns-not-looked-up", "the address of get.dc2.example.net could not be looked up",
           find=True)


# Parents that do not work

PARENT_TEXT = """\
@ 3600 IN SOA ns hostmaster 1 14400 3600 604800 300
@ 3600 IN NS ns
ns 3600 IN A 192.0.2.2
"""


@pytest.mark.parametrize("behave, tag, says", [
    (fakeserver.say_nothing, "parent-silent",
     "a name server of example.test does not answer over UDP"),
    (fakeserver.with_rcode(dns.rcode.REFUSED), "parent-lame",
     "a name server does not serve the zone example.test: it answers REFUSED"),
    (fakeserver.with_rcode(dns.rcode.SERVFAIL), "parent-lame", "it answers SERVFAIL"),
    (lambda query, response, tcp: b"no DNS at all", "parent-silent",
     "a name server of example.test sends something that is no answer over UDP"),
    (lambda query, response, tcp: response.to_wire()[:20], "parent-silent", "no answer over UDP"),
    (lambda query, response, tcp: None if tcp else response, "parent-no-tcp",
     "a name server of example.test closes the connection without an answer over TCP"),
])
def test_bad_parent(world, behave, tag, says):
    world.start_sites()
    with fakeserver.FakeServer(worlds.PARENT, "example.test", PARENT_TEXT) as parent:
        parent.behave = behave
        expect(world, tag, says, servers="192.0.2.2")


KEY = "@ 3600 IN DNSKEY 257 3 13 " + "A" * 86 + "==\n"
DS_RECORD = f"get 3600 IN DS 1 13 2 {64 * '0'}\n"


@pytest.mark.parametrize("records, behave, says", [
    (KEY, silent_for(DS), "asked for the DS of get.example.test, the server does not answer"),
    (KEY, fails_for(DS), "asked for the DS of get.example.test, the server answers SERVFAIL"),
    (KEY + DS_RECORD, fails_for(DNSKEY), "the DNSKEY of example.test, the server answers SERVFAIL"),
    (KEY, fails_for(DNSKEY), None),
    ("", fails_for(DS), None),
])
def test_parent_that_fails_validators(world, records, behave, says):
    """What no validator can get must not pass for right: they give SERVFAIL then."""
    def refers(query, response, tcp):
        if query.question[0].rdtype != DS:
            response = refer(parent.zone)(query, response, tcp)
        return behave(query, response, tcp)

    world.start_sites()
    with fakeserver.FakeServer(worlds.PARENT, "example.test",
                               PARENT_TEXT + records + world.printed()) as parent:
        parent.behave = refers
        if says:
            expect(world, "parent-fails", says, servers=worlds.PARENT)
        else:
            assert "parent-fails" not in world.findings()[1]


@pytest.mark.parametrize("behave, says", [
    (silent_for(dns.rdatatype.AAAA), "the server does not answer"),
    (fails_for(dns.rdatatype.AAAA), "the server answers SERVFAIL"),
])
def test_parent_that_fails_for_an_address(world, behave, says):
    def refers(query, response, tcp):
        return behave(query, refer(parent.zone)(query, response, tcp), tcp)

    world.start_sites()
    with fakeserver.FakeServer(worlds.PARENT, "example.test",
                               PARENT_TEXT + world.printed()) as parent:
        parent.behave = refers
        findings = expect(world, "parent-fails",
                          f"asked for the AAAA of get.dc2.example.test, {says}")
    only(findings, "parent-fails")


@pytest.mark.parametrize("lost, tag", [
    (lambda query: True, "parent-silent"),
    (lambda query: query.question[0].rdtype == dns.rdatatype.NS, "parent-fails"),
])
def test_referral_that_comes_over_tcp_only(world, lost, tag):
    """A firewall may drop UDP, or the long answers. What is held is examined all the same."""
    def behave(query, response, tcp):
        return refer(parent.zone)(query, response, tcp) if tcp or not lost(query) else None

    world.write(site_dc2={"nameserver": "ns2.get.example.test"})
    world.start_sites()
    text = PARENT_TEXT + remove("ns1.get.example.test. 3600 IN AAAA")(world.printed())
    with fakeserver.FakeServer(worlds.PARENT, "example.test", text) as parent:
        parent.behave = behave
        _, findings, report = world.findings()
    only(findings, tag, "glue-missing")
    assert report["parents"][0]["delegates"]


def without_edns(rcode, behave):
    """A behaviour: that of a server which does not know EDNS, and takes it for an error."""
    def refuse(query, response, tcp):
        if query.edns < 0:
            return behave(query, response, tcp)
        response = fakeserver.with_rcode(rcode)(query, response, tcp)
        response.use_edns(-1)
        return response
    return refuse


@pytest.mark.parametrize("rcode", [dns.rcode.FORMERR, dns.rcode.NOTIMP])
def test_without_edns(world, rcode):
    """Resolvers ask once more without it, and get what they want."""
    def plain(query, response, tcp):
        response = refer(parent.zone)(query, response, tcp)
        response.use_edns(-1)
        return response

    world.start_site("dc1")
    world.start_fake("dc2", without_edns(rcode, lambda query, response, tcp: response), nsid=b"")
    with fakeserver.FakeServer(worlds.PARENT, "example.test",
                               PARENT_TEXT + world.printed()) as parent:
        parent.behave = without_edns(rcode, plain)
        findings = expect(world, "no-edns", "the site's answers lack EDNS",
                          servers="dc2 at 198.51.100.20, dc2 at 2001:db8:3::20")
    only(findings, "no-edns")


def test_parent_is_not_authoritative(world):
    def behave(query, response, tcp):
        response.flags &= ~dns.flags.AA
        return response

    world.start_sites()
    with fakeserver.FakeServer(worlds.PARENT, "example.test", PARENT_TEXT) as parent:
        parent.behave = behave
        expect(world, "parent-lame", "it answers without authority for it")


def test_parent_is_down(world):
    world.start_sites()
    expect(world, "parent-silent", "has nobody listening on the port over UDP")


def test_parent_that_serves_the_name(world):
    """A server that holds the child's zone too never refers to the sites."""
    world.start_sites()
    zone = PARENT_TEXT + "get 60 IN NS get.dc2\n"
    with fakeserver.FakeServer(worlds.PARENT, "example.test", zone):
        expect(world, "parent-serves-name", "holds a zone get.example.test of its own")


def test_ends_in_time(world):
    """Every server accepts and says nothing: each of the rounds ends all the same."""
    ended = threading.Event()

    def stall(query, response, tcp):
        ended.wait()

    for site in worlds.SITES:
        world.start_fake(site, stall)
    with fakeserver.FakeServer(worlds.PARENT, "example.test", PARENT_TEXT) as parent:
        parent.behave = stall
        try:
            expect(world, "no-site-serves", "no site answers")
        finally:
            ended.set()
