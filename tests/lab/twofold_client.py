#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""As client.py, but clients of two kinds at once, which share a lookup.

usage: twofold_client.py NAME INTERVAL_MS SPREAD_S RESOLVER_ADDRESS...

The one kind tries the first address and gives up after 3 s. The other kind, as curl does and
browsers should, goes on to the next address if the first failed, with 3 s for each. On standard
output, a line of JSON for each request: a Record.
"""

import asyncio
import contextlib
import dataclasses
import json
import sys
import time

import dns.asyncquery
import dns.exception
import dns.message
import dns.rdatatype

from client import ATTEMPTS, LOOKUP_S, Failure, get, main
from priority import be_on_time

ADDRESS_S = 3


@dataclasses.dataclass
class Record:
    """One request.

    start: by the monotonic clock. address: the first that the name resolved to, None if to none.
    first, next: whether the two kinds of clients got the page; first_ms, next_ms: when they did, or
    gave up. lag_ms: how much too late the client was itself, when it began.
    """

    resolver: str
    start: float
    lag_ms: float
    address: str | None = None
    first: bool = False
    first_ms: float = 0
    next: bool = False
    next_ms: float = 0


async def look_up(name, resolver):
    """All addresses in the order in which the resolver has them; none if it does not resolve."""
    query = dns.message.make_query(name, "A", use_edns=False)
    for _ in range(ATTEMPTS):
        # Not only a timeout: a late response to an earlier query may arrive on the same port.
        with contextlib.suppress(dns.exception.DNSException):
            response = await dns.asyncquery.udp(query, resolver, timeout=LOOKUP_S)
            return [item.address for rrset in response.answer
                    if rrset.rdtype == dns.rdatatype.A for item in rrset]
    return []


async def gets(name, address):
    """Whether the web server at the address has the page."""
    with contextlib.suppress(Failure, OSError, TimeoutError):
        page = await asyncio.wait_for(get(name, address), ADDRESS_S)
        return page.startswith(b"HTTP/1.1 200 ")
    return False


async def request(name, resolver, lag_ms):
    record = Record(resolver, time.monotonic(), round(lag_ms, 1))

    def elapsed_ms():
        return round((time.monotonic() - record.start) * 1000, 1)

    addresses = await look_up(name, resolver)
    record.address = next(iter(addresses), None)
    if addresses:
        record.first = record.next = await gets(name, addresses[0])
    record.first_ms = elapsed_ms()
    for address in addresses[1:]:
        record.next = record.next or await gets(name, address)
    record.next_ms = elapsed_ms()
    print(json.dumps(dataclasses.asdict(record)), flush=True)


if __name__ == "__main__":
    be_on_time()
    asyncio.run(main(request, *sys.argv[1:]))
