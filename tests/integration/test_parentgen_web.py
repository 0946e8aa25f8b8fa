"""parentgen --check --url: the web servers of the sites, as their users meet them."""

import re
import socket
import subprocess
import time

import pytest

import daemon
import fakeserver
import parents
import webserver
import world as worlds

FAULT, NOT_WELL, USAGE = 1, 3, 64
URL = f"http://{worlds.NAME}/download"
TLS_URL = f"https://{worlds.NAME}/download"
DC2 = "dc2 at 198.51.100.20, dc2 at 2001:db8:3::20"


class Web:
    """A world with the users' web servers on every address of every site."""

    def __init__(self, world):
        self.world = world
        self.at = {}

    def start(self, site, port=80, tls=None):
        """Starts the scripted web servers of a site."""
        self.at[site] = [webserver.WebServer((address, port), tls)
                         for address in worlds.SITES[site][1]]
        for server in self.at[site]:
            self.world.stack.callback(server.close)
        return self.at[site]

    def answer(self, site, answer):
        for server in self.at[site]:
            server.answer = answer


@pytest.fixture
def world(netns, tmp_path):
    with worlds.world(netns, tmp_path) as made:
        made.start_parent()
        yield made


@pytest.fixture
def webs(world):
    """Both sites serve, both web servers are well."""
    made = Web(world)
    for site in worlds.SITES:
        world.start_fake(site)
        made.start(site)
    return made


def of_site(report, site):
    """What the site's addresses say to the first URL."""
    return [place["web"][0] for place in report["sites"][site]["addresses"]]


def test_all_is_right(world, webs):
    status, findings, report = world.findings("--url", URL)
    assert status == 0 and not findings
    for site in (0, 1):
        for said in of_site(report, site):
            assert said["url"] == URL and said["outcome"] == "answered" and said["status"] == 200
            assert said["milliseconds"] >= 0
    lines = world.check("--url", URL, "--url", URL + "?again").stdout.splitlines()
    assert re.match(r"SITE +STATE +IPV4 +IPV6 +SITE FILE +WEB 1 +WEB 2 +TIME$", lines[0])
    assert re.match(r"dc1 +serving +udp tcp +udp tcp +same +200 +200 +\d+ ms$", lines[1])
    assert f"WEB 1 is {URL}" in lines and f"WEB 2 is {URL}?again" in lines


def test_as_a_client_asks(world, webs):
    """The name of the URL, at each address."""
    world.check("--url", f"http://{worlds.NAME}:80/a?b=c#d")
    for servers in webs.at.values():
        for server in servers:
            assert len(server.requests) == 1
            assert server.requests[0].startswith("GET /a?b=c HTTP/1.1\r\n")
            assert f"\r\nHost: {worlds.NAME}\r\n" in server.requests[0]


def test_another_port(world, webs):
    for server in webs.start("dc1", 8080) + webs.start("dc2", 8080):
        server.answer = webserver.response(204, b"")
    _, _, report = world.findings("--url", f"http://{worlds.NAME}:8080/")
    assert {said["status"] for site in (0, 1) for said in of_site(report, site)} == {204}


def test_without_a_proxy(world, webs, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1/")
    done = subprocess.run(
        [daemon.PARENTGEN, "--check", "--parent", worlds.PARENT, "--url", URL, world.path],
        capture_output=True, text=True, check=False, timeout=daemon.PATIENCE)
    assert done.returncode == 0, done.stdout


# Port 53 answers, and the web port does not

def test_cut_off(world, webs):
    for server in webs.at["dc2"]:
        server.close()
    status, findings, report = world.findings("--url", URL)
    assert status == FAULT and set(findings) == {"web-unreachable"}
    finding = findings["web-unreachable"]
    assert finding["text"] == f"users are sent there, but {URL} cannot be reached: Connection refused"
    assert finding["servers"] == DC2 and "sitensctl out" in finding["fix"]
    assert [said["reason"] for said in of_site(report, 1)] == 2 * ["Connection refused"]
    assert re.search(r"(?m)^dc2 +serving .* same +unreachable +\d", world.check("--url", URL).stdout)


def test_dropped_by_a_firewall(world, webs):
    """Who listens and takes no more is as good as a firewall that drops."""
    for server in webs.at["dc2"]:
        server.close()
    full = []
    for address in worlds.SITES["dc2"][1]:
        full += fill(address)
    begun = time.monotonic()
    status, findings, _ = world.findings("--url", URL)
    assert time.monotonic() - begun < 20
    for sock in full:
        sock.close()
    assert status == FAULT and set(findings) == {"web-unreachable"}
    assert findings["web-unreachable"]["text"].endswith("no connection within 5 s")
    assert findings["web-unreachable"]["servers"] == DC2


def fill(address):
    """A listening socket whose queue is full, and what fills it."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.create_server((address, 80), family=family, backlog=0)
    clients = []
    while True:
        client = socket.socket(family)
        client.settimeout(0.3)
        clients.append(client)
        try:
            client.connect((address, 80))
        except TimeoutError:
            return [listener, *clients]


def test_one_family(world, webs):
    """A web server that listens on IPv4 only: the address is given all the same."""
    webs.at["dc2"][1].close()
    _, findings, report = world.findings("--url", URL)
    assert findings["web-unreachable"]["servers"] == "dc2 at 2001:db8:3::20"
    assert [said["outcome"] for said in of_site(report, 1)] == ["answered", "unreachable"]


# What web servers do instead

@pytest.mark.parametrize("answer, tag, says", [
    (webserver.response(404), "web-status", "gets HTTP status 404"),
    (webserver.response(503), "web-status", "gets HTTP status 503"),
    (webserver.close, "web-no-answer", "gets no answer: the connection is closed without a response"),
    (webserver.reset, "web-no-answer", "gets no answer: Recv failure: Connection reset by peer"),
    (webserver.hang, "web-no-answer", "no response within 5 s"),
    (webserver.unfinished, "web-no-answer", "no end of the response within 5 s"),
    (webserver.endless_headers, "web-no-answer", "headers without end, gave up after 64 KiB"),
    (lambda connection, web: connection.sendall(b"220 smtp.example.test ESMTP\r\n"),
     "web-no-answer", "gets no answer: Received HTTP/0.9"),
    (lambda connection, web: connection.sendall(b"HTTP/1.1 200 OK\r\nX: " + 200_000 * b"x"),
     "web-no-answer", "headers without end, gave up after 64 KiB"),
    (lambda connection, web: connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok"),
     "web-no-answer", "end of response with 7 bytes missing|transfer closed"),
], ids=["404", "503", "close", "reset", "hang", "unfinished", "headers", "smtp", "line", "cut"])
def test_hostile(world, webs, answer, tag, says):
    webs.answer("dc2", answer)
    status, findings, _ = world.findings("--url", URL)
    assert status == FAULT and set(findings) == {tag}
    assert re.search(says, findings[tag]["text"]) and findings[tag]["servers"] == DC2


@pytest.mark.parametrize("line", [b"HTTP/200 OK", b"HTTP/" + 90 * b"2" + b"1.1 301 x"],
                         ids=["short", "long"])
def test_no_status(world, webs, line):
    """libcurl 7.88 reads the version 2 in these and no status; 8.14 takes the word HTTP for 200."""
    webs.answer("dc2", lambda connection, web: connection.sendall(line + b"\r\n\r\n"))
    _, findings, report = world.findings("--url", URL)
    if [said.get("status") for said in of_site(report, 1)] == 2 * [200]:
        assert not findings
    else:
        assert set(findings) == {"web-no-answer"}
        assert findings["web-no-answer"]["text"].endswith("gets no answer: a response without a status")


def test_large_download(world, webs):
    """Its beginning is enough."""
    webs.answer("dc2", webserver.endless_body)
    status, findings, _ = world.findings("--url", URL)
    assert status == 0 and not findings


def test_all_hang_at_once(world, webs):
    """Side by side: twice the addresses and URLs do not take longer. It would be 80 s."""
    for site in worlds.SITES:
        webs.answer(site, webserver.hang)
    urls = [word for i in range(4) for word in ("--url", f"{URL}?{i}")]
    status, findings, report = world.findings(*urls)  # within daemon.PATIENCE
    assert status == FAULT and set(findings) == {"web-no-answer"}
    assert len(report["findings"]) == 4


def test_redirect_is_shown(world, webs):
    """And not followed."""
    webs.answer("dc2", webserver.redirect(TLS_URL))
    status, findings, report = world.findings("--url", URL)
    assert status == 0 and set(findings) == {"web-redirect"}
    assert findings["web-redirect"]["text"] == f"{URL} leads to {TLS_URL}"
    assert findings["web-redirect"]["servers"] == DC2
    assert of_site(report, 1)[0] | {"milliseconds": 0} == {
        "url": URL, "outcome": "answered", "status": 301, "location": TLS_URL, "milliseconds": 0}


def test_text_of_a_web_server(world, webs):
    """Nothing that a terminal would obey comes through."""
    webs.answer("dc2", webserver.redirect("https://x.test/\033[31m\xff"))
    done = world.check("--url", URL)
    assert "leads to https://x.test/" in done.stdout and "\033" not in done.stdout


# TLS

@pytest.fixture
def trusted(authority, tmp_path):
    """A wrapper whose system trusts the authority."""
    certs = tmp_path / "certs"
    certs.mkdir()
    (certs / "ca-certificates.crt").write_text(authority.path.read_text())
    return ["unshare", "--mount", "sh", "-c", f'mount --bind {certs} /etc/ssl/certs && exec "$@"', "sh"]


def start_tls(webs, authority, **names):
    for site in worlds.SITES:
        webs.start(site, 443, authority.context(names.get(site, worlds.NAME)))


def test_tls(world, webs, authority, trusted):
    start_tls(webs, authority)
    status, findings, _ = world.findings("--url", TLS_URL, wrapper=trusted)
    assert status == 0 and not findings


@pytest.mark.parametrize("other, says", [
    (("dc2", "get.dc2.example.test"), "SSL: no alternative certificate subject name matches target host ?name"),
    (("dc2", "198.51.100.20"), "SSL: (no alternative certificate subject|certificate subject name)"),
])
def test_wrong_certificate(world, webs, authority, trusted, other, says):
    start_tls(webs, authority, **dict([other]))
    status, findings, report = world.findings("--url", TLS_URL, wrapper=trusted)
    assert status == FAULT and set(findings) == {"web-tls"}
    assert findings["web-tls"]["servers"] == DC2
    assert re.search(f"users are sent there, but TLS fails for {TLS_URL}: {says}",
                     findings["web-tls"]["text"])
    assert of_site(report, 1)[0]["outcome"] == "tls"


def test_expired_certificate(world, webs, authority, trusted):
    webs.start("dc1", 443, authority.context(worlds.NAME))
    webs.start("dc2", 443, authority.context(worlds.NAME, valid_days=(-2, -1)))
    _, findings, _ = world.findings("--url", TLS_URL, wrapper=trusted)
    assert findings["web-tls"]["text"].endswith("SSL certificate problem: certificate has expired")
    assert findings["web-tls"]["servers"] == DC2


def test_unknown_authority(world, webs, authority):
    start_tls(webs, authority)
    _, findings, _ = world.findings("--url", TLS_URL)
    assert "SSL certificate problem: unable to get local issuer" in findings["web-tls"]["text"]


def test_no_tls_on_the_port(world, webs):
    for site in worlds.SITES:
        for server in webs.start(site, 443):
            server._read_request = lambda connection: str(connection.recv(4096))
    _, findings, _ = world.findings("--url", TLS_URL)
    assert "wrong version number" in findings["web-tls"]["text"]


def test_handshake_that_hangs(world, webs, authority, trusted):
    """The TCP connection stands; that is all."""
    start_tls(webs, authority)
    for server in webs.at["dc2"]:
        server.tls = None
        server._read_request = lambda connection: connection.recv(1) and webserver.hang(
            connection, None)
    _, findings, _ = world.findings("--url", TLS_URL, wrapper=trusted)
    assert findings["web-tls"]["text"].endswith("no end of the TLS handshake within 5 s")


# By the state of the site

def test_failing_site(world):
    """That its web server is down is why it is failing: once is enough."""
    world.start_fake("dc1")
    world.start_fake("dc2", fakeserver.not_ready)
    Web(world).start("dc1")
    status, findings, report = world.findings("--url", URL)
    assert status == NOT_WELL and set(findings) == {"failing"}
    assert of_site(report, 1)[0]["outcome"] == "unreachable"


def test_failing_site_whose_web_server_answers(world):
    world.start_fake("dc1")
    world.start_fake("dc2", fakeserver.say_nothing)
    made = Web(world)
    for site in worlds.SITES:
        made.start(site)
    status, findings, _ = world.findings("--url", URL)
    assert status == NOT_WELL and set(findings) == {"failing", "web-answers"}
    assert findings["web-answers"]["text"] == "dc2 is failing, but its web server answers"


def test_lame_site(world):
    world.start_fake("dc1")
    world.start_fake("dc2", lambda query, response, tcp: fakeserver.with_rcode(5)(
        query, response, tcp))
    Web(world).start("dc1")
    assert set(world.findings("--url", URL)[1]) == {"lame"}


def test_standby_whose_web_server_is_cut_off(world):
    world.write(site_dc2={"preference": 20})
    world.start_fake("dc1")
    world.start_fake("dc2", zone_of="dc1")
    Web(world).start("dc1")
    status, findings, report = world.findings("--url", URL)
    assert report["sites"][1]["state"] == "standby"
    assert status == FAULT and set(findings) >= {"web-unreachable"}
    assert findings["web-unreachable"]["text"].startswith("users will be sent there when needed, but")


def test_no_route(world):
    """Nothing is said of a site that this host cannot reach at all."""
    world.write(site_dc2={"address": "198.51.100.20 2001:db8:9::1"})
    for site in worlds.SITES:
        world.start_fake(site)
    made = Web(world)
    for site in worlds.SITES:
        made.start(site)
    _, findings, report = world.findings("--url", URL)
    assert not [tag for tag in findings if tag.startswith("web-")]
    assert of_site(report, 1)[1]["outcome"] == "no-route"


def test_own_fault(world, webs):
    """The firewall of this host says nothing of the others."""
    world.write(site_dc2={"address": "198.51.100.20 203.0.113.20"})
    world.netns.add_prohibited("203.0.113.20")
    _, findings, report = world.findings("--url", URL)
    assert of_site(report, 1)[1] == {
        "url": URL, "outcome": "not-asked", "reason": "Permission denied"}
    assert not [tag for tag in findings if tag.startswith("web-")]
    assert any(each["text"] == f"this host failed to ask for {URL}: Permission denied"
               for each in report["findings"])


# Real ones

def test_nginx(world, authority, trusted, tmp_path):
    """One server for all addresses but one, which it has forgotten to listen on."""
    for site in worlds.SITES:
        world.start_fake(site)
    pem = authority.pem(worlds.NAME)
    config = tmp_path / "nginx.conf"
    config.write_text(f"""
daemon off; pid {tmp_path}/pid; error_log {tmp_path}/error.log; worker_processes 1; user root;
events {{ }}
http {{
    access_log off;
    ssl_certificate {pem}; ssl_certificate_key {pem};
    server {{ listen 192.0.2.10:80; listen [2001:db8:2::10]:80; listen 198.51.100.20:80;
              server_name {worlds.NAME}; return 301 https://$host$request_uri; }}
    server {{ listen 192.0.2.10:443 ssl http2; listen [2001:db8:2::10]:443 ssl http2;
              listen 198.51.100.20:443 ssl http2;
              server_name {worlds.NAME}; return 200 "ok\n"; }}
}}
""")
    with subprocess.Popen([parents.needed("nginx"), "-e", tmp_path / "error.log", "-c", config]) as nginx:
        try:
            daemon.await_true("nginx", (tmp_path / "pid").exists)
            status, findings, report = world.findings("--url", URL, "--url", TLS_URL, wrapper=trusted)
        finally:
            nginx.terminate()
    assert status == FAULT and set(findings) == {"web-unreachable", "web-redirect"}
    assert findings["web-redirect"]["text"] == f"{URL} leads to {TLS_URL}"
    unreachable = [each for each in report["findings"] if each["tag"] == "web-unreachable"]
    assert [each["servers"] for each in unreachable] == 2 * ["dc2 at 2001:db8:3::20"]
    assert report["sites"][0]["addresses"][1]["web"][1]["status"] == 200


# The command line

@pytest.mark.parametrize("url", [
    "get.example.test", "ftp://get.example.test/", "http://", "http://a b/",
    "http://user:word@get.example.test/", "http://gét.example.test/", "file:///etc/passwd",
    "http://get.example.test:99999/", ""])
def test_bad_url(site_file, url):
    done = daemon.run("--check", "--url", url, site_file(), program=daemon.PARENTGEN)
    assert done.returncode == USAGE
    assert f"parentgen: {url}: must be http://NAME/PATH or https://NAME/PATH" in done.stderr


def test_too_many_urls(site_file):
    done = daemon.run("--check", *(5 * ["--url", URL]), site_file(), program=daemon.PARENTGEN)
    assert done.returncode == USAGE and "only 4 URLs can be asked" in done.stderr


def test_without_check(site_file):
    done = daemon.run("--url", URL, site_file(), program=daemon.PARENTGEN)
    assert done.returncode == USAGE and "belong to --check" in done.stderr


def test_the_daemon_has_no_libcurl():
    """It speaks to the web by sitens-http alone."""
    linked = subprocess.run(["ldd", daemon.SITENS], capture_output=True, text=True, check=True).stdout
    assert "libldns" in linked and "libcurl" not in linked
