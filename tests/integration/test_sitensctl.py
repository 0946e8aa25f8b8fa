"""sitensctl: the operator's switch and window."""

import contextlib
import json
import os
import pwd
import re
import shutil
import socket
import stat
import threading

import dns.edns
import dns.rcode
import pytest

import daemon
import sitefile
import webserver

SITENSCTL = daemon.BUILD / "sitens" / "sitensctl"
NAME = "get.example.test"
EDE = dns.edns.OptionType.EDE


def ctl(server, *arguments, wrapper=()):
    return daemon.run("--socket", server.directory / "run" / "control", *arguments,
                      program=SITENSCTL, wrapper=wrapper)


def status(server, name=NAME):
    [zone] = json.loads(ctl(server, "status", name, "--json").stdout)["zones"]
    return zone


def overrides(server):
    path = server.directory / "state" / "overrides"
    return path.read_text() if path.exists() else ""


def restarted(server, sitens, file):
    """A new sitens with the state directory of one that has stopped."""
    state = server.directory / "state"
    kept = {path.name: path.read_bytes() for path in state.iterdir()}
    directory = server.directory.with_name(f"{server.directory.name}-state")
    directory.mkdir()
    for name, content in kept.items():
        (directory / name).write_bytes(content)
        (directory / name).chmod(0o600)
    return sitens(file, more_environment={"STATE_DIRECTORY": str(directory)})


@pytest.fixture
def nobody(serving):
    """A command that runs another as a user who is in no group of ours."""
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        pytest.skip("becoming another user needs root and setpriv")
    return "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"


def test_status_tells_it_all(serving):
    zone = status(serving)
    assert zone["state"] == "serving" and zone["well"] and zone["site"] == "dc1"
    assert zone["reason"] == "check: HTTP status 200" and zone["answers"] == ["dc1"]
    [check] = zone["checks"]
    assert check["health"] == "up" and check["duration"] > 0 and check["reason"] == "HTTP status 200"
    assert zone["override"] is None and zone["signatures_end"] is None
    done = ctl(serving)
    assert done.returncode == 0 and not done.stderr
    for text in (f"{NAME}: serving for ", "as site dc1", "HTTP status 200", "answers with  dc1",
                 f"serial        {zone['serial']}"):
        assert text in done.stdout
    assert len(done.stdout.splitlines()) < 24


def test_status_after_a_failed_reload(serving, site_file):
    good = site_file()
    text, serial = good.read_text(), status(serving)["serial"]
    for failed in True, False:
        good.write_text("garbage" if failed else text)
        serving.reload()
        assert json.loads(ctl(serving, "--json").stdout)["reload_failed"] == failed
        assert ctl(serving).stdout.startswith("THE LAST RELOAD FAILED") == failed
        assert status(serving)["serial"] == serial


def test_out_and_auto(serving):
    done = ctl(serving, "out", NAME)
    assert done.returncode == 0 and done.stdout.startswith(f"{NAME}: out, ")
    assert serving.is_silent()
    zone = status(serving)
    assert zone["state"] == "out" and not zone["well"] and zone["answers"] == []
    assert zone["override"]["kind"] == "out" and zone["override"]["uid"] == os.getuid()
    done = ctl(serving)
    assert done.returncode == 3 and f"sitensctl auto {NAME}" in done.stdout
    assert f", by {pwd.getpwuid(os.getuid()).pw_name}; " in done.stdout
    assert "state out " not in done.stdout
    assert ctl(serving, "auto", NAME).returncode == 0
    assert serving.ask() and status(serving)["override"] is None and ctl(serving).returncode == 0


def test_in_whatever_the_checks_say(serving, web):
    web.answer = webserver.close
    serving.await_state("failing", NAME)
    assert ctl(serving, "in", NAME).returncode == 0
    response = serving.ask(want_dnssec=True)
    assert response.answer and EDE not in [option.otype for option in response.options]
    zone = status(serving)
    assert zone["state"] == "serving" and zone["well"]
    assert "the operator said" in zone["reason"] and "check: " in zone["reason"]
    assert ctl(serving).returncode == 3
    ctl(serving, "auto", NAME)
    assert serving.is_silent()


def test_it_is_loud(serving):
    ctl(serving, "out", NAME)
    serving.log.await_match(rf"{NAME}: `sitensctl out` by user {os.getuid()}")
    serving.log.await_match(rf"WARNING: {NAME}: out \(was serving\)")
    serving.notify.await_match(r"STATUS=.*: out \(the operator said")
    serving.await_file(f"{NAME}.state", "out ")
    for sample in (f'sitens_override{{zone="{NAME}",override="out"}} 1',
                   f'sitens_state{{zone="{NAME}",site="dc1",state="out"}} 1'):
        daemon.await_true(sample, lambda sample=sample: sample in (
            serving.directory / "run" / "sitens.prom").read_text().splitlines())


@pytest.mark.parametrize("verb", ("out", "in"))
def test_survives_restart_and_reload(serving, sitens, site_file, web, verb):
    ctl(serving, verb, NAME)
    serving.reload()
    assert status(serving)["override"]["kind"] == verb
    since = status(serving)["override"]["since"]
    daemon.await_true("the file", lambda: overrides(serving))
    serving.stop()
    again = restarted(serving, sitens, site_file())
    again.await_state("out" if verb == "out" else "serving", NAME)
    kept = status(again)["override"]
    assert kept["kind"] == verb and kept["since"] == since
    assert again.is_silent() == (verb == "out")


def test_runtime_is_forgotten(serving, sitens, site_file, web):
    ctl(serving, "--runtime", "out", NAME)
    assert status(serving)["override"]["runtime"] and serving.is_silent()
    serving.stop()
    assert not overrides(serving)
    again = restarted(serving, sitens, site_file())
    again.await_state("serving", NAME)


@pytest.mark.parametrize(("said", "state"), (("out", "out"), ("in", "serving")))
def test_planned_stop_does_not_end_what_was_said(serving, sitens, site_file, said, state):
    """As sitens-drain does it, at a reboot: with --runtime, over what stands there already."""
    ctl(serving, said, NAME)
    daemon.await_true("the file", lambda: overrides(serving))
    ctl(serving, "--runtime", "out", "--all")
    assert serving.is_silent() and status(serving)["override"]["runtime"]
    serving.stop()
    assert f"{NAME} {said} " in overrides(serving)
    again = restarted(serving, sitens, site_file())
    again.await_state(state, NAME)
    assert status(again)["override"]["kind"] == said


def test_planned_stop_does_not_end_a_hold(sitens, site_file, web):
    file = site_file(policy={"return": "manual"})
    server = sitens(file)
    server.await_state("serving", NAME)
    web.answer = webserver.response(status=500)
    server.await_state("failing", NAME)
    daemon.await_true("the file", lambda: "held" in overrides(server))
    ctl(server, "--runtime", "out", "--all")
    server.stop()
    web.answer = webserver.response()
    restarted(server, sitens, file).await_state("out", NAME)


def test_auto_ends_both(serving):
    ctl(serving, "out", NAME)
    ctl(serving, "--runtime", "in", NAME)
    ctl(serving, "auto", NAME)
    assert status(serving)["override"] is None
    daemon.await_true("no file", lambda: not overrides(serving))


def test_file_is_private_and_goes(serving):
    ctl(serving, "out", NAME)
    daemon.await_true("the file", lambda: overrides(serving))
    path = serving.directory / "state" / "overrides"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    ctl(serving, "auto", NAME)
    daemon.await_true("the file", lambda: not path.exists())


@pytest.mark.parametrize("text", (
    "garbage\n", f"{NAME} out\n", f"{NAME} out 12\n", f"{NAME} sideways 12 0\n", f"{NAME} out 12 0",
    "\0" * 600, "x" * 5000 + "\n",
    "other.test out 12 0\nother.test in 13 0\n"))
def test_damaged_file(sitens, site_file, web, tmp_path, text):
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "overrides").write_text(text)
    server = sitens(site_file(),
                    more_environment={"STATE_DIRECTORY": str(tmp_path / "state")})
    server.log.await_match(r"WARNING: .*overrides is damaged")
    server.await_state("serving", NAME)


HELD = {"return": "manual"}


@pytest.mark.parametrize(("said", "state", "kept"), (
    (None, "out", "out"), (("auto",), "serving", None), (("in",), "serving", "in"),
    (("in", "--runtime"), "serving", "out"), ("failed", "out", "out")), ids=str)
def test_file_on_a_slow_disk(sitens, site_file, web, tmp_path, said, state, kept):
    """What it says counts once it can be read, but for what was said meanwhile."""
    place = tmp_path / "slow"
    place.mkdir()
    file = place / "overrides"
    file.write_text(f"{NAME} out 12 0\nother.test out 12 0\n")
    server = sitens(site_file(policy=HELD), more_environment={
        "STATE_DIRECTORY": str(place), "LATE_READ": str(file.resolve()), "LD_PRELOAD": str(
            daemon.BUILD / "tests" / "integration" / "failing_read.so"),
        "ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=0"})
    server.log.await_match(r"WARNING: .*/overrides cannot be read yet: .*the checks decide until it can")
    server.await_state("serving", NAME)
    if said == "failed":
        web.answer = webserver.response(status=500)
        server.await_state("failing", NAME)
        assert status(server)["override"]["kind"] == "held"
    elif said:
        assert ctl(server, said[0], NAME, *said[1:]).returncode == 0
    (place / "overrides.now").touch()
    server.log.await_match(r"NOTICE: .*/overrides is read")
    daemon.await_true(state, lambda: status(server)["state"] == state)
    assert server.is_silent() == (state == "out")
    server.stop()
    lines = dict(line.split()[:2] for line in file.read_text().splitlines())
    assert lines.pop("other.test") == "out" and lines.get(NAME) == kept


def test_auto_of_a_name_whose_file_is_gone(sitens, web, tmp_path):
    """What was said counts again with the file, unless the operator takes it back."""
    names = ["get.example.test", "www.example.test"]
    files = [tmp_path / f"{name}.conf" for name in names]
    for name, file in zip(names, files):
        file.write_text(sitefile.text(sitefile.sections(web.url(), name)))
    server = sitens(tmp_path)
    server.await_ready()
    ctl(server, "out", names[1])
    for ended in False, True:
        text = files[1].read_text()
        files[1].unlink()
        server.reload()
        assert ctl(server, "in", names[1]).returncode == 1
        if ended:
            done = ctl(server, "auto", f"{names[1].upper()}.")
            assert done.returncode == 0 and "no site file here; `sitensctl out`" in done.stdout
            server.log.await_match(rf"NOTICE: {names[1]}: `sitensctl auto` by user")
            daemon.await_true("no file", lambda: not overrides(server))
            assert ctl(server, "auto", names[1]).returncode == 1
        files[1].write_text(text)
        server.reload()
        state = "serving" if ended else "out"
        daemon.await_true(state, lambda: status(server, names[1])["state"] == state)
        assert server.is_silent(names[1]) != ended and server.ask(names[0])


def test_room_for_no_more(sitens, site_file, web, tmp_path):
    """It is told once, and where to make room."""
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "overrides").write_text(
        "".join(f"name{number}.test out 12 0\n" for number in range(256)))
    server = sitens(site_file(policy=HELD), more_environment={
        "STATE_DIRECTORY": str(tmp_path / "state"), "WATCHDOG_USEC": "1000000"})
    server.await_state("serving", NAME)
    done = ctl(server, "out", NAME)
    assert done.returncode == 1 and "state/overrides has them all, `sitensctl auto NAME`" in done.stderr
    web.answer = webserver.response(status=500)
    server.await_state("failing", NAME)
    for _ in range(3):
        server.notify.await_match(r"(?m)^WATCHDOG=1$")
    assert sum("more than 256 overrides" in text for text in server.log.texts) == 1
    assert ctl(server, "auto", "name7.test").returncode == 0
    daemon.await_true("its line", lambda: f"{NAME} held" in (tmp_path / "state" / "overrides").read_text())


def test_one_of_several(sitens, web, tmp_path):
    names = ["get.example.test", "www.example.test"]
    for name in names:
        (tmp_path / f"{name}.conf").write_text(sitefile.text(sitefile.sections(web.url(), name)))
    server = sitens(tmp_path)
    server.await_ready()
    ctl(server, "out", names[1])
    assert server.ask(names[0]) and server.is_silent(names[1])
    assert ctl(server, "status", names[0]).returncode == 0 and ctl(server).returncode == 3
    done = ctl(server, "out", "--all")
    assert done.stdout.count(": out, ") == 2
    assert server.is_silent(names[0]) and server.ask("other.test").rcode() == dns.rcode.REFUSED


def test_manual_return(sitens, site_file, web):
    """Once failed, the site waits for the operator, also over a restart."""
    file = site_file(policy={"return": "manual"})
    server = sitens(file)
    server.await_state("serving", NAME)
    web.answer = webserver.response(status=500)
    server.await_state("failing", NAME)
    assert status(server)["override"]["kind"] == "held"
    web.answer = webserver.response()
    server.await_state("out", NAME)
    assert server.is_silent() and "return = manual" in status(server)["reason"]
    daemon.await_true("the file", lambda: "held" in overrides(server))
    server.stop()
    again = restarted(server, sitens, file)
    again.await_state("out", NAME)
    assert "held for" in ctl(again).stdout
    assert ctl(again, "in", NAME).returncode == 0
    assert again.ask() and status(again)["override"] is None
    assert ctl(again).returncode == 0


def test_manual_return_does_not_hold_a_start(sitens, site_file, web):
    web.answer = webserver.response(status=500)
    server = sitens(site_file(policy={"return": "manual"}))
    server.await_state("failing", NAME)
    web.answer = webserver.response()
    server.await_state("serving", NAME)


def test_withdraws_as_policy_says(sitens, site_file, web):
    server = sitens(site_file(policy={"withdraw": "servfail"}))
    server.await_ready()
    ctl(server, "out", NAME)
    assert server.ask().rcode() == dns.rcode.SERVFAIL


@pytest.mark.parametrize("name", [NAME.upper(), f"{NAME}.", f"{NAME.title()}."])
def test_names_as_dns_has_them(serving, name):
    """In any case, with or without a final dot."""
    assert ctl(serving, "out", name).stdout.startswith(f"{NAME}: out, ")
    assert status(serving, name)["state"] == "out"


@pytest.mark.parametrize(("arguments", "status", "said"), (
    (("sideways",), 64, "commands are"), (("out",), 64, "--all"), (("out", "x", "y"), 64, "one NAME"),
    (("out", "a", "--all"), 64, "one NAME"), (("auto", "a", "--runtime"), 64, "--runtime"),
    (("in", "a", "--json"), 64, "--json"), (("out", "a b"), 64, "no name"), (("--x",), 64, "Try"),
    (("out", "other.example.test"), 1, "no zone other.example.test here; there are: get."),
    (("status", "other.example.test"), 1, "no zone")))
def test_mistakes(serving, arguments, status, said):
    done = ctl(serving, *arguments)
    assert done.returncode == status and said in done.stderr and not done.stdout


def test_nobody_there(tmp_path):
    done = daemon.run("--socket", tmp_path / "control", program=SITENSCTL)
    assert done.returncode == 69 and "not running" in done.stderr
    assert done.stderr.endswith(
        "see `systemctl status sitens`\n" if daemon.SYSTEMD else "see its log\n")


@pytest.mark.parametrize("zone, said", (
    ({"since": -2**63}, "x: serving for 0 s, as site dc1"),
    ({"since": 2**63 - 1}, "x: serving for 0 s, as site dc1"),
    ({"answers": ["dc1", None]}, "answers with  dc1, \\?"),
), ids=("since-ever", "since-never", "no-text"))
def test_answer_that_makes_no_sense(tmp_path, zone, said):
    """As another version of sitens, or a clock gone mad, might give."""
    zone = {"zone": "x", "state": "serving", "site": "dc1", **zone}
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "control"))
        listener.listen()

        def answer():
            visitor, _ = listener.accept()
            with visitor:
                visitor.recv(512)
                visitor.sendall(json.dumps({"zones": [zone]}).encode())

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        done = daemon.run("--socket", tmp_path / "control", program=SITENSCTL)
        thread.join()
    assert re.search(said, done.stdout), done.stdout


def second(sitens, file, server):
    """Another sitens with the directories of server, on another port."""
    return sitens(file, listen=(server.address, server.port + 1), more_environment={
        "RUNTIME_DIRECTORY": str(server.directory / "run"),
        "STATE_DIRECTORY": str(server.directory / "state")})


def test_second_sitens_takes_nothing_away(serving, sitens, site_file):
    """As one that is tried out by hand beside the service; both say who is reached."""
    trial = second(sitens, site_file(), serving)
    trial.log.await_match("WARNING: .*control is that of another sitens")
    trial.await_state("serving")
    assert ctl(serving, "out", NAME).returncode == 0
    assert serving.is_silent() and trial.ask()
    trial.stop()
    assert ctl(serving, "auto", NAME).returncode == 0 and serving.ask()


def test_socket_that_can_be_made_later(sitens, site_file, tmp_path):
    place = tmp_path / "later"
    server = sitens(site_file(), more_environment={"RUNTIME_DIRECTORY": str(place)})
    server.await_state("serving", NAME)
    server.log.await_match("WARNING: .*later/control: no such file or directory; sitensctl cannot", reader="ctl")
    place.mkdir()
    server.log.await_match("NOTICE: .*later/control: sitensctl can reach this sitens now", reader="ctl")
    done = daemon.run("--socket", place / "control", "out", NAME, program=SITENSCTL)
    assert done.returncode == 0 and server.is_silent()
    server.stop()
    assert not (place / "control").exists()


def test_socket_of_one_that_was_killed(serving, sitens, site_file):
    serving.process.kill()
    serving.wait()
    assert (serving.directory / "run" / "control").exists()
    heir = second(sitens, site_file(), serving)
    heir.await_state("serving")
    assert status(serving)["state"] == "serving"
    assert "another sitens" not in heir.log


def test_only_root_and_the_group(serving, nobody):
    mode = (serving.directory / "run" / "control").stat().st_mode
    assert stat.S_IMODE(mode) == 0o660
    done = ctl(serving, "out", NAME, wrapper=nobody)
    assert done.returncode == 77 and "permission denied" in done.stderr
    assert serving.ask()


@pytest.mark.parametrize("sent", (b"", b"\n", b"x" * 600, b"status " + b"y" * 300 + b"\n", b"out\n",
                                  b"\0\n", b"out * runtime more words here\n"))
def test_rough_visitors(serving, sent):
    with socket.socket(socket.AF_UNIX) as visitor:
        visitor.settimeout(daemon.PATIENCE)
        visitor.connect(str(serving.directory / "run" / "control"))
        visitor.sendall(sent)
        visitor.shutdown(socket.SHUT_WR)
        answer = b""
        with contextlib.suppress(ConnectionResetError):  # more was sent than is read
            while part := visitor.recv(4096):
                answer += part
    assert re.match(rb"(error .*\n|ok .*\n|)$", answer)
    assert ctl(serving).returncode in (0, 3)


def test_many_visitors(serving):
    """Who says nothing does not keep others out for long."""
    visitors = [socket.socket(socket.AF_UNIX) for _ in range(40)]
    for visitor in visitors:
        visitor.connect(str(serving.directory / "run" / "control"))
    for visitor in visitors:
        visitor.close()
    daemon.await_true("an answer", lambda: ctl(serving).returncode == 0)
