"""The checks other than HTTP: a port, a command, a file, a unit."""

import contextlib
import ctypes
import os
import pathlib
import re
import signal
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


def test_tcp_does_not_reach_itself(sitens, only, netns):
    """A port of the range that the system chooses from for those who connect, which is small here."""
    with netns.inside():
        with open("/proc/sys/net/ipv4/ip_local_port_range", "w") as ports:
            ports.write("40000 40003")
        running = sitens(only(tcp="127.0.0.1:40002", rise=1), "--verbose")
        for _ in range(60):
            running.log.await_match("check (failed|passed)")
    assert "serving" not in running.log


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


@pytest.mark.parametrize("content, reason", [
    pytest.param(b"", "it is empty", id="empty"),
    pytest.param(b"\xef\xbb\xbf#!/bin/sh\nexit 0\n", "byte order mark", id="byte-order-mark"),
    pytest.param(b"exit 0\n", "it is no program, and does not begin with `#!`", id="no-interpreter"),
    pytest.param(b"\0\1\2\3", "it is no program", id="binary"),
    pytest.param(b"#!/bin/sh\r\nexit 0\r\n", "its lines end in CR LF", id="crlf"),
    pytest.param(b"#!/nonexistent/sh\nexit 0\n", "the interpreter after its `#!` is not there",
                 id="interpreter-missing"),
])
def test_exec_of_what_is_no_program(sitens, only, tmp_path, content, reason):
    """No shell makes something of it."""
    path = tmp_path / "command"
    path.write_bytes(content)
    path.chmod(0o755)
    fails(sitens(only(exec=path)), f"check: cannot run {path}: .*{reason}")


def test_exec_is_like_any_process(sitens, only, command, tmp_path):
    """Not protected when memory runs out, and it does not know the service manager's socket."""
    if os.geteuid() != 0:
        pytest.skip("only root can lower oom_score_adj")
    path = command("echo $(cat /proc/self/oom_score_adj) ${NOTIFY_SOCKET-none} "
                   "$(grep SigBlk /proc/self/status) $(grep SigIgn /proc/self/status)")
    wrapper = ("sh", "-c", 'echo -500 >/proc/self/oom_score_adj; exec "$@"', "sh")
    line = sitens(only(exec=path), wrapper=wrapper).await_state("serving")
    assert re.search(r"status 0: 0 none SigBlk: 0{16} SigIgn: 0{7}[01][08]0{7}$",
                     line), line  # the C library has 32 and 33 for itself


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


ESCAPES = {
    "timeout": "timeout 1000 sleep 1000 & ",
    "setsid": "setsid sleep 1000 & ",
    "job-control": "bash -c 'set -m; sleep 1000 & sleep 1000 & disown -a' & ",
    "double-fork": "(setsid sh -c 'sleep 1000 & (setsid sleep 1000 &)' &) & ",
    "closed-output": "(setsid sleep 1000 >&- 2>&- <&- &) & ",
    "stopped": "setsid sleep 1000 & sleep 0.1; pkill -STOP -P $$; ",
}


def sleepers(mark):
    """The processes that have a variable of that value in their environment."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/environ", "rb") as environ, open(f"/proc/{pid}/stat") as stat:
                if mark.encode() in environ.read() and " Z " not in stat.read():
                    found.append(pid)
        except OSError:
            pass
    return found


@pytest.mark.parametrize("end", ["pass", "timeout", "stop"])
@pytest.mark.parametrize("escape", ESCAPES)
def test_exec_leaves_nothing_behind(sitens, only, command, tmp_path, escape, end):
    """After a pass, after the deadline, and after sitens has stopped."""
    mark = f"SITENS_TEST_MARK={escape}-{end}-{os.getpid()}-{time.monotonic_ns()}"
    there = tmp_path / "there"
    path = command(f"export {mark}", f"{ESCAPES[escape]} touch {there}",
                   "sleep 0.2" if end == "pass" else "sleep 1000")
    timeout = {"pass": "10s", "timeout": "600ms", "stop": "1h"}[end]
    running = sitens(only(exec=path, timeout=timeout, interval="1h", **{"fast-interval": "1h"}))
    if end == "stop":
        # Who has escaped, and the command itself.
        daemon.await_true("the processes", lambda: there.exists() and len(sleepers(mark)) >= 2)
        assert running.stop() == 0
    else:
        running.await_state("serving" if end == "pass" else "failing")
    daemon.await_true("the end of all", lambda: not sleepers(mark))


def test_exec_with_a_last_line_in_utf8(sitens, only, command):
    line = sitens(only(exec=command("echo 'grün 你好 😀'"))).await_state("serving")
    assert line.endswith("grün 你好 😀")


def test_exec_that_times_out_tells_its_last_line(sitens, only, command):
    path = command("echo asking the database", "sleep 1000")
    fails(sitens(only(exec=path, timeout="500ms")),
          "check: timeout: waited 500 ms for the command, which said: asking the database$")


def test_exec_whose_end_does_not_come(sitens, only, command):
    """What cannot be killed at once: the reason names the timeout; it is no failed check."""
    path = command("sleep 1000")
    running = sitens(only(exec=path, timeout="300ms", fall=100), "--verbose")
    running.await_state("failing")
    children = pathlib.Path(f"/proc/{running.process.pid}/task/{running.process.pid}/children")
    told = ("check could not be made.*: the run before timed out after 300 ms and was killed, but has "
            "not ended; is the host overloaded")
    stopped = set()

    def stop_whoever_runs():
        """One that was about to end anyway is no help; the next one is. sitens waits for one that
        does not run its program yet."""
        for pid in set(children.read_text().split()) - stopped:
            with contextlib.suppress(OSError):
                if not os.path.samefile(f"/proc/{pid}/exe", daemon.SITENS):
                    os.kill(int(pid), signal.SIGSTOP)
                    stopped.add(pid)
        return told in running.log

    daemon.await_true(told, stop_whoever_runs)
    for pid in stopped:
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(pid), signal.SIGCONT)


def test_orphans_are_reaped_as_process_1(sitens, only, command, tmp_path):
    """And the children that were there before."""
    if os.geteuid() != 0:
        pytest.skip("only root can make a namespace of processes")
    path = command("(sleep 0.05 &) & exit 0")
    wrapper = ("unshare", "--pid", "--fork", "--mount-proc", "--kill-child", "sh", "-c",
               'sleep 0.3 & sleep 0.4 & exec "$@"', "sh")
    running = sitens(only(exec=path), wrapper=wrapper)
    running.await_state("serving")
    child, = children_of(running.process.pid)
    deadline = time.monotonic() + daemon.PATIENCE
    while (left := zombies_of(child)) and time.monotonic() < deadline:
        time.sleep(0.05)
    running.await_round()
    assert not left
    os.kill(child, 15)


def children_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as pids:
        return [int(each) for each in pids.read().split()]


def zombies_of(pid):
    """Those that stay: seen twice."""
    def seen():
        found = set()
        for child in children_of(pid):
            try:
                with open(f"/proc/{child}/stat") as stat:
                    if stat.read().rpartition(")")[2].split()[0] == "Z":
                        found.add(child)
            except OSError:
                pass
        return found

    before = seen()
    time.sleep(0.1)
    return before & seen()


@pytest.mark.parametrize("wrapper", [
    pytest.param(("/usr/bin/python3", "-c", "import os, signal, sys; "
                  "signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32)); "
                  "os.execvp(sys.argv[1], sys.argv[1:])"), id="signals-blocked"),
    pytest.param(("/usr/bin/python3", "-c", "import os, signal, sys; "
                  "[signal.signal(n, signal.SIG_IGN) for n in range(1, 32) if n not in (9, 19)]; "
                  "os.execvp(sys.argv[1], sys.argv[1:])"), id="signals-ignored"),
])
def test_signals_as_the_caller_left_them(sitens, only, command, wrapper):
    path = command("kill -TERM $$; sleep 1000")
    running = sitens(only(exec=path, timeout="10s"), wrapper=wrapper)
    assert "was killed by signal 15" in running.await_state("failing")
    command("exit 0")
    running.await_state("serving")
    assert running.stop() == 0


@pytest.mark.parametrize("closed", ["0", "1", "2", "012"])
def test_standard_descriptors_that_are_closed(sitens, only, command, site_file, web, closed):
    path = only(exec=command("exit 0"))
    path.write_text(path.read_text() + f"[check web]\nurl = {web.url()}\n")
    close = " ".join(f"{fd}>&-" for fd in closed)
    running = sitens(path, wrapper=("sh", "-c", f'exec "$@" {close}', "sh"))
    running.await_ready()
    assert not running.is_silent()
    running.signal(15)
    assert running.process.wait(daemon.PATIENCE) == 0


def test_command_that_is_not_there_is_a_warning_of_test(only, command):
    done = daemon.run("--test", "--site", "dc1", only(exec="/nonexistent/command --now"))
    assert done.returncode == 0
    assert re.search(r"WARNING: .*get.conf:\d+: exec: /nonexistent/command: No such file", done.stderr)
    done = daemon.run("--test", "--site", "dc1", only(exec=f"{command('exit 0')} --now"))
    assert "WARNING: " not in done.stderr or "exec" not in done.stderr


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


def test_files_that_hang_do_not_hold_up_others(sitens, only, hung, tmp_path):
    """Five do, more than libuv has threads; those of the others are answered."""
    path = only(file=tmp_path / "sentinel", timeout="10s")
    (tmp_path / "sentinel").write_text("")
    hanging = [path.with_name(f"hung{i}.conf") for i in range(5)]
    for i, other in enumerate(hanging):
        other.write_text(path.read_text().replace("get.example.test", f"n{i}.example.test")
                         .replace(str(tmp_path / "sentinel"), str(hung / "sentinel"))
                         .replace("timeout = 10s", "timeout = 300ms"))
    running = sitens(path, *hanging)
    for i in range(5):
        assert "timeout: waited 300 ms" in running.await_state("failing", zone=f"n{i}.example.test")
    running.await_state("serving")
    (tmp_path / "sentinel").unlink()
    running.await_state("failing")
    (tmp_path / "sentinel").write_text("")
    running.await_state("serving")
    for _ in range(3):
        running.reload()
    assert not running.is_silent()
    assert running.stop() == 0


# unit

needs_systemd = pytest.mark.skipif(not daemon.SYSTEMD, reason="this build has no systemd")


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


@pytest.mark.parametrize("word", ["tell-reload", "tell-files", "reexec"])
def test_alias_that_is_moved(sitens, only, units, word):
    """It is what it stands for now that counts, and that is followed."""
    units.set("web1.service", "active")
    units.set("web2.service", "active")
    units.tell("alias", "www.service", "web2.service")
    running = sitens(only(unit="www.service", fall=100), more_environment=units.environment())
    running.await_state("serving")
    units.set("web1.service", "inactive")
    units.tell("alias", "www.service", "web1.service")
    units.tell(word)
    fails(running, "check: unit www.service is inactive$")
    units.set("web2.service", "inactive")
    units.set("web1.service", "active")
    running.await_state("serving")
    units.set("web1.service", "deactivating")
    fails(running, "check: unit www.service is deactivating$")


def test_alias_that_is_made_later(sitens, only, units):
    running = sitens(only(unit="www.service"), more_environment=units.environment())
    fails(running, "check: unit www.service is not installed")
    units.tell("alias", "www.service", "nginx.service")
    units.tell("tell-files")
    running.await_state("serving")
    units.set("nginx.service", "deactivating")
    fails(running, "check: unit www.service is deactivating$")


def test_unit_that_is_installed_later(sitens, only, units):
    """LoadState has no signal: only that it becomes active is told."""
    running = sitens(only(unit="new.service"), more_environment=units.environment())
    fails(running, "check: unit new.service is not installed")
    units.tell("install", "new.service")
    units.set("new.service", "active")
    assert "check: unit new.service is active" in running.await_state("serving")
    units.set("new.service", "inactive")
    fails(running, "check: unit new.service is inactive$")


def test_unit_that_is_masked(sitens, only, units):
    units.tell("mask", "nginx.service")
    running = sitens(only(unit="nginx.service"), more_environment=units.environment())
    fails(running, "check: unit nginx.service is masked$")


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


@needs_systemd
def test_no_bus(sitens, site_file, only, tmp_path):
    """A web server that passes is served; the reason tells that its unit is not watched."""
    nowhere = {"DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={tmp_path}/nowhere"}
    running = sitens(site_file(check={"unit": "nginx.service"}), more_environment=nowhere)
    assert re.search(r"HTTP status 200 \(unit nginx.service cannot be followed: system bus: No such "
                     "file", running.await_state("serving"))


@needs_systemd
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


def test_unit_in_a_build_without_systemd(only):
    """Refused where it cannot be followed; parentgen takes it, for the file may be another site's."""
    path = only(unit="nginx.service")
    done = daemon.run("--test", "--site", "dc1", path)
    line = path.read_text().splitlines().index("[check]") + 1
    assert daemon.run(path, program=daemon.PARENTGEN).returncode == 0
    if daemon.SYSTEMD:
        assert done.returncode == 0
    else:
        assert done.returncode == 78
        assert (f"ERROR: {path}:{line}: unit = nginx.service: this build has no systemd: check the "
                "server with url, tcp, exec or file\n") in done.stderr


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
