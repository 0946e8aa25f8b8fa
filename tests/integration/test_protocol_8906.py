"""Every test that RFC 8906 section 8 asks server operators to run; the numbers are its sections."""

import pytest

import wire

ZONE = "get.example.test"


@pytest.fixture(params=[ZONE, "v4.example.test", "in.example.test"])
def soa(ask, request):
    """Asks for the SOA of a zone as the RFC's commands do: +noad +norec, and what the test adds."""

    def send(*additional, **options):
        return ask(wire.ask_for(request.param, "SOA", *additional, **options))

    return send


def is_answered(response, opt):
    assert response.rcode == wire.NOERROR and response.flags & wire.AA
    assert wire.types(response.answer) == ["SOA"]
    assert response.has_opt == opt  # with version 0 and no flag but DO, as wire.Response sees to
    return True


def is_badvers(response):
    assert response.rcode == wire.BADVERS and not response.flags & wire.AA
    assert response.is_empty and response.has_opt
    return True


def test_8_1_1_is_the_server_configured_for_the_zone(soa):
    assert is_answered(soa(), opt=False)


def test_8_1_2_unknown_types(ask):
    response = ask(wire.ask_for(ZONE, 1000))
    assert response.rcode == wire.NOERROR and response.flags & wire.AA
    assert response.answer == []


def test_8_1_3_1_cd(soa):
    assert is_answered(soa(flags=wire.CD), opt=False)


def test_8_1_3_2_ad(soa):
    assert is_answered(soa(flags=wire.AD), opt=False)


def test_8_1_3_3_reserved_bit(soa):
    response = soa(flags=wire.Z)
    assert is_answered(response, opt=False)
    assert not response.flags & wire.Z


def test_8_1_3_4_recursive_queries(soa):
    response = soa(flags=wire.RD)
    assert is_answered(response, opt=False)
    assert response.flags & wire.RD and not response.flags & wire.RA


def test_8_1_4_unknown_opcodes(ask):
    response = ask(wire.query(asked=(), opcode=15))
    assert (response.rcode, response.opcode) == (wire.NOTIMP, 15)
    assert not response.flags & wire.AA
    assert response.counts == [0, 0, 0, 0]


def test_8_1_5_tcp(soa):
    """Each test here runs over TCP, too."""
    assert is_answered(soa(), opt=False)


def test_8_2_1_minimal_edns(soa):
    assert is_answered(soa(wire.opt()), opt=True)


def test_8_2_2_version_negotiation(soa):
    assert is_badvers(soa(wire.opt(version=1)))


def test_8_2_3_unknown_options(soa):
    response = soa(wire.opt(wire.option(100)))
    assert is_answered(response, opt=True)
    assert response.option(100) is None


def test_8_2_4_unknown_flags(soa):
    assert is_answered(soa(wire.opt(flags=0x40)), opt=True)


def test_8_2_5_version_negotiation_with_unknown_flags(soa):
    assert is_badvers(soa(wire.opt(version=1, flags=0x40)))


def test_8_2_6_version_negotiation_with_unknown_options(soa):
    response = soa(wire.opt(wire.option(100), version=1))
    assert is_badvers(response)
    assert response.option(100) is None


def test_8_2_7_truncated_responses(ask):
    response = ask(wire.ask_for(f"big1300.{ZONE}", "TXT", wire.opt(payload=512, flags=wire.DO)))
    assert response.rcode == wire.NOERROR and response.has_opt
    assert bool(response.flags & wire.TC) != ask.tcp


def test_8_2_8_do(soa):
    response = soa(wire.opt(flags=wire.DO))
    assert is_answered(response, opt=True)
    assert response.dnssec_ok


def test_8_2_9_version_negotiation_with_do(soa):
    response = soa(wire.opt(version=1, flags=wire.DO))
    assert is_badvers(response)
    assert response.dnssec_ok


def test_8_2_10_multiple_defined_options(soa):
    options = [wire.option(wire.COOKIE, b"8 octets"), wire.option(wire.NSID),
               wire.option(wire.EXPIRE), wire.option(wire.SUBNET, b"\0\1\0\0")]
    assert is_answered(soa(wire.opt(*options)), opt=True)
