"""Which site a host is, as it tells who asks: the id of the site file that has the zone."""

import dns.edns
import dns.message
import dns.query
import pytest

import daemon

ADDRESS = "192.0.2.10"
IDS = {"get.example.test": "paris", "www.example.test": "berlin", "ftp.example.test": "x" * 32}


@pytest.fixture
def host(site_file, netns):
    """One host that is a site of three zones, by another id in each."""
    files = []
    for name, ident in IDS.items():
        here = {"nameserver": f"ns1.{name}", "address": ADDRESS}
        files.append(site_file(f"{name}.conf", zone={"name": name}, site_dc1=None,
                               check=None, check_it={"exec": "/bin/true"},
                               **{f"site_{ident}": here}))
    netns.add_address(f"{ADDRESS}/32")
    with netns.inside():
        running = daemon.Daemon(*files)
        try:
            running.await_ready()
            yield files
            assert running.stop() == 0
        finally:
            running.discard()


def ask(name, rdtype="A", rdclass="IN", nsid=True, tcp=False):
    options = [dns.edns.GenericOption(dns.edns.NSID, b"")] if nsid else []
    query = dns.message.make_query(name, rdtype, rdclass, use_edns=0, options=options)
    return (dns.query.tcp if tcp else dns.query.udp)(query, ADDRESS, timeout=daemon.PATIENCE)


def nsid(response):
    [option] = response.options
    return option.to_wire().decode()


def test_nsid_is_that_of_the_zone(host):
    for zone, ident in IDS.items():
        for name in (zone, f"nothere.{zone}", zone.upper()):
            for rdtype in ("A", "SOA", "MX", "ANY"):
                assert nsid(ask(name, rdtype)) == ident
        assert nsid(ask(zone, tcp=True)) == ident


def test_elsewhere_it_is_that_of_the_first_site_file(host):
    first = next(iter(IDS.values()))
    response = ask("id.server", "TXT", "CH")
    assert nsid(response) == first and response.answer[0][0].strings == (first.encode(),)
    assert ask("example.org").options[0].otype == dns.edns.NSID
    assert ask("example.org").options[0].to_wire() == first.encode()


def test_parentgen_finds_the_right_site(host, netns):
    """No finding says that the server is another site."""
    for path in host:
        with netns.inside():
            said = daemon.run("--check", "--parent", ADDRESS, path, program=daemon.PARENTGEN)
        assert "wrong-site" not in said.stdout + said.stderr, said
        assert "serving" in said.stdout, said
