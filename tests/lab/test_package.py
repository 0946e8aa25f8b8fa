# SPDX-License-Identifier: ISC
"""Installing, upgrading and removing the package, each on a fresh machine of each release."""

import json
import re

import pytest

from conftest import with_next_version
from lan import wait_for
from scheme import SITE_FILE, ZONE, Background, Site

pytestmark = pytest.mark.parametrize("suite", ("bookworm", "trixie"), scope="session")

MAX_EXPOSURE = 1.4


@pytest.fixture
def site(machine):
    return Site(machine, machine.machine)


@pytest.fixture
def one_site_file(site):
    """A site file of two sites, of which this machine is one."""
    ipv4, ipv6 = site.node.plain_addresses
    return SITE_FILE.replace("192.0.2.11", ipv4).replace("2001:db8::11", ipv6)


def serve(site, site_file, package):
    site.set_up(package, site_file)
    wait_for("the answer", site.answers)


def test_without_a_site_file(site, packages):
    said = site.install(packages["sitens"])
    assert "/usr/share/doc/sitens/examples" in said
    assert site.node.systemctl("is-active", "sitens", check=False) == "inactive"
    assert site.node.systemctl("is-system-running") == "running"
    status = site.node.systemctl("status", "sitens", check=False)
    assert "ConditionPathExistsGlob=/etc/sitens/*.conf was not met" in status


def test_keys_are_for_the_service_alone(site, packages):
    site.install(packages["sitens"])
    stat = site.node.run("stat", "--format=%A %U %G", "/etc/sitens/keys").stdout.strip()
    assert stat == "drwx------ sitens sitens"


def test_upgrade(site, one_site_file, packages, tmp_path):
    """What the operator said and what sitens keeps survives it; users hardly notice."""
    serve(site, one_site_file, packages["sitens"])
    site.node.run("sitensctl", "in", ZONE)
    site.node.run("sh", "-c", "echo '# by the operator' >>/etc/default/sitens")
    kept = what_is_kept(site)
    before = site.pid()
    with Background(lambda: site.query(timeout_s=0.02), pause_s=0.005) as asking:
        wait_for("questions", lambda: len(asking.results) > 20)
        site.install(with_next_version(packages["sitens"], tmp_path))
        wait_for("another process", lambda: site.pid() not in ("0", before))
        wait_for("the answer", site.answers)
    assert site.node.read(f"/etc/sitens/{ZONE}.conf") == one_site_file
    assert what_is_kept(site) == kept
    status = json.loads(site.node.run("sitensctl", "--json", check=False).stdout)
    assert status["zones"][0]["override"]["kind"] == "in"
    assert site.node.systemctl("is-system-running") == "running"
    # Nothing of the old version runs any more.
    executables = site.node.run("sh", "-c", "ls -l /proc/[0-9]*/exe").stdout
    for program in ("/usr/sbin/sitens", "/usr/libexec/sitens/sitens-http"):
        assert re.search(f"-> {program}$", executables, re.MULTILINE), executables
        assert f"-> {program} (deleted)" not in executables
    gap_s = asking.longest_gap_s()
    print(f"gap on upgrade: {gap_s:.3f} s")
    # A resolver's first retry comes after 376 ms (unbound) or later.
    assert gap_s < 1


def what_is_kept(site):
    """{file: its digest}: cookie secrets and overrides among them."""
    found = site.node.run(
        "sh", "-c", "find /etc/default/sitens /var/lib/sitens/ -type f -exec sha256sum {} +").stdout
    kept = {path: digest for digest, path in (line.split() for line in found.splitlines())}
    assert len(kept) >= 3
    return kept


@pytest.mark.parametrize("bus", ("dbus-daemon", "dbus-broker"))
def test_failover(site, one_site_file, packages, bus):
    """Whatever bus it is by which sitens hears of nginx's unit."""
    if bus == "dbus-broker":
        site.node.systemctl("enable", bus)
        site.node.power_off()
        site.node.wait_off()
        site.node.boot_again()
    assert bus in site.node.run("ps", "-e", "--format=comm").stdout.replace("dbus-broker-lau", "").split()
    serve(site, one_site_file, packages["sitens"])
    site.node.systemctl("stop", "nginx")
    wait_for("silence", site.silent)
    assert site.has_said("nginx.service is deactivating")
    site.node.systemctl("start", "nginx")
    wait_for("the answer", site.answers)


def test_purge_leaves_nothing(site, one_site_file, packages):
    before = set(files(site))
    serve(site, one_site_file, packages["sitens"])
    site.node.run("dpkg", "--purge", "sitens")
    left = set(files(site)) - before
    assert {path for path in left if "sitens" in path} == set()
    assert "sitens" not in site.node.run("cat", "/etc/passwd").stdout


def test_remove_leaves_no_unit_active(site, one_site_file, packages):
    """And does not wait for users who are drained: nobody is."""
    serve(site, one_site_file, packages["sitens"])
    site.node.systemctl("enable", "--now", "sitens-drain")
    site.node.run("dpkg", "--remove", "sitens")
    assert site.node.run("systemctl", "list-units", "--plain", "--no-legend", "sitens*").stdout == ""


def test_purge_keeps_keys_and_says_so(site, one_site_file, packages):
    serve(site, one_site_file, packages["sitens"])
    site.node.write("/etc/sitens/keys/Kget.example.test.+013+00001.private", "secret\n")
    said = site.node.run("dpkg", "--purge", "sitens").stdout
    assert "signing keys in /etc/sitens are left" in said
    assert [path for path in files(site) if path.startswith("/etc/sitens")] == [
        "/etc/sitens",
        "/etc/sitens/keys",
        "/etc/sitens/keys/Kget.example.test.+013+00001.private",
    ]


def files(site):
    found = site.node.run("find", "/etc", "/var/lib", "/run/systemd/system", "/usr/lib", "/lib").stdout
    return sorted(path for path in found.splitlines() if not path.startswith("/var/lib/dpkg"))


def test_exposure(site, packages):
    site.install(packages["sitens"])
    verdict = site.node.run("systemd-analyze", "security", "sitens").stdout.splitlines()[-1]
    score = float(re.search(r"exposure level for sitens.service: ([\d.]+)", verdict)[1])
    print(verdict)
    assert score <= MAX_EXPOSURE
