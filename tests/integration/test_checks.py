"""Every way in which a web server can be ill, and the reasons that are logged for it."""

import gzip
import re
import socket

import pytest

import webserver
from conftest import fresh_address


def fails(running, pattern):
    """The zone falls silent, and the log says why."""
    line = running.await_state("failing")
    assert re.search(pattern, line), line
    assert running.is_silent()


@pytest.mark.parametrize("answer, reason", [
    pytest.param(webserver.response(500), "500", id="500"),
    pytest.param(webserver.response(404), "404", id="404"),
    pytest.param(webserver.reset, "connection reset by peer", id="reset"),
    pytest.param(webserver.endless_headers, "headers without end", id="endless-headers"),
    pytest.param(
        webserver.response(headers=["Content-Length: x"]), "content-length", id="bad-header"),
    pytest.param(webserver.response(headers=["X-Long: " + "x" * 200 * 1024]),
                 "HTTP response: a header line is too long", id="long-header"),
    pytest.param(webserver.close, "closed the connection without a response; does it expect TLS, or "
                 "the PROXY protocol", id="proxy-protocol"),
])
def test_ill(serving, web, answer, reason):
    web.answer = answer
    fails(serving, f"(?i){reason}")
    web.answer = webserver.response()
    serving.await_state("serving")


@pytest.mark.parametrize("answer, stage", [
    pytest.param(webserver.hang, "the response", id="hang"),
    pytest.param(webserver.drip, "the response", id="slow-drip"),
    pytest.param(webserver.unfinished, "the end of the response", id="unfinished"),
])
def test_slow(sitens, site_file, web, answer, stage):
    """The deadline is that of the whole probe: a server that sends now and then does not pass."""
    web.answer = answer
    running = sitens(site_file(check={"timeout": "500ms"}))
    fails(running, f"timeout: waited 500 ms for {stage}$")


def test_encoded_body(sitens, site_file, web):
    """It is asked for as it is, and a server that does not care is told apart from a wrong body."""
    running = sitens(site_file(check={"expect-body": "all is well"}))
    web.answer = webserver.response(body=gzip.compress(b"all is well"),
                                    headers=["Content-Encoding: gzip"])
    assert "\r\nAccept-Encoding: identity\r\n" in web.await_requests(1, since=0)
    fails(running, "HTTP status 200, but the body is gzip-encoded, although it was asked for as it is")
    web.answer = webserver.response(body=b"all is well", headers=["Content-Encoding: identity"])
    running.await_state("serving")


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_localhost_is_both_its_addresses(sitens, site_file, make_web, address):
    web = make_web((address, 0))
    running = sitens(site_file(url=f"http://localhost:{web.place[1]}/"))
    running.await_state("serving")
    web.close()
    fails(running, f"no connection to localhost port {web.place[1]}: Connection refused")


def test_no_connection(sitens, site_file):
    """A full backlog: the kernel drops the SYN."""
    with socket.create_server((fresh_address(), 0), backlog=0) as listener:
        address, port = listener.getsockname()
        with socket.create_connection((address, port)):
            running = sitens(site_file(url=f"http://{address}:{port}/", check={"timeout": "500ms"}))
            fails(running, "timeout: waited 500 ms for the connection$")


def test_refused(serving, web):
    web.close()
    fails(serving, "(?i)refused")
    web.listen()
    serving.await_state("serving")


def test_not_http(serving, web):
    web.answer = lambda connection, server: connection.sendall(b"220 mail.example.test ESMTP\r\n")
    fails(serving, "HTTP/0.9")


def test_redirect_is_a_pass_and_is_not_followed(sitens, site_file, web, make_web):
    other = make_web()
    web.answer = webserver.redirect(other.url())
    sitens(site_file()).await_state("serving")
    web.await_requests(3)
    assert not other.requests


def test_redirect_can_be_a_failure(sitens, site_file, web):
    web.answer = webserver.redirect("/elsewhere")
    running = sitens(site_file(check={"expect-status": "200-299"}))
    fails(running, "301")


def test_wrong_body(sitens, site_file, web):
    running = sitens(site_file(check={"expect-body": "all is well"}))
    fails(running, "(?i)body")
    web.answer = webserver.response(body=b"<p>all is well</p>")
    running.await_state("serving")


def test_body_is_found_only_in_the_first_64_kib(sitens, site_file, web):
    web.answer = webserver.response(body=b"x" * 65536 + b"all is well")
    running = sitens(site_file(check={"expect-body": "all is well"}))
    fails(running, "(?i)body")
    web.answer = webserver.response(body=b"x" * (65536 - 11) + b"all is well")
    running.await_state("serving")


def test_endless_body(sitens, site_file, web):
    """No more than the first 64 KiB are awaited."""
    web.answer = webserver.endless_body
    sitens(site_file()).await_state("serving")


def test_endless_body_without_the_expected_text(sitens, site_file, web):
    web.answer = webserver.endless_body
    fails(sitens(site_file(check={"expect-body": "all is well"})), "(?i)body")


def test_proxies_of_the_environment_are_not_used(sitens, site_file):
    proxies = {name: "http://127.0.0.1:1" for name in ("http_proxy", "all_proxy", "ALL_PROXY")}
    sitens(site_file(), more_environment=proxies).await_state("serving")


def test_request_names_the_host_and_the_path(sitens, site_file, web):
    sitens(site_file(url=web.url("/a/b?c=d"))).await_state("serving")
    request = web.requests[0]
    assert request.startswith("GET /a/b?c=d HTTP/1.1\r\n")
    assert "\r\nHost: get.example.test\r\n" in request


def test_request_names_the_host_of_the_file(sitens, site_file, web):
    sitens(site_file(check={"host": "www.example.test"})).await_state("serving")
    assert "\r\nHost: www.example.test\r\n" in web.requests[0]


def test_ipv6(sitens, site_file, make_web):
    sitens(site_file(url=make_web(("::1", 0)).url())).await_state("serving")


def test_unix_socket(sitens, site_file, make_web, tmp_path):
    web = make_web(str(tmp_path / "web.sock"))
    running = sitens(site_file(url=web.url()))
    running.await_state("serving")
    web.close()
    fails(running, "(?i)connect|refused|no such")
    web.listen()
    running.await_state("serving")


def test_https(sitens, site_file, make_web, authority):
    web = make_web(tls=authority.context("get.example.test"))
    running = sitens(site_file(url=web.url(), check={"ca-file": authority.path}))
    running.await_state("serving")
    web.answer = webserver.response(status=503)
    fails(running, "503")


def test_https_sessions_are_not_resumed(sitens, site_file, make_web, authority):
    """A resumed session would not show a certificate that has expired since."""
    web = make_web(tls=authority.context("get.example.test"))
    resumed = []

    def note(connection, server):
        resumed.append(connection.session_reused)
        webserver.response()(connection, server)

    web.answer = note
    sitens(site_file(url=web.url(), check={"ca-file": authority.path})).await_state("serving")
    web.await_requests(5)
    assert resumed and not any(resumed)


@pytest.mark.parametrize("name, valid_days, reason", [
    pytest.param("get.example.test", (-2, -1), "expired", id="expired"),
    pytest.param("get.example.test", (1, 2), "not yet valid|certificate", id="not-yet-valid"),
    pytest.param("www.example.test", (-1, 1), "match|name", id="wrong-name"),
    pytest.param("127.0.0.1", (-1, 1), "match|name", id="address"),
])
def test_https_with_a_bad_certificate(
        sitens, site_file, make_web, authority, name, valid_days, reason):
    web = make_web(tls=authority.context(name, valid_days))
    running = sitens(site_file(url=web.url(), check={"ca-file": authority.path}))
    fails(running, f"(?i){reason}")


def test_https_of_an_unknown_authority(sitens, site_file, make_web, authority):
    web = make_web(tls=authority.context("get.example.test"))
    fails(sitens(site_file(url=web.url())), "(?i)certificate|issuer")


def test_https_without_verification(sitens, site_file, make_web, authority):
    web = make_web(tls=authority.context("www.example.test", (-2, -1)))
    sitens(site_file(url=web.url(), check={"insecure": "yes"})).await_state("serving")


def test_https_where_http_is_spoken(sitens, site_file, web):
    web.answer = webserver.hang
    url = web.url().replace("http:", "https:")
    fails(sitens(site_file(url=url, check={"timeout": "500ms"})), "for the TLS handshake$")


def test_missing_authority_file(sitens, site_file, make_web, authority):
    """It must not look as if the web server were at fault, nor be taken for a pass."""
    web = make_web(tls=authority.context("get.example.test"))
    running = sitens(site_file(url=web.url(), check={"ca-file": "/nonexistent.pem"}))
    fails(running, "(?i)/nonexistent.pem|certificate")
