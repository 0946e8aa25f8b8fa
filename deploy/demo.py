#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""What deploy/demo runs, which has the help. Watch a name fail over: two download sites, a parent
zone, a resolver and a client, all real.

The lab lives in network namespaces of its own and changes nothing else on this machine:

    root    192.0.2.1    nsd      the root zone: delegates example.test
    parent  192.0.2.2    nsd      example.test, with the lines that parentgen printed pasted in
    client  192.0.2.3    unbound  and a client that fetches http://get.example.test/ once a second
    dc1     192.0.2.11   nginx    and sitens, which answers for get.example.test
    dc2     192.0.2.12   nginx    and sitens, with the same site file

The client's web server is stopped while it is in use, and started again later. The exit status is
0 if the client was served again and the stopped site came back, 1 if not, 130 if interrupted.
"""

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from pathlib import Path

# The demo is made of the parts that the tests use.
sys.path += [str(Path(__file__).resolve().parent.parent / "tests" / part)
             for part in ("integration", "lab")]
import configurations  # noqa: E402
import sitefile  # noqa: E402
from lan import Lan, run, wait_for  # noqa: E402

SOURCE = Path(__file__).resolve().parent.parent
BUILD = Path(os.environ.get("SITENS_BUILD", SOURCE / "build"))
NAME = "sitens-demo"
URL = "http://get.example.test/"
NODES = {
    "root": "192.0.2.1",
    "parent": "192.0.2.2",
    "client": "192.0.2.3",
    "dc1": "192.0.2.11",
    "dc2": "192.0.2.12",
}
SITES = ("dc1", "dc2")

# What each policy adds to the site file, and what a site does in a state.
POLICIES = {
    "own": {},
    "hand-over": {"withdraw": "hand-over"},
    "serving": {"answer": "serving", "withdraw": "hand-over"},
}
MEANINGS = {
    ("own", "serving"): "answers with its own address", ("own", "failing"): "silent",
    ("hand-over", "serving"): "answers with its own address",
    ("hand-over", "failing"): "hands over to the other site",
    ("serving", "serving"): "answers with both addresses",
    ("serving", "failing"): "hands over to the other site",
}
WIDTH = max(60, shutil.get_terminal_size().columns)
CLIENT_WIDTH = 34  # of the client's column

START_S = 20  # for each server to start
WARM_UP_S = 6  # what the client sees while all is well
CALM_S = 6  # without a failure: recovered
MARGIN_S = 20  # over the TTL, for the client to recover
RETURN_S = 20  # for the restarted site: rise and hold-down
COOL_DOWN_S = 3
FETCH_LIMIT_S = 5  # a user who waited this long has left

NGINX_SERVER = """\
server {{ listen 80; location / {{ return 200 "{name}\\n"; }} }}"""

ROOT_ZONE = """\
. 86400 IN SOA a.root.test. hostmaster.example.test. 1 14400 3600 604800 300
. 86400 IN NS a.root.test.
a.root.test. 86400 IN A {root}
example.test. 86400 IN NS ns.example.test.
ns.example.test. 86400 IN A {parent}
"""

PARENT_ZONE = """\
$ORIGIN example.test.
@ 3600 IN SOA ns hostmaster 1 14400 3600 604800 300
@ 3600 IN NS ns
ns 3600 IN A {parent}
; ---- printed by: parentgen get.example.test.conf
"""

# local-zone: unbound answers for the name "test" itself unless told not to.
UNBOUND_CONF = """\
server:
  directory: "{dir}"
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  logfile: "{dir}/unbound.log"
  interface: 127.0.0.1
  do-ip6: no
  root-hints: "{dir}/root.hints"
  module-config: "iterator"
  local-zone: "test." nodefault
remote-control:
  control-enable: no
"""

ROOT_HINTS = """\
. 86400 IN NS a.root.test.
a.root.test. 86400 IN A {root}
"""

CURL_FAULTS = {
    6: "the name was not resolved",
    7: "connection refused",
    28: f"no answer in {FETCH_LIMIT_S} s",
}


class Failure(Exception):
    """The demo cannot go on; the text tells the user why."""


class Lab:
    """The namespaces and what runs in them. Everything is found again by the lab's name."""

    def __init__(self, name):
        self.name = name
        self.dir = Path(tempfile.gettempdir()) / name
        # AppArmor lets Debian's unbound read nothing outside its own directories.
        self.unbound_dir = Path("/var/lib/unbound") / name
        self.etc = Path("/etc/netns") / self.netns("client")
        self.processes = []

    def netns(self, node):
        return f"{self.name}-{node}"

    def command(self, node, *command):
        return ["ip", "netns", "exec", self.netns(node), *map(str, command)]

    def create(self):
        self.dir.mkdir(mode=0o755)
        lan = Lan(self.name).__enter__()  # remove() finds it by its name, also in a later run
        for node, address in NODES.items():
            lan.attach(self.netns(node), node, [f"{address}/24"])
            (self.dir / node).mkdir()
        self.etc.mkdir(parents=True)
        # What `ip netns exec` shows the client as /etc/resolv.conf.
        (self.etc / "resolv.conf").write_text("nameserver 127.0.0.1\n")

    def start(self, node, *command, **environment):
        """Starts a server. It outlives this program unless the lab is removed."""
        log = self.dir / node / f"{Path(command[0]).name}.log"
        with log.open("ab") as out:
            process = subprocess.Popen(
                self.command(node, *command),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env=os.environ | environment,
                start_new_session=True,
            )
        self.processes.append((process, command[0], log))
        return process

    def wait_for(self, what, condition, limit_s):
        """Fails as well when a server ends."""
        def check():
            self.check_servers()
            return condition()

        try:
            wait_for(what, check, limit_s)
        except TimeoutError as fault:
            raise Failure(str(fault)) from fault

    def check_servers(self):
        for process, command, log in self.processes:
            if process.poll() not in (None, 0):
                raise Failure(f"{command} ended; the last of {log}:\n{tail(log)}")

    def remove(self):
        """Ends what runs in the lab's namespaces and removes the lab."""
        names = [self.netns(node) for node in (*NODES, "lan")]
        names = [name for name in names if Path("/run/netns", name).exists()]
        for kind in (signal.SIGTERM, signal.SIGKILL):
            if end_processes(names, kind):
                break
        for process, *_ in self.processes:
            process.wait()
        for name in names:
            run("ip", "netns", "del", name)
        for directory in (self.dir, self.unbound_dir, self.etc):
            shutil.rmtree(directory, ignore_errors=True)
        try:
            self.etc.parent.rmdir()
        except OSError:
            pass  # not there, or others use it


def end_processes(netns_names, kind, patience_s=3):
    """Signals every process in the namespaces; true once there is none."""
    give_up = time.monotonic() + patience_s
    signalled = set()
    while True:
        pids = set()
        for name in netns_names:
            pids |= set(run("ip", "netns", "pids", name, stdout=subprocess.PIPE, text=True).stdout.split())
        for pid in pids - signalled:
            try:
                os.kill(int(pid), kind)
            except ProcessLookupError:
                pass
        signalled |= pids
        if not pids or time.monotonic() > give_up:
            return not pids
        time.sleep(0.02)


def tail(path, lines=15):
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])


class Timeline:
    """What happened when, printed as it happens: the client on the left, the sites on the right."""

    def __init__(self):
        self.start = time.monotonic()
        self.lock = threading.Lock()
        self.colour = sys.stdout.isatty()

    def now(self):
        return time.monotonic() - self.start

    def header(self):
        print(f"\n{'second':>7}  {'what the client got':<{CLIENT_WIDTH}}what happened")

    def client(self, at, text, bad):
        self._print(at, [text], "31" if bad else "32")

    def event(self, at, text):
        lines = textwrap.wrap(text, WIDTH - 9 - CLIENT_WIDTH)
        self._print(at, [f"{'':<{CLIENT_WIDTH}}{line}" for line in lines], "1")

    def _print(self, at, lines, colour):
        with self.lock:
            for number, text in enumerate(lines):
                if self.colour:
                    text = f"\033[{colour}m{text}\033[0m"
                print(f"{'' if number else f'{at:.1f}':>7}  {text}", flush=True)


class Client:
    """Fetches the URL once a second, each time with a new connection and a new lookup."""

    def __init__(self, lab, timeline):
        self.lab = lab
        self.timeline = timeline
        self.results = []  # (begun, ended, site or None)
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self._loop)

    def fetch(self):
        """Returns (site, fault), one of them None."""
        curl = ["curl", "--silent", "--fail", "--max-time", str(FETCH_LIMIT_S), URL]
        done = subprocess.run(
            self.lab.command("client", *curl), stdout=subprocess.PIPE, text=True, check=False
        )
        if done.returncode:
            return None, CURL_FAULTS.get(done.returncode, f"curl's error {done.returncode}")
        return done.stdout.strip(), None

    def _fetch_and_tell(self):
        begun = self.timeline.now()
        site, fault = self.fetch()
        ended = self.timeline.now()
        self.results.append((begun, ended, site))
        took = f" after {ended - begun:.1f} s" if ended - begun > 0.3 else ""
        text = f"FAILED: {fault}" if fault else f"served by {site}{took}"
        self.timeline.client(ended, text, bad=bool(fault))

    def _loop(self):
        fetches = []
        due = time.monotonic()
        while not self.ending.wait(max(0, due - time.monotonic())):
            # In a thread of its own, so that a slow answer does not hold up the next request.
            fetches.append(threading.Thread(target=self._fetch_and_tell))
            fetches[-1].start()
            due += 1
        for fetch in fetches:
            fetch.join()

    def start(self):
        self.thread.start()

    def stop(self):
        self.ending.set()
        self.thread.join()

    def site_in_use(self):
        return next((site for _, _, site in reversed(self.results) if site), None)

    def last_failure(self):
        """When the last failed request ended; 0 if none failed."""
        return max((ended for _, ended, site in self.results if not site), default=0)


class States:
    """Follows each sitens's log and keeps the state it last told."""

    CHANGE = re.compile(r": get\.example\.test: (?P<state>[a-z-]+) \(was [a-z-]+\): (?P<reason>.*)")

    def __init__(self, lab, timeline, policy):
        self.timeline, self.policy = timeline, policy
        self.logs = {site: (lab.dir / site / "sitens.log").open() for site in SITES}
        self.changes = {site: [] for site in SITES}  # (when, state)
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self._loop)

    def _loop(self):
        while not self.ending.wait(0.01):
            for site in SITES:
                self._read(site)

    def _read(self, site):
        for line in self.logs[site]:
            change = self.CHANGE.search(line)
            if not change:
                continue
            at, state = self.timeline.now(), change["state"]
            reason = change["reason"]
            self.changes[site].append((at, state))
            meaning = MEANINGS.get((self.policy, state), "silent")
            self.timeline.event(at, f"sitens at {site}: {state}, {meaning} ({reason})")

    def start(self):
        self.thread.start()

    def stop(self):
        self.ending.set()
        self.thread.join()

    def reached(self, site, state, since):
        return next((at for at, s in self.changes[site] if s == state and at >= since), None)


def start_nsd(lab, node, zone, text):
    directory = lab.dir / node
    (directory / "zone").write_text(text)
    conf = directory / "nsd.conf"
    conf.write_text(configurations.nsd(directory, NODES[node], {zone: directory / "zone"}))
    lab.start(node, "/usr/sbin/nsd", "-d", "-c", conf)


def start_nginx(lab, site):
    directory = lab.dir / site
    conf = directory / "nginx.conf"
    conf.write_text(configurations.nginx(directory, NGINX_SERVER.format(name=site)))
    lab.start(site, "/usr/sbin/nginx", "-e", directory / "nginx.log", "-c", conf)


def stop_nginx(lab, site):
    os.kill(int((lab.dir / site / "nginx.pid").read_text()), signal.SIGTERM)


def start_sitens(lab, site, site_file):
    directory = lab.dir / site
    environment = {}
    for variable in ("STATE_DIRECTORY", "RUNTIME_DIRECTORY"):
        (directory / variable.lower()).mkdir()
        environment[variable] = str(directory / variable.lower())
    lab.start(site, BUILD / "sitens" / "sitens", site_file, **environment)


def start_unbound(lab):
    lab.unbound_dir.mkdir()
    (lab.unbound_dir / "root.hints").write_text(ROOT_HINTS.format(**NODES))
    conf = lab.unbound_dir / "unbound.conf"
    conf.write_text(UNBOUND_CONF.format(dir=lab.unbound_dir))
    lab.start("client", "/usr/sbin/unbound", "-d", "-c", conf)


def start_servers(lab, ttl, policy):
    site_file = lab.dir / "get.example.test.conf"
    site_file.write_text(sitefile.text({
        "zone": {"name": "get.example.test", "ttl": ttl},
        **{f"site {site}": {"nameserver": f"get.{site}.example.test", "address": NODES[site]}
           for site in SITES},
        "check": {"url": "http://127.0.0.1/"},
        **({"policy": POLICIES[policy]} if POLICIES[policy] else {}),
    }))
    print("\nThe site file, the same at both sites:\n")
    print(indent(site_file.read_text()))
    delegation = print_delegation(site_file)

    start_nsd(lab, "root", ".", ROOT_ZONE.format(**NODES))
    start_nsd(lab, "parent", "example.test", PARENT_ZONE.format(**NODES) + delegation)
    for site in SITES:
        start_nginx(lab, site)
        start_sitens(lab, site, site_file)
    start_unbound(lab)


def print_delegation(site_file):
    command = [BUILD.resolve() / "parentgen" / "parentgen", site_file.name]
    parentgen = subprocess.run(
        command, cwd=site_file.parent, capture_output=True, text=True, check=False
    )
    if parentgen.returncode:
        raise Failure(f"parentgen: {parentgen.stderr}")
    print("\nWhat parentgen printed, now pasted into the zone example.test:\n")
    print(indent("".join(line for line in parentgen.stdout.splitlines(True)
                         if not line.startswith(";"))))
    return parentgen.stdout


def indent(text):
    return "\n".join(f"    {line}" for line in text.strip().splitlines())


def outage(lab, timeline, client, states, ttl):
    """Stops the web server in use and starts it again. A Failure tells why failover did not work."""
    time.sleep(WARM_UP_S)
    seen = len(client.results)
    lab.wait_for("the next page", lambda: len(client.results) > seen, FETCH_LIMIT_S + 1)
    site = client.site_in_use()
    stopped = timeline.now()
    stop_nginx(lab, site)
    timeline.event(stopped, f"nginx at {site} is stopped")

    def calm():
        silent = states.reached(site, "failing", stopped)
        return silent and timeline.now() > max(silent, client.last_failure()) + CALM_S

    lab.wait_for(f"sitens at {site} silent and the client served", calm, ttl + MARGIN_S)
    if client.site_in_use() == site:
        raise Failure(f"{site} still serves the client")

    started = timeline.now()
    start_nginx(lab, site)
    timeline.event(started, f"nginx at {site} is started again")
    lab.wait_for(
        f"sitens at {site} serving again",
        lambda: states.reached(site, "serving", started),
        RETURN_S,
    )
    time.sleep(COOL_DOWN_S)
    return Outcome(site, stopped, started)


class Outcome:
    """When the web server of a site was stopped and started."""

    def __init__(self, site, stopped, started):
        self.site = site
        self.stopped = stopped
        self.started = started

    def tell(self, client, states):
        failed = [result for result in client.results if not result[2]]
        silent = states.reached(self.site, "failing", self.stopped)
        back = states.reached(self.site, "serving", self.started)
        slowest = max(ended - begun for begun, ended, site in client.results if site)
        print()
        for label, value in (
            ("requests", len(client.results)),
            ("failed requests", len(failed)),
            ("from the stop to the last failure", seconds(client.last_failure() - self.stopped)),
            ("slowest request that was served", seconds(slowest)),
            ("until sitens noticed the stop", seconds(silent - self.stopped)),
            ("until it served again after the start", seconds(back - self.started)),
            ("failover", "worked"),
        ):
            print(f"{label:>38}: {value}")


def seconds(duration):
    return f"{max(0, duration):.2f} s"


def demonstrate(lab, ttl, policy):
    lab.create()
    start_servers(lab, ttl, policy)
    timeline = Timeline()
    client, states = Client(lab, timeline), States(lab, timeline, policy)
    print("\nWaiting until both sites answer and the client is served ...")
    timeline.header()
    states.start()
    try:
        for site in SITES:
            lab.wait_for(
                f"sitens at {site} serving",
                lambda: states.reached(site, "serving", 0),
                START_S,
            )
        lab.wait_for("the first page", lambda: client.fetch()[0], START_S)
        client.start()
        try:
            outcome = outage(lab, timeline, client, states, ttl)
        finally:
            client.stop()
    finally:
        states.stop()
    outcome.tell(client, states)


def tell_how_to_look_around(lab):
    print(
        f"""The lab {lab.name} still runs. Look around:

    ip netns exec {lab.netns('client')} curl {URL}
    ip netns exec {lab.netns('dc1')} bash       a shell at the site dc1
    kill $(cat {lab.dir}/dc1/nginx.pid)         stop its web server
    tail -f {lab.dir}/dc*/sitens.log

End it:

    {Path(__file__).with_name('demo')} --end {lab.name}
"""
    )


def tell_what_is_next(policy):
    other = "own" if policy == "serving" else "serving"
    print(f"""
What next?

    deploy/demo --policy {other:<11} the same failure under another policy
    deploy/build-deb                 make the packages, to install on your sites
    docs/guide.md                    from two bare servers to a name that works
    docs/https.md                    the same with certificates
    docs/choosing.md                 is it the right scheme for you?
""")


def parse_arguments():
    parser = argparse.ArgumentParser(prog="demo", add_help=False)
    parser.add_argument("--ttl", type=int, default=2)
    parser.add_argument("--policy", choices=POLICIES, default="own")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--end")
    arguments = parser.parse_args()
    if arguments.end and not re.fullmatch(rf"{NAME}-\d+", arguments.end):
        parser.error(f"--end: a name such as {NAME}-1234, as --keep printed it")
    if not 1 <= arguments.ttl <= 60:
        parser.error("--ttl: from 1 to 60, so that the demo ends in under two minutes")
    return arguments


def main():
    arguments = parse_arguments()
    if arguments.end:
        Lab(arguments.end).remove()
        return 0
    stop_signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for number in stop_signals:
        signal.signal(number, signal.default_int_handler)
    lab = Lab(f"{NAME}-{os.getpid()}")
    status, keep = 1, arguments.keep
    try:
        demonstrate(lab, arguments.ttl, arguments.policy)
        status = 0
    except KeyboardInterrupt:
        status, keep = 130, False
        print("\ninterrupted: cleaning up")
    except (Failure, subprocess.CalledProcessError) as failure:
        print(f"demo: failover did not work: {failure}", file=sys.stderr)
    finally:
        for number in stop_signals:
            signal.signal(number, signal.SIG_IGN)
        if not keep:
            lab.remove()
    if keep:
        tell_how_to_look_around(lab)
    elif status == 0:
        tell_what_is_next(arguments.policy)
    return status


if __name__ == "__main__":
    sys.exit(main())
