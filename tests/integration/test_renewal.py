"""Reloads that come in a storm, take long or hang: checks, answers and the end do not notice."""

import contextlib
import re
import resource
import signal
import threading
import time

import dns.rcode
import pytest

import daemon
import hang
import signing
import webserver

GET = "get.example.test"
MANY = 4000


class Storm:
    """A reload every few milliseconds."""

    def __init__(self, running, pause=0.01):
        self.running, self.pause = running, pause
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._blow)

    def _blow(self):
        while not self.over.wait(self.pause) and self.running.process.poll() is None:
            self.running.signal(signal.SIGHUP)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


def count(events, pattern):
    return sum(bool(re.search(pattern, text)) for text in events.texts)


def write_records(directory, count):
    """Extra records, by that name."""
    (directory / "extra").write_text("".join(f'n{i} TXT "{i}"\n' for i in range(count)))
    return "extra"


@pytest.fixture
def key(tmp_path):
    return signing.make_key(tmp_path, GET)


@pytest.mark.parametrize("kind", ("url", "exec", "slow-url"))
def test_dead_web_server_in_a_storm_of_reloads(sitens, site_file, web, tmp_path, kind):
    """A check that takes longer than the time between two reloads comes to its end all the same."""
    sign = tmp_path / "dead"
    more = {"exec": f"/usr/bin/test ! -e {sign}", "interval": "100ms", "fast-interval": "50ms"}
    running = sitens(site_file(**({"check_more": more} if kind == "exec" else {})))
    running.await_state("serving")
    with Storm(running):
        running.notify.await_match("RELOADING=1")
        dead = webserver.response(status=500)
        if kind == "exec":
            sign.touch()
        else:
            web.answer = dead if kind == "url" else lambda *args: (time.sleep(0.3), dead(*args))
        running.await_state("failing")
        assert running.is_silent()
        sign.unlink(missing_ok=True)
        web.answer = webserver.response()
        running.await_state("serving")


def test_end_in_a_storm_of_reloads(sitens, site_file):
    running = sitens(site_file())
    running.await_state("serving")
    with Storm(running, pause=0.0005):
        for _ in range(3):
            running.notify.await_match("RELOADING=1")
        assert running.stop() == 0


def test_every_reload_is_told_of_its_end(serving):
    with Storm(serving, pause=0.001):
        for _ in range(5):
            serving.notify.await_match(r"\ARELOADING=1\nMONOTONIC_USEC=\d+$")
            serving.notify.await_match(r"(?m)^READY=1$")
    serving.stop()
    told = [text.split("=")[0] for text in serving.notify.texts
            if re.match("RELOADING=1|READY=1", text)]
    assert told[0] == "READY"
    # An end that was not told before the next reload began is told with that one's.
    assert ("READY", "READY") not in zip(told, told[1:]), told


def test_what_a_storm_leaves_is_the_last_file(serving, site_file):
    with Storm(serving):
        for number in range(1, 100):
            site_file(site_dc1={"address": f"192.0.2.{number}"})
    serving.signal(signal.SIGHUP)
    daemon.await_true("the last address",
                      lambda: daemon.addresses(serving.ask()) == ["192.0.2.99"])


@contextlib.contextmanager
def hanging_site_file(path, directory):
    """The site file lies on a file system that does not answer."""
    place = hang.FileSystem(directory / "hanging")
    try:
        path.unlink()
        path.symlink_to(place.path / "get.conf")
        yield place
    finally:
        place.close()


def test_file_system_of_the_site_file_hangs(sitens, site_file, web, tmp_path):
    path = site_file()
    running = sitens(path)
    running.await_state("serving")
    with hanging_site_file(path, tmp_path):
        running.signal(signal.SIGHUP)
        running.notify.await_match("RELOADING=1")
        web.answer = webserver.response(status=500)
        running.await_state("failing")
        assert running.is_silent()
        web.answer = webserver.response()
        running.await_state("serving")
        assert daemon.addresses(running.ask())
        running.log.await_match("site files are still being read: does their file system hang")


def test_reloads_that_wait_count_as_one(sitens, site_file, tmp_path):
    path = site_file()
    running = sitens(path)
    running.await_state("serving")
    with hanging_site_file(path, tmp_path):
        for _ in range(50):
            running.signal(signal.SIGHUP)
            time.sleep(0.002)  # else the kernel makes one of them
        running.notify.await_match("RELOADING=1")
        path.unlink()
        site_file(site_dc1={"address": "192.0.2.99"})
    running.log.await_match("^NOTICE: reloaded")
    running.notify.await_match("(?m)^READY=1$")
    assert daemon.addresses(running.ask()) == ["192.0.2.99"]
    assert running.stop() == 0
    assert count(running.notify, "RELOADING=1") == 2


def test_end_while_the_site_file_hangs(sitens, site_file, tmp_path):
    path = site_file()
    running = sitens(path)
    running.await_state("serving")
    with hanging_site_file(path, tmp_path):
        running.signal(signal.SIGHUP)
        running.notify.await_match("RELOADING=1")
        assert running.stop() == 0


def cpu_seconds(*command):
    """What a program computes, the least of three times; other load hardly bears on it."""
    def once():
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        assert daemon.run(*command).returncode == 0
        return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before

    return min(once() for _ in range(3))


def test_time_to_read_grows_with_the_number_of_records(site_file, tmp_path):
    """Four times as many take four times as long, and not sixteen times."""
    path = site_file(zone={"records": write_records(tmp_path, MANY)})
    few = cpu_seconds("--site", "dc1", "--test", path)
    write_records(tmp_path, 4 * MANY)
    assert cpu_seconds("--site", "dc1", "--test", path) < 8 * few


@pytest.fixture
def reloading_much(sitens, site_file, key, tmp_path):
    """A daemon that makes thousands of signatures for a reload, which takes seconds."""
    running = sitens(site_file(zone={"dnssec-key": key.private}))
    running.await_state("serving")
    site_file(zone={"dnssec-key": key.private,
                    "records": write_records(tmp_path, MANY)})
    running.notify.skip()
    running.signal(signal.SIGHUP)
    running.notify.await_match("RELOADING=1")
    return running


def test_dead_web_server_while_much_is_signed(reloading_much, web):
    web.answer = webserver.response(status=500)
    reloading_much.await_state("failing")
    assert "^NOTICE: reloaded" not in reloading_much.log
    assert reloading_much.is_silent()
    reloading_much.log.await_match("^NOTICE: reloaded")
    web.answer = webserver.response()
    reloading_much.await_state("serving")
    answer = reloading_much.ask(f"n{MANY - 1}.{GET}", "TXT", want_dnssec=True)
    assert len(answer.answer) == 2
    assert reloading_much.ask(f"x.{GET}").rcode() == dns.rcode.NXDOMAIN


def test_end_while_much_is_signed(reloading_much):
    assert reloading_much.stop() == 0
    assert "^NOTICE: reloaded" not in reloading_much.log
