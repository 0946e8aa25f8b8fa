"""Standby and last resort: what a site does in view of what the other sites answer.

Each test has a network namespace of its own, for sites are asked at port 53 of their addresses.
"""

import contextlib
import itertools
import re
import socket
import threading
import time

import dns.edns
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest

import daemon
import sitefile
import webserver

HERE, THERE = "192.0.2.10", "198.51.100.20"


@pytest.fixture
def inside(netns):
    """The test runs where both sites' addresses are."""
    for address in (HERE, THERE):
        netns.add_address(f"{address}/32")
    with netns.inside():
        yield


class Sites:
    """dc1, under test, and dc2; each has a web server, and is started when the test says so."""

    def __init__(self, sitens, site_file, webs, **changes):
        self.sitens = sitens
        self.webs = webs
        # One file for each: they differ in where the web server is, which is local.
        self.files = {
            name: site_file(f"{name}.conf", url=web.url(),
                            **{"site_dc1": {"address": HERE}, **changes})
            for name, web in webs.items()}

    def start(self, name):
        address = {"dc1": HERE, "dc2": THERE}[name]
        return self.sitens("--site", name, self.files[name], listen=(address, 53))

    def fail(self, name):
        self.webs[name].answer = webserver.response(500)

    def fix(self, name):
        self.webs[name].answer = webserver.response()


@pytest.fixture
def sites(inside, sitens, site_file, make_web):
    def make(**changes):
        webs = {name: make_web(("127.0.0.1", 0)) for name in ("dc1", "dc2")}
        return Sites(sitens, site_file, webs, **changes)

    return make


def not_ready(response):
    """Whether it is marked with EDE 14."""
    return any(option.otype == dns.edns.OptionType.EDE and option.code == 14
               for option in response.options)


BACKUP = {"site_dc1": {"address": HERE, "preference": 20}}
LAST_RESORT = {"policy": {"hold-down": "0s", "last-resort": "yes"}}


def test_standby(sites):
    both = sites(**BACKUP)
    primary = both.start("dc2")
    primary.await_state("serving")
    backup = both.start("dc1")
    line = backup.await_state("standby")
    assert "site dc2 answers, its preference 10 comes before our 20" in line
    assert daemon.addresses(backup.ask()) == [THERE]
    for rdtype in ("A", "AAAA", "SOA", "TXT"):
        response = backup.ask(rdtype=rdtype, use_edns=0)
        assert response.rcode() == dns.rcode.NOERROR
        assert bool(response.answer) == (rdtype in ("A", "SOA"))
        assert not not_ready(response)  # it is well


def test_standby_takes_over_and_gives_back(sites):
    both = sites(**BACKUP)
    primary = both.start("dc2")
    primary.await_state("serving")
    backup = both.start("dc1")
    backup.await_state("standby")
    both.fail("dc2")
    primary.await_state("failing")
    backup.await_state("serving")
    assert daemon.addresses(backup.ask()) == [HERE]
    both.fix("dc2")
    primary.await_state("serving")
    backup.await_state("standby")


def test_web_server_is_told_of_the_standby(sites):
    """A file that exists while the zone stands by, and at no other time."""
    both = sites(**BACKUP)
    backup = both.start("dc1")
    backup.await_state("serving")
    marker = backup.directory / "run/get.example.test.standby"
    both.start("dc2").await_state("serving")
    for state in ("standby", "serving"):
        backup.await_state(state)
        daemon.await_true("the file", lambda here=state == "standby": marker.exists() == here)
        both.fail("dc2")


def test_standby_takes_over_from_a_dead_host(sites):
    both = sites(**BACKUP)
    primary = both.start("dc2")
    primary.await_state("serving")
    backup = both.start("dc1")
    backup.await_state("standby")
    primary.process.kill()
    backup.await_state("serving")


def test_standby_without_the_better_site_serves(sites):
    both = sites(**BACKUP)
    both.start("dc1").await_state("serving")


def test_ill_standby_fails(sites):
    both = sites(**BACKUP)
    both.start("dc2").await_state("serving")
    backup = both.start("dc1")
    backup.await_state("standby")
    both.fail("dc1")
    backup.await_state("failing")
    assert backup.is_silent()
    both.fix("dc1")
    backup.await_state("standby")


def test_last_resort(sites):
    both = sites(**LAST_RESORT)
    running = {name: both.start(name) for name in ("dc1", "dc2")}
    for each in running.values():
        each.await_state("serving")
    both.fail("dc1")
    running["dc1"].await_state("failing")
    assert running["dc1"].is_silent()
    both.fail("dc2")
    for each, address in ((running["dc1"], HERE), (running["dc2"], THERE)):
        line = each.await_state("last-resort")
        assert line.endswith("check: HTTP status 500, expected 200-399; no other site answers")
        response = each.ask(use_edns=0)
        assert daemon.addresses(response) == [address]
        assert not_ready(response)
    both.fix("dc2")
    running["dc2"].await_state("serving")
    assert not not_ready(running["dc2"].ask(use_edns=0))
    running["dc1"].await_state("failing")
    assert running["dc1"].is_silent()


def test_no_last_resort_unless_asked_for(sites):
    both = sites()
    both.fail("dc1")
    alone = both.start("dc1")
    alone.await_state("failing")
    both.webs["dc1"].await_requests(10)
    assert alone.is_silent()


def test_standby_serves_when_the_better_site_is_a_last_resort(sites):
    both = sites(**BACKUP, **LAST_RESORT)
    primary, backup = both.start("dc2"), both.start("dc1")
    backup.await_state("standby")
    both.fail("dc2")
    backup.await_state("serving")
    both.fix("dc2")
    primary.await_state("serving")
    backup.await_state("standby")


def test_withdraw_servfail(sites):
    both = sites(policy={"hold-down": "0s", "withdraw": "servfail"})
    both.fail("dc1")
    failing = both.start("dc1")
    failing.await_state("failing")
    response = failing.ask(use_edns=0)
    assert response.rcode() == dns.rcode.SERVFAIL and not_ready(response)


# A scripted peer instead of dc2

class Peer:
    """Answers queries at dc2's address: udp(query) and tcp(query) return the octets to send, or
    None."""

    def __init__(self):
        self.asked = []
        self.arrived = threading.Condition()
        self.udp = self.tcp = answer()
        self.sockets = [socket.socket(type=socket.SOCK_DGRAM), socket.socket()]
        self.sockets[1].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        for sock in self.sockets:
            sock.bind((THERE, 53))
        self.sockets[1].listen()
        for target in (self._serve_udp, self._serve_tcp):
            threading.Thread(target=target, daemon=True).start()

    def close(self):
        for sock in self.sockets:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()

    def await_queries(self, n):
        with self.arrived:
            wanted = len(self.asked) + n
            assert self.arrived.wait_for(lambda: len(self.asked) >= wanted, daemon.PATIENCE)

    def _note(self, octets, client):
        with self.arrived:
            self.asked.append((dns.message.from_wire(octets), client))
            self.arrived.notify_all()

    def _serve_udp(self):
        with contextlib.suppress(OSError):
            while True:
                octets, client = self.sockets[0].recvfrom(65535)
                if not octets:
                    return
                self._note(octets, client)
                if reply := self.udp(octets):
                    self.sockets[0].sendto(reply, client)

    def _serve_tcp(self):
        with contextlib.suppress(OSError):
            while True:
                connection, client = self.sockets[1].accept()
                threading.Thread(target=self._serve_connection, args=(connection, client),
                                 daemon=True).start()

    def _serve_connection(self, connection, client):
        with connection, contextlib.suppress(OSError):
            length = int.from_bytes(connection.recv(2, socket.MSG_WAITALL), "big")
            octets = connection.recv(length, socket.MSG_WAITALL) if length else b""
            if not octets:  # who asks has an answer over UDP by now
                return
            self._note(octets, client)
            if reply := self.tcp(octets):
                connection.sendall(daemon.framed(reply))


def answer(rcode=dns.rcode.NOERROR, aa=True, tc=False, soa=True, ede=None, name=None, change=None):
    """A function that answers like this."""
    def make(octets):
        query = dns.message.from_wire(octets)
        response = dns.message.make_response(query)
        response.set_rcode(rcode)
        response.flags |= dns.flags.AA if aa else 0
        response.flags |= dns.flags.TC if tc else 0
        owner = name or query.question[0].name
        if soa:
            response.answer.append(dns.rrset.from_text(
                owner, 60, "IN", "SOA", "ns.example.test. hostmaster.example.test. 1 2 3 4 5"))
        if ede is not None:
            response.use_edns(0, options=[dns.edns.EDEOption(ede)])
        if change:
            change(response)
        return response.to_wire()

    return make


def nothing(octets):
    return None


@pytest.fixture
def peer(inside):
    made = Peer()
    yield made
    made.close()


def change_id(response):
    response.id ^= 1


def clear_qr(response):
    response.flags &= ~dns.flags.QR


def other_question(response):
    response.question = dns.message.make_query("other.example.test", "SOA").question


def serves_or_not(sites):
    """Starts dc1 as a standby; returns whether it found dc2 answering."""
    running = sites(**BACKUP).start("dc1")
    line = running.log.await_match(r"get\.example\.test: (standby|serving)\b")
    return line[1] == "standby"


@pytest.mark.parametrize("udp, answers", [
    pytest.param(answer(), True, id="good"),
    pytest.param(answer(ede=3), True, id="stale-is-another-EDE"),
    pytest.param(answer(ede=14), False, id="not-ready"),
    pytest.param(answer(dns.rcode.SERVFAIL, soa=False), False, id="servfail"),
    pytest.param(answer(dns.rcode.REFUSED, soa=False, aa=False), False, id="refused"),
    pytest.param(answer(aa=False), False, id="not-authoritative"),
    pytest.param(answer(soa=False), False, id="no-data"),
    pytest.param(answer(name="other.example.test."), False, id="other-name"),
    pytest.param(answer(dns.rcode.NXDOMAIN), False, id="nxdomain"),
])
def test_what_counts_as_an_answer(sites, peer, udp, answers):
    peer.udp = udp
    peer.tcp = nothing
    assert serves_or_not(sites) == answers


NO_ANSWER = pytest.mark.parametrize("udp", [
    pytest.param(nothing, id="silent"),
    pytest.param(answer(tc=True, soa=False), id="truncated"),
    pytest.param(answer(change=change_id), id="other-id"),
    pytest.param(answer(change=clear_qr), id="a-query"),
    pytest.param(answer(change=other_question), id="other-question"),
    pytest.param(lambda octets: b"", id="empty"),
    pytest.param(lambda octets: octets[:7], id="short"),
    pytest.param(lambda octets: octets[:2] + b"\xff" * 500, id="garbage"),
])


@NO_ANSWER
def test_tcp_is_asked_when_udp_brings_no_answer(sites, peer, udp):
    peer.udp = udp
    assert serves_or_not(sites)


@NO_ANSWER
def test_no_answer_over_udp_is_none(sites, peer, udp):
    peer.udp = udp
    peer.tcp = nothing
    assert not serves_or_not(sites)


@pytest.mark.parametrize("tcp", [
    pytest.param(nothing, id="closed"),
    pytest.param(lambda octets: b"\xff" * 5000, id="too-long"),
    pytest.param(lambda octets: octets[:5], id="short"),
    pytest.param(answer(ede=14), id="not-ready"),
    pytest.param(answer(change=change_id), id="other-id"),
])
def test_tcp_that_brings_no_answer_either(sites, peer, tcp):
    peer.udp = nothing
    peer.tcp = tcp
    assert not serves_or_not(sites)


def test_peer_that_says_nothing_over_tcp(sites, peer):
    released = threading.Event()
    peer.udp = nothing
    peer.tcp = lambda octets: released.wait(daemon.PATIENCE) and None
    assert not serves_or_not(sites)
    released.set()


def lossy(lost, good=None):
    """Answers, but for those queries, counted from 0, that lost() says."""
    number = itertools.count()
    good = good or answer()
    return lambda octets: None if lost(next(number)) else good(octets)


class Clock:
    """Notes whether this process went without CPU for so long that its answers were late."""

    def __init__(self):
        self.worst_s, self.over = 0, threading.Event()
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        last = time.monotonic()
        while not self.over.wait(0.05):
            last, before = time.monotonic(), last
            self.worst_s = max(self.worst_s, last - before)

    def stood_still(self):
        self.over.set()
        return self.worst_s > 0.4


@pytest.mark.parametrize("fall", [1, 2])
@pytest.mark.parametrize("lost", [
    pytest.param(lambda number: number % 2 == 0, id="every-first-datagram"),
    pytest.param(lambda number: number % 4 == 1, id="one-in-four"),
    pytest.param(lambda number: number % 3 > 0, id="two-in-three"),
])
def test_a_lost_packet_is_no_death(sites, peer, fall, lost):
    """Of a site that answers at all within a second."""
    backup = sites(**BACKUP, check={"fall": fall}).start("dc1")
    backup.await_state("standby")
    peer.tcp = nothing
    clock = Clock()
    peer.udp = lossy(lost)
    peer.await_queries(15)
    changes = [text for text in backup.log.texts if "(was " in text]
    assert len(changes) == 1 or clock.stood_still(), changes


def test_silence_is_noticed_after_fall_probes(sites, peer):
    """The patience of the checks, here 10 seconds, plays no part in it."""
    backup = sites(**BACKUP, check={"fall": 2, "timeout": "1h"}).start("dc1")
    backup.await_state("standby")
    peer.udp = peer.tcp = nothing
    line = backup.await_state("serving")
    assert "check: HTTP status 200" in line
    peer.udp = answer()
    backup.await_state("standby")


@pytest.mark.parametrize("over", ["udp", "tcp"])
def test_its_own_word_counts_at_once(sites, peer, over):
    """That it is not ready needs no second question; that it is ready again needs `rise`."""
    backup = sites(**BACKUP, check={"fall": 100, "rise": 3}).start("dc1")
    backup.await_state("standby")
    peer.udp = nothing if over == "tcp" else answer(ede=14)
    peer.tcp = answer(ede=14)
    backup.await_state("serving")
    before = len(peer.asked)
    peer.udp = answer()
    backup.await_state("standby")
    assert len(peer.asked) - before >= 3


def test_far_site(sites, peer):
    """One whose answers take longer than the datagrams are apart, but come."""
    late = []

    def slow(octets):
        released = threading.Event()
        late.append(released)
        released.wait(0.4)
        return answer()(octets)

    backup = sites(**BACKUP, check={"fall": 1}).start("dc1")
    backup.await_state("standby")
    peer.tcp = nothing
    peer.udp = slow
    peer.await_queries(6)
    assert len([text for text in backup.log.texts if "(was " in text]) == 1, backup.log.texts


def test_ids_and_ports_vary(sites, peer):
    sites(**BACKUP).start("dc1").await_state("standby")
    peer.await_queries(20)
    queries = peer.asked[:20]
    assert len({query.id for query, _ in queries}) > 15
    assert len({client for _, client in queries}) > 15
    assert all(query.question[0].rdtype == dns.rdatatype.SOA and query.edns == 0
               for query, _ in queries)


def test_nobody_is_asked_without_need(sites, peer):
    """Neither an equal nor a worse site, unless there is a last resort."""
    plain = sites(site_dc2={"preference": 20})
    plain.start("dc1").await_state("serving")
    plain.webs["dc1"].await_requests(10)
    assert not peer.asked


def test_every_address_is_asked(sites, peer, netns):
    """One that answers is enough."""
    both = sites(**BACKUP, site_dc2={"address": f"2001:db8::bad {THERE}"})
    assert re.search("site dc2 answers", both.start("dc1").await_state("standby"))


def test_silence_is_noticed_while_reloads_go_on(sites, peer):
    """More often than a probe lasts: the probes under way are carried over."""
    backup = sites(**BACKUP).start("dc1")
    backup.await_state("standby")
    with daemon.reloads(backup, 0.05):
        peer.udp = peer.tcp = nothing
        backup.await_state("serving")
        peer.udp = answer()
        backup.await_state("standby")


def test_reload_keeps_the_view_of_peers(sites, peer):
    both = sites(**BACKUP)
    running = both.start("dc1")
    running.await_state("standby")
    running.reload()
    peer.await_queries(5)
    assert daemon.addresses(running.ask()) == [THERE]
    assert len([text for text in running.log.texts if "(was " in text]) == 1, running.log.texts


def test_many_silent_sites_leave_descriptors_to_all_else(sitens, site_file, netns, tmp_path):
    """To the site's own checks, and to those who ask it over TCP; and the log stays short."""
    runs, command = tmp_path / "runs", tmp_path / "check.sh"
    runs.touch()
    command.write_text(f"#!/bin/sh\necho >>{runs}\n")
    command.chmod(0o755)
    sections = sitefile.sections("", site_dc1={"address": HERE}, policy={"last-resort": "yes"})
    del sections["check"]["url"]
    sections["check"]["exec"] = command
    for i in range(2, 32):
        sections[f"site dc{i}"] = {
            "nameserver": f"get.dc{i}.example.test",
            "address": " ".join(f"198.51.100.{i * 8 + k}" for k in range(8))}
    netns.add_address(f"{HERE}/32")
    netns.add_network("198.51.100.0/24")
    with netns.inside(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("", 53))
        running = sitens(site_file(text=sitefile.text(sections)), listen=(HERE, 5353),
                         wrapper=("prlimit", "--nofile=128"))
        running.await_state("serving")
        running.log.await_match("WARNING: a check could not be made.*: site dc")
        for _ in range(10):
            seen = runs.stat().st_size
            daemon.await_true("another check", lambda seen=seen: runs.stat().st_size > seen)
            assert running.ask(tcp=True).answer
    assert not any(re.search("check.sh|sitens-exec|failing", text) for text in running.log.texts
                   if text.startswith("WARNING"))
    assert sum("could not be made" in text for text in running.log.texts) <= 20
