"""The command line: what each option says, and the exit status."""

import re

import dns.rdatatype
import dns.zone
import pytest

import daemon
import sitefile

EX_USAGE, EX_CONFIG = 64, 78


def test_help():
    done = daemon.run("--help")
    assert done.returncode == 0
    assert not done.stderr
    for option in ("--site", "--listen", "--test", "--print-zone", "--verbose", "--version"):
        assert option in done.stdout
    assert daemon.run("-h").stdout == done.stdout


def test_version():
    done = daemon.run("--version")
    assert done.returncode == 0
    assert re.fullmatch(r"sitens \d+\.\d+\.\d+.*\n", done.stdout)
    assert daemon.run("-V").stdout == done.stdout


@pytest.mark.parametrize("option, said", [
    ("--colour", "unrecognized option '--colour'\nTry `sitens --help`"),
    ("-Z", "invalid option -- 'Z'\nTry `sitens --help`"),
    ("--site", "option '--site' requires an argument\nTry `sitens --help`"),
    ("--listen=example.org", "--listen example.org: must be ADDRESS or ADDRESS@PORT"),
    ("-l127.0.0.1@0", "--listen 127.0.0.1@0: must be ADDRESS or ADDRESS@PORT"),
    ("-l127.0.0.1@65536", "--listen 127.0.0.1@65536: must be ADDRESS or ADDRESS@PORT"),
    ("-l127.0.0.1@", "--listen 127.0.0.1@: must be ADDRESS or ADDRESS@PORT"),
    ("-l192.0.2.300", "--listen 192.0.2.300: must be ADDRESS or ADDRESS@PORT"),
    ("--listen=", "--listen : must be ADDRESS or ADDRESS@PORT"),
    ("-w0", "--workers 0: must be a number from 1 to"),
    ("-rx", "--rrl x: must be a number from 0 to"),
])
def test_wrong_usage(site_file, option, said):
    done = daemon.run(site_file(), option)
    assert done.returncode == EX_USAGE
    assert said in done.stderr
    assert not done.stdout


def test_test_says_what_would_be_served(site_file):
    done = daemon.run("--test", "--site", "dc1", site_file())
    assert done.returncode == 0, done.stderr
    text = done.stdout + done.stderr
    for part in ("get.example.test", "dc1", sitefile.ADDRESS, sitefile.ADDRESS6):
        assert part in text


def test_test_finds_faults(site_file):
    path = site_file(check=None)
    done = daemon.run("-t", "-s", "dc1", path)
    assert done.returncode == EX_CONFIG
    assert f"{path}: there is no check" in done.stderr


def test_print_zone(site_file):
    done = daemon.run("--print-zone", "--site", "dc1", site_file())
    assert done.returncode == 0, done.stderr
    zone = dns.zone.from_text(done.stdout, origin="get.example.test.", relativize=False)

    def data(rdtype):
        return sorted(item.to_text() for item in zone.get_rdataset("get.example.test.", rdtype))

    assert data("A") == [sitefile.ADDRESS]
    assert data("AAAA") == [sitefile.ADDRESS6]
    assert data("NS") == ["get.dc1.example.test.", "get.dc2.example.test."]
    assert len(data("SOA")) == 1


def test_printed_zones_of_two_sites_differ_in_their_addresses_only(site_file):
    path = site_file()
    zones = [set(daemon.run("-p", "-s", site, path).stdout.splitlines()) for site in ("dc1", "dc2")]
    assert all(re.search(r"\s(A|AAAA)\s", line) for line in zones[0] ^ zones[1])


def test_site_by_the_host_name(site_file):
    with open("/proc/sys/kernel/hostname", encoding="ascii") as file:
        name = file.read().strip()
    if not re.fullmatch(r"[\w.-]{1,32}", name):
        pytest.skip(f"the host's name, {name!r}, cannot be a site's")
    path = site_file(**{f"site_{name}": {"nameserver": "x.example.test", "address": "192.0.2.77"}})
    path.write_text(path.read_text().replace(f"[site {name.replace('_', ' ')}]", f"[site {name}]"))
    done = daemon.run("--print-zone", path)
    assert done.returncode == 0, done.stderr
    assert "192.0.2.77" in done.stdout


def test_site_by_a_local_address(site_file):
    done = daemon.run("--print-zone", site_file(site_dc2={"address": "127.0.0.1"}))
    assert done.returncode == 0, done.stderr
    assert "127.0.0.1" in done.stdout


def test_site_unknown(site_file):
    done = daemon.run("--test", "--site", "dc9", site_file())
    assert done.returncode == EX_CONFIG
    for part in ("dc9", "dc1", "dc2"):
        assert part in done.stderr


def test_site_cannot_be_found_out(site_file, netns):
    with netns.inside():
        done = daemon.run("--test", site_file())
    assert done.returncode == EX_CONFIG
    for part in ("dc1", "dc2", "127.0.0.1", "--site"):
        assert part in done.stderr
