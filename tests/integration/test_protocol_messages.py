"""Headers, opcodes and messages that are not well-formed: RFC 1035, 8906, 9619, 3425, 5936, 8490."""

import itertools

import pytest

import wire

GET = "get.example.test"
SOUND = wire.query()


def is_error(response, rcode, question, opcode=0):
    """An error: no record but an OPT."""
    assert (response.rcode, response.opcode) == (rcode, opcode)
    assert response.question == question
    assert response.counts == [bool(question), 0, 0, response.has_opt]
    assert not response.flags & (wire.AA | wire.TC)
    return True


def is_bare_error(response, rcode, opcode=0):
    """An error to a query in which there is not one question that can be read."""
    return is_error(response, rcode, b"", opcode)


def is_formerr(response, question=wire.question()):
    """The error to a query whose question can be read, which the response repeats."""
    return is_error(response, wire.FORMERR, question)


@pytest.mark.parametrize("length", range(12))
def test_shorter_than_a_header(ask, length):
    assert ask(SOUND[:length]) is None


@pytest.mark.parametrize("length", range(12, len(SOUND)))
def test_cut_off(ask, length):
    assert is_bare_error(ask(SOUND[:length]), wire.FORMERR)


@pytest.mark.parametrize("opcode", range(16))
@pytest.mark.parametrize("body", [wire.query(wire.opt()), wire.query(asked=())], ids=["full", "bare"])
def test_responses_are_dropped(ask, opcode, body):
    """Two servers could be set on each other by one forged datagram."""
    flags = int.from_bytes(body[2:4], "big") | wire.QR | opcode << 11
    assert ask(body[:2] + flags.to_bytes(2, "big") + body[4:]) is None


@pytest.mark.parametrize("opcode", range(1, 16))
@pytest.mark.parametrize("body", [
    {}, {"asked": ()}, {"asked": (wire.question(),) * 2}, {"counts": (1, 1, 1, 1)},
    {"asked": (), "trailing": b"\xff" * 40}, {"counts": (65535,) * 4},
    {"asked": (), "answer": (wire.record(GET),)}])
def test_other_opcodes(ask, opcode, body):
    """Their messages may have another form: RFC 8906 section 3.1.4, RFC 3425, RFC 8490 section 5.3."""
    response = ask(wire.query(opcode=opcode, **body))
    assert is_bare_error(response, wire.NOTIMP, opcode)
    assert len(response.octets) == 12


@pytest.mark.parametrize("opcode", range(1, 16))
@pytest.mark.parametrize("flag", [*(1 << bit for bit in range(11)), 0x07ff], ids=hex)
def test_flags_with_other_opcodes(ask, opcode, flag):
    """RD and CD are defined for QUERY only, so that none is copied: RFC 8906 section 3.1.4."""
    for body in ({}, {"asked": ()}):
        for additional in ((), (wire.opt(flags=wire.DO),)):
            response = ask(wire.query(*additional, opcode=opcode, flags=flag, **body))
            assert response.flags == wire.QR | opcode << 11 | wire.NOTIMP
            assert response.dnssec_ok == bool(additional)


@pytest.mark.parametrize("opcode", range(1, 16))
def test_other_opcodes_with_edns(ask, opcode):
    response = ask(wire.query(wire.opt(flags=wire.DO), opcode=opcode))
    assert is_bare_error(response, wire.NOTIMP, opcode) and response.has_opt
    response = ask(wire.query(wire.opt(), asked=(), opcode=opcode))
    assert is_bare_error(response, wire.NOTIMP, opcode) and response.has_opt


FLAGS = [wire.AA, wire.TC, wire.RD, wire.RA, wire.Z, wire.AD, wire.CD, *range(1, 16)]


@pytest.mark.parametrize("flag", FLAGS, ids=hex)
@pytest.mark.parametrize("owner, rcode", [
    (GET, wire.NOERROR), (f"nothere.{GET}", wire.NXDOMAIN), ("example.test", wire.REFUSED)])
def test_flags_in_a_query(ask, flag, owner, rcode):
    """RD and CD are copied; what has no meaning in a query is ignored and cleared."""
    response = ask(wire.ask_for(owner, flags=flag))
    assert response.rcode == rcode
    assert response.flags & (wire.RD | wire.CD) == flag & (wire.RD | wire.CD)
    assert not response.flags & wire.TC
    assert bool(response.flags & wire.AA) == (rcode != wire.REFUSED)


def test_all_flags_in_an_error(ask):
    response = ask(wire.query(flags=0x07ff, counts=(2, 0, 0, 0)))
    assert is_bare_error(response, wire.FORMERR)
    assert response.flags & 0x07ff & ~15 == wire.RD | wire.CD


def test_every_id(ask_udp):
    for ident in (0, 1, 255, 256, 32768, 65535):
        assert ask_udp(wire.query(ident=ident)).id == ident


@pytest.mark.parametrize("n", [0, 2, 3, 17])
def test_number_of_questions(ask, n):
    """RFC 9619 section 4."""
    assert is_bare_error(ask(wire.query(asked=(wire.question(),) * n)), wire.FORMERR)
    response = ask(wire.query(wire.opt(), asked=(wire.question(),) * n))
    assert is_bare_error(response, wire.FORMERR) and response.has_opt


@pytest.mark.parametrize("counts", [
    (2, 0, 0, 0), (65535, 0, 0, 0), (1, 1, 0, 0), (1, 0, 1, 0), (1, 0, 0, 1), (1, 65535, 65535, 65535),
    (0, 0, 0, 0), (0, 1, 0, 0)])
def test_counts_that_are_wrong(ask, counts):
    response = ask(wire.query(counts=counts))
    assert is_formerr(response, wire.question() if counts[0] == 1 else b"")


@pytest.mark.parametrize("trailing", [b"\0", b"\0" * 100, b"trailing octets", SOUND])
def test_trailing_octets(ask, trailing):
    assert is_formerr(ask(wire.query(trailing=trailing)))
    response = ask(wire.query(wire.opt(), trailing=trailing))
    assert is_formerr(response) and response.has_opt


BAD_NAMES = {
    "pointer to itself": b"\xc0\x0c",
    "pointer to the header": b"\xc0\x00",
    "pointer ahead": b"\xc0\x12",
    "pointer past the end": b"\xff\xff",
    "label, then pointer to itself": b"\x01a\xc0\x0c",
    "half a pointer": b"\xc0",
    "label type 01": b"\x41a\0",
    "label type 10": b"\x81a\0",
    "label past the end": b"\x3fabc\0",
    "no end": b"\x01a" * 50,
    "256 octets": b"".join(wire.name("a." * 127)[:-1] for _ in "x") + b"\x01\0",
    "label of 64": b"\x40" + b"a" * 64 + b"\0",
    "300 octets": b"\x3f" + b"a" * 63 + b"\x3f" + b"b" * 63 + b"\x3f" + b"c" * 63 + b"\x3f" + b"d" * 63
                  + b"\x3f" + b"e" * 63 + b"\0",
}


@pytest.mark.parametrize("owner", BAD_NAMES.values(), ids=BAD_NAMES)
def test_names_that_are_not_well_formed(ask, owner):
    """A compression pointer in the question has nothing sound to point to."""
    assert is_bare_error(ask(wire.query(asked=(wire.question(owner),))), wire.FORMERR)


def test_labels_are_octets(ask):
    """RFC 2181 section 11: any octet may stand in a label."""
    for octets in (bytes(range(63)), bytes(range(63, 126)), bytes(range(193, 256)), b".", b"\0", b"@"):
        owner = bytes([len(octets)]) + octets + wire.name(GET)
        response = ask(wire.query(asked=(wire.question(owner),)))
        assert response.rcode == wire.NXDOMAIN
        assert response.question == wire.question(owner)


@pytest.mark.parametrize("section", ["answer", "authority", "additional"])
def test_other_records_in_a_query_are_ignored(ask, section):
    """An unknown TSIG as well: the answer is one without it."""
    for records in ((wire.record(GET),), (wire.record(GET), wire.record("x.y", "A", rdata=b"1234")),
                    (wire.record("key", "TSIG", wire.ANY, rdata=bytes(40)),),
                    (wire.record(b"\xc0\x0c", 65280, rdata=b""),)):
        options = {section: records} if section != "additional" else {}
        additional = records if section == "additional" else ()
        response = ask(wire.query(*additional, **options))
        assert response.rcode == wire.NOERROR and wire.types(response.answer) == ["A"]
        assert response.counts == [1, 1, 0, 0]


@pytest.mark.parametrize("record", [
    wire.record(GET, rdlength=2), wire.record(GET, rdlength=65535), wire.record(GET)[:-1],
    wire.record(GET)[:-5], b"\x3fabc", b"\xc0", b"\0", wire.record(b"\x41a\0")])
@pytest.mark.parametrize("section", range(1, 4))
def test_records_that_are_not_well_formed(ask, record, section):
    counts = [1, 0, 0, 0]
    counts[section] = 1
    assert is_formerr(ask(wire.query(counts=counts, trailing=record)))


def test_many_small_records(ask_udp):
    response = ask_udp(wire.query(*[wire.record(b"\0", rdata=b"")] * 100))
    assert response.rcode == wire.NOERROR and wire.types(response.answer) == ["A"]


def test_datagram_longer_than_ours(ask_udp):
    """We have said 1232; of what is longer the end is not read."""
    response = ask_udp(wire.query(*[wire.record(b"\0", rdata=b"")] * 1000))
    assert is_formerr(response)


def test_every_pair_of_counts(ask_udp):
    """Whatever the header says, there is an answer, and an error but for the truth."""
    for counts in itertools.product((0, 1, 2, 65535), repeat=4):
        response = ask_udp(wire.query(counts=counts))
        assert response.rcode == (wire.NOERROR if counts == (1, 0, 0, 0) else wire.FORMERR)
