"""What is shown of a zone is true now: its state, the reason, whose addresses are given.

The state file, the text for `systemctl status` and the metrics are compared with what was done to the
web server last; the log has one line for each change of state, not for each reason.
"""

import json
import os
import re

import pytest

import daemon
import sitefile
import webserver


def state_file(running, zone="get.example.test"):
    """The state and its reason."""
    path = running.directory / f"run/{zone}.state"
    return path.read_text().partition("\n")[0] if path.exists() else ""


def shows(running, pattern):
    """Waits until state file and status say this."""
    daemon.await_true(f"a state file with {pattern}", lambda: re.search(pattern, state_file(running)))
    state, _, reason = pattern.strip("^$").partition(" ")
    running.notify.await_match(rf"STATUS=get\.example\.test: {state} \({reason}", reader="status")


def changes(running):
    return [text for text in running.log.texts if "(was " in text]


def test_reasons_follow_the_web_server(sitens, site_file, make_web):
    """It fails in one way after the other, comes back, and waits for the end of the hold-down."""
    web = make_web()
    running = sitens(site_file(url=web.url(), check={"timeout": "500ms", "rise": 1},
                               policy={"hold-down": "1h"}))
    shows(running, r"^serving check: HTTP status 200$")
    for answer, reason in (
            (webserver.response(500), "check: HTTP status 500, expected 200-399"),
            (webserver.response(404), "check: HTTP status 404, expected 200-399"),
            (webserver.hang, "check: timeout: waited 500 ms for .*"),
            (webserver.response(503), "check: HTTP status 503, expected 200-399")):
        web.answer = answer
        shows(running, rf"^failing {reason}$")
    web.answer = webserver.response()
    shows(running, "^failing all checks pass again; out until the hold-down of 3600.0 s ends$")
    web.close()
    shows(running, "^failing check: .*[Cc]onnection refused")
    assert len(changes(running)) == 2, changes(running)


def test_progress_is_shown(sitens, site_file, web):
    web.answer = webserver.response(500)
    running = sitens(site_file(check={"rise": 100, "fast-interval": "50ms"}))
    shows(running, "^failing check: HTTP status 500")
    web.answer = webserver.response()
    shows(running, "^failing check: passes again, [0-9]+ of 100; before: HTTP status 500")
    web.answer = webserver.response(501)
    shows(running, "^failing check: HTTP status 501")
    assert len(changes(running)) == 1


def test_the_check_that_fails_now(sitens, site_file, make_web):
    """Of several, one takes over from the other as the reason."""
    one, two = make_web(), make_web()
    running = sitens(site_file(url=one.url(), check_two={
        "url": two.url(), "interval": "100ms", "fast-interval": "50ms", "rise": 2}))
    shows(running, "^serving all 2 checks pass$")
    one.answer = webserver.response(500)
    shows(running, "^failing check: HTTP status 500")
    two.answer = webserver.response(501)
    one.answer = webserver.response()
    shows(running, "^failing check two: HTTP status 501")
    two.answer = webserver.response()
    shows(running, "^serving all 2 checks pass$")


@pytest.mark.parametrize("status, reason", [
    (200, "serving passed before the reload, not checked again yet"),
    (500, "failing failed before the reload, not checked again yet"),
])
def test_reload_that_changes_the_check(sitens, site_file, web, status, reason):
    web.answer = webserver.response(status)
    running = sitens(site_file())
    shows(running, rf"^{reason.split()[0]} check: HTTP status {status}")
    web.answer = webserver.hang
    site_file(check={"expect-status": "200-299", "timeout": "1h"})
    running.reload()
    shows(running, f"^{reason}$")
    assert len(changes(running)) == 1


def test_reload_that_changes_nothing(serving):
    shows(serving, "^serving check: HTTP status 200$")
    serving.reload()
    assert state_file(serving) == "serving check: HTTP status 200"


def test_state_file_that_could_not_be_written(sitens, site_file, web):
    """It is written later; meanwhile there is none rather than an old one."""
    running = sitens(site_file())
    shows(running, "^serving ")
    run = running.directory / "run"
    blocker = run / "get.example.test.state.new"
    blocker.mkdir()  # the name of the new text before it takes the place of the old one
    (blocker / "full").write_text("")
    web.answer = webserver.response(500)
    running.await_state("failing")
    daemon.await_true("no old state", lambda: not state_file(running).startswith("serving"))
    (blocker / "full").unlink()
    blocker.rmdir()
    daemon.await_true("the new state",
                      lambda: state_file(running).startswith("failing check: HTTP status 500"))


SITENSCTL = daemon.BUILD / "sitens" / "sitensctl"


def zones_of_status(running):
    done = daemon.run("--socket", running.directory / "run" / "control", "--json",
                      program=SITENSCTL)
    return json.loads(done.stdout)["zones"]


def failing_command(tmp_path, name, said):
    script = tmp_path / name
    script.write_text(f"#!/bin/sh\necho '{said}'\nexit 1\n")
    script.chmod(0o755)
    return script


@pytest.mark.parametrize("character", "\u00e4\u20ac\U0001f600")
def test_reasons_are_cut_between_characters(sitens, tmp_path, character):
    """What is cut within one is no UTF-8: journal, service manager and JSON refuse all of it."""
    names = [f"{'x' * pad}get.example.test" for pad in range(1, 9)]
    for pad, name in enumerate(names):
        command = failing_command(tmp_path, name, "x" * pad + character * 250)
        sections = sitefile.sections("", name)
        sections["check"] = {"exec": command, "interval": "1h"}
        (tmp_path / f"{name}.conf").write_text(sitefile.text(sections))
    running = sitens(tmp_path)
    for name in names:
        running.await_state("failing", name)
    assert [character in zone["reason"] for zone in zones_of_status(running)] == [True] * 8
    for name in names:
        daemon.run("--socket", running.directory / "run" / "control", "in", name, program=SITENSCTL)
        running.await_state("serving", name)
    assert [character in zone["reason"] for zone in zones_of_status(running)] == [True] * 8
    running.notify.await_match("STATUS=.*the operator said `sitensctl in`.*the operator said")
    running.stop()
    running.notify.await_match("STOPPING=1")  # so every text before it was UTF-8


def test_file_whose_name_is_not_utf8(sitens, site_file, tmp_path):
    file = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.conf")
    os.rename(site_file(), file)
    running = sitens(file)
    running.await_state("serving")
    [zone] = zones_of_status(running)
    assert zone["file"].endswith("/caf?.conf") and zone["state"] == "serving"
