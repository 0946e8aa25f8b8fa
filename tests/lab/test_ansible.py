# SPDX-License-Identifier: ISC
"""The Ansible role, from a machine to itself."""

import re
import shutil

import pytest

from lan import wait_for
from node import Node
from root import SYSTEM, dependencies, root
from scheme import SITE_FILE, SOURCE, Site

ADDRESSES = ("192.0.2.99", "2001:db8::99")
FILE = "/root/get.example.test.conf"


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


def play(site, packages, *options):
    """Runs the playbook; returns its output and how many tasks changed something."""
    variables = f"sitens_site_file={FILE} sitens_package=/root/{packages['sitens'].name}"
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


def test_bad_site_file_is_refused(site, packages):
    good = site.node.read(FILE)
    site.node.write(FILE, good.replace("ttl = ", "ttl = x"))
    with pytest.raises(AssertionError, match="ttl"):
        play(site, packages)
    site.node.write(FILE, good)
    assert site.node.read("/etc/sitens/get.example.test.conf") == good
