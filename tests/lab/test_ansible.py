# SPDX-License-Identifier: ISC
"""The Ansible role, from a machine to itself."""

import json
import re
import shutil

import pytest

from lan import wait_for
from node import Node
from root import SYSTEM, dependencies, root
from scheme import SITE_FILE, SOURCE, Site

ADDRESSES = ("192.0.2.99", "2001:db8::99")
NAME = "get.example.test"
FILE = f"/root/{NAME}.conf"


@pytest.fixture(scope="module")
def site(lan, packages):
    """A machine with Ansible and parentgen, and no sitens."""
    lower = root((*SYSTEM, "ansible-core", "python3-apt", *dependencies(packages.values())), ())
    node = Node(lan, lower, "ansible", f"{ADDRESSES[0]}/24", f"{ADDRESSES[1]}/64")
    try:
        node.boot()
        node.booted()
        node.run("dpkg", "--install", node.copy(packages["parentgen"]))
        node.copy(packages["sitens"])
        shutil.copytree(SOURCE / "deploy" / "ansible", node.root / "root" / "ansible")
        text = re.sub(r"\[check\][^[]*", "[check]\nfile = /etc/hostname\n\n", SITE_FILE)
        node.write(FILE, text.replace("192.0.2.11 2001:db8::11", " ".join(ADDRESSES)))
        yield Site(node, node.machine)
    finally:
        node.remove()


def play(site, packages, *options, **variables):
    """Runs the playbook; returns its output and how many tasks changed something."""
    variables = json.dumps({"sitens_site_file": FILE, **variables,
                            "sitens_package": f"/root/{packages['sitens'].name}"})
    playbook = ("ansible-playbook", "--connection=local", "--inventory=localhost,")
    output = site.node.run(
        *playbook, "--extra-vars", variables, *options, "/root/ansible/site.yml"
    ).stdout
    recap = re.search(r"changed=(\d+)", output)
    return output, int(recap[1]) if recap else None


def test_syntax(site, packages):
    play(site, packages, "--syntax-check")


def test_check_mode_changes_nothing(site, packages):
    output, changed = play(site, packages, "--check")
    assert changed > 0
    assert "NS get.dc1.example.test." in output
    assert not (site.node.root / "usr/sbin/sitens").exists()


def test_installs_and_starts(site, packages):
    output, _ = play(site, packages)
    assert "NS get.dc1.example.test." in output
    assert site.node.systemctl("is-enabled", "sitens") == "enabled"
    wait_for("the answer", lambda: site.query(address=ADDRESSES[0]))


def test_second_run_changes_nothing(site, packages):
    _, changed = play(site, packages)
    assert changed == 0


@pytest.fixture
def good(site):
    """The site file as it is in place; here it is put back."""
    text = site.node.read(FILE)
    yield text
    site.node.write(FILE, text)


def refuses(site, packages, match, text, **variables):
    """The play fails for this reason with this site file, and the one in place stays."""
    before = site.node.read(f"/etc/sitens/{NAME}.conf")
    site.node.write(FILE, text)
    with pytest.raises(AssertionError, match=match):
        play(site, packages, **variables)
    assert site.node.read(f"/etc/sitens/{NAME}.conf") == before
    assert site.node.run("ls", "-A", "/etc/sitens").stdout.count(NAME) == 1


def test_bad_site_file_is_refused(site, packages, good):
    refuses(site, packages, "ttl", good.replace("ttl = ", "ttl = x"))


def answered(site, rdtype):
    response = site.query(rdtype, address=ADDRESSES[0])
    return bool(response and response.answer)


def test_failed_reload_is_red(site, packages, good):
    """The file is sound, and another one keeps sitens from taking it."""
    site.node.write("/etc/sitens/other.conf", "[zone]\nname = other.example.test\n")
    site.node.write(FILE, good + "; changed\n")
    with pytest.raises(AssertionError, match="Reload sitens"):
        play(site, packages)
    site.node.run("rm", "/etc/sitens/other.conf")
    site.node.write(FILE, good)
    play(site, packages)


def test_keys_alone(site, packages, good):
    """The site file names them relative to itself, and there are no other files."""
    line = site.node.run("parentgen", "--genkey", FILE).stdout.split(" = ")[1].strip()
    site.node.run("sh", "-c", "mkdir -p /root/keys && mv /root/K*.private /root/K*.key /root/keys")
    keys = [f"/root/keys/{line}", f"/root/keys/{line.replace('private', 'key')}"]
    signed = good.replace("[zone]\n", f"[zone]\ndnssec-key = keys/{line}\n")
    refuses(site, packages, "ttl", signed.replace("ttl = ", "ttl = x"), sitens_keys=keys)
    site.node.write(FILE, signed)
    output, _ = play(site, packages, sitens_keys=keys)
    assert "[ds-withheld]" in output or " DS " not in output
    wait_for("a key", lambda: answered(site, "DNSKEY"))
    assert [site.node.run("stat", "-c", "%a %U", f"/etc/sitens/keys/{each.split('/')[-1]}").stdout
            for each in keys] == ["600 sitens\n", "644 sitens\n"]
    _, changed = play(site, packages, sitens_keys=keys)
    assert changed == 0


def test_keys_and_other_files(site, packages, good):
    """What the site file names besides is in place when it is tried, and what is wrong is found."""
    site.node.write("/root/get.extra", "@ TXT ok\n")
    text = good.replace("[zone]\n", "[zone]\nrecords = get.extra\n")
    refuses(site, packages, "missing", text.replace("get.extra", "missing.extra"),
            sitens_extra_files=["/root/get.extra"])
    site.node.write(FILE, text)
    play(site, packages, sitens_extra_files=["/root/get.extra"])
    wait_for("the record", lambda: answered(site, "TXT"))
    site.node.write(FILE, good)
    play(site, packages)
