"""What the zone says: DESIGN's table of answers, RFC 1034, 2308, 4592, 8020 and 8482."""

import pytest

import protocol
import sitefile
import wire

GET = "get.example.test"


def is_negative(response, rcode, zone=GET):
    """A negative answer (RFC 2308): the SOA, whose TTL is its minimum is the negative TTL."""
    assert (response.rcode, response.answer, response.additional) == (rcode, [], [])
    assert response.flags & wire.AA
    assert wire.types(response.authority) == ["SOA"]
    soa = response.authority[0]
    assert soa.name.to_text() == zone + "."
    assert soa.ttl == soa[0].minimum == protocol.NEGATIVE_TTL
    return True


def is_answer(response, rdtype, data, ttl=protocol.TTL):
    """An authoritative answer, with nothing besides."""
    assert (response.rcode, response.authority, response.additional) == (wire.NOERROR, [], [])
    assert response.flags & wire.AA
    assert wire.types(response.answer) == [rdtype] * len(data)
    assert wire.data(response.answer) == sorted(data)
    assert {rrset.ttl for rrset in response.answer} == {ttl}
    return True


@pytest.mark.parametrize("rdtype, address", [("A", sitefile.ADDRESS), ("AAAA", sitefile.ADDRESS6)])
@pytest.mark.parametrize("edns", [(), (wire.opt(),)], ids=["plain", "edns"])
def test_own_address_and_nothing_else(ask, rdtype, address, edns):
    response = ask(wire.ask_for(GET, rdtype, *edns))
    assert is_answer(response, rdtype, [address])
    assert response.has_opt == bool(edns)


@pytest.mark.parametrize("rdtype", ["A", "MX", "AAAA", "NS", "SOA"])
@pytest.mark.parametrize("owner", ["GET.EXAMPLE.TEST", "gEt.eXaMpLe.tEsT", "nOtHeRe.GeT.example.TEST"])
def test_question_comes_back_octet_for_octet(ask, owner, rdtype):
    response = ask(wire.ask_for(owner, rdtype))
    assert response.question == wire.question(owner, rdtype)


def test_names_are_equal_in_any_case(ask):
    for owner in ("mixed", "MIXED", "MiXeD", "mIxEd"):
        response = ask(wire.ask_for(f"{owner}.get.EXAMPLE.test", "TXT"))
        assert is_answer(response, "TXT", ['"a name in both cases"'])


def test_soa(ask):
    response = ask(wire.ask_for(GET, "SOA"))
    soa = response.answer[0][0]
    assert is_answer(response, "SOA", [soa.to_text()], protocol.NEGATIVE_TTL)
    assert soa.mname.to_text() == "get.dc1.example.test."
    assert soa.rname.to_text() == "hostmaster.example.test."
    assert soa.minimum == protocol.NEGATIVE_TTL
    # What checkers of zones ask for.
    assert soa.refresh >= 14400 and soa.retry >= 3600 and soa.expire >= 604800
    assert soa.refresh > soa.retry


def test_ns_names_every_site(ask):
    response = ask(wire.ask_for(GET, "NS"))
    assert is_answer(response, "NS", ["get.dc1.example.test.", "get.dc2.example.test."],
                     protocol.DELEGATION_TTL)


def test_nameservers_inside_the_zone(ask):
    """Their addresses are there, those of the other sites as well."""
    response = ask(wire.ask_for("in.example.test", "NS"))
    assert is_answer(response, "NS", ["ns1.in.example.test.", "ns2.in.example.test."],
                     protocol.DELEGATION_TTL)
    for owner, rdtype, address in (
            ("ns1", "A", sitefile.ADDRESS), ("ns1", "AAAA", sitefile.ADDRESS6),
            ("ns2", "A", "198.51.100.20")):
        response = ask(wire.ask_for(f"{owner}.in.example.test", rdtype))
        assert is_answer(response, rdtype, [address], protocol.DELEGATION_TTL)
    assert is_negative(ask(wire.ask_for("ns2.in.example.test", "AAAA")), wire.NOERROR,
                       "in.example.test")


@pytest.mark.parametrize("rdtype", [
    "HTTPS", "SRV", "DS", "DNSKEY", "PTR", "CNAME", "NSEC", "RRSIG", "HINFO", "NULL",
    0, 1000, 65279, 65281, 65535])
def test_missing_type(ask, rdtype):
    assert is_negative(ask(wire.ask_for(GET, rdtype)), wire.NOERROR)


def test_missing_family(ask):
    """The other site's address is not this site's."""
    assert is_answer(ask(wire.ask_for("v4.example.test", "A")), "A", [sitefile.ADDRESS])
    assert is_negative(ask(wire.ask_for("v4.example.test", "AAAA")), wire.NOERROR, "v4.example.test")


@pytest.mark.parametrize("rdtype", ["A", "AAAA", "SOA", "NS", "TXT", "DS", "CNAME", 65280, "ANY"])
@pytest.mark.parametrize("below", ["www", "a.b.c.d", "*", "*.a", "x\\000y", "target2", "xtarget",
                                   "below.target", "below.alias"])
def test_name_that_does_not_exist(ask, below, rdtype):
    assert is_negative(ask(wire.ask_for(f"{below}.{GET}", rdtype)), wire.NXDOMAIN)


@pytest.mark.parametrize("rdtype", ["A", "TXT", "NS", "SOA", 65280])
@pytest.mark.parametrize("below", ["er.ent", "ent", "EnT"])
def test_empty_non_terminal(ask, below, rdtype):
    assert is_negative(ask(wire.ask_for(f"{below}.{GET}", rdtype)), wire.NOERROR)


def test_beside_an_empty_non_terminal(ask):
    assert is_negative(ask(wire.ask_for(f"x.er.ent.{GET}")), wire.NXDOMAIN)
    assert is_answer(ask(wire.ask_for(f"deep.er.ent.{GET}", "TXT")), "TXT",
                     ['"below two names without records"'])


@pytest.mark.parametrize("rdtype, data", [
    ("CAA", ['0 issue "letsencrypt.org"']), ("MX", ["0 ."]), ("TXT", ['"v=spf1 -all"']),
    (65280, ["\\# 4 01020304"])])
def test_extra_records_at_the_apex(ask, rdtype, data):
    """The last one is of a type that nobody knows: RFC 3597."""
    response = ask(wire.ask_for(GET, rdtype))
    assert is_answer(response, "TYPE65280" if rdtype == 65280 else rdtype, data)


@pytest.mark.parametrize("rdtype", ["CNAME", "A", "TXT", "ANY", 65280, "NS"])
def test_alias_to_another_zone(ask, rdtype):
    """The resolver goes on from there; ANY is the CNAME as well (RFC 8482 section 4.2)."""
    response = ask(wire.ask_for(f"_acme-challenge.{GET}", rdtype))
    assert is_answer(response, "CNAME", ["get.acme.example.test."])


def test_alias_inside_the_zone_is_followed(ask):
    """RFC 1034 section 4.3.2, step 3a."""
    response = ask(wire.ask_for(f"alias2.{GET}"))
    assert (response.rcode, response.authority) == (wire.NOERROR, [])
    assert wire.types(response.answer) == ["CNAME", "CNAME", "A"]
    assert [rrset.name.to_text() for rrset in response.answer] == [
        f"alias2.{GET}.", f"alias.{GET}.", f"target.{GET}."]
    response = ask(wire.ask_for(f"alias2.{GET}", "CNAME"))
    assert is_answer(response, "CNAME", [f"alias.{GET}."])


def test_alias_to_a_missing_type(ask):
    """RFC 2308 section 2.2: the SOA is there, and the aliases."""
    response = ask(wire.ask_for(f"alias.{GET}", "AAAA"))
    assert (response.rcode, wire.types(response.answer)) == (wire.NOERROR, ["CNAME"])
    assert wire.types(response.authority) == ["SOA"]


def test_alias_to_a_missing_name(ask):
    """RFC 2308 section 2.1 and RFC 6604 section 3: the RCODE is that of the last name."""
    response = ask(wire.ask_for(f"dangling.{GET}"))
    assert (response.rcode, wire.types(response.answer)) == (wire.NXDOMAIN, ["CNAME"])
    assert wire.types(response.authority) == ["SOA"]


@pytest.mark.parametrize("owner", [GET, f"target.{GET}"])
def test_any(ask, owner):
    """RFC 8482 section 4.2; over TCP the same, as section 4.4 allows."""
    response = ask(wire.ask_for(owner, "ANY"))
    assert is_answer(response, "HINFO", ['"RFC8482" ""'], response.answer[0].ttl)


def test_any_at_an_empty_non_terminal(ask):
    """It has no record that could stand for the others."""
    response = ask(wire.ask_for(f"ent.{GET}", "ANY"))
    assert (response.rcode, response.answer) == (wire.NOERROR, [])
    assert wire.types(response.authority) == ["SOA"]


OUTSIDE = [".", "test", "example.test", "xget.example.test", "get.example.testx", "get.example",
           "example.test.get", "et.example.test", "getxexample.test", "get.example.com",
           "get\\.example.test", "v6.example.test", "1.0.0.127.in-addr.arpa"]


@pytest.mark.parametrize("rdtype", ["A", "NS", "SOA", "DS", "ANY", "AXFR"])
@pytest.mark.parametrize("owner", OUTSIDE)
def test_outside_the_zones(ask, owner, rdtype):
    response = ask(wire.ask_for(owner, rdtype, wire.opt()))
    assert response.rcode == wire.REFUSED and response.ede == 20
    assert response.is_empty and not response.flags & wire.AA
    assert response.question == wire.question(owner, rdtype)


@pytest.mark.parametrize("owner", OUTSIDE)
def test_outside_the_zones_without_edns(ask, owner):
    response = ask(wire.ask_for(owner))
    assert response.rcode == wire.REFUSED and response.is_empty and not response.has_opt


@pytest.mark.parametrize("owner", ["id.server", "hostname.bind", "ID.Server", "HostName.BIND"])
@pytest.mark.parametrize("rdtype", ["TXT", "ANY"])
def test_site_id_in_class_chaos(ask, owner, rdtype):
    """RFC 4892."""
    response = ask(wire.ask_for(owner, rdtype, rdclass=wire.CH))
    assert response.rcode == wire.NOERROR
    assert wire.data(response.answer) == ['"dc1"'] and response.answer[0].rdclass == wire.CH
    assert response.question == wire.question(owner, rdtype, wire.CH)


@pytest.mark.parametrize("owner, rdtype", [
    ("version.bind", "TXT"), ("version.server", "TXT"), ("authors.bind", "TXT"), ("id.server", "A"),
    ("x.id.server", "TXT"), ("server", "TXT"), (".", "TXT"), (GET, "A"), ("bind", "AXFR")])
def test_nothing_else_in_class_chaos(ask, owner, rdtype):
    for additional in ((), (wire.opt(),)):
        response = ask(wire.ask_for(owner, rdtype, *additional, rdclass=wire.CH))
        assert response.rcode == wire.REFUSED and response.is_empty
        assert response.question == wire.question(owner, rdtype, wire.CH)
        assert response.ede == (20 if additional else None)


@pytest.mark.parametrize("rdclass", [0, 2, wire.HS, wire.NONE, wire.ANY, 65280])
@pytest.mark.parametrize("owner", [GET, "id.server"])
def test_other_classes(ask, owner, rdclass):
    for additional in ((), (wire.opt(),)):
        response = ask(wire.ask_for(owner, "A", *additional, rdclass=rdclass))
        assert response.rcode == wire.REFUSED and response.is_empty
        assert not response.flags & wire.AA
        assert response.question == wire.question(owner, "A", rdclass)
        assert response.ede == (20 if additional else None)


@pytest.mark.parametrize("rdtype", ["AXFR", "IXFR"])
@pytest.mark.parametrize("owner", [GET, f"nothere.{GET}", "example.test"])
def test_no_zone_transfers(ask, owner, rdtype):
    response = ask(wire.ask_for(owner, rdtype))
    assert response.rcode == wire.REFUSED and response.is_empty


def test_incremental_transfer_with_its_serial(ask):
    """RFC 1995: the client's SOA is in the authority section."""
    soa = b"\0\0" + bytes(20)
    response = ask(wire.ask_for(GET, "IXFR", authority=(wire.record(GET, "SOA", rdata=soa),)))
    assert response.rcode == wire.REFUSED and response.is_empty


@pytest.mark.parametrize("rdtype, rcode", [
    ("MAILA", wire.NOTIMP), ("MAILB", wire.NOTIMP), ("TKEY", wire.NOTIMP), ("OPT", wire.FORMERR),
    ("TSIG", wire.FORMERR)])
def test_types_that_are_never_data(ask, rdtype, rcode):
    """RFC 6895 section 3.1."""
    response = ask(wire.ask_for(GET, rdtype))
    assert response.rcode == rcode and response.is_empty


def test_longest_name(ask):
    response = ask(wire.ask_for(protocol.LONGEST, "TXT"))
    assert is_answer(response, "TXT", ['"the longest name there can be"'])
    assert len(response.question) == 255 + 4
    assert is_negative(ask(wire.ask_for(protocol.LONGEST, "A")), wire.NOERROR)
    assert is_negative(ask(wire.ask_for("x" + protocol.LONGEST[1:], "A")), wire.NXDOMAIN)


def test_deepest_name(ask):
    """As many labels as fit."""
    owner = "a." * 118 + GET
    assert len(wire.name(owner)) == 254
    response = ask(wire.ask_for(owner))
    assert is_negative(response, wire.NXDOMAIN)
    assert response.question == wire.question(owner)
