# SPDX-License-Identifier: ISC
"""Many labs side by side: what was done in each, what its clients saw, and the sums of that.

A measurement is a list of Scenarios. Each of their repetitions has a lab of its own, and leaves one
file of raw data; reports are made from these files alone.
"""

import argparse
import collections
import concurrent.futures
import dataclasses
import json
import math
import os
import random
import statistics
import sys
import tempfile
import threading
import time
import traceback
from pathlib import Path

import results
from client import Record
from network import KINDS, Lab

LABS = 8  # at a time
INTERVAL_MS = 250  # between a client's requests
LATE_MS = 200  # a run in which something was later than this does not count...
ATTEMPTS = 3  # ...and is made anew; not more often than this in one go
TTL_S = 5

ENDING = threading.Event()  # runs under way give up


@dataclasses.dataclass
class Scenario:
    """Something that happens to a lab.

    act: has it happen, given a Run. seconds: how long that takes about. lab: arguments of Lab.
    """

    name: str
    act: callable
    repetitions: int
    seconds: int
    lab: dict = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class Phase:
    """A part of a run: from one event to the next, by the monotonic clock."""

    name: str
    begin: float
    end: float = math.inf

    def __contains__(self, record):
        return self.begin <= record.start < self.end


class Run:
    """One repetition while it runs."""

    def __init__(self, lab, short):
        self.lab, self.short = lab, short
        self.phases, self.notes = [], {}

    def phase(self, name):
        """A new part begins now."""
        now = time.monotonic()
        if self.phases:
            self.phases[-1].end = now
        self.phases.append(Phase(name, now))

    def observe(self, seconds):
        self.wait(seconds / 2 if self.short else seconds)

    @staticmethod
    def wait(seconds):
        if ENDING.wait(seconds):
            raise InterruptedError("the measurement was interrupted")

    def warm_up(self):
        """Starts the clients, and ends at a random moment when all have been at work for a while."""
        self.phase("before")
        self.lab.start_clients(INTERVAL_MS)
        self.wait(self.lab.cache_s + random.uniform(5, 5 + min(self.lab.cache_s, 10)))
        self.lab.router.statistics()  # what was late until now does not matter


@dataclasses.dataclass
class Data:
    """One repetition afterwards; saved as JSON."""

    scenario: str
    number: int
    signed: bool
    attempt: int
    late_ms: float  # client or router, at worst
    addresses: dict  # of the sites, by ID
    phases: list
    records: list
    notes: dict

    @property
    def lateness_ms(self):
        """How late client and router were at worst, or the servers with a hundredth of the pages:
        how much longer than usual these took."""
        pages = [record.total_ms - record.lookup_ms for record in self.records if record.good]
        return max(self.late_ms, percentile(pages, 0.99) - median(pages) if pages else 0)

    def save(self, path):
        values = {**dataclasses.asdict(self),
                  "records": [dataclasses.astuple(record) for record in self.records]}
        path.write_text(json.dumps(values))

    @staticmethod
    def load(path):
        values = json.loads(path.read_text())
        values["phases"] = [Phase(**phase) for phase in values["phases"]]
        values["records"] = [Record(*record) for record in values["records"]]
        return Data(**values)


@dataclasses.dataclass
class Sample:
    """What one client saw of one phase.

    hit: whether it was at the first site, the one that things happen to, when the phase began.
    last_failure_s: from the beginning of the phase to that of the last request that failed, 0 if
    none did. without_s: for how long requests failed. first_good_s: until one succeeded; again_s:
    until one succeeded at the first site; both infinite if none did.
    """

    kind: str
    signed: bool
    hit: bool
    requests: int
    failed: int
    last_failure_s: float
    without_s: float
    slowest_lookup_s: float
    first_good_s: float
    again_s: float
    second_share: float


def sample(data, phase, resolver):
    first, second = list(data.addresses.values())[:2]
    mine = [record for record in data.records if record.resolver == resolver]
    before = [record for record in mine if record.start < phase.begin and record.address]
    seen = [record for record in mine if record in phase]
    failed = [record for record in seen if not record.good]
    good = [record for record in seen if record.good]

    def since(records):
        return records[0].start - phase.begin if records else math.inf

    return Sample(
        kind=resolver.split("-")[0], signed=data.signed,
        hit=bool(before) and before[-1].address == first,
        requests=len(seen), failed=len(failed),
        last_failure_s=since(failed[-1:]) if failed else 0,
        without_s=len(failed) * INTERVAL_MS / 1000,
        slowest_lookup_s=max((record.lookup_ms for record in seen), default=0) / 1000,
        first_good_s=since(good),
        again_s=since([record for record in good if record.address == first]),
        second_share=sum(record.address == second for record in good) / max(1, len(good)))


class Samples:
    """All samples of a measurement, from its raw data; runs that were late are left out.

    notes: what each run of a scenario noted, in no order.
    """

    def __init__(self, directory):
        self.by_phase = collections.defaultdict(list)
        self.notes = collections.defaultdict(list)
        self.runs = self.late = self.repeated = self.requests = 0
        for path in sorted(directory.glob("*.json")):
            data = Data.load(path)
            self.repeated += data.attempt - 1
            if data.lateness_ms > LATE_MS:
                self.late += 1
                continue
            self.runs += 1
            self.requests += len(data.records)
            self.notes[data.scenario].append(data.notes)
            for phase in data.phases:
                for resolver in sorted({record.resolver for record in data.records}):
                    self.by_phase[data.scenario, phase.name].append(sample(data, phase, resolver))

    def get(self, scenario, phase, kind=None, hit=None, signed=None):
        return [each for each in self.by_phase[scenario, phase]
                if kind in (None, each.kind) and hit in (None, each.hit)
                and signed in (None, each.signed)]

    def quality(self):
        """How much was measured, and what was left out: one sentence."""
        return (f"{self.runs} runs, {self.requests} requests. Another {self.repeated + self.late} runs "
                f"do not count: client, router, or 1 % of the pages were over {LATE_MS} ms late.")


def percentile(values, share):
    """The smallest value that so large a share of the values does not exceed."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def median(values):
    return statistics.median_low(values)


def seconds(value, limit_s=None):
    """A number for a table; infinite is "more than was waited for"."""
    if math.isinf(value):
        return f"> {limit_s:.0f}"
    return f"{value:.1f}"


def spread(values, limit_s=None):
    """"median / 95th percentile (n)"."""
    if not values:
        return "–"
    return (f"{seconds(median(values), limit_s)} / {seconds(percentile(values, 0.95), limit_s)} "
            f"({len(values)})")


def bars(axis, rows, kinds, values, limit_s):
    """Horizontal bars, for each row one of each kind: the median, and a line to the 95th percentile.

    values(row, kind): a list of seconds; what is above limit_s goes beyond the edge.
    """
    height = 0.8 / len(kinds)
    for number, kind in enumerate(kinds):
        for place, row in enumerate(rows):
            found = values(row, kind)
            if not found:
                continue
            middle, end = (min(each, 1.05 * limit_s) for each in (median(found), percentile(found, 0.95)))
            y = place + (number - (len(kinds) - 1) / 2) * height
            colour = results.COLOURS[number % len(results.COLOURS)]
            axis.barh(y, max(middle, 0.004 * limit_s), 0.8 * height, color=colour,
                      label=None if place else kind)
            axis.plot([middle, end], [y, y], color=colour, linewidth=1.5)
            axis.plot([end], [y], color=colour, marker="|", markersize=4)
    axis.set_yticks(range(len(rows)), rows)
    axis.set_ylim(len(rows) - 0.5, -0.5)  # the first row on top
    axis.set_xlim(0, limit_s)
    axis.grid(axis="x", alpha=0.3)


def share(samples):
    """The share of failed requests, in %."""
    requests = sum(each.requests for each in samples)
    return f"{100 * sum(each.failed for each in samples) / requests:.1f} %" if requests else "–"


# Running


def run_one(scenario, number, output, short):
    """One repetition, unless it is in output already; returns its worst lateness."""
    path = output / f"{scenario.name.replace(' ', '-')}-{number}.json"
    data = Data.load(path) if path.exists() else None
    for _ in range(ATTEMPTS):
        if data and data.lateness_ms <= LATE_MS:
            break
        data = attempt_one(scenario, number, data.attempt + 1 if data else 1, short)
        data.save(path)
    return data.lateness_ms


def attempt_one(scenario, number, attempt, short):
    """Runs a repetition in a lab of its own; returns its Data. Every second one is signed."""
    lab_options = {"ttl_s": TTL_S, "resolvers": 2 * KINDS, "signed": number % 2 == 0, **scenario.lab}
    with tempfile.TemporaryDirectory(prefix="sitens-lab-") as directory:
        with Lab(directory, **lab_options) as lab:
            run = Run(lab, short)
            scenario.act(run)
            run.phase("after")
            if lab.clients:
                lab.stop_clients()
            records = lab.records()
            late_ms = max([lab.router.statistics()["late_ms"],
                           *(each.lag_ms for each in records if each not in run.phases[0])])
            addresses = {name: site.address for name, site in lab.sites.items()}
            return Data(scenario.name, number, lab.signed, attempt, late_ms, addresses,
                        run.phases[:-1], records, run.notes)


def run_all(scenarios, output, short):
    """Runs every repetition, the long ones first; returns whether none broke."""
    jobs = [(scenario, number) for scenario in scenarios
            for number in range(1 if short else scenario.repetitions)]
    jobs.sort(key=lambda job: -job[0].seconds)
    os.nice(-20)  # what else runs on this machine is not to be measured
    started, good = time.monotonic(), True
    with concurrent.futures.ThreadPoolExecutor(LABS) as pool:
        pending = {pool.submit(run_one, *job, output, short): job for job in jobs}
        try:
            for done in concurrent.futures.as_completed(pending):
                scenario, number = pending[done]
                try:
                    text = f"at most {done.result():.0f} ms late"
                except Exception:  # one broken run does not spoil the others
                    good, text = False, traceback.format_exc()
                print(f"{time.monotonic() - started:6.0f} s  {scenario.name} {number}: {text}",
                      file=sys.stderr, flush=True)
        except KeyboardInterrupt:
            ENDING.set()
            pool.shutdown(cancel_futures=True)
            raise
    return good


def main(section, doc, scenarios, report, draw):
    """The command that measures and reports; returns its exit status.

    section: of docs/results.md. report(Samples): the section's text. draw(Samples, path): its plot.
    """
    parser = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="scenarios: " + ", ".join(f'"{scenario.name}"' for scenario in scenarios))
    parser.add_argument("--short", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--publish", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--output", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--report", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("scenarios", nargs="*", help=argparse.SUPPRESS)
    options = parser.parse_args()
    known = {scenario.name: scenario for scenario in scenarios}
    if unknown := set(options.scenarios) - set(known):
        parser.error(f"no such scenario: {', '.join(unknown)}; see --help")
    with tempfile.TemporaryDirectory(prefix="sitens-data-") as temporary:
        directory = options.report or options.output or Path(temporary)
        directory.mkdir(exist_ok=True)
        good = options.report or run_all(
            [known[name] for name in options.scenarios or known], directory, options.short)
        samples = Samples(directory)
        text = report(samples)
        print(text)
        if options.publish:
            results.publish(section, text)
            draw(samples, results.DOCS / f"results-{section}.svg")
    return 0 if good else 1
