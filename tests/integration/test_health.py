"""From results to states: hold-down, reload, faults of the host itself."""

import resource
import socket
import time

import pytest

import daemon
import webserver


def test_hold_down(sitens, site_file, web):
    """A web server that is well again is not enough."""
    running = sitens(site_file(policy={"hold-down": "1h"}))
    running.await_state("serving")
    web.answer = webserver.response(500)
    running.await_state("failing")
    web.answer = webserver.response()
    web.await_requests(10)
    assert running.is_silent()


def test_hold_down_ends(sitens, site_file, web):
    running = sitens(site_file(policy={"hold-down": "1s"}))
    running.await_state("serving")
    web.answer = webserver.response(500)
    running.await_state("failing")
    web.answer = webserver.response()
    running.await_state("serving")


def test_no_hold_down_at_the_start(sitens, site_file, web):
    """A web server that starts after sitens is not a relapse."""
    web.answer = webserver.response(500)
    running = sitens(site_file(policy={"hold-down": "1h"}))
    running.await_state("failing")
    web.answer = webserver.response()
    running.await_state("serving")


def test_reload_keeps_the_hold_down(sitens, site_file, web):
    file = site_file(policy={"hold-down": "1h"})
    running = sitens(file)
    running.await_state("serving")
    web.answer = webserver.response(500)
    running.await_state("failing")
    web.answer = webserver.response()
    running.reload()
    web.await_requests(10)
    assert running.is_silent()


def test_reload_with_another_check_does_not_silence(serving, site_file, web):
    """Until its first result a new check changes nothing."""
    web.answer = webserver.hang
    site_file(check={"expect-status": "200", "timeout": "3s"})
    before = len(web.requests)
    serving.reload()
    web.await_requests(1, since=before)
    assert not serving.is_silent()
    assert "timeout" in serving.await_state("failing")


def test_reload_with_another_check_does_not_announce(serving, site_file, web):
    web.answer = webserver.response(500)
    serving.await_state("failing")
    web.answer = webserver.hang
    site_file(check={"expect-status": "200", "timeout": "1h"})
    before = len(web.requests)
    serving.reload()
    web.await_requests(1, since=before)
    assert serving.is_silent()


def test_ready_after_the_first_result(sitens, site_file, web):
    """Also when it is a bad one; before that the service manager waits."""
    web.answer = webserver.response(500)
    running = sitens(site_file())
    running.await_ready()
    assert running.is_silent()


def test_first_result_may_be_a_deadline(sitens, site_file, web):
    web.answer = webserver.hang
    running = sitens(site_file(check={"timeout": "300ms"}))
    running.await_ready()
    assert "timeout: waited 300 ms for the response" in running.await_state("failing")


def test_out_of_file_descriptors(serving, web):
    """Checks by HTTP do not suffer: they are made by another process."""
    pid = serving.process.pid
    soft, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    # A new descriptor would have to be below 8, where each is in use for good.
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (8, hard))
    web.await_requests(5)
    assert not serving.drops_udp()
    web.answer = webserver.response(500)
    serving.await_state("failing")
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (soft, hard))
    web.answer = webserver.response()
    serving.await_state("serving")


def test_stopped_process_recovers(serving, web):
    """SIGSTOP and SIGCONT: checks go on where they were, and no deadline strikes for it."""
    serving.signal(19)
    daemon_state = f"/proc/{serving.process.pid}/stat"
    while True:
        with open(daemon_state) as stat:
            if stat.read().rpartition(")")[2].split()[0] == "T":
                break
    time.sleep(1)
    serving.signal(18)
    web.await_requests(5)
    assert not serving.is_silent()
    assert "failing" not in serving.log


def test_checks_do_not_beat_together(site_file, web, sitens):
    """The intervals vary, or the sites would all ask at the same moment for ever."""
    running = sitens(site_file(check={"interval": "200ms", "fast-interval": "200ms"}))
    running.await_state("serving")
    times = []
    for _ in range(12):
        web.await_requests(1)
        times.append(time.monotonic())
    gaps = [after - before for before, after in zip(times, times[1:])]
    assert max(gaps) - min(gaps) > 0.002, gaps


def is_open(connection):
    """Whether the client has not gone away; the thread that waits for it may learn that late."""
    try:
        return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


def test_one_request_at_a_time(sitens, site_file, web):
    """However slow the web server is."""
    connections = []
    most = []

    def slow(connection, server):
        connections.append(connection)
        most.append(sum(map(is_open, list(connections))))
        webserver.hang(connection, server)

    web.answer = slow
    running = sitens(site_file(check={"timeout": "200ms", "interval": "100ms"}))
    running.await_state("failing")
    web.await_requests(5)
    assert max(most) == 1


def test_parts_of_a_response_may_come_slowly(sitens, site_file, web):
    """As long as all of it is there by the deadline."""
    def in_parts(connection, server):
        octets = webserver.response().octets
        for part in (octets[:10], octets[10:40], octets[40:]):
            connection.sendall(part)
            server.closing.wait(0.05)

    web.answer = in_parts
    running = sitens(site_file(check={"timeout": "2s"}))
    running.await_state("serving")
    assert daemon.addresses(running.ask())


def test_idle_clients_leave_descriptors_to_the_checks(sitens, site_file, web):
    """However many connections are held open, the check still gets its socket."""
    running = sitens(site_file(), wrapper=("prlimit", "--nofile=48"))
    running.await_state("serving")
    held = [running.tcp() for _ in range(60)]
    seen = len(web.requests)
    web.await_requests(3, since=seen)
    assert "failing" not in running.log
    assert not running.is_silent()
    for sock in held:
        sock.close()


@pytest.mark.parametrize("days", [400, -400])
def test_steps_of_the_clock_change_nothing(sitens, site_file, web, clock, days):
    """Checks, hold-down and deadlines live by the monotonic clock."""
    running = sitens(site_file(), more_environment=clock.environment)
    running.await_state("serving")
    clock.set(days * 86400)
    web.await_requests(5)
    assert "failing" not in running.log and not running.is_silent()
    web.answer = webserver.response(500)
    running.await_state("failing")
    clock.set(-days * 86400)
    web.answer = webserver.response()
    running.await_state("serving")
