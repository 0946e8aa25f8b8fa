"""The wall clock is set, by hours and by years: what is timed goes on by the other clock."""

import pytest

import transport
import webserver
import wire

HOUR = 3600


@pytest.fixture
def clocked(sitens, site_file, clock):
    """A running daemon whose wall clock is `clock`."""
    started = sitens(site_file(), more_environment=clock.environment)
    started.await_state("serving")
    return started


@pytest.mark.parametrize("hours", [-20 * 365 * 24, -30, -1, 1, 30, 10 * 365 * 24])
def test_a_dead_web_server_is_noticed(clocked, clock, web, hours):
    clock.set(hours * HOUR)
    web.answer = webserver.response(status=500)
    clocked.await_state("failing")
    assert clocked.is_silent()
    clock.set(0)
    web.answer = webserver.response()
    clocked.await_state("serving")
    assert clocked.ask().answer


@pytest.mark.parametrize("hours", [-30, 30])
def test_cookies_are_good_by_the_new_time(clocked, clock, hours):
    """A client with an old one is given a new one."""
    ask = transport.Via(clocked.address, clocked.port)

    def answer(cookie, asked):
        return ask(wire.query(wire.opt(wire.option(wire.COOKIE, cookie)), asked=asked))

    old = answer(b"8 octets", (wire.question(),)).option(wire.COOKIE)
    clock.set(hours * HOUR)
    assert answer(old, ()).rcode == wire.BADCOOKIE
    new = answer(old, (wire.question(),)).option(wire.COOKIE)
    assert answer(new, ()).rcode == wire.NOERROR
