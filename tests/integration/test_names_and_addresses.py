"""Names and addresses that cannot work, or only in a lab: what both programs say about them."""

import random as randoms
import re
import string

import pytest

import daemon

# All of it fine: what a test changes is what is found.
GOOD = {
    "zone": {"name": "get.videolan.org"},
    "site_dc1": {"nameserver": "ns1.get.videolan.org", "address": "193.0.0.1"},
    "site_dc2": {"nameserver": "ns2.videolan.net", "address": "194.0.0.1"},
}


def merge(changes):
    return {section: {**GOOD.get(section, {}), **changes.get(section, {})}
            for section in {**GOOD, **changes}}


def refused(path):
    """What both programs say, in one line for each fault; they must not differ."""
    tested = daemon.run("--test", "--site", "dc1", path)
    assert tested.returncode == 78, tested
    linted = daemon.run("--lint", path, program=daemon.PARENTGEN)
    assert linted.returncode == 1 and not linted.stdout, linted
    printed = daemon.run(path, program=daemon.PARENTGEN)
    assert printed.returncode == 1 and not printed.stdout and printed.stderr == linted.stderr
    errors = [line.removeprefix("ERROR: ") for line in tested.stderr.splitlines()
              if line.startswith("ERROR: ")]
    assert errors == linted.stderr.splitlines()
    return linted.stderr


def warned(path):
    """The tags of what both programs warn of, with exit status 0."""
    tested = daemon.run("--test", "--site", "dc1", path)
    assert tested.returncode == 0, tested
    linted = daemon.run("--lint", path, program=daemon.PARENTGEN)
    assert linted.returncode == 0, linted
    tags = {}
    for line in tested.stderr.splitlines():
        if match := re.fullmatch(rf"WARNING: ({path}(?::\d+)?: .+) \[([a-z-]+)\]", line):
            tags[match[2]] = match[1]
    of_lint = dict(re.findall(r"(?m)^(.+) \[([a-z-]+)\]$", linted.stderr))
    for tag, text in tags.items():
        assert text.replace(": ", ": warning: ", 1) in of_lint, (text, linted.stderr)
        assert of_lint[text.replace(": ", ": warning: ", 1)] == tag
    return tags


def test_good_ones(site_file):
    assert not warned(site_file(**GOOD))


NAMES = {
    "an-address": ("192.0.2.1", "ends in a number"),
    "an-ipv6-address": ("2001:db8::1", "must be a host name"),
    "one-label": ("ns1", "must be written in full"),
    "localhost": ("localhost", "must be written in full"),
    "below-localhost": ("ns.localhost", "`localhost` is"),
    "numeric": ("ns1.videolan.123", "ends in a number"),
    "hexadecimal": ("ns1.videolan.0x7f", "ends in a number"),
    "invalid": ("ns1.get.invalid", "`invalid` is"),
    "onion": ("ns1.expyuzz4wqqyqhjn.onion", "`onion` is"),
    "alt": ("ns1.get.alt", "`alt` is"),
    "bad-a-label": ("ns1.xn--99999999.org", "does not decode"),
    "upper-case-bad-a-label": ("ns1.XN--99999999.org", "does not decode"),
    "underscore": ("_ns1.videolan.org", "must be a host name"),
}


@pytest.mark.parametrize("name, says", NAMES.values(), ids=NAMES)
def test_name_that_cannot_work(site_file, name, says):
    path = site_file(**merge({"site_dc1": {"nameserver": name}}))
    said = refused(path)
    assert re.search(rf"(?m)^{path}:7: nameserver = {re.escape(name)}: .*{re.escape(says)}", said)
    path = site_file(**merge({"zone": {"name": name}}))
    assert re.search(rf"(?m)^{path}:2: name = {re.escape(name)}: .*{re.escape(says)}",
                     refused(path))


def test_parents_apex_as_name_server(site_file):
    path = site_file(**merge({"site_dc2": {"nameserver": "videolan.org"}}))
    assert re.search(rf"(?m)^{path}:\d+: \[site dc2\]: the nameserver cannot be videolan.org",
                     refused(path))


LABS = {
    "test": ("special-name", {"zone": {"name": "get.acme.test"}}),
    "example": ("special-name", {"site_dc1": {"nameserver": "ns1.acme.example"}}),
    "local": ("special-name", {"site_dc1": {"nameserver": "ns1.acme.local"}}),
    "home": ("special-name", {"zone": {"name": "get.home.arpa"}}),
    "doubled": ("doubled-origin", {
        "site_dc1": {"nameserver": "ns1.get.videolan.org.videolan.org"}}),
    "apex": ("name-is-domain", {"zone": {"name": "videolan.org"},
                                "site_dc1": {"nameserver": "ns1.videolan.org"}}),
    "private": ("private-address", {"site_dc1": {"address": "10.1.2.3"}}),
    "loopback": ("private-address", {"site_dc1": {"address": "127.0.0.1 ::1"}}),
    "carrier": ("private-address", {"site_dc1": {"address": "100.64.0.1"}}),
    "benchmark": ("private-address", {"site_dc1": {"address": "198.18.0.1"}}),
    "documentation": ("documentation-address", {"site_dc1": {"address": "2001:db8::1"}}),
    "documentation-3fff": ("documentation-address", {"site_dc1": {"address": "3fff::1"}}),
    "6to4": ("special-address", {"site_dc1": {"address": "2002:c100:1::1"}}),
    "6to4-relay": ("special-address", {"site_dc1": {"address": "192.88.99.1"}}),
    "teredo": ("special-address", {"site_dc1": {"address": "2001::1"}}),
    "nat64": ("special-address", {"site_dc1": {"address": "64:ff9b::c100:1"}}),
    "nat64-local": ("private-address", {"site_dc1": {"address": "64:ff9b:1::1"}}),
    "compatible": ("special-address", {"site_dc1": {"address": "::193.0.0.1"}}),
    "site-local": ("private-address", {"site_dc1": {"address": "fec0::1"}}),
    "srv6": ("private-address", {"site_dc1": {"address": "5f00::1"}}),
    "nobodys": ("special-address", {"site_dc1": {"address": "4000::1"}}),
    "as112": ("special-address", {"site_dc1": {"address": "192.175.48.6"}}),
}


@pytest.mark.parametrize("tag, changes", LABS.values(), ids=LABS)
def test_what_works_in_a_lab_is_warned_of(site_file, tag, changes):
    assert set(warned(site_file(**merge(changes)))) == {tag}


@pytest.mark.parametrize("address", [
    "0.0.0.0", "0.1.2.3", "192.0.0.8", "192.0.0.100", "192.0.0.170", "224.0.0.1", "240.0.0.1",
    "255.255.255.255", "::", "::ffff:193.0.0.1", "100::1", "100:0:0:1::1", "2001:1::4", "fe80::1",
    "ff02::1"])
def test_address_that_cannot_work(site_file, address):
    path = site_file(**merge({"site_dc1": {"address": f"193.0.0.1 {address}"}}))
    assert re.match(rf"{path}:8: address = 193\.0\.0\.1 {address}: {address} is .* \(RFC \d+\)\n",
                    refused(path))


def is_a_label(label):
    """Whether Python can decode it, to something that is not ASCII alone."""
    try:
        text = label.removeprefix("xn--").encode().decode("punycode")
        text.encode()
    except UnicodeError:
        return False
    return not text.isascii()


def random_label(random):
    if random.random() < 0.5:
        return "xn--" + "".join(random.choice(string.ascii_lowercase + string.digits + "-")
                                for _ in range(random.randint(1, 20))).strip("-") + "a"
    text = "".join(chr(random.choice((0xe0, 0x400, 0x4e00, 0x10300)) + random.randint(0, 31))
                   if random.random() < 0.7 else random.choice(string.ascii_lowercase)
                   for _ in range(random.randint(1, 10)))
    label = list("xn--" + text.encode("punycode").decode())
    if random.random() < 0.5:
        label[random.randrange(4, len(label))] = random.choice(string.ascii_lowercase)
    return "".join(label)


def test_a_labels_are_judged_as_by_another_decoder(site_file):
    """Sixty-four at a time: the most sites that a file may have."""
    random = randoms.Random(17)
    good = 0
    for _ in range(30):
        labels = [label for label in (random_label(random) for _ in range(64))
                  if not label.endswith("-") and len(label) < 64]
        path = site_file(zone={"name": "get.videolan.org"}, site_dc1=None, site_dc2=None, **{
            f"site_s{i}": {"nameserver": f"{label}.s{i}.net", "address": f"193.0.1.{i}"}
            for i, label in enumerate(labels)})
        said = daemon.run("--lint", path, program=daemon.PARENTGEN).stderr
        wrong = set(re.findall(r"nameserver = (\S+?)\.s\d+\.net: .*does not decode", said))
        assert wrong == {label for label in labels if not is_a_label(label)}
        good += len(labels) - len(wrong)
    assert good > 300
