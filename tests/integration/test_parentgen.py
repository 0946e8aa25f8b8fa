"""parentgen: its options, its faults, and the zone file lines it prints."""

import re
import shutil
import subprocess

import pytest

import daemon

EX_USAGE = 64

# A name server of each kind: below the delegated name, in the parent zone, elsewhere.
SITES = {
    "site_dc1": {"nameserver": "ns1.get.example.test", "address": "192.0.2.10 2001:db8:2::10"},
    "site_dc2": {"nameserver": "get.dc2.example.test", "address": "198.51.100.20 198.51.100.21"},
    "site_dc3": {"nameserver": "get.dc3.example.net", "address": "203.0.113.30"},
}

PARENT_ZONE = """\
$ORIGIN example.test.
@ 3600 IN SOA ns hostmaster 1 14400 3600 604800 300
@ 3600 IN NS ns
ns 3600 IN A 192.0.2.2
"""


def parentgen(*arguments):
    return daemon.run(*arguments, program=daemon.PARENTGEN)


def printed(*arguments):
    done = parentgen(*arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def records(zone_text):
    """The records in the text of a zone file, in their order."""
    lines = (line.split(";")[0].split() for line in zone_text.splitlines())
    return [" ".join(line) for line in lines if line]


def test_help():
    done = parentgen("--help")
    assert done.returncode == 0
    assert not done.stderr
    for option in ("--format", "--help", "--version", "bind"):
        assert option in done.stdout
    assert parentgen("-h").stdout == done.stdout


def test_version():
    done = parentgen("--version")
    assert done.returncode == 0
    assert re.fullmatch(r"parentgen \d+\.\d+\.\d+.*\n", done.stdout)


@pytest.mark.parametrize("arguments, says", [
    ([], "give one site file"),
    (["a", "b"], "give one site file"),
    (["--colour", "a"], "--help"),
    (["--format", "wax-tablet", "a"], "wax-tablet: no such format; there are bind"),
])
def test_wrong_usage(arguments, says):
    done = parentgen(*arguments)
    assert done.returncode == EX_USAGE
    assert says in done.stderr
    assert not done.stdout


def test_bad_file(site_file):
    path = site_file(zone={"ttl": "soon"}, site_dc2={"address": "192.0.2.300"})
    done = parentgen(path)
    assert done.returncode == 1
    assert not done.stdout
    lines = done.stderr.splitlines()
    assert len(lines) == 3
    assert re.match(rf"{path}:\d+: ttl = soon: must be a duration", lines[0])
    assert re.match(rf"{path}:\d+: address = 192\.0\.2\.300: must be", lines[1])


def test_missing_file(tmp_path):
    done = parentgen(tmp_path / "absent.conf")
    assert done.returncode == 1
    assert "absent.conf: cannot be opened: No such file or directory" in done.stderr


def test_full_disk(site_file):
    with open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run([daemon.PARENTGEN, site_file()], stdout=full, text=True,
                              stderr=subprocess.PIPE, timeout=daemon.PATIENCE, check=False)
    assert done.returncode == 1
    assert "could not be written: No space left on device" in done.stderr


def test_bind(site_file):
    path = site_file(zone={"delegation-ttl": "2h"}, **SITES)
    text = printed(path)
    assert records(text) == [
        "get.example.test. 7200 IN NS ns1.get.example.test.",
        "get.example.test. 7200 IN NS get.dc2.example.test.",
        "get.example.test. 7200 IN NS get.dc3.example.net.",
        "ns1.get.example.test. 7200 IN A 192.0.2.10",
        "ns1.get.example.test. 7200 IN AAAA 2001:db8:2::10",
        "get.dc2.example.test. 7200 IN A 198.51.100.20",
        "get.dc2.example.test. 7200 IN A 198.51.100.21",
    ]
    assert "; get.dc3.example.net lies outside example.test." in text
    assert "\n;   get.dc3.example.net. 7200 IN A 203.0.113.30\n" in text
    assert printed("--format=bind", path) == text
    assert str(path.parent) not in text


@pytest.mark.parametrize("command", [
    ["named-checkzone", "-i", "full", "example.test"], ["nsd-checkzone", "example.test"]])
@pytest.mark.parametrize("name", ["get.example.test", "get.dl.example.test"])
def test_loads_in_parent_zone(command, name, site_file, tmp_path):
    assert shutil.which(command[0]), f"{command[0]} is missing; see deploy/dependencies"
    path = site_file(name=name, zone={"parent": "example.test"}, **SITES)
    zone = tmp_path / "example.test"
    zone.write_text(PARENT_ZONE + printed(path))
    done = subprocess.run([*command, zone], capture_output=True, text=True, check=False,
                          timeout=daemon.PATIENCE)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "get.dc3" not in done.stdout + done.stderr
