"""What sitens writes may hang or fail for ever: it answers, falls silent and ends all the same."""

import contextlib
import os
import re
import signal
import socket

import pytest

import daemon
import hang
import webserver


def standard_error(path):
    """A wrapper that has standard error go to a file, a pipe or a terminal."""
    return "sh", "-c", 'exec 2>"$0"; exec "$@"', str(path)


def journal(directory, path):
    """A wrapper with that socket in the place of journald's."""
    if not daemon.SYSTEMD:
        pytest.skip("this build has no systemd: it knows no journal")
    (directory / "systemd" / "journal").mkdir(parents=True, exist_ok=True)
    os.link(path, directory / "systemd" / "journal" / "socket")
    script = ('mount --bind "$0" /run && JOURNAL_STREAM=$(stat -Lc %d:%i /dev/null) && '
              'export JOURNAL_STREAM && exec "$@" 2>/dev/null')
    return "unshare", "-m", "sh", "-c", script, str(directory)


@pytest.fixture
def stack():
    with contextlib.ExitStack() as made:
        yield made


def await_status(running, state):
    running.notify.await_match(rf"(?m)^STATUS=.*get\.example\.test: {state}")


def goes_on(running, web, serving=False):
    """What matters to users and to the service manager."""
    if not serving:
        await_status(running, "serving")
    assert daemon.addresses(running.ask())
    running.reload()
    web.answer = webserver.response(status=500)
    await_status(running, "failing")
    assert running.is_silent()
    web.answer = webserver.response()
    await_status(running, "serving")
    for _ in range(2):
        running.notify.await_match(r"(?m)^WATCHDOG=1$")
    assert running.stop() == 0


WATCHDOG = {"WATCHDOG_USEC": "1000000"}

# To look for leaks all threads have to stop, and one that waits for a file system does not.
NO_LEAK_CHECK = {"ASAN_OPTIONS": f"{os.environ.get('ASAN_OPTIONS', '')}:detect_leaks=0"}


@pytest.mark.parametrize("kind", (hang.Pipe, hang.Terminal))
def test_nobody_reads_standard_error(sitens, site_file, web, tmp_path, stack, kind):
    """`sitens 2>&1 | logger` whose logger has stopped, before the first line."""
    sink = kind(tmp_path)
    stack.callback(sink.close)
    running = sitens(site_file(), wrapper=standard_error(sink.path), more_environment=WATCHDOG)
    goes_on(running, web)


def test_journald_is_stopped(sitens, site_file, web, tmp_path, stack):
    if os.geteuid() != 0:
        pytest.skip("mount namespaces need root")
    sink = hang.Datagrams(tmp_path / "journal")
    stack.callback(sink.close)
    running = sitens(site_file(), wrapper=journal(tmp_path / "run", sink.path),
                     more_environment=WATCHDOG)
    goes_on(running, web)


def test_journald_goes_on(sitens, site_file, web, tmp_path, stack):
    """Then nothing is lost, and each message has its fields."""
    if os.geteuid() != 0:
        pytest.skip("mount namespaces need root")
    sink = hang.Datagrams(tmp_path / "journal")
    stack.callback(sink.close)
    running = sitens(site_file(), wrapper=journal(tmp_path / "run", sink.path))
    await_status(running, "serving")
    web.answer = webserver.response(status=500)
    await_status(running, "failing")
    entries = sink.read_until(r"(?m)^SITENS_STATE=failing$")
    states = [entry for entry in entries if "\nSITENS_STATE=" in entry]
    assert len(states) == 2
    for field in (r"MESSAGE=get\.example\.test: failing \(was serving\): check: HTTP status 500.*",
                  "PRIORITY=4", "SYSLOG_IDENTIFIER=sitens", "MESSAGE_ID=[0-9a-f]{32}",
                  r"SITENS_ZONE=get\.example\.test", "SITENS_SITE=dc1",
                  "SITENS_REASON=check: HTTP status 500.*"):
        assert re.search(f"(?m)^{field}$", states[1]), states[1]


def test_standard_error_on_a_full_disk(sitens, site_file, web):
    running = sitens(site_file(), wrapper=standard_error("/dev/full"), more_environment=WATCHDOG)
    metrics = running.directory / "run/sitens.prom"
    daemon.await_true("messages that are dropped", lambda: metrics.exists() and re.search(
        r"(?m)^sitens_log_dropped_total [1-9]", metrics.read_text()))
    goes_on(running, web)


def test_standard_files_are_closed(sitens, site_file, web):
    """Whatever is opened next must not take the place of standard error."""
    running = sitens(site_file(), wrapper=("sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh"),
                     more_environment=WATCHDOG)
    await_status(running, "serving")
    for number in range(3):
        assert os.readlink(f"/proc/{running.process.pid}/fd/{number}") == "/dev/null"
    goes_on(running, web, serving=True)


def test_what_waited_is_written_once_it_is_read(sitens, site_file, tmp_path, stack):
    sink = hang.Pipe(tmp_path)
    stack.callback(sink.close)
    running = sitens(site_file(), wrapper=standard_error(sink.path))
    await_status(running, "serving")
    assert "INFO: get.example.test: site dc1" in sink.read_all("serving (was starting)")


def test_service_manager_does_not_read(sitens, site_file, web, tmp_path, stack):
    if not daemon.SYSTEMD:
        pytest.skip("this build has no systemd: it notifies nobody")
    sink = hang.Datagrams(tmp_path / "notifications")
    stack.callback(sink.close)
    running = sitens(site_file(), more_environment={"NOTIFY_SOCKET": str(sink.path), **WATCHDOG})
    running.await_state("serving")
    web.answer = webserver.response(status=500)
    running.await_state("failing")
    assert running.is_silent()
    for _ in range(10):
        running.signal(signal.SIGHUP)
        running.log.await_match("^NOTICE: reloaded")
    # What is out of date is not told any more; what is due is.
    told = sink.read_until("STATUS=.*failing")
    assert sum("STATUS=" in text for text in told) <= 3, told
    assert sum("RELOADING=1" in text for text in told) <= 2, told
    assert running.stop() == 0


def test_service_manager_comes_later(sitens, site_file, web, tmp_path, stack):
    """What it could not be told, as on a host without a descriptor for it, it is told then."""
    if not daemon.SYSTEMD:
        pytest.skip("this build has no systemd: it notifies nobody")
    path = tmp_path / "notifications"
    running = sitens(site_file(check={"interval": "1h"}), more_environment={"NOTIFY_SOCKET": str(path)})
    running.await_file("get.example.test.state", "serving")
    web.await_requests(1, since=0)
    later = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
    later.bind(str(path))
    path.chmod(0o777)
    later.settimeout(daemon.PATIENCE)
    told = ""
    while "READY=1" not in told or "test: serving" not in told:
        told += later.recv(65536).decode()


@pytest.mark.parametrize("variable", ("RUNTIME_DIRECTORY", "STATE_DIRECTORY"))
def test_file_system_hangs(sitens, site_file, web, tmp_path, stack, variable):
    place = hang.FileSystem(tmp_path / "hanging")
    stack.callback(place.close)
    environment = {variable: str(place.path), **WATCHDOG, **NO_LEAK_CHECK}
    goes_on(sitens(site_file(), more_environment=environment), web)


def test_metrics_on_a_file_system_that_hangs(sitens, site_file, web, tmp_path, stack):
    """The state files are elsewhere, and go on."""
    place = hang.FileSystem(tmp_path / "hanging")
    stack.callback(place.close)
    running = sitens(site_file(), "--metrics", place.path / "sitens.prom",
                     more_environment=WATCHDOG | NO_LEAK_CHECK)
    running.await_file("get.example.test.state", "serving ")
    goes_on(running, web)


def test_everything_hangs(sitens, site_file, web, tmp_path, stack):
    places = {"RUNTIME_DIRECTORY": hang.FileSystem(tmp_path / "run"),
              "STATE_DIRECTORY": hang.FileSystem(tmp_path / "state"),
              "NOTIFY_SOCKET": hang.Datagrams(tmp_path / "notifications")}
    sink = hang.Pipe(tmp_path)
    for each in (sink, *places.values()):
        stack.callback(each.close)
    running = sitens(site_file(), wrapper=standard_error(sink.path), more_environment={
        variable: str(place.path) for variable, place in places.items()} | WATCHDOG | NO_LEAK_CHECK)
    web.await_requests(5, since=0)
    assert daemon.addresses(running.ask())
    web.answer = webserver.response(status=500)
    web.await_requests(5)
    assert running.is_silent()
    assert running.stop() == 0


def test_state_is_written_later(sitens, site_file, tmp_path):
    """Without a change of state, or of anything else that would be a reason to write it."""
    place = tmp_path / "later"
    running = sitens(site_file(check={"interval": "1h"}),
                     more_environment={"RUNTIME_DIRECTORY": str(place)})
    running.await_state("serving")
    running.log.await_match(r"^WARNING: .*/get.example.test.state cannot be written: No such file",
                            reader="state")
    place.mkdir()
    state = place / "get.example.test.state"
    daemon.await_true("the state", lambda: state.exists() and "serving" in state.read_text())
    running.log.await_match(r"^NOTICE: .*/get.example.test.state can be written again")
    assert sum("test.state cannot be written" in text for text in running.log.texts) == 1


def test_state_is_not_out_of_date(sitens, site_file, web, tmp_path, stack):
    """On a full disk the old state makes room for the present one."""
    if os.geteuid() != 0:
        pytest.skip("mounts need root")
    place = tmp_path / "full"
    place.mkdir()
    assert not hang.libc.mount(b"tmpfs", str(place).encode(), b"tmpfs", 0, b"size=64k")
    stack.callback(hang.libc.umount2, str(place).encode(), hang.MNT_DETACH)
    running = sitens(site_file(), more_environment={"RUNTIME_DIRECTORY": str(place)})
    state = place / "get.example.test.state"
    running.await_state("serving")
    daemon.await_true("the state", lambda: state.exists() and "serving" in state.read_text())
    with open(place / "other", "wb", buffering=0) as other, contextlib.suppress(OSError):
        while True:
            other.write(b"x" * 4096)
    web.answer = webserver.response(status=500)
    running.await_state("failing")
    daemon.await_true("the state", lambda: state.exists() and "failing" in state.read_text())


def test_every_fault_is_shown_to_a_slow_reader(site_file, tmp_path):
    """More of them than a pipe holds, and than the log keeps; sitens waits for its reader."""
    lines = "".join(f"fault{number} = x\n" for number in range(6000))
    path = site_file(text=f"[zone]\nname = get.example.test\n{lines}")
    command = f'"{daemon.SITENS}" --site dc1 "{path}" 2>&1 | (sleep 1; cat)'
    done = daemon.run("-c", command, program="sh")
    assert sum("fault" in line for line in done.stdout.splitlines()) >= 6000


def test_end_while_startup_faults_are_not_read(site_file, tmp_path, stack):
    sink = hang.Pipe(tmp_path)
    stack.callback(sink.close)
    path = site_file(text="[zone]\nname = -\n")
    running = daemon.Daemon("--site", "dc1", path, wrapper=standard_error(sink.path))
    stack.callback(running.discard)
    running.signal(signal.SIGTERM)
    assert running.wait() == -signal.SIGTERM
