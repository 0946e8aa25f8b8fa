"""parentgen's lint: each tag made to appear, and the file without fault that shows none."""

import re

import pytest

import daemon
import signing

FAULT = 1
NAME = "get.videolan.org"

# Names and addresses that no registry reserves; nothing is sent to them.
GOOD = {
    "site_dc1": {"nameserver": "ns1.get.videolan.org", "address": "193.0.0.1 2a00:1450::1"},
    "site_dc2": {"nameserver": "ns2.get.videolan.org", "address": "194.0.0.1 2a01:1450::1"},
    "zone": {"name": NAME, "negative-ttl": "60"},
}


def lint(path, *options):
    """The findings: severities by tag, and the lines by tag."""
    done = daemon.run("--lint", *options, path, program=daemon.PARENTGEN)
    assert not done.stdout
    lines = {}
    for line in done.stderr.splitlines():
        match = re.fullmatch(rf"{path}:(\d+:)? (error|warning): .+\. .+ \[([a-z0-9-]+)\]", line)
        assert match, line
        lines[match[3]] = line
    errors = any(": error: " in line for line in lines.values())
    assert done.returncode == (FAULT if errors else 0)
    return lines


def sites(count, name="ns{}.get.videolan.org", address="{}.0.0.1"):
    return {f"site_dc{i}": {"nameserver": name.format(i), "address": address.format(i + 150)}
            for i in range(1, count + 1)}


def merge(*changes):
    merged = {}
    for change in (GOOD, *changes):
        for section, keys in change.items():
            merged[section] = {**(merged.get(section) or {}), **keys} if keys is not None else None
    return merged


def addresses(one, two):
    return {"site_dc1": {"address": one}, "site_dc2": {"address": two}}


def test_no_findings(site_file):
    assert not lint(site_file(**GOOD))


@pytest.mark.parametrize("tag, says, changes", [
    ("few-sites", "there is only one site", {"site_dc2": None}),
    ("many-sites", "there are 8 sites", sites(8)),
    ("same-network", "in the same /24 network", addresses("193.0.0.1", "193.0.0.2")),
    ("same-network", "in the same /48 network",
     addresses("193.0.0.1 2a00:1450::1", "194.0.0.1 2a00:1450:0:1::1")),
    ("families-differ", "of 2 sites 2 have IPv4 and 1 have IPv6",
     addresses("193.0.0.1 2a00:1450::1", "194.0.0.1")),
    ("families-differ", "of 2 sites 1 have IPv4 and 2 have IPv6",
     addresses("193.0.0.1 2a00:1450::1", "2a01:1450::1")),
    ("ipv6-only", "no site has an IPv4 address", addresses("2a00:1450::1", "2a01:1450::1")),
    ("ttl-short", "ttl is 29 s", {"zone": {"ttl": "29s", "negative-ttl": "29s"}}),
    ("ttl-long", "ttl is 3601 s", {"zone": {"ttl": "3601"}}),
    ("negative-ttl-long", "negative-ttl, 61 s, is longer than ttl, 60 s",
     {"zone": {"negative-ttl": "61"}}),
    ("delegation-ttl-long", "delegation-ttl is 172800 s", {"zone": {"delegation-ttl": "2d"}}),
    ("deep-nameserver", r"\[site dc1\]: a.ns1.get.videolan.org is more than one label below",
     {"site_dc1": {"nameserver": "a.ns1.get.videolan.org"}}),
    ("private-address", r"\[site dc1\]: 10.0.0.1 is private \(RFC 1918\)",
     addresses("10.0.0.1 2a00:1450::1", "194.0.0.1 2a01:1450::1")),
    ("private-address", "172.31.255.255 is private",
     addresses("172.31.255.255 2a00:1450::1", "194.0.0.1 2a01:1450::1")),
    ("private-address", "fd00::1 is unique local",
     addresses("193.0.0.1 fd00::1", "194.0.0.1 2a01:1450::1")),
    ("documentation-address", "192.0.2.1 is for documentation",
     addresses("192.0.2.1 2a00:1450::1", "194.0.0.1 2a01:1450::1")),
])
def test_tag(site_file, tag, says, changes):
    path = site_file(**merge(changes))
    lines = lint(path)
    assert re.search(says, lines[tag]), lines
    # Large sets have other findings of their own, about their size.
    assert set(lines) - {tag} <= {"families-differ", "referral-512"}


def test_addresses_beside_reserved_ones(site_file):
    near = addresses("172.32.0.1 2a00:1450::1", "11.0.0.1 2a01:1450::1")
    assert not lint(site_file(**merge(near)))


@pytest.mark.parametrize("limit, tag", [(512, "referral-512"), (1232, "referral-1232")])
def test_sites_that_fit(site_file, limit, tag):
    none = {"site_dc1": None, "site_dc2": None}
    line = lint(site_file(**merge(none, sites(45, "ns{}.videolan.org"))))["referral-1232"]
    fit = int(re.search(r"1232 fit into a UDP packet, that is (\d+) of 45 sites", line)[1])
    if limit == 512:
        line = lint(site_file(**merge(none, sites(fit, "ns{}.videolan.org"))))[tag]
        fit = int(re.search(r"gets 512, that is (\d+) of", line)[1])
    assert tag not in lint(site_file(**merge(none, sites(fit, "ns{}.videolan.org"))))
    assert tag in lint(site_file(**merge(none, sites(fit + 1, "ns{}.videolan.org"))))


def test_mail(site_file, tmp_path):
    (tmp_path / "extra").write_text("@ MX 10 mail.example.org.\n")
    path = site_file(**merge({"zone": {"records": "extra"}}))
    assert "promise mail" in lint(path)["mail-promised"]
    (tmp_path / "extra").write_text("@ MX 0 .\n@ TXT \"v=spf1 -all\"\n")
    assert not lint(path)


def test_bad_extra_records(site_file, tmp_path):
    (tmp_path / "extra").write_text("\n@ A 192.0.2.1\n")
    done = daemon.run(site_file(**merge({"zone": {"records": "extra"}})), program=daemon.PARENTGEN)
    assert done.returncode == FAULT
    assert not done.stdout
    assert f"{tmp_path / 'extra'}:2: " in done.stderr


@pytest.mark.parametrize("form", ["cloudflare", "terraform-cloudflare"])
def test_limits_of_a_provider(site_file, form):
    path = site_file(**merge(sites(11)))
    lines = lint(path, "--format", form)
    assert "takes at most 10 NS records for a name, and there are 11 sites" in lines["form-ns-limit"]
    assert "form-ns-limit" not in lint(path)
    path = site_file(**merge({"zone": {"delegation-ttl": "59"}}))
    assert "no TTL below 60 s" in lint(path, "--format", form)["form-ttl-limit"]
    path = site_file(**merge({"zone": {"delegation-ttl": "86401"}}))
    line = lint(path, "--format", form)["form-ttl-limit"]
    assert "no TTL above 86400 s" in line and "Lower delegation-ttl" in line
    for ttl in ("60", "1d"):
        path = site_file(**merge({"zone": {"delegation-ttl": ttl}}))
        assert "form-ttl-limit" not in lint(path, "--format", form)


def test_an_error_prints_nothing(site_file):
    done = daemon.run("-f", "cloudflare", site_file(**merge(sites(11))), program=daemon.PARENTGEN)
    assert done.returncode == FAULT
    assert not done.stdout
    assert "[form-ns-limit]" in done.stderr


def test_tinydns(site_file, tmp_path):
    key = signing.make_key(tmp_path, NAME)
    lines = lint(site_file(**GOOD), "--format", "tinydns")
    assert set(lines) == {"form-lacks-aaaa"}
    path = site_file(**merge({"zone": {"dnssec-key": key.private}}))
    assert set(lint(path, "--format", "tinydns")) == {"form-lacks-aaaa", "form-lacks-ds"}


def test_many_ds(site_file, tmp_path):
    keys = [signing.make_key(tmp_path, NAME) for _ in range(9)]
    path = site_file(**merge({"zone": {"dnssec-key": keys[0].private,
                                       "dnssec-publish": [key.data for key in keys[1:]]}}))
    lines = lint(path)
    assert "there are 9 DS records" in lines["many-ds"]


def test_every_tag_is_in_the_manual():
    """And no other."""
    sources = "".join(path.read_text() for path in (daemon.ROOT / "parentgen").rglob("*.c"))
    tags = set(re.findall(r'SEVERITY_\w+,\s*"([a-z0-9-]+)"', sources))
    tags |= set(re.findall(r'\? "([a-z-]+)" : "([a-z-]+)",\s*site->line', sources)[0])
    lint_of_both = (daemon.ROOT / "sitens/conf/conf_lint.c").read_text()
    tags |= set(re.findall(r'report\(&?l, "([a-z-]+)"', lint_of_both))
    tags |= set(re.findall(r'SEVERITY_NOTE, "([a-z-]+)"', sources))
    manual = (daemon.ROOT / "docs" / "parentgen.1").read_text()
    described = manual.split(".Sh LINT")[1].split(".Sh EXIT STATUS")[0]
    assert set(re.findall(r"(?<= )[a-z0-9]+(?:-[a-z0-9]+)+|(?<=It )[a-z]+(?= ?)",
                          "\n".join(re.findall(r"(?m)^\.It .*$", described)))) == tags
