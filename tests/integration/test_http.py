"""sitens-http: HTTP checks are made by a program of their own."""

import ctypes
import os
import re
import shutil
import subprocess

import pytest

import daemon
import webserver
from test_probes import fails, gone


@pytest.fixture
def substitute(monkeypatch, tmp_path):
    """Puts a shell script, or nothing, in the place of sitens-http; returns its path."""
    directory = tmp_path / "bin"
    directory.mkdir()
    shutil.copy(daemon.SITENS, directory)
    monkeypatch.setattr(daemon, "SITENS", directory / "sitens")

    def make(*lines):
        path = directory / "sitens-http"
        path.write_text("\n".join(["#!/bin/sh", *lines]) + "\n")
        path.chmod(0o755)
        return path

    return make


@pytest.mark.parametrize("lines, reason", [
    pytest.param(["echo HTTP status 200"], r"HTTP status 200", id="passes"),
    pytest.param([r"printf 'status\033[31m\n'"], r"status\?\[31m", id="control-characters"),
])
def test_its_last_line_is_the_reason(sitens, site_file, substitute, lines, reason):
    substitute("echo the connection", *lines)
    assert re.search(f"check: {reason}$", sitens(site_file()).await_state("serving"))


@pytest.mark.parametrize("lines, reason", [
    pytest.param(["echo HTTP status 500", "exit 1"], "HTTP status 500$", id="fails"),
    pytest.param([], "/sitens-http: exit status 0$", id="gives-no-reason"),
    pytest.param(["exit 1"], "/sitens-http: exit status 1$", id="fails-without-a-reason"),
    pytest.param(["echo the response", "kill -SEGV $$"],
                 r"/sitens-http was killed by signal 11 \(Segmentation fault\): the response$",
                 id="crashes"),
    pytest.param(["echo cannot open shared object file >&2", "exit 127"],
                 "/sitens-http: exit status 127: cannot open shared object file$", id="no-library"),
    pytest.param(["exec sleep 1000"], "timeout: waited 500 ms for the start of sitens-http$",
                 id="does-not-begin"),
    pytest.param([r"printf 'the\tend\n'", "exec sleep 1000"],
                 r"timeout: waited 500 ms for the\?end$", id="control-characters"),
])
def test_its_faults_are_failures(sitens, site_file, substitute, lines, reason):
    substitute(*lines)
    fails(sitens(site_file(check={"timeout": "500ms"})), f"check: .*{reason}")


def test_it_is_missing(sitens, site_file, substitute):
    """Neither beside sitens nor where it would be installed."""
    installed = "/usr/local/libexec/sitens/sitens-http"
    if os.path.exists(installed):
        pytest.skip(f"{installed} is there")
    fails(sitens(site_file()), f"check: cannot run {installed}: no such file or directory$")


def test_it_does_not_outlive_the_daemon(sitens, site_file, web):
    web.answer = webserver.hang
    running = sitens(site_file(check={"timeout": "1h"}))
    web.await_requests(1, since=0)
    children = f"/proc/{running.process.pid}/task/{running.process.pid}/children"
    with open(children) as pids:
        pid, = pids.read().split()
    with open(f"/proc/{pid}/comm") as name:
        assert name.read() == "sitens-http\n"
    running.process.kill()
    running.wait()
    assert gone(int(pid))


def test_certificates_of_the_system(sitens, site_file, make_web, authority, tmp_path):
    """Those that are in the directory, by the hash of their names."""
    if os.geteuid() != 0:
        pytest.skip("only root can put certificates in the place of the system's")
    directory = tmp_path / "certs"
    directory.mkdir()
    shutil.copy(authority.path, directory / "authority.pem")
    subprocess.run(["openssl", "rehash", directory], check=True)
    web = make_web(tls=authority.context("get.example.test"))
    wrapper = ("unshare", "--mount", "sh", "-c",
               f'mount --bind {directory} /etc/ssl/certs && exec "$@"', "sh")
    sitens(site_file(url=web.url()), wrapper=wrapper).await_state("serving")


def has_landlock():
    create_ruleset, version = 444, 1
    return ctypes.CDLL(None).syscall(create_ruleset, None, ctypes.c_size_t(0), version) > 0


def test_it_reads_no_file_of_others(tmp_path):
    """OpenSSL would read the one that the environment names."""
    if not has_landlock():
        pytest.skip("this kernel has no Landlock")
    secret, trace = tmp_path / "secret", tmp_path / "trace"
    secret.write_text("")
    daemon.run("--address=127.0.0.1", "--port=1", "--expect-status=200", "--timeout-ms=100",
               "https://get.example.test/", program=daemon.SITENS.parent / "sitens-http",
               wrapper=("strace", "-o", trace, "-e", "trace=openat", "env",
                        f"OPENSSL_CONF={secret}"))
    assert re.search(rf'"{secret}", O_RDONLY.* = -1 EACCES', trace.read_text())


def test_bad_command_line():
    done = daemon.run("--address=127.0.0.1", program=daemon.SITENS.parent / "sitens-http")
    assert done.returncode == 64 and done.stderr.startswith("usage: sitens-http")
