# SPDX-License-Identifier: ISC
"""What validating resolvers answered while an operator worked: counted by phase, and reported."""

import collections
import threading
import time

import results
from resolvers import PACKAGES

ON, OFF = "on: done, secure", "off: no DS"  # from the one to the other, all must be validated
MISTAKE, NOTICED = "mistake: DS without keys", "mistake: caches have forgotten"
STARTED = time.monotonic()

SECTION = """\
`tests/lab/dnssec --runs {runs} --publish`. {machine} {versions}. {runs} runs, {minutes} minutes.

Root, parent zone and name are signed, each resolver has the root's key. Two sites at first, then
three; one of them has IPv6. The parent zone's delegation is what parentgen prints, and after each
procedure `parentgen --check` finds no fault. TTLs are 1 s (addresses, denials) and 2 s (NS, DNSKEY,
DS), and every wait of a procedure is a second longer, after the first DS four more. Each resolver gets up to 30 queries a second:
A, AAAA, TXT, CAA, DNSKEY, a CNAME, an empty non-terminal, names that do not exist. {queries}
queries in all. All the time, sites fell silent and returned ({silences} times), and re-signed
({signings} times).

Validated answers (with AD), of all queries, step by step. Where it says "on", "off" or "unsigned",
a resolver may validate or not, as what it has in its cache demands; from "{on}" until before
"{off}" it must.

{by_phase}
The same by resolver. AAAA: only one site has an address to give, the others prove that they have
none. The mistake: a DS record is published, and no site signs; counted once the caches have
forgotten what was before.

{together}""".replace("{on}", ON).replace("{off}", OFF)


class Tally:
    """What was answered, by phase, resolver and outcome."""

    def __init__(self):
        self.lock = threading.Lock()
        self.counts = collections.Counter()
        self.families = collections.Counter()  # of AAAA: by phase, resolver and if there was one
        self.phases = []
        self.examples = []
        self.runs = self.silences = self.signings = 0
        self.duration_s = 0

    def begin(self, phase):
        with self.lock:
            self.phases.append(phase)
        print(f"{time.monotonic() - STARTED:5.1f} s  {phase}", flush=True)

    def add(self, resolver, outcome, example):
        with self.lock:
            phase = self.phases[-1]
            self.counts[phase, resolver, outcome] += 1
            good = ("insecure", "secure", "timeout")[phase in self.signed():]
            if outcome not in good and phase not in (MISTAKE, NOTICED) and len(self.examples) < 20:
                self.examples.append(f"{time.monotonic() - STARTED:5.1f} s  {phase}: {resolver}: "
                                     f"{outcome}: {example}")

    def add_family(self, resolver, present):
        with self.lock:
            self.families[self.phases[-1], resolver, present] += 1

    def add_run(self, run):
        """Adds what another counted, in the same phases."""
        self.counts += run.counts
        self.families += run.families
        self.phases = run.phases
        self.examples += run.examples
        self.runs += 1
        self.silences += run.silences
        self.signings += run.signings
        self.duration_s += run.duration_s

    def count(self, outcome, resolvers, phases):
        """outcome None: all of them."""
        with self.lock:
            return sum(n for (phase, resolver, what), n in self.counts.items()
                       if phase in phases and resolver in resolvers and outcome in (what, None))

    def proper(self):
        """The phases before the mistake."""
        return [phase for phase in self.phases if phase not in (MISTAKE, NOTICED)]

    def signed(self):
        """The phases so far in which every answer must be validated."""
        if ON not in self.phases:
            return []
        end = self.phases.index(OFF) if OFF in self.phases else None
        return self.phases[self.phases.index(ON):end]

    def sums(self, resolver, phases):
        """How many good answers there were, late ones, and bad ones."""
        everything = self.count(None, [resolver], phases)
        secure = self.count("secure", [resolver], phases)
        insecure = self.count("insecure", [resolver], set(phases) - set(self.signed()))
        late = self.count("timeout", [resolver], phases)
        return secure + insecure, late, everything - secure - insecure - late

    def all_is_well(self, resolver):
        """Nothing was bad but at the mistake, and there everything."""
        good_after_mistake, _, _ = self.sums(resolver, [NOTICED])
        noticed = self.count("SERVFAIL", [resolver], [MISTAKE, NOTICED])
        good, _, bad = self.sums(resolver, self.proper())
        return self.signed() and good and not bad and noticed and not good_after_mistake


class Report:
    """What all runs together say."""

    def __init__(self, tally, resolvers):
        self.tally, self.resolvers = tally, resolvers

    @staticmethod
    def _print_row(width, name, cells):
        print(f"{name:{width}}" + "".join("{:10}{:5}{:4}".format(*each) for each in cells))

    def print(self):
        """A table. Returns whether all went as it must."""
        tally = self.tally
        width = max(map(len, tally.phases))
        print(f"\n{'':{width}}" + "".join(f"{resolver:>19}" for resolver in self.resolvers))
        print(f"{'':{width}}" + f"{'answers':>10}{'late':>5}{'bad':>4}" * len(self.resolvers))
        rows = [(phase, [phase]) for phase in tally.phases]
        rows.insert(len(tally.proper()), ("together", tally.proper()))
        for name, phases in rows:
            self._print_row(width, name, [tally.sums(each, phases) for each in self.resolvers])
        print(f"late: no answer within 6 s. {tally.silences} times a site was silent, "
              f"{tally.signings} times it re-signed.")
        good = all(tally.all_is_well(resolver) for resolver in self.resolvers)
        if not good:
            print("\n".join(tally.examples))
        return good

    def section(self):
        """That of docs/results.md."""
        tally = self.tally
        return SECTION.format(
            machine=results.machine(),
            versions=results.versions(*(PACKAGES[each] for each in self.resolvers), "nsd"),
            runs=tally.runs, minutes=f"{tally.duration_s / 60:.0f}",
            queries=f"{tally.count(None, self.resolvers, tally.proper()):,}",
            silences=tally.silences, signings=f"{tally.signings:,}",
            by_phase=results.table(
                ["step", *self.resolvers],
                [[phase, *(self._validated(each, [phase]) for each in self.resolvers)]
                 for phase in tally.proper()]),
            together=results.table(["", *self.resolvers], self._together()))

    def _validated(self, resolver, phases):
        return (f"{self.tally.count('secure', [resolver], phases):,} of "
                f"{self.tally.count(None, [resolver], phases):,}")

    def _together(self):
        tally, proper = self.tally, self.tally.proper()
        unsigned = set(proper) - set(tally.signed())
        return [[title, *(figure(each) for each in self.resolvers)] for title, figure in (
            ("queries", lambda each: f"{tally.count(None, [each], proper):,}"),
            ("validated, of those that must be",
             lambda each: self._validated(each, tally.signed())),
            ("SERVFAIL: bogus, or no server found",
             lambda each: tally.count("SERVFAIL", [each], proper)),
            ("other wrong answers", lambda each: tally.sums(each, proper)[2]
             - tally.count("SERVFAIL", [each], proper)),
            ("no answer within 6 s", lambda each: tally.count("timeout", [each], proper)),
            ("AAAA: had an address, signed", lambda each: self._aaaa(each, tally.signed())),
            ("AAAA: had an address, before and after", lambda each: self._aaaa(each, unsigned)),
            ("after the mistake: SERVFAIL",
             lambda each: tally.count("SERVFAIL", [each], [NOTICED])),
            ("after the mistake: no answer within 6 s",
             lambda each: tally.count("timeout", [each], [NOTICED])),
            ("after the mistake: answered", lambda each: tally.sums(each, [NOTICED])[0]),
        )]

    def _aaaa(self, resolver, phases):
        found, missing = (sum(self.tally.families[phase, resolver, present] for phase in phases)
                          for present in (True, False))
        return f"{found / max(1, found + missing):.0%} of {found + missing}".replace("%", " %")
