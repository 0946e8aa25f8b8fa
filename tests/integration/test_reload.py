"""HUP: the new file is current, or the old one still is and the log says why."""

import re
import time

import dns.rcode

import daemon
import sitefile
import webserver
from conftest import fresh_address


def test_change_of_the_address(serving, site_file):
    site_file(site_dc1={"address": "192.0.2.99"})
    serving.reload()
    assert daemon.addresses(serving.ask()) == ["192.0.2.99"]
    assert serving.ask(rdtype="AAAA").rcode() == dns.rcode.NOERROR
    assert not serving.ask(rdtype="AAAA").answer


def test_serial_changes_with_the_meaning_only(serving, site_file):
    def serial():
        return serving.ask(rdtype="SOA").answer[0][0].serial

    before = serial()
    serving.reload()
    assert serial() == before
    site_file(zone={"ttl": 61})
    serving.reload()
    assert serial() != before


def test_bad_file_keeps_the_old_one_serving(serving, site_file):
    path = site_file(text="[zone]\nname = -bad-\n")
    serving.reload()
    serving.log.await_match(rf"^ERROR: .*{path}:2: name = -bad-: must be a host name")
    assert daemon.addresses(serving.ask()) == [sitefile.ADDRESS]
    assert not serving.is_silent()
    site_file(site_dc1={"address": "192.0.2.99"})
    serving.reload()
    assert daemon.addresses(serving.ask()) == ["192.0.2.99"]


def last_reload(running):
    """(successful, when) of the metrics, and the status."""
    metrics = (running.directory / "run" / "sitens.prom").read_text()
    number = r"(?m)^sitens_config_last_reload_{} (\d+)$"
    status = [text for text in running.notify.texts if text.startswith("STATUS=")][-1]
    return (*(int(re.search(number.format(each), metrics)[1])
              for each in ("successful", "success_timestamp_seconds")),
            "(reload failed, previous configuration)" in status)


def test_reload_that_fails_is_told_until_it_is_fixed(serving, site_file):
    serving.await_round()
    begin = time.time()
    assert last_reload(serving)[::2] == (1, False)
    before = last_reload(serving)[1]
    assert begin - 60 < before <= begin
    good = site_file().read_text()
    site_file(text="[zone]\n")
    for _ in range(2):  # at once, and later
        serving.reload()
        serving.await_round()
        assert last_reload(serving) == (0, before, True)
    site_file(text=good)
    serving.reload()
    serving.await_round()
    successful, after, told = last_reload(serving)
    assert (successful, told) == (1, False)
    assert after >= int(begin)


def test_vanished_file_keeps_the_old_one_serving(serving, tmp_path):
    (tmp_path / "get.conf").unlink()
    serving.reload()
    serving.log.await_match(r"^ERROR: .*get\.conf: cannot be opened: No such file or directory")
    assert daemon.addresses(serving.ask()) == [sitefile.ADDRESS]


def test_file_without_this_site_keeps_the_old_one_serving(serving, site_file):
    site_file(site_dc1=None)
    serving.reload()
    serving.log.await_match(r"^ERROR: .*dc1")
    assert daemon.addresses(serving.ask()) == [sitefile.ADDRESS]


def test_unchanged_file_keeps_the_state(serving):
    """A reload is neither a flap nor a moment of silence."""
    serving.reload()
    assert not serving.is_silent()
    changes = [text for text in serving.log.texts if "(was " in text]
    assert len(changes) == 1, changes


def test_better_site_that_is_not_known_yet_is_no_gap(serving, site_file, web):
    site_file(site_dc1={"preference": 20}, site_dc2={"address": fresh_address()})
    serving.reload()
    web.await_requests(3)
    changes = [text for text in serving.log.texts if "(was " in text]
    assert len(changes) == 1, changes


def test_failing_zone_stays_silent(serving, web):
    web.answer = webserver.response(status=500)
    serving.await_state("failing")
    serving.reload()
    assert serving.is_silent()
    web.answer = webserver.response()
    serving.await_state("serving")


def test_state_changed_by_the_file_is_announced(sitens, site_file, web):
    """The policy alone silences the zone; nothing else will happen that would be logged."""
    web.answer = webserver.response(status=500)
    running = sitens(site_file(site_dc2=None, policy={"last-resort": "yes"}))
    running.await_state("last-resort")
    site_file(site_dc2=None, policy={"last-resort": "no"})
    running.reload()
    assert "HTTP status 500" in running.await_state("failing")
    assert running.is_silent()


def test_changed_check_is_in_force(serving, site_file, make_web):
    other = make_web()
    site_file(url=other.url())
    serving.reload()
    other.await_requests(1)
    other.close()
    serving.await_state("failing")


def test_added_and_removed_zone(sitens, site_file, tmp_path):
    site_file("one.conf", name="one.example.test")
    running = sitens(tmp_path)
    running.await_state("serving", "one.example.test")
    site_file("two.conf", name="two.example.test")
    running.reload()
    running.await_state("serving", "two.example.test")
    assert not running.is_silent("one.example.test")
    running.await_file("one.example.test.state", "serving ")
    (tmp_path / "one.conf").unlink()
    running.reload()
    running.await_file("one.example.test.state", None)
    running.await_file("two.example.test.state", "serving ")
    assert running.ask("one.example.test").rcode() == dns.rcode.REFUSED
    assert not running.is_silent("two.example.test")


def test_added_address_is_listened_on(sitens, site_file, netns):
    """By default it listens on the site's own addresses; so it must after a change of the file."""
    netns.add_address("192.0.2.1/32")
    netns.add_address("192.0.2.2/32")
    with netns.inside():
        web = webserver.WebServer(("127.0.0.1", 0))
        running = sitens(site_file(url=web.url(), site_dc1={"address": "192.0.2.1"}), listen=False)
        running.await_state("serving")
        running.address = "192.0.2.1"
        assert daemon.addresses(running.ask()) == ["192.0.2.1"]
        site_file(url=web.url(), site_dc1={"address": "192.0.2.1 192.0.2.2"})
        running.reload()
        for running.address in ("192.0.2.1", "192.0.2.2"):
            for tcp in (False, True):
                assert daemon.addresses(running.ask(tcp=tcp)) == ["192.0.2.1", "192.0.2.2"]
        web.close()


def test_many_reloads_answer_every_query(serving, site_file):
    for number in range(1, 21):
        site_file(site_dc1={"address": f"192.0.2.{number}"})
        serving.reload()
        assert daemon.addresses(serving.ask()) == [f"192.0.2.{number}"]


# Checks that take longer than the time between two reloads

def test_slow_request_ends_while_reloads_go_on(sitens, site_file, web):
    """It is carried over each time, and neither begun anew nor forgotten."""
    def slowly(status):
        def answer(connection, server):
            server.closing.wait(0.3)
            webserver.response(status)(connection, server)
        return answer

    web.answer = slowly(200)
    running = sitens(site_file())
    running.await_state("serving")
    with daemon.reloads(running):
        web.answer = slowly(500)
        assert "HTTP status 500" in running.await_state("failing")
        web.answer = slowly(200)
        running.await_state("serving")
    assert "cancel" not in running.log


def test_hung_request_is_noticed_while_reloads_go_on(sitens, site_file, web):
    running = sitens(site_file(check={"timeout": "1s"}))
    running.await_state("serving")
    with daemon.reloads(running):
        web.answer = webserver.hang
        assert "timeout: waited 1000 ms" in running.await_state("failing")


def test_slow_command_ends_while_reloads_go_on(sitens, site_file, tmp_path):
    ill = tmp_path / "ill"
    command = tmp_path / "command"
    command.write_text(f"#!/bin/sh\nsleep 0.3\nif [ -e {ill} ]; then echo ill; exit 1; fi\n")
    command.chmod(0o755)
    check = {"interval": "100ms", "fast-interval": "50ms", "exec": command, "fall": 2, "rise": 2}
    running = sitens(site_file(check=None, check_command=check))
    running.await_state("serving")
    with daemon.reloads(running):
        ill.write_text("")
        assert "ill" in running.await_state("failing")
        ill.unlink()
        running.await_state("serving")


def test_hold_down_ends_while_reloads_go_on(sitens, site_file, web):
    running = sitens(site_file(policy={"hold-down": "1s"}))
    running.await_state("serving")
    with daemon.reloads(running):
        web.answer = webserver.response(500)
        running.await_state("failing")
        web.answer = webserver.response()
        running.await_state("serving")


def test_another_pace_counts_for_a_check_that_goes_on(sitens, site_file, web):
    """It asks the same, more often: at once, not after the hour that it waited for."""
    running = sitens(site_file(check={"interval": "1h", "fast-interval": "1h"}))
    running.await_state("serving")
    web.answer = webserver.response(500)
    site_file(check={"interval": "100ms", "fast-interval": "50ms"})
    running.reload()
    running.await_state("failing")
