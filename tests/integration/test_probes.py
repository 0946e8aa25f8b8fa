"""The checks other than HTTP: a port, a command, a file, a unit."""

import ctypes
import os
import re
import socket
import time

import pytest

import daemon
import systemd
import webserver
from conftest import fresh_address


def fails(running, pattern):
    """The zone falls silent, and the log says why."""
    line = running.await_state("failing")
    assert re.search(pattern, line), line
    assert running.is_silent()


# A check of another kind than HTTP, in [check].

@pytest.fixture
def only(site_file):
    """A site file whose check has these keys and no url."""
    def make(**keys):
        quick = {"interval": "100ms", "fast-interval": "50ms", "timeout": "1s", "rise": 2}
        path = site_file()
        text = re.sub(r"(?s)\[check\]\n.*?(?=\[policy\])", "", path.read_text())
        lines = [f"{key.replace('_', '-')} = {value}" for key, value in {**quick, **keys}.items()]
        path.write_text(text + "\n".join(["[check]", *lines]) + "\n")
        return path

    return make


# tcp

def test_tcp(sitens, only):
    with socket.create_server((fresh_address(), 0)) as listener:
        address, port = listener.getsockname()
        running = sitens(only(tcp=f"{address}:{port}"))
        running.await_state("serving")
    fails(running, "(?i)check: no connection to .* port .*refused")
    with socket.create_server((address, port)):
        running.await_state("serving")


def test_tcp_without_answer(sitens, only):
    """A full backlog: the kernel drops the SYN."""
    with socket.create_server((fresh_address(), 0), backlog=0) as listener:
        with socket.create_connection(listener.getsockname()):
            address, port = listener.getsockname()
            running = sitens(only(tcp=f"{address}:{port}", timeout="300ms"))
            fails(running, "check: timeout: waited 300 ms for the connection")


# exec

@pytest.fixture
def command(tmp_path):
    """Makes a command of shell lines; returns its path."""
    def make(*lines):
        path = tmp_path / "command"
        new = tmp_path / "command.new"
        new.write_text("\n".join(["#!/bin/sh", *lines]) + "\n")
        new.chmod(0o755)
        new.rename(path)
        return path

    return make


def test_exec(sitens, only, command):
    running = sitens(only(exec=command("echo all is well")))
    assert "exit status 0: all is well" in running.await_state("serving")
    command("echo starts well", "echo load is 99 >&2", "exit 2")
    fails(running, r"check: /.*/command: exit status 2: load is 99$")
    command("exit 0")
    running.await_state("serving")


def test_exec_has_arguments_but_no_shell(sitens, only, command, tmp_path):
    seen = tmp_path / "seen"
    path = command(f'for word; do echo "<$word>"; done >{seen}.new', f"mv {seen}.new {seen}")
    sitens(only(exec=f"{path} $(id)  'a b'\t*")).await_state("serving")
    assert seen.read_text().split() == ["<$(id)>", "<'a>", "<b'>", "<*>"]


def test_exec_inherits_nothing(sitens, only, command, tmp_path, make_web):
    """Not the sockets of sitens, nor those of another check that runs at the same time."""
    seen = tmp_path / "seen"
    path = command(f"ls -l /proc/$$/fd >{seen}.new", "read line && exit 1", f"mv {seen}.new {seen}")
    file = only(exec=path)
    web = make_web()
    web.answer = webserver.hang
    file.write_text(file.read_text() + f"[check web]\nurl = {web.url()}\ntimeout = 1h\n")
    running = sitens(file)
    web.await_requests(1, since=0)
    deadline = time.monotonic() + daemon.PATIENCE
    seen.unlink(missing_ok=True)
    while not seen.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    fds = dict(re.findall(r"(\d+) -> (.*)", seen.read_text()))
    # The shell keeps its own from 10 on.
    assert {fd for fd in fds if int(fd) < 10} == {"0", "1", "2"}, fds
    assert not [to for to in fds.values() if to.startswith(("socket:", "anon_inode:"))], fds
    assert running.stop() == 0


def test_exec_has_no_capabilities(sitens, only, command, tmp_path):
    """Those by which the service, which is not root, binds port 53."""
    if os.geteuid() != 0:
        pytest.skip("only root can hand on capabilities")
    rights = ("setpriv", "--bounding-set=-all,+net_bind_service", "--securebits=+noroot",
              "--inh-caps=-all,+net_bind_service", "--ambient-caps=-all,+net_bind_service")
    running = sitens(only(exec=command("grep CapEff /proc/self/status")), wrapper=rights)
    line = running.await_state("serving")
    assert re.search(r"exit status 0: CapEff:.0{16}$", line), line
    with open(f"/proc/{running.process.pid}/status") as status:
        assert "CapEff:\t0000000000000400\n" in status.read()


def test_exec_that_is_missing(sitens, only, command):
    running = sitens(only(exec="/nonexistent/command --now"))
    fails(running, "check: cannot run /nonexistent/command: no such file or directory")


def test_exec_that_may_not_be_run(sitens, only, command):
    path = command("exit 0")
    path.chmod(0o644)
    fails(sitens(only(exec=path)), "check: cannot run .*: permission denied")


def test_exec_that_crashes(sitens, only, command):
    fails(sitens(only(exec=command("kill -SEGV $$"))), "was killed by signal 11 .Segmentation")


def gone(pid):
    """Waits until there is no such process, or it is only a zombie of somebody else."""
    deadline = time.monotonic() + daemon.PATIENCE
    while time.monotonic() < deadline:
        try:
            with open(f"/proc/{pid}/stat") as stat:
                if stat.read().rpartition(")")[2].split()[0] == "Z":
                    return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.01)
    return False


@pytest.mark.parametrize("lines", [
    pytest.param(["sleep 1000"], id="hangs"),
    pytest.param(["trap '' TERM INT HUP", "while :; do sleep 1; done"], id="ignores-TERM"),
    pytest.param(["while :; do :; done"], id="loops"),
    pytest.param(["yes"], id="fills-its-output"),
    pytest.param(["exec >&- 2>&-", "sleep 1000"], id="closes-its-output"),
])
def test_exec_that_does_not_end(sitens, only, command, tmp_path, lines):
    path = command(f"sleep 1000 & echo $! >{tmp_path}/child", f"echo $$ >{tmp_path}/self", *lines)
    running = sitens(only(exec=path, timeout="300ms"))
    fails(running, "check: timeout: waited 300 ms for the command")
    pids = [int((tmp_path / name).read_text()) for name in ("self", "child")]
    assert running.stop() == 0
    assert all(gone(pid) for pid in pids)


def test_exec_that_leaves_something_behind(sitens, only, command, tmp_path):
    """It keeps the output open, too."""
    path = command(f"sleep 1000 & echo $! >{tmp_path}/child", "echo fine")
    line = sitens(only(exec=path)).await_state("serving")
    assert "exit status 0: fine" in line
    assert gone(int((tmp_path / "child").read_text()))


def test_exec_with_a_long_last_line(sitens, only, command):
    line = sitens(only(exec=command("head -c 1000000 /dev/zero | tr '\\0' x", "exit 1")))
    line = line.await_state("failing")
    assert "x" * 100 in line and len(line) < 400


def test_exec_that_says_much_at_once(sitens, only, command):
    """A pipe full of it, and the end."""
    path = command("yes no | head -c 60000; echo the end")
    assert "exit status 0: the end" in sitens(only(exec=path)).await_state("serving")


def test_exec_with_a_last_line_of_control_characters(sitens, only, command):
    line = sitens(only(exec=command("printf 'bad\\033[31m\\r\\n'"))).await_state("serving")
    assert line.endswith("bad?[31m?")


def test_reload_while_a_command_runs(sitens, only, command, tmp_path):
    path = command(f"echo $$ >>{tmp_path}/pids", "sleep 1000")
    running = sitens(only(exec=path, timeout="1h"))
    deadline = time.monotonic() + daemon.PATIENCE
    while not (tmp_path / "pids").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    pid = int((tmp_path / "pids").read_text())
    running.signal(1)
    running.log.await_match(r"reloaded$")  # which leaves the check alone: the command runs on
    os.kill(pid, 0)
    assert (tmp_path / "pids").read_text().split() == [str(pid)]
    command("exit 0")
    only(exec=f"{path} again", timeout="1h")
    running.signal(1)
    running.await_state("serving")
    assert gone(pid)


# file

def test_file(sitens, only, tmp_path):
    path = tmp_path / "sentinel"
    running = sitens(only(file=path))
    fails(running, "check: .*/sentinel: no such file or directory")
    path.write_text("")
    running.await_state("serving")
    path.unlink()
    running.await_state("failing")


def test_file_that_must_be_fresh(sitens, only, tmp_path):
    path = tmp_path / "sentinel"
    path.write_text("")
    os.utime(path, (time.time() - 3700,) * 2)
    running = sitens(only(file=path, max_age="1h"))
    fails(running, r"check: .*/sentinel is 37\d\d s old, more than max-age .3600 s.")
    os.utime(path, (time.time() - 3000,) * 2)
    running.await_state("serving")
    os.utime(path, (time.time() + 8000,) * 2)
    fails(running, "future")


@pytest.fixture
def hung(tmp_path):
    """A directory whose file system never answers."""
    if os.geteuid() != 0 or not os.path.exists("/dev/fuse"):
        pytest.skip("a file system that hangs needs root and /dev/fuse")
    directory = tmp_path / "hung"
    directory.mkdir()
    fd = os.open("/dev/fuse", os.O_RDWR)
    libc = ctypes.CDLL(None, use_errno=True)
    options = f"fd={fd},rootmode=40000,user_id=0,group_id=0"
    if libc.mount(b"fuse", bytes(directory), b"fuse", 0, options.encode()) != 0:
        os.close(fd)
        pytest.skip(f"mounting FUSE: {os.strerror(ctypes.get_errno())}")
    yield directory
    os.close(fd)
    libc.umount2(bytes(directory), 2)


def test_file_on_a_file_system_that_hangs(sitens, only, hung):
    """It harms nothing but its check: neither signals nor the end wait for it."""
    running = sitens(only(file=hung / "sentinel", timeout="300ms"))
    fails(running, "check: timeout: waited 300 ms for the file system")
    running.reload()
    assert running.is_silent()
    assert running.stop() == 0


# unit

@pytest.fixture
def units(tmp_path):
    """systemd with nginx.service active."""
    made = systemd.Systemd(tmp_path)
    made.start()
    made.set("nginx.service", "active")
    yield made
    made.stop()


@pytest.fixture
def watching(sitens, site_file, units):
    """A daemon that checks by HTTP, beside nginx.service.

    Only an alarm of the unit can fail it: a hundred failures in a row take longer than a test waits.
    """
    slow = {"unit": "nginx.service", "fall": 100, "interval": "300ms", "fast-interval": "300ms"}
    running = sitens(site_file(check=slow),
                     more_environment=units.environment())
    running.await_state("serving")
    return running


def test_unit_that_stops(watching, units):
    """Silent on systemd's word: `fall` is not waited for."""
    units.set("nginx.service", "deactivating")
    fails(watching, "check: unit nginx.service is deactivating$")
    units.set("nginx.service", "inactive")
    units.set("nginx.service", "activating")
    units.set("nginx.service", "active")
    watching.await_state("serving")


def test_unit_that_stops_while_a_request_runs(sitens, site_file, units, web):
    """The request is given up, and the next one starts afresh."""
    running = sitens(site_file(check={"unit": "nginx.service", "timeout": "1h"}),
                     more_environment=units.environment())
    running.await_state("serving")
    web.answer = webserver.hang
    web.await_requests(1)
    units.set("nginx.service", "deactivating")
    fails(running, "nginx.service is deactivating")
    web.answer = webserver.response()
    units.set("nginx.service", "active")
    running.await_state("serving")


def test_hold_down_ends_between_two_checks(sitens, site_file, units):
    """The checks pass again and have slowed down: nothing but the hold-down's end is waited for."""
    running = sitens(site_file(check={"unit": "nginx.service", "interval": "1h"},
                               policy={"hold-down": "1s"}),
                     more_environment=units.environment())
    running.await_state("serving")
    units.set("nginx.service", "deactivating")
    running.await_state("failing")
    units.set("nginx.service", "active")
    running.await_state("serving")


def test_unit_that_reloads_is_active(watching, units):
    units.set("nginx.service", "reloading")
    units.set("nginx.service", "active")
    units.set("nginx.service", "failed")
    fails(watching, "check: unit nginx.service is failed$")
    assert not [text for text in watching.log.texts if "reloading" in text]


def test_other_units_do_not_matter(watching, units):
    units.set("cron.service", "deactivating")
    units.set("nginx.service", "deactivating")
    fails(watching, "nginx.service")


def test_unit_alone(sitens, only, units):
    running = sitens(only(unit="nginx.service"), more_environment=units.environment())
    assert "check: unit nginx.service is active" in running.await_state("serving")
    units.set("nginx.service", "deactivating")
    fails(running, "nginx.service is deactivating")
    units.set("nginx.service", "active")
    running.await_state("serving")


def test_unit_by_its_alias(sitens, only, units):
    running = sitens(only(unit="alias.service"), more_environment=units.environment())
    running.await_state("serving")
    units.set("nginx.service", "deactivating")
    fails(running, "unit alias.service is deactivating")


def test_unit_that_is_not_installed(sitens, only, units):
    running = sitens(only(unit="apache3.service"), more_environment=units.environment())
    fails(running, "check: unit apache3.service is not installed")
    units.set("apache3.service", "active")
    running.await_state("serving")


def test_unit_while_the_web_server_is_ill(watching, units, web):
    """Both count."""
    watching.log.skip()
    units.set("nginx.service", "inactive")
    watching.await_state("failing")
    web.answer = webserver.response(500)
    units.set("nginx.service", "active")
    web.await_requests(3)
    assert watching.is_silent()
    web.answer = webserver.response()
    watching.await_state("serving")


def test_bus_that_restarts(watching, units, web):
    """No change of state; afterwards the unit is followed again."""
    units.stop()
    web.await_requests(5)
    units.start()
    web.await_requests(5)
    assert not watching.is_silent()
    units.set("nginx.service", "deactivating")
    fails(watching, "nginx.service is deactivating")


def test_unit_that_stops_while_the_bus_is_away(watching, units):
    units.stop()
    units.units["nginx.service"] = "inactive"
    units.start()
    fails(watching, "nginx.service is inactive")


def test_daemon_reexec(watching, units):
    units.reexec()
    units.set("nginx.service", "active")
    units.reexec()
    units.set("nginx.service", "deactivating")
    fails(watching, "nginx.service is deactivating")


def test_no_bus(sitens, site_file, only, tmp_path):
    """A web server that passes is served; the reason tells that its unit is not watched."""
    nowhere = {"DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={tmp_path}/nowhere"}
    running = sitens(site_file(check={"unit": "nginx.service"}), more_environment=nowhere)
    assert re.search(r"HTTP status 200 \(unit nginx.service cannot be followed: system bus: No such "
                     "file", running.await_state("serving"))


def test_no_bus_and_nothing_else_to_ask(sitens, only, tmp_path):
    nowhere = {"DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={tmp_path}/nowhere"}
    fails(sitens(only(unit="nginx.service"), more_environment=nowhere),
          "check: unit nginx.service cannot be followed: system bus: No such file")


def test_bus_that_comes_later(sitens, only, tmp_path):
    later = systemd.Systemd(tmp_path)
    later.units["nginx.service"] = "active"
    running = sitens(only(unit="nginx.service"), more_environment=later.environment())
    running.await_state("failing")
    later.start()
    try:
        running.await_state("serving")
    finally:
        later.stop()


def test_reload_keeps_following(watching, units, site_file):
    site_file(check={"unit": "nginx.service", "fall": 99, "interval": "300ms"})
    watching.reload()
    assert not watching.is_silent()
    units.set("nginx.service", "deactivating")
    fails(watching, "nginx.service is deactivating")


@pytest.mark.parametrize("keys, pattern", [
    ({"unit": "nginx"}, "unit = nginx: must be a systemd unit's full name, such as nginx.service"),
    ({"exec": "check_http -H"}, "exec = check_http -H: the command must be named by its full path"),
])
def test_bad_value(only, keys, pattern):
    done = daemon.run("--test", "--site", "dc1", only(**keys))
    assert done.returncode == 78
    assert re.search(rf"get.conf:\d+: .*{pattern}", done.stderr), done.stderr


# Several checks

def test_all_checks_must_pass(sitens, site_file, web, make_web):
    other = make_web()
    path = site_file()
    quick = "interval = 100ms\nfast-interval = 50ms\ntimeout = 500ms\nrise = 2\n"
    path.write_text(path.read_text() + f"[check other]\nurl = {other.url()}\n{quick}")
    running = sitens(path)
    assert "all 2 checks pass" in running.await_state("serving")
    other.answer = webserver.response(503)
    fails(running, "check other: HTTP status 503")
    web.answer = webserver.response(502)
    other.answer = webserver.response()
    other.await_requests(5)
    assert running.is_silent()
    web.answer = webserver.response()
    running.await_state("serving")
