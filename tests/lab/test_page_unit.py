# SPDX-License-Identifier: ISC
"""The example units that keep the page of parentgen --html in a web root, on a machine that is no site."""

import re

import pytest

from lan import wait_for
from scheme import SITE_FILE, SOURCE, URL, ZONE

EXAMPLES = SOURCE / "deploy" / "examples"
PAGE = "/var/www/html/sites/index.html"
SERVICE, TIMER = "parentgen-page.service", "parentgen-page.timer"


def commands(text):
    """Those that the comment says, a line each."""
    return re.findall(r"^#     (.*)$", text, re.M)


@pytest.fixture
def node(lab, packages):
    node = lab.client.node
    node.run("dpkg", "--install", node.copy(packages["parentgen"]))
    node.write(f"/etc/sitens/{ZONE}.conf", SITE_FILE)
    service = (EXAMPLES / SERVICE).read_text()
    node.write(f"/etc/systemd/system/{SERVICE}", service.replace(
        "https://get.example.org/", URL).replace("get.example.org", ZONE))
    timer, n = re.subn("1min|5s", "1s", (EXAMPLES / TIMER).read_text())
    assert n == 3
    node.write(f"/etc/systemd/system/{TIMER}", timer)
    node.systemctl("start", "nginx")
    make, begin = commands(service)
    node.run("sh", "-ec", f"{make}\n{begin}")
    yield node
    node.systemctl("disable", "--now", TIMER)
    node.systemctl("stop", "nginx")


def shown(lab):
    """The page, as another machine gets it from the web server."""
    address = lab.client.node.plain_addresses[0]
    return lab.parent.node.run("curl", "--silent", "--fail", f"http://{address}/sites/", check=False).stdout


def test_page(lab, node):
    wait_for("the page", lambda: ": 2 of 3 sites serve" in shown(lab))
    uid, group, mode = node.run("stat", "--format=%u %G %a", PAGE).stdout.split()
    assert int(uid) >= 61184 and group == "www-data" and mode == "644"  # a dynamic user
    # The timer writes it again.
    dc1 = lab.actives[0]
    dc1.node.systemctl("stop", "sitens")
    wait_for("the page of one site", lambda: ": 1 of 3 sites serve" in shown(lab))
    dc1.node.systemctl("start", "sitens")
    wait_for("the page of two sites", lambda: ": 2 of 3 sites serve" in shown(lab))
    # What it finds is no failure of the unit.
    assert node.systemctl("show", "--value", "--property=Result", SERVICE) == "success"
    assert node.systemctl("--failed", "--plain", "--no-legend") == ""
    # Nothing but the page.
    assert node.run("ls", "-A", "/var/www/html/sites").stdout == "index.html\n"
