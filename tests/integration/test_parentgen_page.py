"""parentgen --check --html: the page, judged by tidy and by what a browser reads.

tests/lab/test_page.py shows it to a browser.
"""

import html.parser
import os
import re
import shutil
import signal
import subprocess

import pytest

import daemon
import fakeserver
import parents
import webserver
import world as worlds

URL = f"http://{worlds.NAME}/?a&b"


@pytest.fixture
def world(netns, tmp_path):
    with worlds.world(netns, tmp_path) as made:
        made.start_parent()
        made.start_fake("dc1")
        made.users = []
        for _, addresses in worlds.SITES.values():
            made.users += [webserver.WebServer((address, 80)) for address in addresses]
        for server in made.users:
            made.stack.callback(server.close)
        made.page = tmp_path / "page.html"
        yield made


class Page(html.parser.HTMLParser):
    """What a browser makes of it: its text, its elements with their attributes."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.text, self.inside = [], [], None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.inside = tag

    def handle_data(self, data):
        if self.inside != "style":
            self.text.append(data)


def sound(path):
    """The page, which tidy has nothing to say about."""
    done = subprocess.run(
        [parents.needed("tidy"), "-quiet", "-errors", "--show-warnings", "yes", path],
        capture_output=True, text=True, check=False)
    assert done.returncode == 0 and not done.stderr, done.stderr
    text = path.read_text()
    page = Page(text)
    # Nothing is loaded and nothing runs: no attribute has an address but that of the empty icon.
    for tag, attributes in page.elements:
        assert tag not in ("script", "img", "iframe", "object", "embed", "form", "a", "base"), tag
        for name, value in attributes.items():
            assert not name.startswith("on"), name
            assert name not in ("src", "href") or value == "data:,", value
    assert text.count("url(") == text.count("url(#head)") and "@import" not in text
    return " ".join(" ".join(page.text).split())


def write(world, *options):
    done = world.check("--html", world.page, *options)
    assert done.returncode in (0, 1, 3), done.stderr
    return sound(world.page)


def test_all_is_right(world):
    world.start_fake("dc2")
    text = write(world, "--url", URL)
    assert f"{worlds.NAME}: 2 of 2 sites serve, all is right" in text
    assert "dc1: serving" in text and "dc2: serving" in text
    assert "192.0.2.10: serving, over UDP and TCP" in text
    assert f"{URL}: HTTP status 200 in" in text
    assert "192.0.2.2: delegates" in text
    assert "Worst failover: 62" in text
    assert oct(world.page.stat().st_mode & 0o777) == "0o644"


def test_findings_with_their_fixes(world):
    world.start_fake("dc2", fakeserver.say_nothing)
    world.users[0].answer = webserver.response(503)
    text = write(world, "--url", URL)
    assert "1 of 2 sites serve, 1 error" in text
    assert f"users are sent there, but {URL} gets HTTP status 503" in text
    assert "[web-status]" in text and "Fix: Let the web server there answer" in text
    assert "dc2: failing" in text and "[failing]" in text
    # The table comes all the same.
    assert "SITE" in world.check("--html", world.page).stdout


EVIL = "</style></title><script>alert(1)</script><img src=x onerror=alert(1)>\"'&amp;"


def test_what_comes_from_the_net_is_text(world):
    """By NSID, by Location, by a name server's name, by the URL itself."""
    world.start_fake("dc2", nsid=EVIL.encode())
    for server in world.users:
        server.answer = webserver.redirect(f"http://x.test/{EVIL}".replace(" ", "%20"))
    world.parent.close()
    world.start_parent(change=lambda text: text + r"get 3600 IN NS a<b>\"'&.x" + "\n")
    text = write(world, "--url", URL + "'\"<script>")
    assert f"the server says that it is the site `{EVIL}`" in text
    assert "leads to http://x.test/</style></title><script>alert(1)</script><img" in text
    assert "[ns-stale]" in text
    assert f"{URL}'\"<script>: HTTP status 301" in text


@pytest.mark.parametrize("options", [(), ("--url", URL)])
def test_many_sites(site_file, tmp_path, options):
    sections = {f"site_{'x' * 28}{i:02}": {
        "nameserver": f"get.dc{i}.example.test", "address": f"127.9.9.{i}"} for i in range(1, 41)}
    page = tmp_path / "page.html"
    done = daemon.run("--check", "--parent", "127.9.9.1", "--html", page, *options,
                      site_file(site_dc1=None, site_dc2=None, **sections), program=daemon.PARENTGEN)
    assert done.returncode == 1
    text = sound(page)
    assert "0 of 40 sites serve" in text
    assert all(f"{'x' * 28}{i:02}: failing" in text for i in range(1, 41))


def test_written_whole(world):
    """Who reads it while it is written anew sees a whole page; who cannot write it says so."""
    world.start_fake("dc2")
    write(world)
    before = os.stat(world.page).st_ino
    write(world)
    assert os.stat(world.page).st_ino != before
    assert sorted(each.name for each in world.directory.glob("page*")) == ["page.html"]


@pytest.mark.parametrize("path, says", [
    ("/dev/null", "/dev/null cannot be written: it is no file"),
    ("/no/such/place.html", "/no/such/place.html cannot be written: No such file or directory"),
])
def test_cannot_be_written(world, path, says):
    world.start_fake("dc2")
    done = world.check("--html", path)
    assert done.returncode == 1 and f"parentgen: {says}" in done.stderr
    assert "All is right." in done.stdout


def test_cannot_be_written_in_a_watch(world, tmp_path):
    """It is told once, and the looking goes on; so it is when it can be written again."""
    place = tmp_path / "page"
    place.mkdir()
    with subprocess.Popen(
            [daemon.PARENTGEN, "--check", "--watch=1", "--html", place, "--parent", worlds.PARENT,
             world.path], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            env=daemon.environment()) as watch:
        try:
            assert watch.stderr.readline() == f"parentgen: {place} cannot be written: it is no file\n"
            place.rmdir()
            assert watch.stderr.readline() == f"parentgen: {place} can be written again\n"
        finally:
            watch.terminate()


def test_in_a_watch(world):
    """Ages, the last hour, the changes; a round later what has changed."""
    server, _ = world.start_fake("dc2")
    with subprocess.Popen(
            [daemon.PARENTGEN, "--check", "--watch=1", "--html", world.page, "--url", URL,
             "--parent", worlds.PARENT, world.path], stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True, env=daemon.environment()) as watch:
        try:
            daemon.await_true("the page", world.page.exists)
            text = sound(world.page)
            assert re.search(r"Checked at \S+ \S+ UTC , every 1 s since \S+ \S+ UTC|"
                             r"Checked at \S+ \S+ UTC, every 1 s since \S+ \S+ UTC", text)
            assert re.search(r"get\.dc2\.example\.test since before \S+ \S+ UTC, \d+ s", text)
            assert "Last hour, in minutes: serving 1 not looked 59" in text
            assert 'content="1"' in world.page.read_text()  # it is loaded anew
            for each in world.users[2:]:
                each.answer = webserver.response(500)
            daemon.await_true("the change", lambda: "[web-status]" in world.page.read_text())
            text = sound(world.page)
            assert f"dc2: {URL} gets 500, and got 200" in text
            assert "Last hour, in minutes:" in text and "wrong 1" in text
        finally:
            watch.send_signal(signal.SIGINT)
        assert watch.wait(daemon.PATIENCE) == 0
        assert not watch.stderr.read()


def test_without_check(site_file, tmp_path):
    done = daemon.run("--html", tmp_path / "x", site_file(), program=daemon.PARENTGEN)
    assert done.returncode == 64 and "belong to --check" in done.stderr


def test_units(tmp_path):
    """The example units are sound, and confined."""
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is missing")
    for name in ("parentgen-page.service", "parentgen-page.timer"):
        text = (daemon.ROOT / "deploy" / "examples" / name).read_text()
        (tmp_path / name).write_text(text.replace("/usr/bin/parentgen", str(daemon.PARENTGEN)))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *tmp_path.glob("parentgen-page.*")],
        capture_output=True, text=True, check=False, timeout=daemon.PATIENCE)
    assert done.returncode == 0 and not done.stderr, done.stderr
    verdict = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", tmp_path / "parentgen-page.service"],
        capture_output=True, text=True, check=False, timeout=daemon.PATIENCE).stdout
    assert float(re.search(r"Overall exposure level for \S+: ([\d.]+)", verdict)[1]) < 2
