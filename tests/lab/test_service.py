# SPDX-License-Identifier: ISC
"""What an operator does and what befalls a site, on booted machines."""

import dns.flags
import pytest

from lan import wait_for
from scheme import SITE_FILE, SOURCE, TTL_S, ZONE, Background


def test_enabled_and_active(lab):
    for site in lab.sites.values():
        assert site.node.systemctl("is-enabled", "sitens") == "enabled"
        assert site.node.systemctl("is-active", "sitens") == "active"


def test_knows_its_addresses(lab):
    """Those of both families, within the sandbox of the unit."""
    site = lab.actives[0]
    site.node.systemctl("restart", "sitens")
    [known] = [entry["MESSAGE"] for entry in site.journal() if "known by" in entry["MESSAGE"]][-1:]
    assert f"site {site.name}, known by its address" in known
    assert not site.has_said("is not on this host")


@pytest.mark.parametrize("tcp", (False, True), ids=("udp", "tcp"))
@pytest.mark.parametrize("rdtype", ("A", "AAAA"))
def test_answers_its_own_addresses(lab, rdtype, tcp):
    for site in lab.actives:
        own = site.ipv4 if rdtype == "A" else site.ipv6
        response = site.query(rdtype, own, tcp=tcp)
        assert response.flags & dns.flags.AA
        assert [str(rdata) for rdata in response.answer[0]] == [own]


def test_resolves_through_the_parent(lab):
    wait_for("a page", lab.client.fetch)
    assert lab.client.fetch() in {site.name for site in lab.actives}


def test_standby_takes_over_and_gives_back(lab):
    assert lab.standby.state() == "standby"
    for site in lab.actives:
        site.node.systemctl("stop", "nginx")
    wait_for("the standby answering", lab.standby.answers)
    wait_for("the standby's page", lambda: lab.client.fetch() == lab.standby.name)
    for site in lab.actives:
        site.node.systemctl("start", "nginx")
    wait_for("the standby standing by", lambda: lab.standby.state() == "standby")


def test_silent_before_nginx_has_stopped(lab):
    site = lab.actives[0]
    since = len(site.journal())
    site.node.systemctl("stop", "nginx")
    wait_for("silence", site.silent)
    silence = next(e for e in site.journal()[since:] if e.get("SITENS_STATE") == "failing")
    stopped = [e for e in site.journal("nginx") if e["MESSAGE"].startswith("Stopped")][-1]
    assert int(silence["__MONOTONIC_TIMESTAMP"]) < int(stopped["__MONOTONIC_TIMESTAMP"])
    site.node.systemctl("start", "nginx")
    wait_for("the answer", site.answers)


HAPROXY = """\
defaults
    mode http
    timeout client 9s
frontend web
    bind :80
    http-request return status 200
"""


@pytest.mark.parametrize("example, unit", (
    ("nginx", "nginx"), ("apache", "apache2"), ("caddy", "caddy"), ("haproxy", "haproxy"),
    ("lighttpd", "lighttpd")))
def test_drained_web_server_serves_after_silence(lab, example, unit):
    """With the drop-in of the examples; what it says must please systemd."""
    site = lab.actives[0]
    node = site.node
    drop_in = (SOURCE / "deploy" / "examples" / f"{example}-drain.conf").read_text()
    node.systemctl("stop", "nginx")
    node.write(f"/etc/systemd/system/{unit}.service.d/drain.conf", drop_in.replace("120", "4"))
    node.systemctl("daemon-reload")
    verified = node.run("systemd-analyze", "verify", "--man=no", f"{unit}.service")
    assert "drain.conf" not in verified.stdout + verified.stderr
    if unit == "haproxy":
        node.write("/etc/haproxy/haproxy.cfg", HAPROXY)
    node.write("/var/www/html/index.html", "ok\n")
    node.write("/etc/hosts", "127.0.0.1 localhost\n")  # caddy looks it up
    try:
        node.systemctl("start", unit)
        node.write(f"/etc/sitens/{ZONE}.conf", SITE_FILE.replace("nginx.service", f"{unit}.service"))
        node.systemctl("restart", "sitens")
        wait_for("the answer", site.answers)
        node.systemctl("stop", "--no-block", unit)
        wait_for("silence", site.silent)
        node.run("curl", "--silent", "--fail", "http://127.0.0.1/")
        wait_for("the end", lambda: node.systemctl("is-active", unit, check=False) == "inactive")
        assert node.run("curl", "--silent", "http://127.0.0.1/", check=False).returncode != 0
    finally:
        node.systemctl("stop", unit, check=False)
        node.run("rm", f"/etc/systemd/system/{unit}.service.d/drain.conf")
        node.systemctl("daemon-reload")


def test_nginx_crashes(lab):
    site = lab.actives[0]
    site.node.systemctl("kill", "--signal=SEGV", "nginx")
    wait_for("silence", site.silent)
    site.node.systemctl("restart", "nginx")
    wait_for("the answer", site.answers)


def test_killed(lab):
    site = lab.actives[0]
    before = site.pid()
    site.node.systemctl("kill", "--signal=KILL", "sitens")
    wait_for("another process", lambda: site.pid() not in ("0", before))
    wait_for("the answer", site.answers)


def test_killed_again_and_again(lab):
    """More often than systemd's default limit of starts allows."""
    site = lab.actives[0]
    for _ in range(8):
        before = site.pid()
        site.node.systemctl("kill", "--signal=KILL", "sitens")
        wait_for("another process", lambda: site.pid() not in ("0", before))
    wait_for("the answer", site.answers)


def test_hung(lab):
    site = lab.actives[0]
    before = site.pid()
    site.node.systemctl("kill", "--signal=STOP", "sitens")
    try:
        wait_for("the watchdog", lambda: site.pid() not in ("0", before), limit_s=30)
    finally:
        site.node.systemctl("kill", "--signal=CONT", "sitens")
    wait_for("the answer", site.answers)


def test_reload(lab):
    site = lab.actives[0]
    path = f"/etc/sitens/{ZONE}.conf"
    before = site.pid()
    with Background(site.answers, pause_s=0.01) as asking:
        site.node.write(path, SITE_FILE.replace(f"ttl = {TTL_S}", "ttl = 7"))
        site.node.systemctl("reload", "sitens")
        wait_for("the new TTL", lambda: site.query().answer[0].ttl == 7)
        site.node.write(path, "[zone]\nname = broken\n")
        assert site.node.run("systemctl", "reload", "sitens", check=False).returncode != 0
        wait_for("the complaint", lambda: site.has_said(f"{path}: there is no"))
        assert site.node.systemctl("is-active", "sitens") == "active"
        site.node.write(path, SITE_FILE)
        site.node.systemctl("reload", "sitens")
        wait_for("the old TTL", lambda: site.query().answer[0].ttl == TTL_S)
    assert all(answered for _, answered in asking.results)
    assert site.pid() == before


def test_reload_tests_as_the_service_would(lab):
    """Root could read the file, and does not have the options of the service."""
    site = lab.actives[0]
    path = f"/etc/sitens/{ZONE}.conf"
    site.node.run("chmod", "600", path)
    assert site.node.run("systemctl", "reload", "sitens", check=False).returncode != 0
    site.node.run("chmod", "644", path)
    site.node.write("/etc/default/sitens", "SITENS_OPTIONS=--site nowhere\n")
    assert site.node.run("systemctl", "reload", "sitens", check=False).returncode != 0
    site.node.run("rm", "/etc/default/sitens")
    site.node.systemctl("reload", "sitens")
    assert site.answers()


# Until nothing more fits, which is when a writer waits.
FILL_JOURNAL = "timeout 20 sh -c 'while echo MESSAGE=x | timeout 5 logger --journald; do :; done'"
FED = ("show", "--value", "--property=WatchdogTimestampMonotonic", "sitens")


def test_journald_hangs(lab):
    """A site serves, notices that its web server dies, and comes back; so does a new sitens."""
    site = lab.actives[0]
    site.node.systemctl("kill", "--signal=STOP", "systemd-journald")
    try:
        site.node.run("sh", "-c", FILL_JOURNAL, check=False)
        before, filled_us = site.pid(), int(site.node.systemctl(*FED))
        site.node.systemctl("stop", "nginx")
        wait_for("silence", site.silent)
        site.node.systemctl("start", "nginx")
        wait_for("the answer", site.answers)
        # For longer than it may go without.
        wait_for("the watchdog being fed", limit_s=60,
                 condition=lambda: int(site.node.systemctl(*FED)) > filled_us + 15_000_000)
        assert site.pid() == before
        site.node.systemctl("kill", "--signal=KILL", "sitens")
        wait_for("another process", lambda: site.pid() not in ("0", before))
        wait_for("the answer", site.answers)
    finally:
        site.node.systemctl("kill", "--signal=CONT", "systemd-journald")
    wait_for("what it had to say", lambda: site.has_said("serving (was starting)"))


def test_stop(lab):
    site = lab.actives[0]
    site.node.systemctl("stop", "sitens")
    assert site.silent()
    sockets = site.node.run("ss", "-Hlntu", "sport = :53").stdout
    assert sockets == ""
    assert site.node.systemctl("is-active", "sitens", check=False) == "inactive"


def test_broken_site_file_is_not_retried(lab):
    site = lab.actives[0]
    path = f"/etc/sitens/{ZONE}.conf"
    site.node.systemctl("stop", "sitens")
    site.node.write(path, "[zone]\nname = broken\n")
    site.node.systemctl("start", "sitens", check=False)
    assert site.node.systemctl("is-failed", "sitens") == "failed"
    assert site.node.systemctl("show", "--value", "--property=NRestarts", "sitens") == "0"


def test_catalog_tells_what_to_do(lab):
    site = lab.actives[0]
    site.node.systemctl("stop", "nginx")
    wait_for("silence", site.silent)
    explained = site.node.run("journalctl", "--unit=sitens", "--catalog", "--no-pager").stdout
    assert f"Site {site.name} has withdrawn from {ZONE}" in explained
    assert "systemctl status nginx" in explained


def test_shutdown_with_drain_loses_no_request(lab):
    site = lab.actives[0]
    # unbound counts whole seconds: it keeps an address for up to one more than its TTL.
    site.node.write("/etc/default/sitens", f"DRAIN_SECONDS={TTL_S + 3}\n")
    site.node.systemctl("enable", "--now", "sitens-drain")
    wait_for("a page from the site", lambda: lab.client.fetch() == site.name, pause_s=0.2)
    with Background(lab.client.fetch, pause_s=0.1) as fetching:
        site.node.power_off()
        site.node.wait_off()
        wait_for("pages after it", lambda: fetching.results[-1][1] not in (None, site.name))
    site.node.boot_again()
    assert [result for result in fetching.results if result[1] is None] == []
