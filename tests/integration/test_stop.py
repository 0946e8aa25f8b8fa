"""The end: silent at once, exit status 0; and a process that is stuck is noticed."""

import platform
import signal
import socket
import sys
import threading

import dns.message
import pytest

import daemon
import threads
import webserver

IP_FREEBIND = 15  # of <linux/in.h>
RECEIVE, POLL = ("45", "299"), ("232", "281")  # recvfrom, recvmmsg; epoll_wait, epoll_pwait: x86_64


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


@pytest.mark.skipif(platform.machine() != "x86_64", reason="knows the system calls of x86_64")
@pytest.mark.parametrize("calls", (RECEIVE, POLL), ids=("udp", "tcp"))
def test_a_thread_that_is_stuck(sitens, site_file, netns, calls):
    """Noticed although one address cannot be had, so that the listeners are set again and again."""
    with netns.inside(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
        web = webserver.WebServer(("127.0.0.1", 0))
        running = sitens(site_file(url=web.url()), "--listen", "0.0.0.0", listen=False,
                         more_environment={"WATCHDOG_USEC": "500000"})
        running.await_state("serving")
        holder.setsockopt(socket.SOL_IP, IP_FREEBIND, 1)
        holder.bind(("10.0.0.5", 53))
        netns.add_address("10.0.0.5/32")
        running.log.await_match(r"^ERROR: 10\.0\.0\.5 port 53 is taken by python3")
        # The control loop waits by the same call as the thread for TCP.
        tids = [tid for tid in threads.waiting_in(running.process.pid, calls)
                if tid != running.process.pid]
        with threads.stopped(tids[0]):
            running.log.await_match("^WARNING: a thread that answers queries is stuck")
            running.notify.skip()
            running.await_round()
            running.await_round()
            fed = [text for text in running.notify.texts[running.notify.positions[None]:]
                   if "WATCHDOG=1" in text]
        assert not fed
        running.log.await_match("^NOTICE: nothing is stuck any more")
        assert sum("queries is stuck" in text for text in running.log.texts) == 1
        running.notify.await_match(r"(?m)^WATCHDOG=1$")
        web.close()


@pytest.mark.skipif(platform.machine() != "x86_64", reason="knows the system calls of x86_64")
def test_ends_although_a_thread_is_stuck(serving):
    tid = threads.waiting_in(serving.process.pid, RECEIVE)[0]
    with threads.stopped(tid):
        serving.signal(signal.SIGTERM)
        daemon.await_true("the end of the thread", lambda: threads.has_ended(tid))
        assert serving.wait() == 0


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
    if daemon.SYSTEMD:
        running.reload()
    else:  # only the log tells of its end, and nobody reads that
        running.signal(signal.SIGHUP)
        running.await_round()
    assert daemon.addresses(running.ask())
    assert running.stop() == 0
