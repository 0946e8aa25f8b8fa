"""The command line: what each option says, and the exit status."""

import ctypes
import os
import re
import socket

import dns.rdatatype
import dns.zone
import pytest

import daemon
import signing
import sitefile

EX_USAGE, EX_OSERR, EX_CONFIG = 64, 71, 78
FAILING_OPEN = daemon.BUILD / "tests" / "integration" / "failing_open.so"


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


def with_host_options(text, directory):
    """A wrapper with this file in the place of /etc/default/sitens."""
    if os.geteuid() != 0:
        pytest.skip("mount namespaces need root")
    (directory / "default").mkdir()
    (directory / "default" / "sitens").write_text(text)
    return "unshare", "-m", "sh", "-c", 'mount --bind "$0" /etc/default && exec "$@"', str(
        directory / "default")


@pytest.mark.parametrize("text, arguments, site", [
    ("SITENS_OPTIONS=--site dc2\n", (), "dc2"),
    ("# none\nSITENS_OPTIONS=--site dc1\n  SITENS_OPTIONS='-s dc2 -w 2'  \nOTHER=1\n", (), "dc2"),
    ("SITENS_OPTIONS=--site dc2", ("--site", "dc1"), "dc1"),
    ("#SITENS_OPTIONS=--site dc2\nSITENS_OPTIONS=\n", ("--site", "dc1"), "dc1"),
])
def test_test_has_the_options_of_the_service(site_file, tmp_path, text, arguments, site):
    """On a host behind NAT that is not named like its site they alone say which one it is."""
    wrapper = with_host_options(text, tmp_path)
    done = daemon.run("--test", *arguments, site_file(), wrapper=wrapper)
    assert done.returncode == 0, done
    assert f"this host is site {site}, known by --site\n" in done.stdout
    printed = daemon.run("--print-zone", *arguments, site_file(), wrapper=wrapper)
    plain = daemon.run("--print-zone", "--site", site, site_file())
    assert (printed.returncode, printed.stdout) == (0, plain.stdout)


def test_listen_replaces_that_of_the_service(site_file, tmp_path):
    wrapper = with_host_options("SITENS_OPTIONS=-s dc1 -l 127.0.0.2 -l 127.0.0.3@54\n", tmp_path)

    def places(*arguments):
        said = daemon.run("--test", *arguments, site_file(), wrapper=wrapper).stdout
        return re.findall(r"would listen on (\S+) port (\d+)", said)

    assert places() == [("127.0.0.2", "53"), ("127.0.0.3", "54")]
    assert places("-l", "127.0.0.4@55") == [("127.0.0.4", "55")]


@pytest.mark.parametrize("text, said", [
    ("SITENS_OPTIONS=--sitr dc2", "/etc/default/sitens: unrecognized option '--sitr'"),
    ('SITENS_OPTIONS=--site "d c" -v', "/etc/default/sitens: SITENS_OPTIONS: quotes"),
])
def test_options_of_the_service_are_wrong(site_file, tmp_path, text, said):
    done = daemon.run("--test", site_file(), wrapper=with_host_options(text, tmp_path))
    assert done.returncode == EX_USAGE
    assert said in done.stderr


def test_who_has_the_options_on_the_command_line_needs_no_file(site_file, tmp_path):
    """What the unit runs to test them gets both."""
    wrapper = (*with_host_options("SITENS_OPTIONS=--site dc2\n", tmp_path),
               "env", "SITENS_OPTIONS=--site dc1")
    done = daemon.run("--test", "--site", "dc1", site_file(), wrapper=wrapper)
    assert "this host is site dc1" in done.stdout


def test_doubt_which_site_it_is(sitens, site_file, netns):
    """Swapped addresses: this host, by its address dc1, is called like dc2."""
    with netns.inside():
        netns.add_address("192.0.2.10/32")
        netns.add_address("2001:db8:2::10/128")
        path = site_file()
        text = path.read_text().replace("[site dc2]", f"[site {socket.gethostname()}]")
        path.write_text(text)
        done = daemon.run("--test", path)
    assert done.returncode == 0
    assert re.search(r"(?m)^WARNING: get\.example\.test: this host has 192\.0\.2\.10, an address of "
                     f"site dc1, but its name, .*, is that of site {socket.gethostname()}",
                     done.stderr)


# A shortage is no fault of a file: after 78 the unit does not start sitens again

@pytest.mark.parametrize("lacking", ["/get.conf", "/extra", ".private", ".key", "/if_inet6"])
def test_no_descriptor_for_a_file(site_file, tmp_path, lacking):
    if not hasattr(ctypes.CDLL(None), "fopen64"):
        pytest.skip("this C library calls it otherwise")
    (tmp_path / "extra").write_text("_acme-challenge CNAME acme.example.net.\n")
    path = site_file(zone={"records": "extra", "dnssec-key": signing.make_key(tmp_path).private})
    for options in (), ("--test",):
        done = daemon.run(*options, "--site", "dc1", path, wrapper=(
            "env", f"LD_PRELOAD={FAILING_OPEN}", f"FAILING_OPEN={lacking}",
            "ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0"))
        assert done.returncode == EX_OSERR, done
        assert "the configuration: Too many open files in system" in done.stderr


@pytest.mark.skipif(daemon.SANITIZED, reason="the sanitizer needs more address space than there is")
def test_no_memory_for_the_files(site_file):
    path = site_file()
    for options in (), ("--test",):
        done = daemon.run(*options, "--site", "dc1", path, wrapper=("prlimit", f"--as={50 << 20}"))
        assert done.returncode == EX_OSERR, done
        assert "the configuration: Cannot allocate memory" in done.stderr


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
