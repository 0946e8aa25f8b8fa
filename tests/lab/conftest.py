# SPDX-License-Identifier: ISC
"""Fixtures: the packages, and the machines they are installed on.

The machines of `lab` boot once and are shared; a test that breaks one fixes it. A test that
installs, upgrades or removes packages gets a `machine` of its own.
"""

import functools
import itertools
import os
import re
import shutil
import subprocess

import pytest

from lan import Lan
from node import Node
from root import HOST_SUITE, PACKAGES, dependencies, root
from scheme import SITES, SOURCE, Client, Parent, Scheme, Site

NAME = f"sitens-lab-{os.getpid()}"
_numbers = itertools.count(101)


def obstacle():
    """Why the lab cannot run here, or None."""
    if os.geteuid() != 0:
        return "the lab boots containers: run it as root"
    for tool in ("mmdebstrap", "systemd-nspawn", "ip"):
        if not shutil.which(tool):
            return f"{tool} is missing: deploy/install-dependencies lab"
    if subprocess.run(["unshare", "--mount", "--net", "true"], check=False).returncode:
        return "this host allows no namespaces"
    return None


@functools.cache
def build_packages(suite):
    command = [SOURCE / "deploy" / "build-deb"]
    if suite != HOST_SUITE:
        command += ["--suite", suite, f"+{suite}"]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    paths = [SOURCE / line for line in done.stdout.split() if line.endswith(".deb")]
    return {path.name.split("_")[0]: path for path in paths if "-dbgsym_" not in path.name}


def with_next_version(package, directory):
    """The same package as its successor would be."""
    tree = directory / "tree"
    subprocess.run(["dpkg-deb", "--raw-extract", package, tree], check=True)
    control = tree / "DEBIAN" / "control"
    control.write_text(re.sub(r"(?m)^Version: .*", r"\g<0>+next", control.read_text()))
    built = directory / "next.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "--build", tree, built], check=True)
    return built


@pytest.fixture(scope="session", autouse=True)
def possible():
    reason = obstacle()
    if reason:
        pytest.skip(reason)


@pytest.fixture(scope="session")
def suite():
    """The release of Debian on the machines; tests may be parametrized with others."""
    return HOST_SUITE


@pytest.fixture(scope="session")
def packages(possible, suite):
    """The packages as the tree has them: {name: path}."""
    return build_packages(suite)


@pytest.fixture(scope="session")
def lower(packages, suite):
    """The root that the machines share."""
    return root((*PACKAGES, *dependencies(packages.values())), suite=suite)


@pytest.fixture(scope="session")
def lan(possible):
    with Lan(NAME) as lan:
        yield lan


@pytest.fixture(scope="session")
def scheme(lan, lower, packages):
    nodes = {
        name: Node(lan, lower, name, *addresses)
        for name, addresses in {
            "parent": ("192.0.2.1/24", "2001:db8::1/64"),
            "client": ("192.0.2.3/24", "2001:db8::3/64"),
            **{name: (f"{v4}/24", f"{v6}/64") for name, (v4, v6) in SITES.items()},
        }.items()
    }
    try:
        for node in nodes.values():
            node.boot()
        for node in nodes.values():
            node.booted()
        scheme = Scheme(
            Parent(nodes["parent"]),
            Client(nodes["client"]),
            {name: Site(nodes[name], nodes["client"].machine) for name in SITES},
        )
        scheme.set_up(packages)
        yield scheme
    finally:
        for node in nodes.values():
            node.remove()


@pytest.fixture
def lab(scheme):
    """The scheme with every site well."""
    scheme.wait_until_well()
    return scheme


@pytest.fixture
def machine(lan, lower):
    """A fresh machine without the package."""
    number = next(_numbers)
    node = Node(lan, lower, f"m{number}", f"192.0.2.{number}/24", f"2001:db8::{number}/64")
    try:
        node.boot()
        node.booted()
        yield node
    finally:
        node.remove()
