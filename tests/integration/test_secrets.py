"""Keys and cookie secrets stay where they are: not in logs, files, other processes, or cores."""

import pathlib
import re

import pytest

import daemon
import signing
import transport
import wire


@pytest.fixture
def key(tmp_path):
    return signing.make_key(tmp_path, "get.example.test")


@pytest.fixture
def signed(sitens, site_file, key):
    """A daemon with a key, that tells all it can tell, and may leave cores as far as others say."""
    running = sitens("--verbose", site_file(zone={"dnssec-key": key.private}),
                     wrapper=["prlimit", "--core=unlimited"])
    running.await_state("serving")
    return running


def secrets(running, key):
    """Texts that nobody may see: the private key, and the secrets of cookies."""
    cookies = (running.directory / "state" / "cookie-secrets").read_text().split()
    private = [line.split()[1] for line in key.private.read_text().splitlines()
               if line.startswith("PrivateKey")]
    assert cookies and private
    return cookies + private


def test_nothing_tells_them(signed, key):
    signed.await_round()
    ask = transport.Via(signed.address, signed.port, tcp=True).octets
    answers = [ask(wire.ask_for("get.example.test", rdtype, wire.opt(wire.option(wire.COOKIE, b"8 octets"))))
               for rdtype in ("A", "DNSKEY", "ANY")]
    status = daemon.run("--socket", signed.directory / "run" / "control", "status", "--json",
                        program=daemon.BUILD / "sitens" / "sitensctl")
    assert status.returncode == 0, status.stderr
    hidden = secrets(signed, key)
    files = [path.read_text() for path in (signed.directory / "run").iterdir() if path.is_file()]
    assert any("sitens_state" in text for text in files)
    signed.stop()
    seen = "\n".join((*signed.log.texts, *signed.notify.texts, *files, status.stdout,
                      *map(repr, answers)))
    assert not any(secret in seen for secret in hidden)


@pytest.mark.parametrize("damage", [
    lambda text: text,
    lambda text: text.replace("Private-key-format", "Private-key-formal"),
    lambda text: text.replace("PrivateKey:", "PrivatKey:"),
    lambda text: text.replace("PrivateKey: ", "PrivateKey: ="),
    lambda text: text.replace("PrivateKey: ", "PrivateKey:\n"),
    lambda text: text.replace("PrivateKey: ", "PrivateKey: blank "),
], ids=["sound", "format", "keyword", "base64", "line", "word"])
@pytest.mark.parametrize("option", ["dnssec-key", "records", None], ids=str)
def test_faults_do_not_quote_a_key(site_file, key, option, damage):
    """What cannot be read is quoted, so that it is found; not where it is a key. None: it is taken
    for the site file."""
    text = key.private.read_text()
    [secret] = re.findall("PrivateKey: (.*)=", text)
    key.private.write_text(damage(text))
    path = site_file(zone={option: key.private}) if option else key.private
    for program, arguments in ((daemon.SITENS, ["--test"]), (daemon.PARENTGEN, ["--lint"])):
        done = daemon.run(*arguments, path, program=program)
        assert secret not in done.stdout + done.stderr


def test_files_are_the_service_s_own(signed):
    for path in (signed.directory / "state").iterdir():
        assert path.stat().st_mode & 0o077 == 0, path


def test_leaves_no_core(signed):
    """Its memory holds the keys, and that of sitens-http what web servers sent."""
    pids = [signed.process.pid]
    for task in pathlib.Path(f"/proc/{signed.process.pid}/task").iterdir():
        pids += map(int, (task / "children").read_text().split())
    assert len(pids) > 1
    for pid in pids:
        limits = pathlib.Path(f"/proc/{pid}/limits").read_text()
        soft, hard = next(line for line in limits.splitlines() if line.startswith("Max core")).split()[4:6]
        assert soft == "0", pid
        if pid != signed.process.pid:  # what it has become by web servers' answers cannot raise it again
            assert hard == "0", pid
