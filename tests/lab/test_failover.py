# SPDX-License-Identifier: ISC
"""What clients see of a failure and of a planned stop; tests/lab/failover measures more."""

import time

import network
import pytest

TTL_S = 2


@pytest.fixture(params=["unbound", "named"])
def lab(request, tmp_path):
    """Two sites and a resolver, through which a client downloads."""
    options = {"ttl_s": TTL_S, "resolvers": [request.param], "policy": {"hold-down": 0}}
    with network.Lab(tmp_path / "lab", **options) as made:
        made.start_clients(100)
        made.await_record("a download", lambda record: record.good)
        yield made


def await_download(lab, site):
    """Waits for a download from a site that begins from now on."""
    now = time.monotonic()
    lab.await_record(f"a download from {site.name}", lambda record: (
        record.good and record.start > now and record.address == site.address))


def test_dead_web_server(lab):
    dc1, dc2 = lab.sites.values()
    dc1.stop_web()
    dc1.await_nameserver("failing")
    await_download(lab, dc2)
    dc1.start_web()
    dc1.await_nameserver()
    dc2.stop_web()
    dc2.await_nameserver("failing")
    await_download(lab, dc1)


def test_dead_host(lab):
    dc1, dc2 = lab.sites.values()
    dc1.unplug()
    await_download(lab, dc2)


def test_planned_stop_loses_nothing(lab):
    dc1, dc2 = lab.sites.values()
    dc1.stop_nameserver()
    # As sitens-drain does, which waits longer: unbound keeps an address up to a second after its TTL.
    time.sleep(TTL_S + 2)
    dc1.stop_web()
    await_download(lab, dc2)
    lab.stop_clients()
    assert [record for record in lab.records() if not record.good] == []
