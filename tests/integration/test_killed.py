"""Killed at any moment: no file is half-written, and the next one serves."""

import random
import re
import threading

import pytest

import daemon

NAME = "get.example.test"
KILLS = 15


def switch(running):
    """Throws the operator's switch until the daemon is gone."""
    socket = running.directory / "run" / "control"
    words = ["out", "auto"]
    while running.process.poll() is None:
        daemon.run("--socket", socket, words[0], NAME, program=daemon.BUILD / "sitens" / "sitensctl")
        words.reverse()


def is_whole(path):
    """Whether a file that the daemon wrote, or had not begun to replace, is as it writes it."""
    text = path.read_text()
    if path.name == "sitens.prom":
        return all(re.fullmatch(r"# .*|\w+(\{.*\})? \S+", line) for line in text.splitlines()) and \
            text.endswith("\n")
    if path.name.endswith(".state"):
        return re.fullmatch(r"[a-z-]+ .*\nanswers: .*\n", text)
    return path.name == "get.example.test.standby" and not text


def test_at_random_moments(sitens, site_file, request):
    rng = random.Random(request.node.name)
    path = site_file()
    state = None
    for _ in range(KILLS):
        environment = {"STATE_DIRECTORY": str(state)} if state else {}
        running = sitens(path, more_environment=environment)
        state = state or running.directory / "state"
        running.await_ready()
        with daemon.reloads(running, 0.01):
            switching = threading.Thread(target=switch, args=(running,))
            switching.start()
            # Any moment will do; this is no wait for anything.
            threading.Event().wait(rng.uniform(0, 0.3))
            running.process.kill()
            switching.join()
        running.wait()
        faults = [line for line in running.log.texts if line.startswith(("WARNING", "ERROR"))]
        assert not [line for line in faults if str(state) in line], faults
        for each in (running.directory / "run").iterdir():
            # What was not yet renamed has another name, and nobody reads it.
            assert each.is_socket() or each.suffix == ".new" or is_whole(each), each
    last = sitens(path, more_environment={"STATE_DIRECTORY": str(state)})
    last.await_ready()
    assert not [line for line in last.log.texts if str(state) in line]


@pytest.mark.parametrize("way", ["socket", "pipe"])
def test_helper_that_cannot_be_watched(sitens, site_file, way):
    """It is started again, and no check has failed."""
    running = sitens(site_file(), more_environment={
        "LD_PRELOAD": str(daemon.BUILD / "tests" / "integration" / "failing_poll.so"),
        "FAILING_POLL": way, "ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=0"})
    running.await_state("serving")
    assert running.stop() == 0
    assert not any("failing" in text for text in running.log.texts)
