"""parentgen --init: asks, or is told by options, and writes a site file that works."""

import os
import pty
import re
import signal
import socket
import subprocess
import sys

import pytest

import daemon
import namespace

EX_USAGE = 64
SITES = ("--site", "dc1=192.0.2.10,2001:db8::10", "--site", "dc2=198.51.100.20")


def init(*arguments):
    return daemon.run("--init", *arguments, program=daemon.PARENTGEN)


def is_sound(path, site="dc1"):
    """What --lint and --test say of the file, both of which must take it."""
    lint = daemon.run("--lint", path, program=daemon.PARENTGEN)
    test = daemon.run("--test", "--site", site, path)
    assert (lint.returncode, test.returncode) == (0, 0), lint.stderr + test.stderr
    return test.stdout


class Terminal:
    """parentgen --init on a terminal of its own, in a network namespace."""

    def __init__(self, space, *arguments):
        self.fd, other = pty.openpty()
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", space.name, str(daemon.PARENTGEN), "--init", *map(str, arguments)],
            stdin=other, stdout=other, stderr=other, start_new_session=True)
        os.close(other)
        self.said = ""

    def until(self, words):
        """Reads until the words have been said, and returns what was said since the last call."""
        said = ""
        while words not in said:
            piece = os.read(self.fd, 4096).decode()
            said += piece
        self.said += said
        return said

    def answer(self, question, text):
        said = self.until(question)
        while not re.search(re.escape(question) + r"[^\n]*: $", said):
            said += os.read(self.fd, 4096).decode()
        os.write(self.fd, text.encode() + b"\n")
        return said

    def rest(self):
        said = b""
        try:
            while piece := os.read(self.fd, 4096):
                said += piece
        except OSError:  # what a terminal says when nobody has its other end
            pass
        return said.decode()

    def end(self):
        said = self.rest()
        return self.process.wait(), said

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.fd)


@pytest.fixture
def space():
    with namespace.Namespace(f"sitens-init-{os.getpid()}") as made:
        yield made


@pytest.fixture
def terminal(space):
    made = []

    def start(*arguments):
        made.append(Terminal(space, *arguments))
        return made[-1]

    yield start
    for each in made:
        each.close()


def test_options(tmp_path):
    path = tmp_path / "get.example.org.conf"
    done = init(*SITES, "--web", "https://127.0.0.1:8443/healthz", path)
    assert done.returncode == 0, done.stderr
    assert f"{path} is written" in done.stdout
    assert "it answers 192.0.2.10 2001:db8::10 (TTL 60 s)" in is_sound(path)
    assert "url = https://127.0.0.1:8443/healthz\n" in path.read_text()
    assert os.listdir(tmp_path) == [path.name]
    assert path.stat().st_mode & 0o777 == 0o644


@pytest.mark.skipif(daemon.SANITIZED, reason="the sanitizer itself needs /proc")
def test_proc_is_not_needed(tmp_path):
    """As in a bare chroot."""
    path = tmp_path / "get.example.org.conf"
    without = ("unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /proc && exec "$@"', "sh")
    done = daemon.run("--init", *SITES, path, program=daemon.PARENTGEN, wrapper=without)
    assert done.returncode == 0, done.stderr
    assert "it answers 192.0.2.10 2001:db8::10 (TTL 60 s)" in is_sound(path)


def test_every_suggestion_works(tmp_path):
    """The lines to be uncommented."""
    path = tmp_path / "get.example.org.conf"
    assert init(*SITES, path).returncode == 0
    text = path.read_text()
    suggested = re.findall(r"^;([a-z\[].*)$", text, re.M)
    assert {"ttl = 60", "[policy]", "withdraw = hand-over"} <= set(suggested)
    # What writes a site file need not be built as what reads it on the sites.
    without = "" if daemon.SYSTEMD else "(?!unit = )"
    path.write_text(re.sub(rf"^;{without}([a-z\[])", r"\1", text, flags=re.M))
    is_sound(path)


def test_ipv6_only_and_many_addresses(tmp_path):
    path = tmp_path / "get.example.org.conf"
    many = ",".join(f"2001:db8:ffff:ffff:ffff:ffff:ffff:{n}" for n in range(1, 9))
    assert init("--site", f"dc1={many}", path).returncode == 0
    assert "ffff:8 (TTL" in is_sound(path)


def test_long_name(tmp_path):
    """A line of a site file has 198 octets; the name server's has the name and the id."""
    label = "a" * 60
    path = tmp_path / f"{label}.{label}.{'b' * 30}.org.conf"
    assert init("--site", "dc1=192.0.2.1", path).returncode == 0
    is_sound(path)
    longer = tmp_path / f"{label}.{label}.{label}.org.conf"
    done = init("--site", "dc1=192.0.2.1", longer)
    assert done.returncode == EX_USAGE
    assert "longer than 198 octets" in done.stderr
    assert not longer.exists()


@pytest.mark.parametrize("name, arguments, says", [
    ("get.example.org.conf", [], "give --site ID=ADDRESS"),
    ("get.example.org.conf", ["--web", "http://127.0.0.1/"], "--web goes with --site"),
    ("get.example.org.conf", ["--site", "dc1"], "[site dc1] lacks `address`"),
    ("get.example.org.conf", ["--site", "dc1="], "[site dc1] lacks `address`"),
    ("get.example.org.conf", ["--site", "=192.0.2.1"], "the site's id must be"),
    ("get.example.org.conf", ["--site", "a_b=192.0.2.1"], "nameserver = get.a_b.example.org"),
    ("get.example.org.conf", ["--site", "a]=192.0.2.1"], "text after the section header"),
    ("get.example.org.conf", ["--site", "a] ;=192.0.2.1"], "cannot stand here"),
    ("get.example.org.conf", ["--site", "a=192.0.2.1 ;x"], "cannot stand here"),
    ("get.example.org.conf", ["--site", "a=192.0.2.1\npreference = 3"], "cannot stand here"),
    ("get.example.org.conf", ["--site", "a=192.0.2.300"], "address = 192.0.2.300: must be"),
    ("get.example.org.conf", ["--site", "a=192.0.2.1,192.0.2.1"], "different"),
    ("get.example.org.conf", ["--site", "a=0.0.0.0"], "address = 0.0.0.0"),
    ("get.example.org.conf", ["--site", "a=192.0.2.1", "--site", "a=192.0.2.2"], "described before"),
    ("get.example.org.conf", ["--site", "a=192.0.2.1", "--site", "b=192.0.2.1"], "in common"),
    ("get.example.org.conf", ["--site", "a=192.0.2.1", "--web", "127.0.0.1"], "url = 127.0.0.1: must"),
    ("get.example.org.conf", ["--site", "a=192.0.2.1", "--web", "http://x/"], "url = http://x/: must"),
    ("get.example.org.conf", ["--site", "a=192.0.2.1", "--web", ""], "url"),
    ("get.conf", ["--site", "a=192.0.2.1"], "called like get.example.org.conf: name = get: must be"),
    ("get_x.example.org.conf", ["--site", "a=192.0.2.1"], "called like get.example.org.conf"),
    ("get.example.org", ["--site", "a=192.0.2.1"], "called like get.example.org.conf"),
    (".conf", ["--site", "a=192.0.2.1"], "called like get.example.org.conf"),
])
def test_wrong_options(tmp_path, name, arguments, says):
    done = init(*arguments, tmp_path / name)
    assert done.returncode == EX_USAGE
    assert says in done.stderr
    assert not os.listdir(tmp_path)


def test_options_of_init_alone(tmp_path):
    for option in ("--site", "a=192.0.2.1"), ("--web", "http://127.0.0.1/"):
        done = daemon.run(*option, tmp_path / "get.example.org.conf", program=daemon.PARENTGEN)
        assert done.returncode == EX_USAGE
        assert "belong to --init" in done.stderr


def test_nothing_is_overwritten(tmp_path):
    path = tmp_path / "get.example.org.conf"
    path.write_text("precious")
    done = init(*SITES, path)
    assert done.returncode == 1
    assert "stays as it is" in done.stderr
    assert path.read_text() == "precious"
    assert os.listdir(tmp_path) == [path.name]


def test_cannot_be_written(tmp_path):
    done = init(*SITES, tmp_path / "no" / "get.example.org.conf")
    assert done.returncode == 1
    assert "there is no such directory; make it, or choose another" in done.stderr
    assert "is written" not in done.stdout


def test_no_question_is_asked_in_vain(tmp_path, terminal):
    """Where the file cannot be written, that is the first thing that is said."""
    status, said = terminal(tmp_path / "no" / "get.example.org.conf").end()
    assert status == 1 and "there is no such directory" in said and "Site 1" not in said


def test_answers(tmp_path, space, terminal):
    """Defaults of the host, bad answers, and a standby's place for later."""
    path = tmp_path / "get.example.org.conf"
    for address in "11.12.13.14/32", "2a00:1450::14/128", "10.1.2.3/32", "192.0.2.7/32":
        space.add_address(address)
    dialogue = terminal(path)
    host = socket.gethostname().split(".")[0]
    said = dialogue.answer("Site 1", "no good")
    assert f"[{host}]" in said
    said = dialogue.answer("Site 1", "dc1")
    assert "That does not work: [site no good]: the site's id must be" in said
    said = dialogue.answer("Its addresses", "one")
    assert "[11.12.13.14 2a00:1450::14]" in said
    assert "does not work: address = one: must be" in dialogue.answer("Its addresses", "")
    said = dialogue.answer("Site 2", "dc1")
    assert f"[{host}]" not in said
    assert "[site dc1]: this site was described before" in dialogue.answer("Site 2", "dc2")
    dialogue.answer("Its addresses", "")
    assert "[site dc2] lacks `address`" in dialogue.answer("Its addresses", "11.12.13.14")
    said = dialogue.answer("Its addresses", " 21.22.23.24, 2a00:1451::24 ")
    assert "address in common" in said
    dialogue.answer("Site 3", "")
    said = dialogue.answer("URL of the web server", "gopher://x")
    assert "No web server accepts connections" in said
    assert "must be http://ADDRESS" in dialogue.answer("URL of the web server", "")
    status, said = dialogue.end()
    assert status == 0, said
    assert "is written" in said
    assert "11.12.13.14 2a00:1450::14" in is_sound(path)
    assert "21.22.23.24 2a00:1451::24" in is_sound(path, "dc2")
    assert "url = http://127.0.0.1/\n" in path.read_text()


@pytest.mark.parametrize("port, url", [(80, "http://127.0.0.1/"), (443, "https://127.0.0.1/")])
def test_web_server_of_the_host(tmp_path, space, terminal, port, url):
    path = tmp_path / "get.example.org.conf"
    server = subprocess.Popen(
        ["ip", "netns", "exec", space.name, sys.executable, "-u", "-m", "http.server", str(port),
         "--bind", "127.0.0.1"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert "Serving HTTP" in server.stdout.readline()
        dialogue = terminal(path)
        dialogue.answer("Site 1", "dc1")
        dialogue.answer("Its addresses", "192.0.2.1")
        dialogue.answer("Site 2", "")
        said = dialogue.answer("URL of the web server", "")
        assert "A web server accepts connections on this host." in said
        assert f"[{url}]" in said
        assert dialogue.end()[0] == 0
    finally:
        server.kill()
        server.wait()
        server.stdout.close()
    assert f"url = {url}\n" in path.read_text()


@pytest.mark.parametrize("ending", ["end of input", "interrupt"])
def test_given_up(tmp_path, terminal, ending):
    path = tmp_path / "get.example.org.conf"
    dialogue = terminal(path)
    dialogue.answer("Site 1", "dc1")
    dialogue.answer("Its addresses", "192.0.2.1")
    dialogue.until("Site 2")
    if ending == "interrupt":
        os.kill(dialogue.process.pid, signal.SIGINT)
        assert dialogue.end()[0] == -signal.SIGINT
    else:
        os.write(dialogue.fd, b"\x04")
        status, said = dialogue.end()
        assert status == 1
        assert "nothing is written" in said
    assert not os.listdir(tmp_path)


def test_made_by_another_meanwhile(tmp_path, terminal):
    """What comes into being during the questions is not overwritten either."""
    path = tmp_path / "get.example.org.conf"
    dialogue = terminal(path)
    dialogue.answer("Site 1", "dc1")
    dialogue.answer("Its addresses", "192.0.2.1")
    dialogue.answer("Site 2", "")
    path.write_text("precious")
    dialogue.answer("URL of the web server", "")
    status, said = dialogue.end()
    assert status == 1
    assert "stays as it is" in said
    assert path.read_text() == "precious"
    assert os.listdir(tmp_path) == [path.name]


def test_there_already(tmp_path, terminal):
    """It is said before the questions."""
    path = tmp_path / "get.example.org.conf"
    path.write_text("precious")
    status, said = terminal(path).end()
    assert status == 1
    assert "stays as it is" in said
    assert "Site 1" not in said
