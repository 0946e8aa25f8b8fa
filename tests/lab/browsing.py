# SPDX-License-Identifier: ISC
"""A browser in the lab: pages that lead to the download name, and users that follow them.

Two measurements: first_clicks(), what the link of `parentgen --format html` is worth, and
failover(), what users of a site see when it dies.
"""

import contextlib
import dataclasses
import itertools
import threading
import time

import network
import signed_tree as tree
from chromium import Browser
from lan import wait_for

import configurations  # noqa: E402
import daemon  # noqa: E402

NAME = network.NAME
WWW, WWW_ADDRESS = f"www.{network.PARENT}", "192.0.2.80"
FILE, FILE_OCTETS = f"https://{NAME}/file", 65536

# One way in ms, from the middle: a user 5 ms from the resolver and 33 from sites and pages.
DISTANCES, WWW_MS = {"client": 1.5, "root": 9, "parent": 9}, 15
SITES = {"dc1": 15, "dc2": 15}
# For failover: one site is the nearest, so that it is known which one has the users.
NEAR, FAR = "dc1", "dc2"
UNEQUAL_SITES = {NEAR: 4, FAR: 19}

KEEPALIVE_S = 75  # nginx's default

NGINX_HTTP = """\
keepalive_timeout {keepalive_s};
add_header Cache-Control no-store;
default_type text/plain;
types {{ text/html html; }}
ssl_certificate {certificate};
ssl_certificate_key {key};"""
NGINX_SERVER = """\
server {{
    listen 80 backlog=1024;
    listen 443 ssl{http2} backlog=1024;
    root {directory};
}}"""

PAGE = """\
<!DOCTYPE html>
<html><head><title>Downloads</title>
<link rel="icon" href="data:,">
{head}</head>
<body><p><a id="get" href="{file}">Download</a></p></body></html>
"""


_starting = threading.Lock()  # a browser that starts takes all the machine has


class WebLab(network.Lab):
    """The lab with HTTPS at the sites, and a host with the pages that lead to them.

    keepalive_s: how long the sites keep idle connections; 0: none is kept.
    """

    def __init__(self, directory, keepalive_s=0, http2=True, **options):
        super().__init__(directory, **options)
        self.keepalive_s, self.http2 = keepalive_s, http2
        self.resolver = None

    def set_up(self):
        super().set_up()
        self.resolver = next(iter(self.resolvers.values()))
        for name, distance_ms in DISTANCES.items():
            self.hosts[name].set_distance(distance_ms)
        self._make_certificate()
        for site in self.sites.values():
            (site.directory / "file").write_bytes(b"x" * FILE_OCTETS)
            self._configure(site.directory, self.keepalive_s, self.http2)
            site.stop_web()
            site.start_web()
        self._start_www()

    def _make_certificate(self):
        tree.run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                 "-nodes", "-days", 2, "-subj", f"/CN={NAME}",
                 "-addext", f"subjectAltName=DNS:{NAME},DNS:{WWW}",
                 "-keyout", self.directory / "key.pem", "-out", self.directory / "certificate.pem")

    def _configure(self, directory, keepalive_s, http2):
        http = NGINX_HTTP.format(
            keepalive_s=keepalive_s, certificate=self.directory / "certificate.pem",
            key=self.directory / "key.pem")
        server = NGINX_SERVER.format(directory=directory, http2=" http2" if http2 else "")
        (directory / "nginx.conf").write_text(configurations.nginx(directory, server, http))

    def _start_www(self):
        host = self.host("www", WWW_ADDRESS, WWW_MS)
        self.parent.publish(f"{self.parent.records}{WWW}. 300 IN A {WWW_ADDRESS}\n")
        for variant, head in heads(self.printed_html()).items():
            (host.directory / f"{variant}.html").write_text(PAGE.format(head=head, file=FILE))
        self._configure(host.directory, KEEPALIVE_S, True)
        host.start("/usr/sbin/nginx", "-p", host.directory, "-e", host.directory / "nginx.log",
                   "-c", host.directory / "nginx.conf")
        wait_for("the pages", (host.directory / "nginx.pid").exists)

    def printed_html(self):
        """What parentgen prints for pages."""
        path = self.sites[NEAR].directory / "sitens" / "get.conf"
        done = daemon.run("--format", "html", path, program=daemon.PARENTGEN)
        assert done.returncode == 0, done
        return done.stdout

    @contextlib.contextmanager
    def browser(self, *flags):
        """A browser at the clients' host; exists while the context lasts."""
        with contextlib.ExitStack() as stack:
            with _starting:
                started = stack.enter_context(
                    Browser(self.client_host, self.resolver.address, flags))
            yield started

    def counted(self):
        """How many queries the sites have had, all that have come by now."""
        now = time.time()
        paths = [site.nameserver.directory / "run" / "sitens.prom" for site in self.sites.values()]
        wait_for("the metrics", lambda: all(path.stat().st_mtime > now for path in paths))
        return sum(self.queries(site) for site in self.sites)


def heads(printed):
    """Of each variant of the page, what its head has of what parentgen printed."""
    prefetch = [line for line in printed.splitlines(True) if 'rel="dns-prefetch"' in line]
    assert len(prefetch) == 1, printed
    return {"none": "", "dns-prefetch": prefetch[0], "printed": printed}


# The first click

@dataclasses.dataclass
class Click:
    """A user's first download. queries_before: that the sites had before the click."""

    variant: str
    queries_before: int
    queries: int
    lookup_ms: float
    connect_ms: float
    total_ms: float

    def text(self):
        return (f"{self.variant}: {self.queries_before} of {self.queries} queries before the click,"
                f" {self.total_ms:.0f} ms")


def first_clicks(directory, repetitions, variants, reading_s=1, resolver="unbound"):
    """Has users with a cold browser and a cold resolver open the page, read it, and click.

    variants: of heads(). reading_s: the least time between page and click. Yields a Click for each
    variant and repetition.
    """
    lab = WebLab(directory, keepalive_s=KEEPALIVE_S, sites=SITES, ttl_s=60, resolvers=[resolver])
    with lab:
        before = lab.counted()
        for _, variant in itertools.product(range(repetitions), variants):
            lab.restart_resolver(lab.resolver)
            with lab.browser() as browser:
                started = time.monotonic()
                browser.open(f"https://{WWW}/{variant}.html")
                page = browser.await_load(started)
                assert page and page.good, page
                time.sleep(max(0, page.end + reading_s - time.monotonic()))
                read = lab.counted()
                clicked = browser.click("get")
                file = browser.await_load(page.end, lambda load: load.end and load.url == FILE)
                assert file and file.good, file
            after = lab.counted()
            yield Click(variant, read - before, after - before, file.phase_ms("dns"),
                        file.phase_ms("connect"), (file.end - clicked) * 1000)
            before = after


# Failover

FRESH_S = -6  # the resolver's lookup, from the failure
CLICK_S = 2  # after the failure
PATIENCE_S = 420
RELOAD_S, GIVE_UP_S, LATER_S = 5, 10, 70

WAITS, RELOADS, ONCE = "waits", f"reloads every {RELOAD_S} s", f"reloads once, after {LATER_S} s"
FEW, MANY = (f"reloads {times} times, once more after {LATER_S} s" for times in (3, 8))
STOPS = f"stops after {GIVE_UP_S} s, tries again after {LATER_S} s"
PRIVATE = f"opens a private window after {GIVE_UP_S} s"


def reload_always(browser):
    """The reload button, every other time with the shift key held."""
    browser.reload(shift=len(browser.loads) % 2 == 0)


# Of each: what the user does so many seconds after the click, as long as the file is not there.
HABITS = {
    WAITS: [],
    RELOADS: [(at_s, reload_always) for at_s in range(RELOAD_S, PATIENCE_S, RELOAD_S)],
    ONCE: [(LATER_S, Browser.reload)],
    FEW: [(at_s, Browser.reload) for at_s in (5, 10, 15, LATER_S)],
    MANY: [(at_s, Browser.reload) for at_s in (5, 10, 15, 20, 25, 30, 35, 40, LATER_S)],
    STOPS: [(GIVE_UP_S, Browser.stop), (LATER_S, lambda browser: browser.open(FILE))],
    PRIVATE: [(GIVE_UP_S, lambda browser: browser.open_privately(FILE))],
}


class User(threading.Thread):
    """One who has downloaded before, or comes after the failure, and then wants the file.

    offset_s: the first lookup, from the moment of the failure. habit: of HABITS.

    looked_up: when the first lookup was. site: the address it gave. clicked: when the user wanted
    the file after the failure. attempts: the Loads since. served: when the file came. shown: what
    the first error page said.
    """

    def __init__(self, browser, offset_s, habit, patience_s):
        super().__init__(daemon=True)
        self.browser, self.offset_s, self.habit = browser, offset_s, habit
        self.patience_s = patience_s
        self.failure = None
        self.looked_up = self.site = self.clicked = self.served = self.shown = None

    def run(self):
        self._wait_until(self.offset_s)
        if self.offset_s < 0:
            self.looked_up = time.monotonic()
            self.browser.open(FILE)
            first = self.browser.await_load(self.looked_up)
            self.site = first and first.address
            self._wait_until(CLICK_S)
        self.clicked = time.monotonic()
        self.looked_up = self.looked_up or self.clicked
        self.browser.open(FILE)
        for at_s, act in HABITS[self.habit]:
            if self._await_file(at_s):
                return
            act(self.browser)
        self._await_file(self.patience_s)

    def _wait_until(self, offset_s):
        time.sleep(max(0, self.failure + offset_s - time.monotonic()))

    def _await_file(self, limit_s):
        """Waits for the file until so many seconds after the click; returns whether it is there."""
        give_up = self.clicked + min(limit_s, self.patience_s)
        while not self.served and (left_s := give_up - time.monotonic()) > 0:
            load = self.browser.await_load(
                self.clicked, lambda load: load.good or load.failed and self.shown is None, left_s)
            if load and load.good:
                self.served = load.end
            elif load:
                self.shown = self.browser.error_text()
        return self.served is not None

    @property
    def attempts(self):
        return self.browser.loads_since(self.clicked)


@dataclasses.dataclass
class Failover:
    """What became of one user; times in seconds from the failure.

    error: of the first error page, "" if there was none; error_at: when it was shown.
    attempts: each as [start, end, error]. site: the address of the first lookup before the
    failure.
    """

    cell: str
    habit: str
    looked_up: float
    clicked: float
    site: str | None
    served: float | None
    error: str
    error_at: float | None
    shown: str | None
    attempts: list

    def text(self):
        served = f"after {self.served - self.clicked:.1f} s" if self.served else "never"
        return (f"{self.cell}: looked up at {self.looked_up:.0f} s, {self.habit}:"
                f" {self.error or 'no error'}, served {served}")


def stop_web(lab):
    lab.sites[NEAR].stop_web()


def unplug(lab):
    lab.sites[NEAR].unplug()


def failover(directory, cell, break_site, ttl_s, offsets_s, habits=(WAITS, RELOADS), flags=(),
             resolver="named", patience_s=PATIENCE_S, **options):
    """Breaks the site that users use; returns a Failover for each offset and habit.

    Just before, the resolver has looked the name up: it goes on with the old address as long as it
    may.
    """
    with contextlib.ExitStack() as stack:
        lab = stack.enter_context(WebLab(
            directory, sites=UNEQUAL_SITES, ttl_s=ttl_s, resolvers=[resolver], **options))
        use_near(lab)
        users = [User(stack.enter_context(lab.browser(*flags)), offset_s, habit, patience_s)
                 for offset_s, habit in itertools.product(offsets_s, habits)]
        failure = time.monotonic() - min(0, *offsets_s) + 1
        for user in users:
            user.failure = failure
            user.start()
        for when, act in ((FRESH_S, use_near), (0, break_site)):
            time.sleep(max(0, failure + when - time.monotonic()))
            act(lab)
        for user in users:
            user.join()
        return [summary(cell, user, failure) for user in users]


def use_near(lab):
    """Empties the resolver's memory and has it look the name up, at the nearer site."""
    def is_near():
        lab.restart_resolver(lab.resolver)
        return lab.sites[NEAR].address in str(lab.lookup(lab.resolver))

    wait_for("the nearer site", is_near)


def summary(cell, user, failure):
    first = next((load for load in user.attempts if load.failed), None)
    return Failover(
        cell, user.habit, user.looked_up - failure, user.clicked - failure, user.site,
        user.served and user.served - failure, first.error if first else "",
        first.end - failure if first else None, user.shown,
        [[round(load.start - failure, 2), load.end and round(load.end - failure, 2), load.error]
         for load in user.attempts])
