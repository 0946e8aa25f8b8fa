"""What parentgen prints, applied to real name servers, which must then give the right referral."""

import dns.rdatatype
import pytest

import conftest
import daemon
import parents

# named listens only on addresses that an interface has.
LOOPBACK = "127.0.0.1"

NAME = "get.example.test"

SITES = {
    "site_dc1": {"nameserver": "ns1.get.example.test", "address": "192.0.2.10 2001:db8:2::10"},
    "site_dc2": {"nameserver": "get.dc2.example.test", "address": "198.51.100.20 198.51.100.21"},
    "site_dc3": {"nameserver": "get.dc3.example.net", "address": "203.0.113.30"},
    "site_dc4": {"nameserver": "ns4.get.example.test", "address": "198.51.100.40"},
}

NAMESERVERS = {
    "ns1.get.example.test.", "get.dc2.example.test.", "get.dc3.example.net.",
    "ns4.get.example.test."}

GLUE = {
    ("ns1.get.example.test.", "A", "192.0.2.10"),
    ("ns1.get.example.test.", "AAAA", "2001:db8:2::10"),
    ("ns4.get.example.test.", "A", "198.51.100.40"),
}

# Hosts of the parent zone; servers add them to a referral or leave that to the resolver.
HOSTS = {
    ("get.dc2.example.test.", "A", "198.51.100.20"),
    ("get.dc2.example.test.", "A", "198.51.100.21"),
}

# An older delegation: a site that is gone, another address, the DS of a key that is gone. The
# host get.dc2 has records that are none of parentgen's business.
OLDER = f"""\
get 3600 IN NS ns1.get
get 3600 IN NS old
get 3600 IN DS 1 13 2 {64 * "0"}
old 3600 IN A 192.0.2.99
ns1.get 3600 IN A 192.0.2.98
ns4.get 3600 IN AAAA 2001:db8:4::98
get.dc2 3600 IN A 192.0.2.97
get.dc2 3600 IN TXT "kept"
"""


def printed(form, path):
    done = daemon.run("--format", form, path, program=daemon.PARENTGEN)
    assert done.returncode == 0, done.stderr
    return done.stdout


def flat(section):
    return {(rrset.name.to_text(), dns.rdatatype.to_text(rrset.rdtype), item.to_text())
            for rrset in section for item in rrset}


def check_referral(parent, families=("A", "AAAA")):
    response = parent.ask(NAME, "A")
    assert not response.answer
    authority = flat(response.authority)
    assert {(NAME + ".", "NS", target) for target in NAMESERVERS} == authority
    additional = flat(response.additional)
    assert additional >= {each for each in GLUE if each[1] in families}
    assert additional <= GLUE | HOSTS


def check_hosts(parent):
    assert flat(parent.ask("get.dc2.example.test", "A").answer) == HOSTS


@pytest.fixture
def path(site_file):
    return site_file(**SITES)


@pytest.mark.parametrize("make", [parents.Named, parents.Knot, parents.Pdns])
@pytest.mark.parametrize("records", [OLDER, ""], ids=["replaces", "adds"])
def test_applied(make, records, path, tmp_path):
    with make(tmp_path / "parent", LOOPBACK, conftest.free_port(LOOPBACK), records) as parent:
        parent.apply(printed(parent.form, path))
        check_referral(parent)
        check_hosts(parent)
        assert not parent.ask(NAME, "DS").answer
        if records:
            assert flat(parent.ask("get.dc2.example.test", "TXT").answer)
        # Once more: applying it again must be harmless.
        parent.apply(printed(parent.form, path))
        check_referral(parent)


@pytest.mark.parametrize("make", [parents.Nsd, parents.Named, parents.Knot])
def test_zone_file(make, path, tmp_path):
    with make(tmp_path / "parent", LOOPBACK, conftest.free_port(LOOPBACK),
              printed("bind", path)) as parent:
        check_referral(parent)
        check_hosts(parent)


def test_tinydns(path, tmp_path, netns):
    with netns.inside(), parents.Tinydns(
            tmp_path / "parent", LOOPBACK, printed("tinydns", path)) as parent:
        check_referral(parent, families=("A",))
        check_hosts(parent)
