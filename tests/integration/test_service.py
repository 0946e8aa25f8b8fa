"""What an operator installs it for: it answers while the web server is well, and only then."""

import dns.flags
import dns.message
import dns.rcode

import daemon
import sitefile
import webserver


def test_starts_silent(sitens, site_file, web):
    web.answer = webserver.hang
    running = sitens(site_file(check={"timeout": "1h", "interval": "1h", "fast-interval": "1h"}))
    web.await_requests(1, since=0)
    assert running.is_silent()
    assert "READY=1" not in running.notify


def test_serves_after_the_first_pass(sitens, site_file):
    running = sitens(site_file()).await_ready()
    running.await_state("serving")
    assert daemon.addresses(running.ask()) == [sitefile.ADDRESS]
    assert daemon.addresses(running.ask(rdtype="AAAA")) == [sitefile.ADDRESS6]


def test_ready_although_the_web_server_is_down(sitens, site_file, web):
    web.close()
    running = sitens(site_file()).await_ready()
    running.await_state("failing")
    assert running.is_silent()


def test_answer_is_small_and_authoritative(serving):
    for tcp in (False, True):
        answer = serving.ask(tcp=tcp)
        assert answer.flags & dns.flags.AA
        assert not answer.flags & (dns.flags.TC | dns.flags.RA | dns.flags.AD)
        assert answer.answer[0].ttl == 60
        assert not answer.authority and not answer.additional


def test_soa_and_full_ns_set(serving):
    assert daemon.addresses(serving.ask(rdtype="NS")) == [
        "get.dc1.example.test.", "get.dc2.example.test."]
    soa = serving.ask(rdtype="SOA").answer[0][0]
    assert soa.mname.to_text() == "get.dc1.example.test."
    assert soa.rname.to_text() == "hostmaster.example.test."
    assert soa.minimum == 30


def test_negative_answers(serving):
    for name, rdtype, rcode in (
            ("get.example.test", "MX", dns.rcode.NOERROR),
            ("get.example.test", "HTTPS", dns.rcode.NOERROR),
            ("no.get.example.test", "A", dns.rcode.NXDOMAIN)):
        answer = serving.ask(name, rdtype)
        assert answer.rcode() == rcode
        assert not answer.answer
        assert answer.authority[0].ttl == answer.authority[0][0].minimum == 30


def test_other_names_are_refused(serving):
    for name in ("example.test", "example.org", ".", "xget.example.test"):
        assert serving.ask(name).rcode() == dns.rcode.REFUSED


def test_id_server_tells_the_site(serving):
    assert daemon.addresses(serving.ask("id.server", "TXT", rdclass="CH")) == ['"dc1"']


def test_edns(serving):
    answer = serving.ask(use_edns=0, payload=4096, want_dnssec=True)
    assert answer.edns == 0 and answer.payload == 1232
    assert answer.ednsflags & dns.flags.DO
    query = dns.message.make_query("get.example.test", "A")
    query.use_edns(1)
    with serving.udp() as sock:
        sock.send(query.to_wire())
        assert dns.message.from_wire(sock.recv(65535)).rcode() == dns.rcode.BADVERS
    assert serving.ask().edns == -1


def test_silent_when_the_web_server_fails_and_back_when_it_is_well(serving, web):
    web.answer = webserver.response(status=500)
    line = serving.await_state("failing")
    assert "500" in line
    assert serving.is_silent()
    web.answer = webserver.response()
    serving.await_state("serving")
    assert not serving.is_silent()


def test_silence_closes_connections_that_are_open(serving, web):
    query = daemon.framed(dns.message.make_query("get.example.test", "A"))
    with serving.tcp() as connection:
        connection.sendall(query)
        assert daemon.receive_framed(connection)
        web.answer = webserver.response(status=500)
        serving.await_state("failing")
        connection.sendall(query)
        assert daemon.receive_framed(connection) is None


def test_needs_as_many_failures_as_fall_says(sitens, site_file, web):
    running = sitens(site_file(check={"fall": 3}))
    running.await_state("serving")
    failing = webserver.response(status=500)
    bad = 0

    def two_bad_of_three(connection, server):
        nonlocal bad
        bad += 1
        (webserver.response() if bad % 3 == 0 else failing)(connection, server)

    web.answer = two_bad_of_three
    web.await_requests(12)
    assert "failing" not in running.log
    web.answer = failing
    running.await_state("failing")


def test_needs_as_many_passes_as_rise_says(sitens, site_file, web):
    running = sitens(site_file(check={"rise": 3}))
    running.await_state("serving")
    web.answer = webserver.response(status=500)
    running.await_state("failing")
    running.log.skip()
    good = 0

    def two_good_of_three(connection, server):
        nonlocal good
        good += 1
        webserver.response(500 if good % 3 == 0 else 200)(connection, server)

    web.answer = two_good_of_three
    web.await_requests(12)
    assert running.is_silent()
    web.answer = webserver.response()
    running.await_state("serving")


def test_each_change_is_logged_once(serving, web):
    web.answer = webserver.response(status=500)
    serving.await_state("failing")
    web.await_requests(5)
    web.answer = webserver.response()
    serving.await_state("serving")
    web.await_requests(5)
    changes = [text for text in serving.log.texts if "(was " in text]
    assert len(changes) == 3, changes


def test_status_says_the_state(serving, web):
    serving.notify.await_match(r"STATUS=.*serving")
    web.answer = webserver.response(status=500)
    serving.notify.await_match(r"STATUS=.*failing")


def test_several_workers(sitens, site_file):
    running = sitens(site_file(), "--workers", "4")
    running.await_state("serving")
    for _ in range(20):  # each from a port of its own, and so to a worker of the kernel's choice
        assert daemon.addresses(running.ask()) == [sitefile.ADDRESS]
    running.reload()
    for _ in range(20):
        assert daemon.addresses(running.ask()) == [sitefile.ADDRESS]


def test_two_zones_in_one_daemon(sitens, site_file, make_web):
    webs = {name: make_web() for name in ("one.example.test", "two.example.test")}
    files = [site_file(f"{name}.conf", name=name, url=web.url()) for name, web in webs.items()]
    running = sitens(*files).await_ready()
    for name in webs:
        running.await_state("serving", name)
    webs["one.example.test"].answer = webserver.response(status=500)
    running.await_state("failing", "one.example.test")
    assert running.is_silent("one.example.test")
    assert not running.is_silent("two.example.test")
    webs["two.example.test"].close()
    webs["one.example.test"].answer = webserver.response()
    running.await_state("failing", "two.example.test")
    running.await_state("serving", "one.example.test")
    assert not running.is_silent("one.example.test")
    assert running.is_silent("two.example.test")


def test_all_files_of_a_directory(sitens, site_file, tmp_path):
    for name in ("one", "two"):
        site_file(f"{name}.conf", name=f"{name}.example.test")
    (tmp_path / "three.conf.bak").write_text("not a site file")
    running = sitens(tmp_path).await_ready()
    running.await_state("serving", "one.example.test")
    assert not running.is_silent("two.example.test")


def test_several_checks_must_all_pass(sitens, site_file, make_web, web):
    second = make_web()
    running = sitens(site_file(check_second={
        "url": second.url(), "interval": "100ms", "fast-interval": "50ms", "rise": 2}))
    running.await_state("serving")
    second.answer = webserver.response(status=500)
    assert "second" in running.await_state("failing")
    second.answer = webserver.response()
    running.await_state("serving")
    web.close()
    running.await_state("failing")


def test_ipv6_and_ipv4_at_once(sitens, site_file, listen, listen6, web):
    running = sitens(site_file(), "-l", "{}@{}".format(*listen6))
    running.await_state("serving")
    for running.address, running.port in (listen, listen6):
        for tcp in (False, True):
            assert daemon.addresses(running.ask(tcp=tcp)) == [sitefile.ADDRESS]
    web.close()
    running.await_state("failing")
    for running.address, running.port in (listen, listen6):
        assert running.is_silent()


def test_many_zones_change_at_once(sitens, site_file, tmp_path):
    """What is written about all zones is not written for the change of each: with many zones that
    would keep the control loop from their checks."""
    zones = [f"zone{number}.example.test" for number in range(60)]
    for zone in zones:
        site_file(f"{zone}.conf", name=zone)
    running = sitens(tmp_path).await_ready()
    for zone in zones:
        running.await_state("serving", zone)
    running.notify.await_match(rf"STATUS=.*{zones[0]}: serving")
    assert sum("STATUS=" in text for text in running.notify.texts) < len(zones) / 2
