# SPDX-License-Identifier: ISC
"""Where the model of population.py must agree: with the lab, and with what can be calculated."""

from typing import NamedTuple

import numpy

from population import KINDS, SILENT_AFTER_S, SPREAD, Population

N = 20000
BUSY = 3600  # lookups an hour: one a second, as the lab's client asks


# docs/results.md, "Failover on four resolvers": from a death to the last request that failed, in
# seconds, for clients of the dead site that ask four times a second: (median, clients).
LAB_PER_HOUR = 4 * 3600
DEATHS = {"refused": "dead web server", "hanging": "hung web server", "host": "dead host"}
LAST_FAILURE_S = {
    ("refused", 5): {"unbound": (0.7, 5), "named": (2.7, 10), "kresd": (4.1, 10), "pdns": (3.9, 11)},
    ("hanging", 5): {"unbound": (0.9, 4), "named": (3.4, 7), "kresd": (3.7, 7), "pdns": (4.2, 8)},
    ("host", 5): {"unbound": (2.3, 8), "named": (3.5, 11), "kresd": (3.5, 10), "pdns": (2.3, 10)},
    ("refused", 60): {"all four": (25.6, 14)},
    ("host", 60): {"all four": (36.6, 12)},
}


class Comparison(NamedTuple):
    """One figure of the model, and the range that it must lie in."""

    what: str
    model: float
    low: float
    high: float
    source: str
    measured: str = ""  # where the range is one about a measured figure

    def agrees(self):
        return self.low <= self.model <= self.high


def alike(sites, ttl_s, rng, kind, per_hour=BUSY, **options):
    """A population of one kind, all asked as often, none of which raises a TTL."""
    return Population(sites, ttl_s, N, rng, shares={kind: 1}, raised=0, per_hour=per_hour, **options)


def near(what, model, expected, tolerance, source="calculated"):
    return Comparison(what, model, expected * (1 - tolerance), expected * (1 + tolerance), source)


def with_lab(rng):
    """Two sites, a lookup a second, TTL 60; the ranges are what single runs gave, or chance."""
    stalls = {"unbound": (2, 4), "named": (0, 0), "kresd": (0, 0), "pdns": (3, 3)}
    farther = {"unbound": (0.45, 0.55), **dict.fromkeys(("named", "kresd", "pdns"), (0, 0.04))}
    met = {"unbound": 21, "named": 19, "kresd": 23, "pdns": 19}  # of 40 first lookups
    chance = 2 * (40 * 0.5 * 0.5) ** 0.5
    for kind in KINDS:
        all_ = alike(2, 60, rng, kind)
        index = numpy.flatnonzero(all_.nearest == 0)
        known, unknown = numpy.zeros(len(index), bool), numpy.ones(len(index), bool)
        yield Comparison(f"{kind}: share of lookups at the farther site",
                         all_.pick(index, known).mean(), *farther[kind], "lab")
        yield Comparison(f"{kind}: lookups that stall while a site is out for 15 minutes",
                         numpy.median(all_.traffic(900, dead=0)[1][index]), *stalls[kind], "lab")
        yield Comparison(f"{kind}: first lookups that meet a silent site, of 40",
                         40 - 40 * all_.pick(index, unknown).mean(),
                         met[kind] - chance, met[kind] + chance, "lab")


def with_failover(rng):
    """The lab's medians vary by chance, as a failure may last up to a TTL and the time to notice. The
    model counts the lookup that ends the failure as well, which may stall."""
    for (death, ttl_s), kinds in LAST_FAILURE_S.items():
        for kind, (median_s, clients) in kinds.items():
            shares = {kind: 1} if kind in KINDS else None
            all_ = Population(2, ttl_s, N, rng, shares=shares, raised=0, per_hour=LAB_PER_HOUR, clients=True)
            down = all_.downtime(death)
            # Two standard errors of a median, if all lengths are as likely.
            chance_s = (ttl_s + SILENT_AFTER_S[death][1]) / clients**0.5
            stall_s = max(each.stall_s[0] for name, each in KINDS.items() if kind in (name, "all four"))
            yield Comparison(f"{kind}, {DEATHS[death]}, TTL {ttl_s}: seconds without service, median",
                             numpy.median(down[down > 0]), max(0, median_s - chance_s),
                             median_s + chance_s + stall_s, "lab",
                             f"{median_s} ({clients})")


def with_theory(rng):
    """What follows from Poisson arrivals: renewal theory, and the shares of the sites."""
    everybody = Population(3, 60, 20 * N, rng)
    hourly = numpy.sort(everybody.rate)
    yield near("share of lookups at the busiest tenth", hourly[-2 * N:].sum() / hourly.sum(), 0.89, 0.08)
    for ttl_s in (5, 60, 3600):
        population = Population(3, ttl_s, N, rng, shares={"pdns": 1}, raised=0)
        queries, _ = population.traffic(4 * 3600)
        yield near(f"TTL {ttl_s}: queries a second", queries.sum() / (4 * 3600),
                   (1 / (ttl_s + 1 / population.rate)).sum(), 0.02)
    # A busy resolver had the address from its nearest site, which it asks again, and waits for. A
    # quiet one knew no site, so it had asked any: the dead one is seldom its nearest. And nobody but
    # this client, half a second later on average, makes it ask again.
    stall_s = KINDS["pdns"].stall_s[0]
    cases = (("busy", 3600000, 0.5, 0.97 * stall_s, 0.02), ("quiet", 0.001, 1, 0.5 + stall_s / 4, 0.004))
    for name, per_hour, part, extra, tolerance in cases:
        for ttl_s in (60, 600):
            down = alike(4, ttl_s, rng, "pdns", per_hour, clients=True).downtime("host")
            yield near(f"{name} resolver, TTL {ttl_s}: mean seconds of a failure", down[down > 0].mean(),
                       part * ttl_s + extra, tolerance)
    for sites in (2, 3, 13, 26):
        down = Population(sites, 60, 10 * N, rng, clients=True).downtime("host")
        yield near(f"{sites} sites: share of clients that notice", (down > 0).mean(), 1 / sites, 0.05)
    many = Population(2, 60, N, rng, clients=True)
    yield near("lookups an hour at the resolver of a client, logarithm of the median",
               numpy.log(numpy.median(many.rate) * 3600), SPREAD**2, 0.02)
    down = alike(2, 1, rng, "kresd", 3600000, clients=True).downtime("host")
    yield near("kresd, TTL 1: mean seconds of a failure", down[down > 0].mean(), 2.5 + 0.05, 0.03)
    down = alike(2, 60, rng, "named", clients=True).downtime("host")
    yield Comparison("named, which prefetches: greatest failure, TTL 60", down.max(), 58,
                     58 + 1 + KINDS["named"].stall_s[1], "calculated")
    down = alike(2, 60, rng, "pdns", clients=True).downtime("refused")
    yield Comparison("greatest failure, TTL 60, in seconds", down.max(), 60,
                     SILENT_AFTER_S["refused"][1] + 60 + 1 + KINDS["pdns"].stall_s[1], "calculated")


def comparisons(seed=1):
    rng = numpy.random.default_rng(seed)
    return [*with_lab(rng), *with_failover(rng), *with_theory(rng)]
