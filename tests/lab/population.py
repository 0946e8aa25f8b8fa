# SPDX-License-Identifier: ISC
"""A model of many resolvers, and of the clients behind them, that use a name of N sites.

A resolver asks one site, keeps the answer for its life, and asks again at the first lookup after
that. Lookups arrive at it as a Poisson process. Random numbers stand for what differs between
resolvers; every other number stands in the tables below, with its source.

By `answer = own` an answer holds the address of the site that was asked; by `answer = serving` those
of all sites that are well, in an order of chance. By `withdraw = silent` a resolver that asks the
failing site waits and asks another; by `hand-over` it gets the addresses of those that are well.
"""

from typing import NamedTuple

import numpy

# Sources. "failover": what tests/lab/failover published in docs/results.md. "lab": a first lab of the
# same resolvers (unbound 1.17.1, named 9.18, kresd 5.6.0, pdns_recursor 4.8.8, as in Debian 12) and
# of two sites 12 ms away. "assumed": nobody's measurement; think of another value, and run
# tests/lab/simulate again.


class Kind(NamedTuple):
    """How one kind of resolver behaves. Pairs are (median, greatest) or a range."""

    share: float  # of the resolvers; assumed
    stray: float  # of lookups, to each site that is not the nearest; 1: all alike; failover
    floor_s: float  # keeps nothing for less; lab
    prefetch_s: float  # refreshes what is asked for so shortly before its end; documentation
    stall_s: tuple  # a lookup that meets a silent site, the sites being known; failover
    cold_s: float  # the same, no site being known yet; lab
    cold_lost: float  # of those: lookups that take longer than a client waits; lab
    retry_s: tuple  # how long it leaves a silent site alone; lab
    # From a site's return, after 15 minutes, until it is used again; lab. Of five kresd, two took
    # less than 1450 s, and three more than 2000 s: its upper end is drawn through these.
    forgive_s: tuple


KINDS = {
    "unbound": Kind(0.25, 1, 0, 0, (1.5, 1.9), 0.78, 12 / 21, (225, 450), (631, 1059)),
    "named": Kind(0.25, 0.01, 0, 2, (0.9, 0.9), 0.81, 0, (716, 1016), (716, 1016)),
    "kresd": Kind(0.25, 0.01, 5, 0, (0.1, 0.2), 0.41, 0, (1358, 2900), (1358, 2900)),
    "pdns": Kind(0.25, 0.01, 0, 0, (1.8, 1.9), 2.0, 0, (300, 360), (3, 244)),
}

# Lookups an hour at a resolver are log-normal: this median, and this spread of the logarithm, by
# which the busiest tenth of the resolvers has 89 % of the lookups. (Osterweil et al., "Behavior of
# DNS' Top Talkers", PAM 2012: a small set of resolvers sends 90 % of the queries.) Assumed.
LOOKUPS_PER_HOUR = 1
SPREAD = 2.5

RAISED, RAISED_S = 0.02, 900  # resolvers that raise short TTLs, and to what; assumed
KNOWN_S = 900  # what a resolver learnt of a site is forgotten so long after; unbound's default
PREFETCH_LEAST_TTL_S = 9  # named prefetches nothing that is shorter; its manual
PATIENCE_S = 5  # a client repeats an unanswered lookup; resolv.conf(5)
AGAIN_S = 1  # a client that fails tries again as often; assumed
STALL_S = 0.2  # what a user notices; a convention
QUESTIONS = 3  # a lookup is for A, AAAA and HTTPS, as browsers do; fewer for other programs

# From the death until the nameserver is silent: see "Choose a check" in docs/guide.md.
SILENT_AFTER_S = {"refused": (0.25, 1.25), "hanging": (2.0, 3.0), "host": (0.0, 0.0)}

# By `answer = serving`: from the death until the other sites leave the address of the dead one out.
# A site that fails says so, and each other one asks it once a second; a dead host is given up when
# nothing came for a second.
LEFT_OUT_AFTER_S = {"refused": (0.25, 2.25), "hanging": (2.0, 4.0), "host": (1.0, 2.0)}
NEXT_S = {"refused": 0.0, "hanging": 3.0, "host": 3.0}  # a client's patience with one address; assumed


class Population:
    """n resolvers, or the resolvers of n clients: drawn in proportion to how much they are asked.

    sites: how many; ttl_s: of the records; rng: numpy's generator; shares: {kind: share};
    raised: the share that raises TTLs; per_hour: lookups at each resolver, None: log-normal;
    hands_over: whether a failing site hands over (a dead host cannot).
    """

    def __init__(self, sites, ttl_s, n, rng, *, clients=False, shares=None, raised=RAISED,
                 per_hour=None, hands_over=False):
        self.hands_over = hands_over
        self.sites, self.n, self.rng = sites, n, rng
        shares = shares or {name: kind.share for name, kind in KINDS.items()}
        chances = numpy.array([shares.get(name, 0) for name in KINDS])
        self.kind = rng.choice(len(KINDS), size=n, p=chances / chances.sum())
        # Weighting a log-normal distribution by its value moves its logarithm by the variance.
        normal = rng.normal(SPREAD**2 if clients else 0, SPREAD, n)
        hourly = numpy.full(n, per_hour) if per_hour else LOOKUPS_PER_HOUR * numpy.exp(normal)
        self.rate = hourly / 3600
        ttl = numpy.maximum(ttl_s, self._of("floor_s"))
        ttl = numpy.where(rng.random(n) < raised, numpy.maximum(ttl, RAISED_S), ttl)
        self.prefetch = numpy.where(ttl >= PREFETCH_LEAST_TTL_S, self._of("prefetch_s"), 0)
        # Whether or not a lookup falls into the time of prefetching: the first after `life` asks.
        self.life = ttl - self.prefetch
        self.stray = numpy.minimum(self._of("stray"), 1 / sites)
        self.nearest, self.second = self._neighbours()

    def _of(self, field, index=slice(None), part=None):
        values = [getattr(kind, field) for kind in KINDS.values()]
        if part is not None:
            values = [value[part] for value in values]
        return numpy.array(values, float)[self.kind[index]]

    def _between(self, field, index):
        low, high = (self._of(field, index, part) for part in (0, 1))
        return self.rng.uniform(low, high)

    def _neighbours(self):
        """The nearest and the second nearest site of each; all are strewn over a square."""
        places = self.rng.random((self.sites, 2))
        nearest, second = numpy.empty((2, self.n), int)
        for part in range(0, self.n, 10000):  # bounds memory
            here = self.rng.random((min(10000, self.n - part), 1, 2))
            order = ((here - places) ** 2).sum(axis=2).argpartition((0, 1), axis=1)
            nearest[part:part + 10000], second[part:part + 10000] = order[:, 0], order[:, 1]
        return nearest, second

    def _idle(self, index):
        """Seconds until the next lookup."""
        return self.rng.exponential(1 / self.rate[index])

    def pick(self, index, cold):
        """The site that each asks first; a resolver that knows none yet asks any."""
        near = ~cold & (self.rng.random(len(index)) >= self.stray[index] * self.sites)
        return numpy.where(near, self.nearest[index], self.rng.integers(self.sites, size=len(index)))

    def _instead(self, index, dead):
        """The site that each asks instead of a dead one."""
        near = numpy.where(self.nearest[index] == dead, self.second[index], self.nearest[index])
        other = (dead + self.rng.integers(1, self.sites, len(index))) % self.sites
        return numpy.where(self.stray[index] * self.sites < 1, near, other)

    def stall(self, index, cold):
        """Seconds that a lookup takes which meets a silent site, or one that hands over."""
        if self.hands_over:
            return numpy.zeros(len(index))
        median, most = (self._of("stall_s", index, part) for part in (0, 1))
        warm = self.rng.uniform(numpy.maximum(2 * median - most, 0), most)
        lost = self.rng.random(len(index)) < self._of("cold_lost", index)
        return numpy.where(cold, numpy.where(lost, PATIENCE_S, self._of("cold_s", index)), warm)

    def downtime(self, death):
        """Seconds without service of each client, one site, any one, having died at 0.

        Each client looks the name up at 0, and, when it fails, again and again. death: a key of
        SILENT_AFTER_S.
        """
        everyone = numpy.arange(self.n)
        dead = self.rng.integers(self.sites, size=self.n)
        silent = self.rng.uniform(*SILENT_AFTER_S[death], self.n)
        cached = self.rng.random(self.n) < self.rate * self.life / (1 + self.rate * self.life)
        end = self.life * numpy.where(cached, self.rng.random(self.n), 1)
        sent = self.pick(everyone, self.life + self._idle(everyone) > KNOWN_S)
        start = numpy.where(sent == dead, 0, numpy.inf)  # of the failure
        down = numpy.zeros(self.n)
        index = everyone
        while len(index):
            again = numpy.minimum(self._idle(index), self.rng.uniform(0, AGAIN_S, len(index)))
            now = end[index] + again
            cold = self.life[index] + again > KNOWN_S
            meets = self.pick(index, cold) == dead[index]
            misled = meets & (now < silent[index])
            wait = numpy.where(meets, self.stall(index, cold), 0)
            over = ~misled & numpy.isfinite(start[index])
            down[index[over]] = (now + wait - start[index])[over]
            index, now = index[misled], now[misled]
            start[index] = numpy.minimum(start[index], now)
            end[index] = now + self.life[index]
        return down

    def downtime_of_sets(self, death, goes_on):
        """The same where every answer holds the addresses of all sites that are well.

        goes_on: whether clients try the next address, or only the first, which is another one at
        each attempt.
        """
        known = self.rng.uniform(*LEFT_OUT_AFTER_S[death], self.n)
        cached = self.rng.random(self.n) < self.rate * self.life / (1 + self.rate * self.life)
        # A set that is fetched before the death is known holds the dead address for its life.
        end = self.life * numpy.where(cached, self.rng.random(self.n), 1)
        while len(index := numpy.flatnonzero(end < known)):
            end[index] += self._idle(index) + self.life[index]
        met = self.rng.random(self.n) < 1 / self.sites
        if goes_on:
            return numpy.where(met, NEXT_S[death], 0)
        attempts = self.rng.geometric(1 - 1 / self.sites, self.n) * AGAIN_S
        return numpy.where(met, numpy.minimum(attempts + NEXT_S[death], end), 0)

    def traffic(self, span_s, dead=None):
        """What the sites see in span_s seconds; from its start, the site `dead` is silent.

        Returns the queries of one type by site, and by resolver the lookups that took 0.2 s longer.
        """
        queries, stalls = numpy.zeros(self.sites), numpy.zeros(self.n, int)
        index = numpy.arange(self.n)
        cached = self.rng.random(self.n) < self.rate * self.life / (1 + self.rate * self.life)
        idle = self._idle(index)
        now = idle + numpy.where(cached, self.rng.random(self.n), 0) * self.life
        avoid = numpy.zeros(self.n)  # until when
        while len(index := index[now[index] < span_s]):
            cold = self.life[index] + idle[index] > KNOWN_S
            site = self.pick(index, cold)
            if dead is not None:
                meets = site == dead
                tries = meets & (now[index] >= avoid[index])
                queries[dead] += tries.sum()
                site[meets] = self._instead(index[meets], dead)
                avoid[index[tries]] = now[index[tries]] + self._between("retry_s", index[tries])
                seen = tries & (idle[index] >= self.prefetch[index])
                stalls[index[seen]] += self.stall(index[seen], cold[seen]) > STALL_S
            queries += numpy.bincount(site, minlength=self.sites)
            idle[index] = self._idle(index)
            now[index] += self.life[index] + idle[index]
        return queries, stalls

    def forgiven(self, after_s):
        """The share that uses a site again, so long after its return."""
        return (self._between("forgive_s", numpy.arange(self.n)) <= after_s).mean()
