"""Queries with one fault each, and what named and knot make of them: the same.

ALLOWED lists every difference there may be, and why.
"""

import contextlib
import shutil
import subprocess

import pytest

import configurations
import daemon
import transport
import wire

NAME = "get.example.test"
SOUND = wire.query()
OPT_OF_3 = wire.opt(wire.option(wire.COOKIE, b"123"))

FAULTS = {
    "two questions": wire.query(asked=(wire.question(),) * 2),
    "two questions, the second cut off": wire.query(asked=(wire.question(),) * 2)[:-3],
    "two questions counted": wire.query(counts=(2, 0, 0, 0)),
    "no question": wire.query(asked=()),
    "no question, OPT": wire.query(wire.opt(), asked=()),
    "no question, cookie": wire.query(wire.opt(wire.option(wire.COOKIE, b"8 octets")), asked=()),
    "no question counted": wire.query(counts=(0, 0, 0, 0)),
    "question cut off in its name": SOUND[:20],
    "question cut off in its class": SOUND[:-1],
    "question with a pointer": wire.query(asked=(wire.question(b"\xc0\x0c"),)),
    "question with a label of no type": wire.query(asked=(wire.question(b"\x41a\0"),)),
    "an answer that is missing": wire.query(counts=(1, 1, 0, 0)),
    "an authority that is missing": wire.query(counts=(1, 0, 1, 0)),
    "an additional record that is missing": wire.query(counts=(1, 0, 0, 1)),
    "a record cut off": wire.query(counts=(1, 0, 0, 1), trailing=wire.record(NAME)[:-1]),
    "trailing octets": wire.query(trailing=b"trailing"),
    "two OPTs": wire.query(wire.opt(), wire.opt()),
    "two OPTs, RD and CD": wire.query(wire.opt(), wire.opt(), flags=wire.RD | wire.CD),
    "two OPTs, a name elsewhere": wire.ask_for("example.org", "A", wire.opt(), wire.opt()),
    "OPT with an owner": wire.query(wire.opt(owner=wire.name("a"))),
    "OPT in the answer section": wire.query(answer=(wire.opt(),)),
    "OPT longer than the message": wire.query(wire.opt(rdlength=5)),
    "option longer than the OPT": wire.query(wire.opt(wire.option(100, b"a", length=5))),
    "cookie of 3 octets": wire.query(OPT_OF_3),
    "cookie of 3 octets, a name elsewhere": wire.ask_for("example.org", "A", OPT_OF_3),
    "type OPT": wire.ask_for(NAME, "OPT"),
    "type TSIG": wire.ask_for(NAME, "TSIG"),
    "another version": wire.query(wire.opt(version=1), flags=wire.RD | wire.CD),
    **{f"opcode {opcode}": wire.query(opcode=opcode, flags=wire.RD | wire.CD)
       for opcode in range(1, 16)},
    **{f"opcode {opcode}, OPT": wire.query(wire.opt(), opcode=opcode, flags=wire.RD)
       for opcode in range(1, 16)},
}

# Whose difference it is, in which faults, in which facts, and why.
ALLOWED = [
    ("named", {"trailing octets"}, {"rcode", "flags"}, "named does not look behind the last record"),
    ("knot", {"no question, cookie"}, {"rcode"}, "knot has no RFC 7873 section 5.4"),
    ("knot", {"OPT with an owner"}, {"rcode", "flags"}, "knot does not look at it; RFC 6891 section 6.1.2"),
    ("knot", {fault for fault in FAULTS if fault.startswith("cookie")}, {"rcode", "flags"},
     "knot has no cookies unless told to"),
    ("knot", {"type OPT", "type TSIG"}, {"rcode", "flags"}, "knot looks for such records"),
    ("knot", {"two OPTs, RD and CD", "another version"}, {"flags"}, "knot does not copy CD"),
    ("knot", {fault for fault in FAULTS if fault.startswith("opcode")}, {"flags", "question"},
     "knot repeats RD and the question of what it does not know; RFC 8906 section 3.1.4 says no"),
    *((peer, {fault for fault in FAULTS if fault.startswith(("opcode 4", "opcode 5"))},
       {"rcode", "question"}, "they take NOTIFY and UPDATE") for peer in ("named", "knot")),
]


def facts(octets):
    response = wire.Response.parse(octets)
    return {"rcode": int(response.rcode()), "flags": int.from_bytes(octets[2:4], "big") & 0x07f0,
            "question": octets[12:wire.end_of_question(octets)]}


@contextlib.contextmanager
def running(program, arguments, listen):
    with subprocess.Popen([program, *arguments], stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            via = transport.Via(*listen)
            while ask(via, SOUND, tries=1) is None:
                assert process.poll() is None, f"{program} ended"
            yield via
        finally:
            process.terminate()


def ask(via, message, patience=1, tries=transport.PATIENCE):
    """The response, or None; a datagram may be lost, so it is sent again as a client does."""
    with via.connect() as sock:
        sock.settimeout(patience)
        for _ in range(tries):
            with contextlib.suppress(OSError):
                sock.send(message)
                return sock.recv(65535)
    return None


@pytest.fixture(scope="module", params=["named", "knot"])
def peer(request, zones, tmp_path_factory):
    """The name of another server with the zone, and how to ask it."""
    name = request.param
    program = shutil.which({"named": "named", "knot": "knotd"}[name], path="/usr/sbin:/usr/bin")
    if not program:
        pytest.skip(f"{name} is not installed")
    directory = tmp_path_factory.mktemp(name)
    directory.chmod(0o755)
    printed = daemon.run("--site", "dc1", "--print-zone", zones[0].site_files / "get.conf")
    assert printed.returncode == 0, printed.stderr
    (directory / "zone").write_text(printed.stdout)
    listen = "127.0.0.1", request.getfixturevalue("local_port")
    (directory / "conf").write_text(
        getattr(configurations, name)(directory, listen[0], {NAME: "zone"}, listen[1]))
    arguments = ["-g", "-c"] if name == "named" else ["-c"]
    with running(program, [*arguments, directory / "conf"], listen) as via:
        yield name, via


@pytest.mark.parametrize("fault", FAULTS)
def test_the_same_as_others(zones, peer, fault):
    name, theirs_via = peer
    ours = transport.Via(*zones[1]["4"]).octets(FAULTS[fault])
    # knot answers in the order of the queries; named may not, but answers them all.
    theirs = theirs_via.octets(FAULTS[fault]) if name == "knot" else ask(theirs_via, FAULTS[fault])
    if theirs is None:
        # knot drops what has not one question that can be read; an answer says more.
        assert name == "knot" and facts(ours)["question"] == b""
        return
    ours, theirs = facts(ours), facts(theirs)
    for peer_name, faults, may_differ, _ in ALLOWED:
        if peer_name == name and fault in faults:
            ours, theirs = [{key: value for key, value in each.items() if key not in may_differ}
                            for each in (ours, theirs)]
    assert ours == theirs
