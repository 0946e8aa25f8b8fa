# SPDX-License-Identifier: ISC
"""The model behind tests/lab/simulate agrees with the lab and with what can be calculated."""

import pytest

numpy = pytest.importorskip("numpy", reason="python3-numpy missing: deploy/install-dependencies results")

from comparisons import comparisons  # noqa: E402
from population import KINDS, SILENT_AFTER_S, Population  # noqa: E402

TTLS = (5, 60, 600, 3600)


@pytest.fixture(scope="session", autouse=True)
def possible():
    """In place of conftest's: this needs no machines."""


def population(sites, ttl_s, **options):
    return Population(sites, ttl_s, 20000, numpy.random.default_rng(1), **options)


@pytest.mark.parametrize("comparison", comparisons(), ids=lambda each: each.what)
def test_agrees(comparison):
    assert comparison.agrees(), comparison


def test_shares_of_kinds():
    assert sum(kind.share for kind in KINDS.values()) == pytest.approx(1)
    only = population(2, 60, shares={"named": 3})
    assert (only.kind == list(KINDS).index("named")).all()


@pytest.mark.parametrize("death", SILENT_AFTER_S)
def test_downtime_grows_with_ttl(death):
    means = [population(3, ttl_s, clients=True).downtime(death).mean() for ttl_s in TTLS]
    assert means == sorted(means)


def test_load_falls_with_ttl():
    totals = [population(3, ttl_s).traffic(3600)[0].sum() for ttl_s in TTLS]
    assert totals == sorted(totals, reverse=True)


def test_sooner_noticed_means_sooner_over():
    downs = {death: population(3, 60, clients=True).downtime(death) for death in SILENT_AFTER_S}
    assert downs["host"].mean() < downs["refused"].mean() < downs["hanging"].mean()


def test_sets_spare_clients_that_go_on():
    """With N sites as many meet the dead one, but the next attempt has another address."""
    for sites in (2, 13, 26):
        some = population(sites, 60, clients=True)
        first, following = (some.downtime_of_sets("refused", goes_on) for goes_on in (False, True))
        assert not following.any()
        assert (first > 0).mean() == pytest.approx(1 / sites, rel=0.15)
        assert first.mean() < some.downtime("refused").mean() / 10
        assert 0 < some.downtime_of_sets("host", True).max() <= 3


def test_handing_over_saves_the_wait():
    for kind in KINDS:
        silent, handed = (
            population(2, 60, clients=True, shares={kind: 1}, raised=0, hands_over=hands_over)
            .downtime("refused").max() for hands_over in (False, True))
        assert handed < silent


def test_raised_ttls_fail_longest():
    plain, raised = (population(3, 60, clients=True, raised=share).downtime("host") for share in (0, 1))
    assert plain.max() < 70
    assert numpy.median(raised[raised > 0]) > 300


@pytest.mark.parametrize(("sites", "rest"), ((2, 0.2), (13, 0.4), (26, 0.6)))
def test_dead_site_is_hardly_asked(sites, rest):
    """The more sites there are, the rarer is each asked anyway."""
    all_ = population(sites, 60, per_hour=3600)
    well, _ = all_.traffic(900)
    out, stalls = all_.traffic(900, dead=0)
    assert out[0] < rest * well[0]
    assert out[1:].sum() == pytest.approx(well.sum(), rel=0.01)
    assert stalls.sum() <= out[0]


def test_many_fit_into_memory():
    """One part after the other finds its nearest site; the last one is smaller."""
    many = Population(13, 60, 25001, numpy.random.default_rng(1))
    assert ((0 <= many.nearest) & (many.nearest < 13)).all()
    assert (many.nearest != many.second).all()
