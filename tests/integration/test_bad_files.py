"""Site files that are wrong: each fault is named with its place, and nothing is started."""

import os
import re
import shutil

import pytest

import daemon
import signing
import sitefile

EX_CONFIG = 78


def refused(*paths, wrapper=()):
    """Starts sitens with these files; it must end with 78 at once. Returns what it said."""
    done = daemon.run("--site", "dc1", "--listen", "127.0.0.1@1", *paths, wrapper=wrapper)
    assert done.returncode == EX_CONFIG, done
    for line in done.stderr.splitlines():
        assert re.match(r"(ERROR|WARNING|NOTICE|INFO): ", line), line
    return done.stderr


# What is changed in a good file; the line of the fault; what the message says about it.
FAULTS = {
    "unknown-key": ({"zone": {"colour": "blue"}}, 5, "colour: no such key in [zone]; there are:"),
    "unknown-section": ({"servers": {"a": "b"}}, 25, "[servers]: no such section; there are"),
    "bad-address": (
        {"site_dc1": {"address": "192.0.2.300"}}, 8, "address = 192.0.2.300: must be one to"),
    "name": ({"zone": {"name": "-bad-.test"}}, 2, "name = -bad-.test: must be a host name"),
    "nameserver": ({"site_dc1": {"nameserver": "a b"}}, 7, "nameserver = a b: must be a host name"),
    "no-check": ({"check": None}, None, "there is no check of the local web server"),
    "no-sites": ({"site_dc1": None, "site_dc2": None}, None, "there is no site"),
    "no-zone": ({"zone": None}, None, "[zone] lacks `name`"),
    "ttl": ({"zone": {"ttl": "1w"}}, 3, "ttl = 1w: must be a duration from 1s to 7d"),
    "status": ({"check": {"expect-status": "2xx"}}, 21, "expect-status = 2xx: must be HTTP status"),
    "url": ({"check": {"url": "http://get.example.test/"}}, 15, "must be http://ADDRESS"),
    "duplicate-key": ({"zone": {"ttl": ["60", "60"]}}, 4, "ttl: given before, at line 3"),
    "comment-by-hash": (
        {"zone": {"ttl": "60 # short"}}, 3, "or 1h (`#` begins no comment behind a value; `;` does)"),
    "comment-by-hash-and-tab": (
        {"check": {"url": "http://localhost/\t# here"}}, 15, "(`#` begins no comment behind a value"),
    "long-line": (
        {"zone": {"records": "x" * 300}}, 5, "the line is longer than 198 octets"),
}


@pytest.mark.parametrize("changes, line, message", FAULTS.values(), ids=FAULTS)
def test_fault_is_named_with_its_place(site_file, changes, line, message):
    path = site_file(**changes)
    place = f"{path}:{line}" if line else str(path)
    assert re.search(rf"(?m)^ERROR: {re.escape(place)}: .*{re.escape(message)}", refused(path))


def test_all_faults_of_all_files_at_once(site_file):
    one = site_file("one.conf", name="one.example.test", zone={"ttl": "x"}, check={"fall": "x"})
    two = site_file("two.conf", name="two.example.test", site_dc2={"address": "x"})
    said = refused(one, two)
    for place in (f"{one}:3: ", f"{one}:19: ", f"{two}:12: "):
        assert place in said


def test_duplicate_site(site_file):
    path = site_file()
    path.write_text(path.read_text() + "[site dc1]\nnameserver = a.b\naddress = 192.0.2.1\n")
    assert "[site dc1]: this site was described before" in refused(path)


def test_the_same_name_twice(site_file):
    one, two = site_file("one.conf"), site_file("two.conf", name="GET.example.test.")
    said = refused(one, two)
    assert "get.example.test" in said and str(one) in said and str(two) in said


def test_empty_file(site_file):
    path = site_file(text="")
    assert f"{path}: [zone] lacks `name`" in refused(path)


def test_missing_file(tmp_path):
    path = tmp_path / "get.conf"
    assert f"ERROR: {path}: " in (said := refused(path))
    assert "No such file or directory" in said


def test_directory_without_site_files(tmp_path):
    (tmp_path / "README").write_text("nothing here")
    assert str(tmp_path) in refused(tmp_path)


def test_directory_called_like_a_site_file(tmp_path, site_file):
    site_file("one.conf")
    (tmp_path / "two.conf").mkdir()
    assert f"{tmp_path}/two.conf: is a directory, not a file" in refused(tmp_path)


def test_one_bad_file_of_a_directory(tmp_path, site_file):
    site_file("one.conf", name="one.example.test")
    bad = site_file("two.conf", text="rubbish")
    assert f"{bad}:1: neither `[section]` nor `key = value`" in refused(tmp_path)


def test_binary_file(tmp_path):
    path = tmp_path / "get.conf"
    path.write_bytes(bytes(range(256)) * 20)
    assert f"{path}:1: a NUL octet: this is not a text file" in refused(path)


@pytest.fixture
def nobody(tmp_path):
    """A command that runs another as a user who may do nothing but pass the directory's parents."""
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        pytest.skip("becoming another user needs root and setpriv")
    for directory in tmp_path.parents:
        directory.chmod(directory.stat().st_mode | 0o111)
    return "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"


def test_no_permission(site_file, tmp_path, nobody):
    path = site_file()
    path.chmod(0o600)
    tmp_path.chmod(0o711)
    assert f"{path}: cannot be opened: Permission denied" in refused(path, wrapper=nobody)


def test_no_permission_for_the_directory(site_file, tmp_path, nobody):
    site_file()
    tmp_path.chmod(0o700)
    assert f"{tmp_path}: cannot be read: Permission denied" in refused(tmp_path, wrapper=nobody)


@pytest.mark.parametrize("change", [
    pytest.param(lambda text: text.replace("\n", "\r\n"), id="CRLF"),
    pytest.param(lambda text: "\ufeff" + text, id="byte-order-mark"),
    pytest.param(lambda text: text.rstrip("\n"), id="no-final-newline"),
    pytest.param(lambda text: text.replace("\n", "\n\t"), id="indented")])
def test_harmless_spelling(site_file, web, change):
    plain = daemon.run("--print-zone", "--site", "dc1", site_file())
    assert plain.returncode == 0, plain.stderr
    text = change(sitefile.text(sitefile.sections(web.url())))
    spelled = daemon.run("--print-zone", "--site", "dc1", site_file(text=text))
    assert spelled.stdout == plain.stdout


FAILING_READ = daemon.BUILD / "tests" / "integration" / "failing_read.so"


@pytest.mark.parametrize("which", ["get.conf", "extra", "private", "public"])
def test_a_file_that_fails_while_it_is_read(site_file, tmp_path, which):
    """A disk or a network file system that fails half-way: what was read is not taken for all."""
    (tmp_path / "extra").write_text("a TXT x\nb TXT y\n")
    key = signing.make_key(tmp_path)
    site = site_file("get.conf", zone={"records": "extra", "dnssec-key": key.private.name})
    failing = {"private": key.private, "public": key.public}.get(which, tmp_path / which)
    said = refused(site, wrapper=[
        "env", f"LD_PRELOAD={FAILING_READ}", f"FAILING_READ={failing.resolve()}",
        "ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0"])
    assert "cannot be read: Input/output error" in said
