#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""Clients that download all the time, one for each resolver, and write down how that went.

usage: client.py NAME INTERVAL_MS SPREAD_S RESOLVER_ADDRESS...

Every interval, however the last requests fare, each looks NAME up anew and gets http://NAME/ from
the address. It gives up as the stub resolver of glibc does, after two queries of 5 s each, and
2 s after the lookup if the page is not there. They begin at random moments within SPREAD_S, so that
the resolvers' caches run out at different times. On standard output, a line of JSON for each
request: a Record. After SIGTERM, what was begun is brought to its end.
"""

import asyncio
import contextlib
import dataclasses
import json
import random
import signal
import sys
import time

import dns.asyncquery
import dns.exception
import dns.message
import dns.rcode
import dns.rdatatype

from priority import be_on_time

LOOKUP_S, ATTEMPTS = 5, 2
WEB_S = 2

OK = "ok"


@dataclasses.dataclass
class Record:
    """One request.

    start: by the monotonic clock. address: what the name resolved to, None if it did not.
    lag_ms: how much too late the client was itself, when it began.
    """

    resolver: str
    start: float
    outcome: str
    address: str | None
    lookup_ms: float
    total_ms: float
    lag_ms: float

    @property
    def good(self):
        return self.outcome == OK


class Failure(Exception):
    """Why a request failed."""


async def look_up(name, resolver):
    query = dns.message.make_query(name, "A", use_edns=False)
    for _ in range(ATTEMPTS):
        # Not only a timeout: a late response to an earlier query may arrive on the same port.
        with contextlib.suppress(dns.exception.DNSException):
            response = await dns.asyncquery.udp(query, resolver, timeout=LOOKUP_S)
            if response.rcode() != dns.rcode.NOERROR:
                raise Failure(dns.rcode.to_text(response.rcode()))
            for rrset in response.answer:
                if rrset.rdtype == dns.rdatatype.A:
                    return rrset[0].address
            raise Failure("no address")
    raise Failure("no response of the resolver")


async def get(name, address):
    """The page of a web server: its whole response."""
    try:
        reader, writer = await asyncio.open_connection(address, 80)
    except ConnectionRefusedError:
        raise Failure("refused") from None
    try:
        writer.write(f"GET / HTTP/1.0\r\nHost: {name}\r\n\r\n".encode())
        return await reader.read()
    except ConnectionResetError:
        raise Failure("reset") from None
    finally:
        writer.close()


async def request(name, resolver, lag_ms):
    start, looked_up, address, outcome = time.monotonic(), None, None, OK
    try:
        address = await look_up(name, resolver)
        looked_up = time.monotonic()
        page = await asyncio.wait_for(get(name, address), WEB_S)
        if not page.startswith(b"HTTP/1.1 200 "):
            outcome = "bad page"
    except Failure as failure:
        outcome = str(failure)
    except TimeoutError:
        outcome = "timeout"
    except OSError as error:
        outcome = error.strerror
    end = time.monotonic()
    lookup_ms = ((looked_up or end) - start) * 1000
    record = Record(resolver, start, outcome, address, round(lookup_ms, 1),
                    round((end - start) * 1000, 1), round(lag_ms, 1))
    print(json.dumps(dataclasses.asdict(record)), flush=True)


async def client(request_one, name, resolver, interval_s, due, ending):
    async with asyncio.TaskGroup() as requests:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(ending.wait(), max(0, due - time.monotonic()))
                return
            lag_ms = (time.monotonic() - due) * 1000
            requests.create_task(request_one(name, resolver, lag_ms))
            due += interval_s


async def main(request_one, name, interval_ms, spread_s, *resolvers):
    """request_one(name, resolver, lag_ms): one request, whole."""
    ending = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ending.set)
    begin = time.monotonic()
    await asyncio.gather(*(
        client(request_one, name, resolver, int(interval_ms) / 1000,
               begin + random.uniform(0, float(spread_s)), ending)
        for resolver in resolvers))


if __name__ == "__main__":
    be_on_time()
    asyncio.run(main(request, *sys.argv[1:]))
