"""sitens-http: HTTP checks are made by a process of their own, which stays."""

import ctypes
import os
import re
import resource
import shutil
import signal
import socket
import struct
import subprocess
import time

import pytest

import daemon
import webserver
from test_probes import fails, gone

READY, STAGE, PASS, FAIL, UNMADE, RENEW = range(6)

# The beginning of a stand-in for sitens-http.
STAND_IN = """#!/usr/bin/python3 -SE
import os, signal, socket, struct, sys, time
READY, STAGE, PASS, FAIL, UNMADE, RENEW = range(6)
sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET, fileno=0)
def say(kind, number=0, text=""):
    sock.send(struct.pack("II256s", kind, number, text.encode("utf-8", "surrogateescape")))
def asked():
    while True:
        message = sock.recv(8192)
        if not message:
            sys.exit(0)
        kind, number = struct.unpack("II", message[:8])
        if kind == 0:
            return number
"""


@pytest.fixture
def substitute(monkeypatch, tmp_path):
    """Puts a stand-in, or a shell script, in the place of sitens-http."""
    directory = tmp_path / "bin"
    directory.mkdir()
    shutil.copy(daemon.SITENS, directory)
    monkeypatch.setattr(daemon, "SITENS", directory / "sitens")

    def make(*lines, begin=STAND_IN):
        path = directory / "sitens-http"
        new = directory / "new"
        new.write_text(begin + "\n".join(lines) + "\n")
        new.chmod(0o755)
        new.rename(path)

    return make


def checkers(running):
    """The processes of sitens-http that work for a daemon: those that are no zombies."""
    found = []
    pid = running.process.pid
    with open(f"/proc/{pid}/task/{pid}/children") as children:
        for child in children.read().split():
            try:
                with open(f"/proc/{child}/stat") as stat:
                    name, _, rest = stat.read().partition("(")[2].rpartition(")")
            except (FileNotFoundError, ProcessLookupError):
                continue
            if name == "sitens-http" and rest.split()[0] != "Z":
                found.append(int(child))
    return found


def await_checker(running, other_than=None):
    deadline = time.monotonic() + daemon.PATIENCE
    while time.monotonic() < deadline:
        if len(found := checkers(running)) == 1 and found[0] != other_than:
            return found[0]
        time.sleep(0.01)
    raise AssertionError(f"sitens-http: {found}")


# What it says

@pytest.mark.parametrize("text, reason", [
    ("HTTP status 200", "HTTP status 200"),
    (r"status\033[31m", r"status\?\[31m"),
    (r"grün \u4f60\u597d", "grün 你好"),
    (r"\udcff\udcc0\udc80!\u0085", r"\?\?\?!\?"),
    ("é" * 128, "é{90,}"),
])
def test_its_text_is_the_reason(sitens, site_file, substitute, text, reason):
    substitute("say(READY)", f"while True: say(PASS, asked(), '{text}'[:255])")
    assert re.search(f"check: {reason}$", sitens(site_file()).await_state("serving"))


def test_it_fails_a_check(sitens, site_file, substitute):
    substitute("say(READY)", "while True: say(FAIL, asked(), 'HTTP status 500')")
    fails(sitens(site_file()), "check: HTTP status 500$")


def test_its_stage_is_told_at_the_deadline(sitens, site_file, substitute):
    substitute("say(READY)", "while True: say(STAGE, asked(), 'the\tend')")
    fails(sitens(site_file(check={"timeout": "500ms"})),
          r"check: timeout: waited 500 ms for the\?end$")


def test_nonsense_is_ignored(sitens, site_file, substitute):
    substitute("say(READY)", "sock.send(b'x')", "sock.send(bytes(1000))", "say(PASS, 999, 'other')",
               "say(77, 1, 'what')", "while True: say(PASS, asked(), 'well')")
    assert sitens(site_file()).await_state("serving").endswith("check: well")


# How it starts, and ends

@pytest.mark.parametrize("lines, reason", [
    pytest.param(["echo cannot open shared object file >&2", "exit 127"],
                 "/sitens-http: exit status 127: cannot open shared object file$", id="no-library"),
    pytest.param(["kill -SEGV $$"],
                 r"/sitens-http was killed by signal 11 \(Segmentation fault\)$", id="crashes"),
    pytest.param([], "/sitens-http: exit status 0$", id="ends"),
    pytest.param(["exec sleep 1000"], "sitens-http hung and was killed", id="does-not-begin"),
])
def test_starts_that_fail(sitens, site_file, substitute, lines, reason):
    """Two in a row are a failed check."""
    substitute(*lines, begin="#!/bin/sh\n")
    fails(sitens(site_file(check={"timeout": "500ms"})), f"check: .*{reason}")


def test_it_is_missing(sitens, site_file, substitute):
    """Neither beside sitens nor where it would be installed; it is used once it is there."""
    installed = "/usr/local/libexec/sitens/sitens-http"
    if os.path.exists(installed):
        pytest.skip(f"{installed} is there")
    running = sitens(site_file())
    fails(running, f"check: cannot run {installed}: no such file or directory$")
    substitute("say(READY)", "while True: say(PASS, asked(), 'well')")
    running.await_state("serving")


def test_that_it_crashes_now_and_then_is_no_failure(sitens, site_file, substitute, tmp_path):
    """Each costs a check its result, which says nothing of the web server."""
    substitute("say(READY)", f"log = open('{tmp_path}/log', 'a')",
               "for i in range(3):", "    number = asked()",
               "    log.write('x'); log.flush()", "    say(PASS, number, 'well')", "asked()",
               "os.kill(os.getpid(), signal.SIGSEGV)")
    running = sitens(site_file(check={"fall": 1}))
    running.await_state("serving")
    running.log.await_match("WARNING: a check could not be made, .*/sitens-http was killed by signal 11")
    running.log.await_match("WARNING: a check could not be made")
    deadline = time.monotonic() + daemon.PATIENCE
    while (tmp_path / "log").stat().st_size < 9 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert "failing" not in running.log
    assert not running.is_silent()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_it_is_replaced(sitens, site_file, web, number):
    running = sitens(site_file(check={"timeout": "500ms"}))
    running.await_state("serving")
    pid = await_checker(running)
    os.kill(pid, number)
    await_checker(running, other_than=pid)
    web.await_requests(5)
    assert "failing" not in running.log
    assert not running.is_silent()


def test_a_host_that_is_short_is_no_failure(sitens, site_file, web):
    """For want of descriptors it cannot be started; that says nothing of the web server."""
    running = sitens("--verbose", site_file())
    running.await_state("serving")
    pid = await_checker(running)
    sitens_pid = running.process.pid
    before = resource.prlimit(sitens_pid, resource.RLIMIT_NOFILE)
    used = len(os.listdir(f"/proc/{sitens_pid}/fd"))
    resource.prlimit(sitens_pid, resource.RLIMIT_NOFILE, (used, before[1]))
    os.kill(pid, signal.SIGKILL)
    for _ in range(5):
        running.log.await_match("DEBUG: cannot run .*/sitens-http: too many open files")
    resource.prlimit(sitens_pid, resource.RLIMIT_NOFILE, before)
    await_checker(running)
    web.await_requests(3)
    assert "failing" not in running.log
    assert not running.is_silent()


def test_its_results_are_kept_although_it_ends_late(sitens, site_file, substitute):
    substitute("say(READY)", "say(PASS, asked(), 'well')", "time.sleep(60)")
    assert sitens(site_file(check={"interval": "1h"})).await_state("serving").endswith("check: well")


def test_one_process_makes_all_requests(sitens, site_file, web, make_web, only_tcp):
    other = make_web()
    running = sitens(site_file(), site_file("other.conf", url=other.url(), name="other.example.test"))
    running.await_state("serving")
    running.await_state("serving", zone="other.example.test")
    pid = await_checker(running)
    web.await_requests(10)
    other.await_requests(10)
    assert checkers(running) == [pid]
    only_tcp("get.conf")
    only_tcp("other.conf")
    running.reload()
    assert gone(pid)
    assert not running.is_silent()
    site_file()
    running.reload()
    web.await_requests(3)


@pytest.fixture
def only_tcp(site_file, tmp_path, web):
    """Rewrites a site file so that no check is made by HTTP."""
    def make(name):
        path = tmp_path / name
        host, port = web.place
        path.write_text(re.sub("(?m)^url = .*", f"tcp = {host}:{port}", path.read_text()))

    return make


def test_it_does_not_run_without_a_check_for_it(sitens, site_file, only_tcp):
    path = site_file()
    only_tcp(path.name)
    running = sitens(path)
    running.await_state("serving")
    assert not checkers(running)


def test_it_does_not_outlive_the_daemon(sitens, site_file, web):
    web.answer = webserver.hang
    running = sitens(site_file(check={"timeout": "1h"}))
    web.await_requests(1, since=0)
    pid = await_checker(running)
    running.process.kill()
    running.wait()
    assert gone(pid)


def test_a_hundred_at_a_time(sitens, site_file, make_web):
    """More than the socket to it holds."""
    web = make_web()
    path = site_file(url=web.url())
    checks = "".join(f"[check n{i}]\nurl = {web.url()}\ntimeout = 10s\n" for i in range(15))
    path.write_text(path.read_text() + checks)
    files = [path]
    for i in range(7):
        files.append(path.with_name(f"{i}.conf"))
        files[-1].write_text(path.read_text().replace("get.example.test", f"n{i}.example.test"))
    running = sitens(*files)
    for i in range(7):
        running.await_state("serving", zone=f"n{i}.example.test")
    assert "could not be made" not in running.log


def test_out_of_descriptors(sitens, site_file, web):
    """Its own: the check cannot be made, and that is no fault of the web server."""
    import resource
    running = sitens(site_file(check={"fall": 1}))
    running.await_state("serving")
    pid = await_checker(running)
    limits = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, limits[1]))
    running.log.await_match("WARNING: a check could not be made.*: Too many open files")
    resource.prlimit(pid, resource.RLIMIT_NOFILE, limits)
    web.await_requests(3)
    assert "failing" not in running.log


# Whom it trusts

def needs_root():
    if os.geteuid() != 0:
        pytest.skip("only root can put certificates in the place of the system's")


def hashed(directory, certificate):
    """A directory that has a certificate under the hash of its name."""
    directory.mkdir(parents=True, exist_ok=True)
    shutil.copy(certificate, directory / "authority.pem")
    subprocess.run(["openssl", "rehash", directory], check=True)


def bound(*binds):
    """A wrapper that puts directories in the place of others."""
    commands = "".join(f"mount --bind {at} {over} && " for at, over in binds)
    return ("unshare", "--mount", "sh", "-c", f'{commands}exec "$@"', "sh")


@pytest.fixture
def secure(make_web, authority):
    return make_web(tls=authority.context("get.example.test"))


def test_certificates_of_the_system(sitens, site_file, secure, authority, tmp_path):
    """Those that are in the directory, by the hash of their names."""
    needs_root()
    hashed(tmp_path / "certs", authority.path)
    sitens(site_file(url=secure.url()),
           wrapper=bound((tmp_path / "certs", "/etc/ssl/certs"))).await_state("serving")


def test_bundle_of_the_system(sitens, site_file, secure, authority, tmp_path):
    """A certificate that only the bundle has; and it counts by the next check when that changes."""
    needs_root()
    (tmp_path / "certs").mkdir()
    bundle = tmp_path / "certs" / "ca-certificates.crt"
    shutil.copy("/etc/ssl/certs/ca-certificates.crt", bundle)
    running = sitens(site_file(url=secure.url()),
                     wrapper=bound((tmp_path / "certs", "/etc/ssl/certs")))
    fails(running, "check: HTTPS: SSL certificate problem")
    with bundle.open("a") as end:
        end.write(authority.path.read_text())
    running.await_state("serving")
    new = tmp_path / "certs" / "new"
    shutil.copy("/etc/ssl/certs/ca-certificates.crt", new)
    new.rename(bundle)
    fails(running, "check: HTTPS: SSL certificate problem")


def placed(directory, place):
    """What to bind so that a directory is at a place; where there is none, what is above is replaced.

    The directory has the place's name.
    """
    return (directory, place) if os.path.isdir(place) else (directory.parent, os.path.dirname(place))


@pytest.mark.parametrize("place", ["/opt", "/srv", "/etc/ca-certificates", "/var/lib/ca-certificates"])
def test_certificates_kept_elsewhere(sitens, site_file, secure, authority, tmp_path, place):
    """The directory has links to them; also one that is made while it runs."""
    needs_root()
    kept, certs = tmp_path / "above" / os.path.basename(place), tmp_path / "certs"
    kept.mkdir(parents=True)
    certs.mkdir()
    shutil.copy(authority.path, kept / "authority.pem")
    hashed(tmp_path / "names", authority.path)
    name, = [path.name for path in (tmp_path / "names").glob("*.0")]
    running = sitens(site_file(url=secure.url()),
                     wrapper=bound(placed(kept, place), (certs, "/etc/ssl/certs")))
    fails(running, "check: HTTPS: SSL certificate problem")
    (certs / name).symlink_to(f"{place}/authority.pem")
    running.await_state("serving")


@pytest.mark.parametrize("link, place, target", [
    ("certs", "/var/lib/ca-certificates", "pem"),
    ("certs/ca-certificates.crt", "/etc/ca-certificates", "extracted/tls-ca-bundle.pem"),
], ids=["openSUSE", "Arch"])
def test_certificates_as_others_keep_them(sitens, site_file, secure, authority, tmp_path, link, place,
                                          target):
    """All of /etc/ssl/certs is a link, or its bundle is one."""
    needs_root()
    kept, ssl = tmp_path / "above" / "ca-certificates", tmp_path / "ssl"
    (kept / "extracted").mkdir(parents=True)
    hashed(kept / "pem", authority.path)
    shutil.copy(authority.path, kept / "extracted" / "tls-ca-bundle.pem")
    (ssl / link).parent.mkdir(parents=True)
    (ssl / link).symlink_to(f"{place}/{target}")
    running = sitens(site_file(url=secure.url()), wrapper=bound(placed(kept, place), (ssl, "/etc/ssl")))
    running.await_state("serving")
    assert "could not be made" not in running.log


def hash_of(certificate):
    """The name under which OpenSSL looks for it in a directory."""
    done = subprocess.run(["openssl", "x509", "-noout", "-hash", "-in", certificate], check=True,
                          capture_output=True, text=True)
    return f"{done.stdout.strip()}.0"


@pytest.mark.parametrize("changes", ["last", "middle", "missing"])
def test_links_that_lead_over_others(sitens, site_file, secure, authority, tmp_path, changes):
    """hash -> name -> current -> version, partly relative; what changes counts by the next check."""
    needs_root()
    certs, opt = tmp_path / "certs", tmp_path / "opt"
    certs.mkdir()
    for version in ("1", "2"):
        (opt / "ca" / version).mkdir(parents=True)
        shutil.copy(authority.path, opt / "ca" / version / "ca.pem")
    (opt / "ca" / "current").symlink_to("1")
    (opt / "ca.pem").symlink_to("ca/current/ca.pem")
    (certs / "company.pem").symlink_to("../../../opt/ca.pem")
    (certs / hash_of(authority.path)).symlink_to("company.pem")
    last = opt / "ca" / "1" / "ca.pem"
    if changes == "missing":
        last.unlink()
    running = sitens(site_file(url=secure.url()),
                     wrapper=bound((certs, "/etc/ssl/certs"), (opt, "/opt")))
    if changes == "missing":
        fails(running, "check: HTTPS: SSL certificate problem")
        shutil.copy(authority.path, last)
        running.await_state("serving")
        return
    running.await_state("serving")
    if changes == "last":
        shutil.copy(authority.path, opt / "new")
        (opt / "new").rename(last)
    else:
        (opt / "new").symlink_to("2")
        (opt / "new").rename(opt / "ca" / "current")
    secure.await_requests(3)
    assert "failing" not in running.log and "could not be made" not in running.log


# How libcurl may have been built: where it looks for a bundle and for a directory.
STORES = {
    "Alpine": ("/etc/ssl/cert.pem", None),
    "Fedora": ("/etc/pki/tls/certs/ca-bundle.crt", None),
    "openSUSE": (None, "/etc/ssl/certs/"),
    "own-bundle": ("/opt/ca/bundle.pem", None),
    "own-directory": (None, "/srv/ca/certs"),
    "none": (None, None),  # where OpenSSL looks
}


def store(directory, path, authority):
    """Makes /etc, /opt or /srv with nothing but a store at a path; the files are in its ca-trust."""
    top, *rest = path.strip("/").split("/")
    place, kept = directory.joinpath(top, *rest), directory / top / "ca-trust"
    place.parent.mkdir(parents=True)
    hashed(kept, authority.path)
    target = kept if not place.suffix else kept / "authority.pem"
    place.symlink_to(os.path.relpath(target, place.parent))
    return directory / top, f"/{top}"


@pytest.mark.parametrize("built", STORES)
def test_stores_of_another_libcurl(sitens, site_file, secure, authority, tmp_path, built):
    """The store itself is a relative link to what lies elsewhere, and is changed as it runs."""
    needs_root()
    bundle, directory = STORES[built]
    bind = store(tmp_path, bundle or directory or "/etc/ssl/certs", authority)
    names = {"STORE_BUNDLE": bundle, "STORE_DIRECTORY": directory}
    running = sitens(
        site_file(url=secure.url()), wrapper=(
            *bound(bind), "env", f"LD_PRELOAD={daemon.BUILD}/tests/integration/other_store.so",
            "ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0",
            *(f"{name}={path}" for name, path in names.items() if path)))
    running.await_state("serving")
    kept = bind[0] / "ca-trust"
    kept.rename(bind[0] / "before")
    fails(running, "check: HTTPS: ")
    hashed(kept, authority.path)
    running.await_state("serving")
    assert "could not be made" not in running.log


def test_environment_adds_no_certificates(sitens, site_file, secure, authority, tmp_path):
    """As for every program with libcurl, but curl itself: SSL_CERT_FILE is not read."""
    hashed(tmp_path / "certs", authority.path)
    running = sitens(site_file(url=secure.url()), wrapper=(
        "env", f"SSL_CERT_FILE={authority.path}", f"SSL_CERT_DIR={tmp_path}/certs"))
    fails(running, "check: HTTPS: SSL certificate problem")


def test_ca_file_that_changes(sitens, site_file, secure, authority, tmp_path):
    """Replaced, written anew, and gone."""
    path, other = tmp_path / "trusted.pem", tmp_path / "other.pem"
    shutil.copy(authority.path, path)
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
         "-subj", "/CN=other", "-keyout", tmp_path / "key", "-out", other],
        check=True, capture_output=True)
    running = sitens(site_file(url=secure.url(), check={"ca-file": path}))
    running.await_state("serving")
    os.replace(other, path)
    fails(running, "check: HTTPS: SSL certificate problem")
    shutil.copy(authority.path, tmp_path / "new")
    os.replace(tmp_path / "new", path)
    running.await_state("serving")
    path.write_text("")
    fails(running, "check: HTTPS: ")
    shutil.copy(authority.path, path)
    running.await_state("serving")
    path.unlink()
    fails(running, "check: HTTPS: ")
    assert "could not be made" not in running.log


def test_another_ca_file_after_a_reload(sitens, site_file, secure, authority, tmp_path):
    shutil.copy(authority.path, tmp_path / "first.pem")
    shutil.copy(authority.path, tmp_path / "second.pem")
    running = sitens(site_file(url=secure.url(), check={"ca-file": tmp_path / "first.pem"}))
    running.await_state("serving")
    site_file(url=secure.url(), check={"ca-file": tmp_path / "second.pem"})
    running.reload()
    secure.await_requests(3)
    assert "failing" not in running.log and "could not be made" not in running.log


@pytest.mark.parametrize("flags", ((0, 0, 0), (2, 0, 0), (0, 255, 0), (0, 0, 3)))
def test_takes_what_is_whole_only(flags):
    """A message whose flags are none ends it, as one that is too short does."""
    ask = struct.pack("@III3BH20xQ32x108s256s256s256sB", 0, 1, 1000, *flags, 80, 1,
                      b"/nothing", b"localhost", b"/", b"", 0)
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with its, subprocess.Popen([daemon.SITENS.parent / "sitens-http"], stdin=its,
                               env=daemon.environment()) as process, ours:
        its.close()
        ours.settimeout(daemon.PATIENCE)
        ours.recv(1024)
        ours.send(ask)
        if not any(flags):
            assert b"no connection to /nothing" in ours.recv(1024)
            ours.close()
        assert process.wait(daemon.PATIENCE) == 0


# What it gives up

def landlock_version():
    create_ruleset, version = 444, 1
    return max(ctypes.CDLL(None).syscall(create_ruleset, None, ctypes.c_size_t(0), version), 0)


def test_it_is_confined(tmp_path):
    """As far as this kernel can; and OpenSSL does not read the file that the environment names."""
    secret, trace = tmp_path / "secret", tmp_path / "trace"
    secret.write_text("")
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, its:
        command = [daemon.SITENS.parent / "sitens-http"]
        if landlock_version():
            command = ["strace", "-o", trace, "-e", "trace=openat", "env",
                       f"OPENSSL_CONF={secret}", *command]
        with subprocess.Popen(command, stdin=its, env=daemon.environment()) as process:
            its.close()
            ours.settimeout(daemon.PATIENCE)
            kind, version, lacks = struct.unpack("II256s", ours.recv(1024))
            ours.close()
            assert process.wait(daemon.PATIENCE) == 0
    assert (kind, version, lacks.rstrip(b"\0").decode()) == (
        READY, landlock_version(), "" if version else "no Landlock (Operation not supported)")
    if version:
        assert re.search(rf'"{secret}", O_RDONLY.* = -1 EACCES', trace.read_text())


def test_the_running_process_is_confined(sitens, site_file, web):
    running = sitens(site_file())
    running.await_state("serving")
    pid = await_checker(running)
    with open(f"/proc/{pid}/status") as status:
        fields = dict(line.rstrip("\n").split(":\t", 1) for line in status if ":\t" in line)
    assert fields["Seccomp"] == "2" and fields["NoNewPrivs"] == "1" and fields["Threads"] == "1"
    assert int(fields["CapAmb"], 16) == 0
    with open(f"/proc/{pid}/limits") as limits:
        text = limits.read()
    assert re.search(r"Max file size +0 ", text) and re.search(r"Max core file size +0 ", text)
    if not daemon.SANITIZED:  # a sanitizer needs far more
        assert re.search(r"Max data size +268435456 ", text)
    running.await_round()
    metrics = (running.directory / "run" / "sitens.prom").read_text()
    assert f"sitens_http_landlock_version {landlock_version()}\n" in metrics
    assert "sitens_http_confined 1\n" in metrics or not landlock_version()
    assert "less confined" not in running.log or not landlock_version()


@pytest.mark.parametrize("what, allowed", [
    ("files", {"netlink", "fork"}),
    ("calls", {"read", "abstract"}),
])
def test_what_cannot_be_done_any_more(tmp_path, what, allowed):
    if what == "files" and landlock_version() < 6:
        pytest.skip("this kernel's Landlock cannot do all of it")
    file = tmp_path / "file"
    file.write_text("kept")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("\0" + str(file))
        listener.listen()
        done = daemon.run(what, file, os.getpid(),
                          program=daemon.BUILD / "tests" / "integration" / "confined")
    lines = dict(line.split(" ", 1) for line in done.stdout.splitlines())
    assert lines.pop("lacks") == ""
    assert {name for name, error in lines.items() if error == "0"} == allowed, done.stdout
    assert file.read_text() == "kept"


def test_bad_command_line():
    done = daemon.run("--address=127.0.0.1", program=daemon.SITENS.parent / "sitens-http")
    assert done.returncode == 64 and done.stderr.startswith("usage: sitens-http")
