# SPDX-License-Identifier: ISC
"""docs/https.md from its first line to its last one, on machines: whoever follows it gets there.

The blocks are read out of the page. What is not the page's is told here: where the test's CA is, and what
a page can only say in words.
"""

import re
import subprocess

import pytest

from lan import run, wait_for
from node import Node
from root import SYSTEM, dependencies, root
import https_page  # scheme.py has told where it is

NAME = "get.example.org"
URL = f"https://{NAME}/"
SITES = {"dc1": "192.0.2.10", "dc2": "198.51.100.20"}  # the page's
PRIMARY, RESOLVER, CA = "192.0.2.53", "192.0.2.54", "192.0.2.55"
PREFIX = 4  # one LAN for all of them
DIRECTORY = f"https://{CA}:14000/dir"
SITE_FILE = f"/etc/sitens/{NAME}.conf"
NGINX_SITE = "/etc/nginx/conf.d/nginx-site.conf"
HOST = "dc1"  # where the page says "on one of them"

PACKAGES = (*SYSTEM, "nginx-light", "lego", "certbot", "bind9", "bind9-dnsutils", "ca-certificates",
            "curl")

ZONE = """\
$ORIGIN example.org.
@ 3600 IN SOA ns hostmaster 1 3600 600 86400 60
@ 3600 IN NS ns
ns 3600 IN A 192.0.2.53
"""
AS_BEFORE = 'zone "example.org" { type primary; file "/var/lib/bind/example.org"; };\n'


class Page:
    """Gives each block once, and knows those that were not asked for."""

    def __init__(self):
        # These run in tests/integration/test_acme.py.
        self.used = {https_page.block(each) for each in (
            "upstream", "location /.well-known", "lego --accept-tos")}

    def take(self, beginning):
        text = https_page.block(beginning)
        self.used.add(text)
        return text

    def rest(self):
        return [each for each in https_page.BLOCKS if each not in self.used]


class Servers:
    """The page's two sites, its name server, and beside them a resolver and the CA."""

    def __init__(self, lan, lower, directory):
        self.sites = {name: Node(lan, lower, f"w{name}", f"{address}/{PREFIX}")
                      for name, address in SITES.items()}
        self.primary = Node(lan, lower, "wns", f"{PRIMARY}/{PREFIX}")
        self.nodes = [*self.sites.values(), self.primary]
        self.lan, self.directory = lan, directory
        self.netns = f"{lan.name}-winfra"
        self.running = []

    def __enter__(self):
        try:
            self.lan.attach(self.netns, "winfra", [f"{each}/{PREFIX}" for each in (RESOLVER, CA)])
            for node in self.nodes:
                node.boot()
            self._start(https_page.resolver(self.directory, RESOLVER, "stub-zone:\n  name: example.org\n"
                                      f"  stub-addr: {PRIMARY}"))
            command, authority = https_page.pebble(self.directory, CA, RESOLVER)
            self._start(command)
            for node in self.nodes:
                node.booted()
                node.write("/etc/resolv.conf", f"nameserver {RESOLVER}\n")
                node.write("/etc/apt/apt.conf.d/yes", 'APT::Get::Assume-Yes "true";\n')
            self._trust("ca", authority.path.read_text())
            self._trust("pebble", wait_for("Pebble", self._root))
            return self
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_):
        for process in self.running:
            process.terminate()
            process.wait()
        for node in self.nodes:
            node.remove()
        run("ip", "netns", "del", self.netns)

    def _start(self, command):
        with (self.directory / "log").open("ab") as log:
            self.running.append(subprocess.Popen(
                ["ip", "netns", "exec", self.netns, *map(str, command)], stdin=subprocess.DEVNULL,
                stdout=log, stderr=log))

    def _root(self):
        """The certificate of the test CA, which is new each time."""
        return self.primary.run("curl", "-sk", f"https://{CA}:15000/roots/0", check=False).stdout

    def _trust(self, name, pem):
        """As all trust a public CA."""
        for node in self.nodes:
            node.write(f"/usr/local/share/ca-certificates/{name}.crt", pem)
            node.run("update-ca-certificates")


def enter(node, text):
    """What somebody types at a machine, and what he sees."""
    done = node.run("env", "HOME=/root", "DEBIAN_FRONTEND=noninteractive", "sh", "-euc",
                    f"cd /root\n{text}")
    print(f"{node.name}# {text}{done.stdout}{done.stderr}")
    return done.stdout


def answer(node, command, *lines):
    """Answers a command that asks on a terminal."""
    typed = "".join(f"{line}\\n" for line in lines)
    return enter(node, f"printf '{typed}' | script -qec '{command.strip()}' /dev/null\n")


def edit(node, path, old, new):
    text = node.read(path)
    assert text.count(old) == 1, text
    node.write(path, text.replace(old, new))


def served(servers, address):
    """The certificate that the web server there shows."""
    pem = subprocess.run(
        ["ip", "netns", "exec", servers.netns, "openssl", "s_client", "-connect", f"{address}:443",
         "-servername", NAME], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True, check=False).stdout
    found = re.search(r"-----BEGIN.*?-----END CERTIFICATE-----\n", pem, re.S)
    return found and found[0]


def state(node):
    return node.run("sitensctl", check=False).stdout


def fetch(servers):
    """The page, as somebody gets it who verifies the certificate."""
    done = servers.primary.run("curl", "-sS", "--fail", "--max-time", "15", URL, check=False)
    return done.stdout.strip()


@pytest.fixture
def servers(lan, packages, tmp_path):
    lower = root((*PACKAGES, *dependencies(packages.values())), ("nginx", "named", "certbot.timer"))
    with Servers(lan, lower, tmp_path) as made:
        made.primary.write("/var/lib/bind/example.org", ZONE)
        made.primary.write("/etc/bind/named.conf.local", AS_BEFORE)
        made.primary.systemctl("enable", "--now", "named")
        made.primary.copy(packages["parentgen"])
        for site in made.sites.values():
            for package in packages.values():
                site.copy(package)
            # As its package leaves it: a root for the lab disables what it has.
            site.systemctl("enable", "--now", "nginx")
        yield made


def on_each(servers, text):
    for site in servers.sites.values():
        enter(site, text)


def step_1_the_name(servers, page):
    on_each(servers, page.take("apt install ./sitens"))
    for name, site in servers.sites.items():
        site.write("/var/www/html/index.html", f"{name}\n")  # to tell them apart
    host = servers.sites[HOST]
    answer(host, page.take("parentgen --init"), *(word for site in SITES.items() for word in site), "",
           "http://127.0.0.1/healthz")
    edit(host, SITE_FILE, "[zone]\n", f"[zone]\n{page.take('records =')}")
    for site in servers.sites.values():
        site.write(SITE_FILE, host.read(SITE_FILE))
        site.write(f"/etc/sitens/{NAME}.extra", page.take("; get.example.org.extra"))
    begin = page.take("sitens --test")
    for site in servers.sites.values():
        # The last line's status is that of the state, which may be the one before the first check.
        commands = begin.splitlines()
        enter(site, "\n".join(commands[:-1]))
        assert commands[-1] == "sitensctl"
        wait_for("serving", lambda site=site: "serving" in state(site))
    delegation = enter(host, page.take(f"parentgen {SITE_FILE}"))
    servers.primary.write("/var/lib/bind/example.org",
                          ZONE.replace("hostmaster 1", "hostmaster 2") + delegation)
    servers.primary.systemctl("reload", "named")
    check = page.take(f"parentgen --check {SITE_FILE}")
    wait_for("the delegation", lambda: "All is right" in
             host.run("sh", "-c", check, check=False).stdout)


def step_2_a_place_for_the_challenge(servers, page):
    primary = servers.primary
    enter(primary, page.take("(umask 077; tsig-keygen"))
    primary.write("/etc/bind/named.conf.local", page.take("include "))
    enter(primary, page.take("named-checkconf"))
    key = primary.read("/etc/bind/acme.key")
    install = page.take("install -D")
    for site in servers.sites.values():
        site.write("/root/acme.key", key)
        enter(site, install)
        assert site.run("stat", "--format=%A %U", "/etc/lego/acme.key").stdout == "-rw------- root\n"


def step_3_the_certificate(servers, page):
    script = page.take("# Gets (run)")
    assert "\nlego " in script
    install, get = page.take("apt install lego"), page.take("sh /etc/lego/certificate")
    for site in servers.sites.values():
        enter(site, install)
        site.write("/etc/lego/certificate", script.replace("\nlego ", f"\nlego --server {DIRECTORY} "))
        enter(site, get)


def step_4_web_server_and_renewal(servers, page):
    tls = page.take("listen 443")
    service, timer = page.take("[Unit]\nDescription=Renewal of the certificate of get.example.org\n"), \
        page.take("[Unit]\nDescription=Renewal of the certificate of get.example.org, each")
    reload, begin = page.take("nginx -t"), page.take("systemctl daemon-reload")
    for site in servers.sites.values():
        edit(site, NGINX_SITE, "    listen 80;\n", f"    listen 80;\n{tls}")
        enter(site, reload)
        site.write("/etc/systemd/system/certificate.service", service)
        site.write("/etc/systemd/system/certificate.timer", timer)
        before = wait_for("TLS", lambda site=site: served(servers, site.plain_addresses[0]))
        enter(site, begin)
        assert "03:30" in site.systemctl("list-timers", "certificate.timer")
        assert served(servers, site.plain_addresses[0]) == before  # it is not yet time
    # When it is time: then the hook has nginx show the new one.
    site, address = servers.sites["dc1"], SITES["dc1"]
    before = served(servers, address)
    edit(site, "/etc/lego/certificate", '"$@"', '"$@" --days 36500 --no-random-sleep')
    site.systemctl("start", "certificate.service")
    wait_for("the new certificate", lambda: served(servers, address) not in (None, before))
    assert fetch(servers) in SITES


def step_5_check_https(servers, page):
    host, primary = servers.sites[HOST], servers.primary
    text = re.sub(r"(?m)^\[check\]\nurl = .*\n", page.take("[check]"), host.read(SITE_FILE))
    assert "url = https://" in text
    reload = page.take("systemctl reload sitens")
    for site in servers.sites.values():
        site.write(SITE_FILE, text)
        enter(site, reload.replace("\nsitensctl\n", "\n"))
        wait_for("serving by HTTPS", lambda site=site: "serving" in state(site))
    # From outside.
    enter(primary, "apt install ./parentgen_*.deb")
    for path in (SITE_FILE, f"/etc/sitens/{NAME}.extra"):
        primary.write(path, host.read(path))
    assert "All is right" in enter(primary, page.take("parentgen --check --url"))


def step_6_see_it_work(servers, page):
    dc1 = servers.sites["dc1"]
    enter(dc1, page.take("systemctl stop nginx"))
    wait_for("failing", lambda: "failing" in state(dc1))
    # A resolver that has not found out that dc1 is silent may lose a lookup.
    wait_for("dc2 for all", lambda: fetch(servers) == "dc2")
    enter(dc1, page.take("systemctl start nginx"))
    wait_for("serving", lambda: "failing" not in state(dc1))
    assert fetch(servers) in SITES


def with_certbot(servers, page):
    site, address = servers.sites["dc2"], SITES["dc2"]
    enter(site, page.take("apt install certbot"))
    site.write("/etc/letsencrypt/acme.key", servers.primary.read("/etc/bind/acme.key"))
    site.run("chmod", "600", "/etc/letsencrypt/acme.key")
    hook = page.take("#!/bin/sh\n# Writes")
    assert "\nsleep 10 " in hook
    site.write("/etc/letsencrypt/acme-challenge", hook.replace("\nsleep 10 ", "\n: "))
    site.run("chmod", "755", "/etc/letsencrypt/acme-challenge")
    config = "/etc/letsencrypt/cli.ini"
    site.write(config, site.read(config) + f"server = {DIRECTORY}\n")
    enter(site, page.take("certbot certonly"))
    live = f"/etc/letsencrypt/live/{NAME}"
    for old, new in (("certificates/get.example.org.crt", "fullchain.pem"),
                     ("certificates/get.example.org.key", "privkey.pem")):
        edit(site, NGINX_SITE, f"/etc/lego/{old}", f"{live}/{new}")
    site.systemctl("reload", "nginx")
    wait_for("certbot's certificate", lambda: served(servers, address) in
             site.run("cat", f"{live}/fullchain.pem").stdout)
    before = served(servers, address)
    assert "certbot renew --dry-run" in https_page.PAGE
    enter(site, "certbot renew --dry-run --no-random-sleep-on-renew\n")
    assert served(servers, address) == before
    enter(site, "certbot renew --force-renewal --no-random-sleep-on-renew\n")
    wait_for("the new certificate", lambda: served(servers, address) not in (None, before))
    assert "certbot.timer" in site.systemctl("list-unit-files", "certbot.timer")


def test_page(servers):
    page = Page()
    for follow in (step_1_the_name, step_2_a_place_for_the_challenge, step_3_the_certificate,
                   step_4_web_server_and_renewal, step_5_check_https, step_6_see_it_work, with_certbot):
        follow(servers, page)
    assert page.rest() == []
