"""parentgen --check --watch: again and again, and what changes."""

import contextlib
import fcntl
import itertools
import json
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import threading

import pytest

import daemon
import fakeserver
import webserver
import world as worlds

URL = f"http://{worlds.NAME}/"
TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC"


@pytest.fixture
def world(netns, tmp_path):
    with worlds.world(netns, tmp_path) as made:
        made.start_parent()
        made.fakes = {site: made.start_fake(site) for site in worlds.SITES}
        made.users = {}
        for site, (_, addresses) in worlds.SITES.items():
            made.users[site] = [webserver.WebServer((address, 80)) for address in addresses]
            for server in made.users[site]:
                made.stack.callback(server.close)
        yield made


def behave(world, site, how):
    for server in world.fakes[site]:
        server.behave = how


class Watch:
    """A running watch; log: the lines, or what is drawn, as it comes."""

    def __init__(self, world, *options, terminal=None):
        self.log = daemon.Events("watch")
        self.ours, theirs = pty.openpty() if terminal else os.pipe()
        if terminal:
            self.resize(*terminal)
        self.process = subprocess.Popen(
            [daemon.PARENTGEN, "--check", "--watch=1", "--parent", worlds.PARENT, *options,
             world.path], stdin=subprocess.DEVNULL, stdout=theirs, stderr=subprocess.PIPE, text=True,
            env=daemon.environment())
        os.close(theirs)
        self.reader = threading.Thread(target=self._read, args=(terminal,), daemon=True)
        self.reader.start()

    def resize(self, rows, columns):
        fcntl.ioctl(self.ours, termios.TIOCSWINSZ, struct.pack("4H", rows, columns, 0, 0))

    def _read(self, terminal):
        rest, end = "", "\033[J" if terminal else "\n"
        with contextlib.suppress(OSError):  # the end of a terminal is an error
            while octets := os.read(self.ours, 65536):
                *texts, rest = (rest + octets.decode()).split(end)
                for text in texts:
                    self.log.add(text.replace("\r\n", "\n"))
        self.rest = rest
        self.log.end()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop(signal.SIGKILL)
        os.close(self.ours)
        self.process.stderr.close()

    def stop(self, number=signal.SIGINT):
        self.process.send_signal(number)
        status = self.process.wait(daemon.PATIENCE)
        self.reader.join(daemon.PATIENCE)
        return status


def test_lines_of_changes(world):
    with Watch(world, "--url", URL) as watch:
        for site in worlds.SITES:
            watch.log.await_match(rf"^{TIME} {site} is serving$")
        behave(world, "dc2", fakeserver.not_ready)
        watch.log.await_match(rf"^{TIME} dc2 is failing, and was serving$")
        behave(world, "dc2", lambda query, response, tcp: response)
        watch.log.await_match(rf"^{TIME} dc2 is serving, and was failing$")
        world.users["dc1"][0].answer = webserver.response(503)
        watch.log.await_match(rf"^{TIME} dc1: {URL} gets 503, and got 200$")
        watch.log.await_match(rf"^{TIME} error: users are sent there, but {URL} gets HTTP status 503 "
                              r"\(dc1 at 192\.0\.2\.10\)\. \[web-status\]$")
        world.users["dc1"][0].answer = webserver.response()
        watch.log.await_match(rf"^{TIME} over: error: users are sent there")
        assert watch.stop() == 0
        assert watch.rest == ""  # no line is cut
        assert len(watch.log.texts) == 8
        assert not watch.process.stderr.read()


def test_figures_that_move(world):
    """Of a page that breaks off, each round another part is missing: no change."""
    missing = itertools.count(1000)
    server = world.users["dc1"][0]

    def broken(connection, web):
        connection.sendall(b"HTTP/1.1 200 Scripted\r\nContent-Length: %d\r\n\r\nx" % next(missing))

    server.answer = broken
    with Watch(world, "--url", URL) as watch:
        watch.log.await_match(r"error: .* gets no answer: .* 999 .*\[web-no-answer\]$")
        server.await_requests(3)
        server.answer = webserver.response()
        watch.log.await_match(r" over: error: .* \d{4} .*\[web-no-answer\]$")
        assert watch.stop() == 0
        assert sum("[web-no-answer]" in line for line in watch.log.texts) == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_end_while_it_asks(world, number):
    """At once, although nobody answers."""
    for site in worlds.SITES:
        behave(world, site, fakeserver.say_nothing)
    with Watch(world) as watch:
        watch.log.await_match("dc2 is failing")
        assert watch.stop(number) == 0


def test_json(world):
    with Watch(world, "--json") as watch:
        rounds = [json.loads(watch.log.await_match("^.*$")[0]) for _ in range(3)]
        assert watch.stop() == 0
    times = [each["time"] for each in rounds]
    assert times == sorted(times) and times[0] < times[2]
    assert {site["state"] for each in rounds for site in each["sites"]} == {"serving"}


def plain(drawn):
    return re.sub(r"\033\[[0-9;]*[a-zA-Z]", "", drawn)


def test_table_on_a_terminal(world):
    with Watch(world, "--url", URL, terminal=(40, 80)) as watch:
        drawn = watch.log.await_match(r"(?s)\A.*\Z")[0]
        assert drawn.startswith("\033[H")
        lines = plain(drawn).splitlines()
        assert re.match(rf"{worlds.NAME}, {TIME}, every 1 s; Ctrl-C ends$", lines[0])
        assert re.match(r"SITE +STATE +IPV4 +IPV6 +SITE FILE +WEB 1 +TIME$", lines[2])
        assert lines.index("CHANGES") == len(lines) - 3
        behave(world, "dc2", fakeserver.say_nothing)
        drawn = plain(watch.log.await_match(r"(?s)\A.*dc2 is failing, and was serving.*\Z")[0])
        # The newest change is the first one, below the table.
        assert re.search(rf"(?s)\ndc2 +failing .*\nCHANGES\n{TIME} dc2 is failing, and was serving\n"
                         rf"{TIME} dc1 is serving\n{TIME} dc2 is serving\n\Z", drawn)
        assert watch.stop() == 0


def test_small_terminal(world):
    """Many findings leave room for who serves, the worst of them, and what has changed."""
    for site in worlds.SITES:
        behave(world, site, fakeserver.with_rcode(5))
    with Watch(world, "--url", URL, terminal=(24, 80)) as watch:
        watch.log.await_match(r"\[lame\]")
        behave(world, "dc2", lambda query, response, tcp: None if tcp else response)
        world.users["dc2"][0].answer = webserver.response(500)
        world.users["dc2"][1].answer = webserver.reset
        drawn = plain(watch.log.await_match(r"(?s)\A.*gets no-answer.*\Z")[0])
        assert len(drawn.splitlines()) <= 23
        assert re.search(r"(?m)^dc1 +lame .*\ndc2 +serving ", drawn)
        assert re.search(r"\nerror: .*\n(.*\n)?    [A-Z].*\n", drawn)
        assert "\n... there is more, and no room for it: parentgen --check shows all\n\nCHANGES\n" in drawn
        changes = drawn[drawn.index("CHANGES"):].splitlines()
        assert re.match(rf"{TIME} dc2 is serving, and was lame$", changes[1])
        assert re.match(rf"{TIME} dc2: {URL} gets no-answer", changes[2])
        assert watch.stop() == 0


@pytest.mark.parametrize("size", [(12, 40), (40, 200)])
def test_size_of_the_terminal(world, size):
    """It is drawn anew, at once, in the new size."""
    behave(world, "dc2", fakeserver.with_rcode(5))
    with Watch(world, "--watch=1000", terminal=(24, 80)) as watch:
        watch.log.await_match(r"\[lame\]")
        watch.resize(*size)
        watch.process.send_signal(signal.SIGWINCH)
        drawn = watch.log.await_match(r"(?s)\A.*\Z")[0]
        lines = plain(drawn).splitlines()
        assert len(lines) < size[0] and max(map(len, lines)) <= size[1]
        assert max(map(len, lines)) > 80 or size[1] == 40
        assert watch.stop() == 0


def test_stopped_and_continued(world):
    """Whatever the shell has written meanwhile, the table is back at once."""
    with Watch(world, "--watch=1000", terminal=(24, 80)) as watch:
        watch.log.await_match(r"(?s)\A.*\Z")
        watch.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, watch.process.pid, os.WSTOPPED)
        watch.process.send_signal(signal.SIGCONT)
        assert "All is right." in watch.log.await_match(r"(?s)\A.*\Z")[0]
        assert watch.stop() == 0


@pytest.mark.parametrize("options", [["--watch"], ["--watch", "--html", "/no/such/page"],
                                     ["--html", "/no/such/page"]])
def test_output_that_cannot_be_written(world, options):
    """Whatever else fails besides."""
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [daemon.PARENTGEN, "--check", *options, "--parent", worlds.PARENT, world.path],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=daemon.PATIENCE)
    assert done.returncode == 1
    assert "the output could not be written: No space left on device" in done.stderr


@pytest.mark.parametrize("options", [("--watch=0",), ("--watch=x",), ("--watch=86401",)])
def test_bad_interval(site_file, options):
    done = daemon.run("--check", *options, site_file(), program=daemon.PARENTGEN)
    assert done.returncode == 64 and "must be a number of seconds from 1 to 86400" in done.stderr
