"""Cookies: RFC 7873 and RFC 9018."""

import os
import stat
import time

import pytest

import transport
import wire

GET = "get.example.test"
CLIENT = b"8 octets"


def cookie(value=CLIENT):
    return wire.opt(wire.option(wire.COOKIE, value))


def learn(via, client=CLIENT):
    """A cookie that the server has made for us."""
    made = via(wire.query(cookie(client))).option(wire.COOKIE)
    assert len(made) == 24 and made[:8] == client
    return made


def is_valid(via, value):
    """Whether the server knows the cookie as its own: RFC 7873 section 5.4 says so in the RCODE."""
    rcode = via(wire.query(cookie(value), asked=())).rcode
    assert rcode in (wire.NOERROR, wire.BADCOOKIE)
    return rcode == wire.NOERROR


def test_layout(ask):
    """RFC 9018 section 4: version 1, three zero octets, the time, the hash."""
    before = int(time.time())
    made = learn(ask)
    assert made[8:12] == b"\1\0\0\0"
    # The server's clock is a coarse one: up to 10 ms behind.
    assert before - 1 <= int.from_bytes(made[12:16], "big") <= time.time()


def test_only_if_asked(ask):
    assert ask(wire.query(wire.opt())).option(wire.COOKIE) is None


def test_a_cookie_is_good_for_udp_and_tcp_alike(zones):
    for family in "46":
        udp, tcp = [transport.Via(*zones[1][family], each) for each in (False, True)]
        assert is_valid(tcp, learn(udp)) and is_valid(udp, learn(tcp))


def test_a_cookie_is_good_for_one_address(zones):
    made = learn(transport.Via(*zones[1]["4"]))
    assert not is_valid(transport.Via(*zones[1]["6"]), made)


def test_every_changed_bit_makes_it_bad(ask_udp):
    made = learn(ask_udp)
    assert is_valid(ask_udp, made)
    for bit in range(8 * len(made)):
        changed = bytearray(made)
        changed[bit // 8] ^= 1 << bit % 8
        assert not is_valid(ask_udp, bytes(changed))


def timed(made, change):
    """The cookie with another time stamp; its hash is then wrong as well."""
    stamp = int.from_bytes(made[12:16], "big") + change
    return made[:12] + stamp.to_bytes(4, "big") + made[16:]


BAD = {
    "zeros": lambda made: made[:8] + bytes(16), "another hash": lambda made: made[:-1] + b"?",
    "8 octets": lambda made: made[:16], "15 octets": lambda made: made[:23],
    "17 octets": lambda made: made + b"x", "32 octets": lambda made: made + bytes(16),
    "version 0": lambda made: made[:8] + b"\0" + made[9:],
    "version 2": lambda made: made[:8] + b"\2" + made[9:],
    "reserved octets": lambda made: made[:9] + b"abc" + made[12:],
    "a day old": lambda made: timed(made, -86400), "a day ahead": lambda made: timed(made, 86400),
    "another client's": lambda made: b"othercli" + made[8:],
}


@pytest.mark.parametrize("change", BAD.values(), ids=BAD)
@pytest.mark.parametrize("owner, rcode", [
    (GET, wire.NOERROR), (f"nothere.{GET}", wire.NXDOMAIN), ("example.test", wire.REFUSED)])
def test_a_bad_cookie_is_as_good_as_none(ask, change, owner, rcode):
    """RFC 7873 section 5.2.4: the query is answered, with a fresh cookie."""
    made = learn(ask)
    response = ask(wire.ask_for(owner, "A", cookie(change(made))))
    assert response.rcode == rcode
    fresh = response.option(wire.COOKIE)
    assert fresh[:8] == change(made)[:8] and is_valid(ask, fresh)


@pytest.mark.parametrize("owner, rdtype, rcode", [
    (GET, "A", wire.NOERROR), (GET, "MX", wire.NOERROR), (f"nothere.{GET}", "A", wire.NXDOMAIN),
    (GET, "ANY", wire.NOERROR), ("example.test", "A", wire.REFUSED)])
def test_a_good_cookie(ask, owner, rdtype, rcode):
    """RFC 7873 section 5.2.5."""
    response = ask(wire.ask_for(owner, rdtype, cookie(learn(ask))))
    assert response.rcode == rcode and is_valid(ask, response.option(wire.COOKIE))


@pytest.mark.parametrize("length", [*range(8), *range(9, 16), 41, 42, 100, 500])
def test_lengths_that_no_cookie_has(ask, length):
    """RFC 7873 section 5.2.2."""
    response = ask(wire.query(cookie(bytes(length))))
    assert response.rcode == wire.FORMERR and response.has_opt and response.is_empty
    assert response.option(wire.COOKIE) is None


def test_the_first_of_two_counts(ask):
    """RFC 7873 section 5.2."""
    for second in (b"the next", bytes(5)):
        two = wire.opt(wire.option(wire.COOKIE, CLIENT), wire.option(wire.COOKIE, second))
        response = ask(wire.query(two))
        assert response.rcode == wire.NOERROR and response.option(wire.COOKIE)[:8] == CLIENT
    two = wire.opt(wire.option(wire.COOKIE, bytes(5)), wire.option(wire.COOKIE, CLIENT))
    assert ask(wire.query(two)).rcode == wire.FORMERR


# A query for nothing but a cookie: RFC 7873 section 5.4

def test_no_question_and_a_client_cookie(ask):
    response = ask(wire.query(cookie(), asked=()))
    assert response.rcode == wire.NOERROR and response.counts == [0, 0, 0, 1]
    assert is_valid(ask, response.option(wire.COOKIE))


def test_no_question_and_a_good_cookie(ask):
    response = ask(wire.query(cookie(learn(ask)), asked=()))
    assert response.rcode == wire.NOERROR and response.counts == [0, 0, 0, 1]


@pytest.mark.parametrize("change", BAD.values(), ids=BAD)
def test_no_question_and_a_bad_cookie(ask, change):
    response = ask(wire.query(cookie(change(learn(ask))), asked=()))
    assert response.rcode == wire.BADCOOKIE and response.counts == [0, 0, 0, 1]
    assert is_valid(ask, response.option(wire.COOKIE))


@pytest.mark.parametrize("additional", [
    (), (wire.opt(),), (wire.opt(wire.option(wire.NSID)),), (cookie(bytes(5)),)])
def test_no_question_and_no_cookie(ask, additional):
    response = ask(wire.query(*additional, asked=()))
    assert response.rcode == wire.FORMERR and response.has_opt == bool(additional)


@pytest.mark.parametrize("n", [2, 3])
def test_several_questions_and_a_cookie(ask, n):
    """RFC 9619 section 4; RFC 7873 section 5.4 is about none."""
    response = ask(wire.query(cookie(learn(ask)), asked=(wire.question(),) * n))
    assert response.rcode == wire.FORMERR and response.counts == [0, 0, 0, 1]


def test_no_question_but_a_version_we_do_not_know(ask):
    asked = wire.opt(wire.option(wire.COOKIE, CLIENT), version=1)
    response = ask(wire.query(asked, asked=()))
    assert response.rcode == wire.BADVERS and response.counts == [0, 0, 0, 1]


# The secret

def test_secret_is_private_and_outlives_a_restart(sitens, site_file, tmp_path, listen):
    environment = {"STATE_DIRECTORY": str(tmp_path)}
    via = transport.Via(*listen)
    first = sitens(site_file(), more_environment=environment)
    first.await_state("serving")
    made = learn(via)
    assert first.stop() == 0
    [secret] = [path for path in tmp_path.iterdir() if "cookie" in path.name]
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    sitens(site_file(), more_environment=environment).await_state("serving")
    assert is_valid(via, made)


def test_an_old_secret_is_replaced(sitens, site_file, tmp_path):
    """After a day, RFC 7873 section 7.1; cookies made with the one before stay valid."""
    secret = tmp_path / "cookie-secrets"
    environment = {"STATE_DIRECTORY": str(tmp_path)}
    running = sitens("--verbose", site_file(), more_environment=environment)
    running.await_state("serving")
    made = learn(transport.Via(running.address, running.port))
    assert running.stop() == 0
    before = secret.read_text()
    os.utime(secret, (time.time() - 90000,) * 2)
    running = sitens("--verbose", site_file(), more_environment=environment)
    running.log.await_match("new cookie secret")
    running.await_state("serving")
    assert secret.read_text().splitlines()[1:] == before.splitlines()
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    via = transport.Via(running.address, running.port)
    assert is_valid(via, made) and is_valid(via, learn(via))


def test_reload_keeps_cookies(serving):
    via = transport.Via(serving.address, serving.port)
    made = learn(via)
    serving.reload()
    assert is_valid(via, made)


def test_secret_that_others_may_read(sitens, site_file, tmp_path):
    secret = tmp_path / "cookie-secrets"
    secret.write_text("00112233445566778899aabbccddeeff\n")
    secret.chmod(0o644)
    running = sitens(site_file(), more_environment={"STATE_DIRECTORY": str(tmp_path)})
    running.await_state("serving")
    assert r"WARNING: .*/cookie-secrets: others may read or write it; chmod 600" in running.log
    via = transport.Via(running.address, running.port)
    assert is_valid(via, learn(via))
    assert secret.read_text() == "00112233445566778899aabbccddeeff\n"


def test_secret_that_is_damaged(sitens, site_file, tmp_path):
    secret = tmp_path / "cookie-secrets"
    secret.write_text("half")
    secret.chmod(0o600)
    running = sitens(site_file(), more_environment={"STATE_DIRECTORY": str(tmp_path)})
    running.await_state("serving")
    assert r"WARNING: .*/cookie-secrets: damaged; remove it" in running.log
    via = transport.Via(running.address, running.port)
    assert is_valid(via, learn(via))


def test_secret_that_cannot_be_kept(sitens, site_file):
    running = sitens(site_file(), more_environment={"STATE_DIRECTORY": "/nonexistent"})
    running.await_state("serving")
    assert r"WARNING: /nonexistent/cookie-secrets: No such file or directory" in running.log
    via = transport.Via(running.address, running.port)
    assert is_valid(via, learn(via))
