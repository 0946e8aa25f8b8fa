# SPDX-License-Identifier: ISC
"""Every kind of check works inside the sandbox of the unit."""

import ctypes

import pytest

from lan import wait_for
from scheme import SITE_FILE, ZONE

NGINX_SOCKET = """\
server {
    listen unix:/run/nginx-health.sock;
    location / { return 200 "ok\\n"; }
}
"""

CHECKS = {
    "http": ("url = http://127.0.0.1/",),
    "unix": ("url = unix:/run/nginx-health.sock:/",),
    "tcp": ("tcp = 127.0.0.1:80",),
    "exec": ("exec = /usr/bin/curl --silent --fail http://127.0.0.1/", "timeout = 2s"),
    "file": ("file = /etc/nginx/nginx.conf",),
    "unit": ("tcp = 127.0.0.1:80", "unit = nginx.service"),
}


@pytest.fixture
def site(lab):
    site = lab.actives[0]
    path = site.node.root / "etc/nginx/conf.d/socket.conf"
    site.node.write("/etc/nginx/conf.d/socket.conf", NGINX_SOCKET)
    site.node.systemctl("restart", "nginx")
    yield site
    path.unlink()


@pytest.mark.parametrize("kind", CHECKS)
def test_passes_and_fails(site, kind):
    node = site.node
    check = "\n".join(("[check]", *CHECKS[kind], ""))
    begin, end = SITE_FILE.index("[check]"), SITE_FILE.index("[policy]")
    node.write(f"/etc/sitens/{ZONE}.conf", SITE_FILE[:begin] + check + SITE_FILE[end:])
    node.systemctl("restart", "sitens")
    wait_for("the answer", site.answers)
    if kind == "file":
        node.run("mv", "/etc/nginx/nginx.conf", "/etc/nginx/nginx.conf.away")
    else:
        node.systemctl("stop", "nginx")
    wait_for("silence", site.silent)
    if kind == "file":
        node.run("mv", "/etc/nginx/nginx.conf.away", "/etc/nginx/nginx.conf")


def test_checker_is_confined(site):
    """The sandbox of the unit leaves sitens-http what it gives up more by."""
    node = site.node
    node.systemctl("restart", "sitens")
    wait_for("the answer", site.answers)
    create_ruleset, version = 444, 1
    landlock = ctypes.CDLL(None).syscall(create_ruleset, None, ctypes.c_size_t(0), version)
    wait_for("the metrics", lambda: "sitens_http_confined" in metrics(node))
    assert f"sitens_http_landlock_version {max(landlock, 0)}\n" in metrics(node)
    assert landlock <= 0 or "sitens_http_confined 1\n" in metrics(node)


def metrics(node):
    return node.run("cat", "/run/sitens/sitens.prom").stdout


def test_nobody_else_reads_the_state_directory(site):
    stat = site.node.run("stat", "--format=%A %U", "/var/lib/sitens").stdout.strip()
    assert stat == "drwx------ sitens"


def test_what_the_score_of_the_unit_does_not_tell(site):
    """systemd-analyze rounds, and does not look at some of it."""
    node, proc = site.node, f"/proc/{site.pid()}"
    status, limits, mounts = (node.run("cat", f"{proc}/{name}").stdout
                              for name in ("status", "limits", "mountinfo"))
    assert "Umask:\t0077" in status and "NoNewPrivs:\t1" in status
    assert next(line for line in limits.splitlines() if line.startswith("Max core")).split()[4:6] == ["0", "0"]
    assert any(line.split()[4] == "/run" and "ro" in line.split()[5].split(",")
               for line in mounts.splitlines())
    assert node.run("ls", f"{proc}/root/proc/cpuinfo", check=False).returncode
