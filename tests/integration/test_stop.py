"""The end: silent at once, exit status 0; and a process that is stuck is noticed."""

import signal
import sys
import threading

import dns.message
import pytest

import daemon
import webserver


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_ends_well(serving, number):
    serving.signal(number)
    serving.notify.await_match(r"(?m)^STOPPING=1$")
    assert serving.wait() == 0


def test_ends_while_starting(sitens, site_file, web):
    web.answer = webserver.hang
    running = sitens(site_file(check={"timeout": "1h", "interval": "1h", "fast-interval": "1h"}))
    web.await_requests(1, since=0)
    assert running.stop() == 0


def test_does_not_wait_for_a_hanging_check(serving, web):
    hanging = threading.Event()

    def hang(connection, server):
        hanging.set()
        webserver.hang(connection, server)

    web.answer = hang
    assert hanging.wait(daemon.PATIENCE)
    assert serving.stop() == 0


def test_idle_connection_does_not_delay_the_end(serving):
    with serving.tcp() as connection:
        assert serving.stop() == 0
        assert connection.recv(1) == b""


def test_stops_while_queries_arrive(serving):
    """Every connection gets a whole answer or an end, never half an answer."""
    query = daemon.framed(dns.message.make_query("get.example.test", "A"))
    with serving.tcp() as connection:
        connection.sendall(query * 1000)
        assert daemon.receive_framed(connection)
        serving.signal(signal.SIGTERM)
        while daemon.receive_framed(connection):
            pass
    assert serving.wait() == 0


def test_watchdog_is_fed(sitens, site_file):
    running = sitens(site_file(), more_environment={"WATCHDOG_USEC": "500000"})
    running.await_state("serving")
    for _ in range(3):
        running.notify.await_match(r"(?m)^WATCHDOG=1$")


def test_watchdog_is_fed_while_no_query_comes(sitens, site_file):
    """For longer than the five seconds after which an idle thread would count as stuck."""
    running = sitens(site_file(), more_environment={"WATCHDOG_USEC": "500000"})
    running.await_state("serving")
    for _ in range(28):  # four a second
        running.notify.await_match(r"(?m)^WATCHDOG=1$")
    assert "is stuck" not in running.log


def test_watchdog_is_not_fed_where_nobody_asked(serving):
    serving.await_round()  # perhaps that of the change to serving
    serving.await_round()
    assert r"WATCHDOG=1" not in serving.notify


def test_stopped_process_does_not_feed_the_watchdog(sitens, site_file, web):
    running = sitens(site_file(), more_environment={"WATCHDOG_USEC": "200000"})
    running.await_state("serving")
    running.notify.await_match(r"(?m)^WATCHDOG=1$")
    running.signal(signal.SIGSTOP)
    running.signal(signal.SIGCONT)
    running.notify.await_match(r"(?m)^WATCHDOG=1$")


def test_log_without_a_reader(sitens, site_file):
    """`sitens 2>&1 | less` must go on answering when less is left."""
    closed = ("import os, signal, sys; signal.signal(signal.SIGPIPE, signal.SIG_DFL); "
              "os.dup2(os.pipe()[1], 2); os.execv(sys.argv[1], sys.argv[1:])")
    running = sitens(site_file(), wrapper=(sys.executable, "-c", closed)).await_ready()
    running.reload()
    assert daemon.addresses(running.ask())
    assert running.stop() == 0
