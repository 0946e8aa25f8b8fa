# SPDX-License-Identifier: ISC
"""What docs/https.md says: a certificate through the CNAME, and http-01 between the sites."""

import http.client
import json
import re
import socket
import subprocess

import pytest
from cryptography import x509

import certificates
import daemon
import parents
import world

PAGE = (daemon.ROOT / "docs" / "https.md").read_text()
CHALLENGE = "/.well-known/acme-challenge/"
SITES = ("192.0.2.10", "198.51.100.20", "203.0.113.30")

UNBOUND = """\
server:
  directory: "{dir}"
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  interface: 127.0.0.1
  module-config: "iterator"
  cache-max-ttl: 0
  cache-max-negative-ttl: 0
  local-zone: "test." nodefault
remote-control:
  control-enable: no
stub-zone:
  name: example.test
  stub-addr: {parent}
"""

NGINX = """\
user root;
daemon off;
pid {dir}/pid;
error_log stderr;
events {{ }}
http {{
  access_log {dir}/access;
  client_body_temp_path {dir}/1; proxy_temp_path {dir}/2; fastcgi_temp_path {dir}/3;
  uwsgi_temp_path {dir}/4; scgi_temp_path {dir}/5;
  {upstream}
  server {{ listen {address}:80; {locations} }}
}}
"""


def block(beginning):
    """The page's block that begins so."""
    found = [each for each in re.findall(r"^```.*\n((?:.*\n)*?)```", PAGE, re.M)
             if each.startswith(beginning)]
    assert len(found) == 1, f"docs/https.md: {len(found)} blocks begin with {beginning}"
    return found[0]


def here(text):
    return text.replace("example.org", "example.test")


class NamedWithKey(parents.Named):
    """Takes the updates that the page's policy allows, and no others."""

    def prepare(self):
        super().prepare()
        key = subprocess.run([parents.needed("tsig-keygen"), "acme"], capture_output=True,
                             text=True, check=True, timeout=daemon.PATIENCE).stdout
        self.write("acme.key", key)
        text = self.config.read_text()
        assert "allow-update { any; };" in text
        self.config.write_text(
            key + text.replace("allow-update { any; };", here(block("update-policy"))))


def accepts(address, port):
    with socket.socket() as sock:
        return sock.connect_ex((address, port)) == 0


@pytest.fixture
def start(tmp_path):
    """Starts a program, and waits until it accepts connections."""
    running = []

    def starts(command, address, port, **variables):
        with (tmp_path / "log").open("ab") as log:
            running.append(subprocess.Popen(
                [str(word) for word in command], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                cwd=tmp_path, env=daemon.environment(**variables)))
        daemon.await_true(f"{command[0]} listens", lambda: accepts(address, port))

    yield starts
    for process in running:
        process.terminate()
        process.wait(daemon.PATIENCE)


def start_authority(start, directory):
    """Starts Pebble, which asks the resolver; returns the authority of its own certificate."""
    authority = certificates.Authority(directory)
    pem = str(authority.pem("127.0.0.1"))
    config = directory / "pebble.json"
    config.write_text(json.dumps({"pebble": {
        "listenAddress": "127.0.0.1:14000", "managementListenAddress": "127.0.0.1:15000",
        "certificate": pem, "privateKey": pem, "httpPort": 80, "tlsPort": 443}}))
    start([parents.needed("pebble"), "-config", config, "-dnsserver", "127.0.0.1:53"],
          "127.0.0.1", 14000, PEBBLE_VA_NOSLEEP="1")
    return authority


def test_certificate_through_the_cname(netns, tmp_path, start):
    (tmp_path / "get.example.test.extra").write_text(here(block("; get.example.org.extra")))
    with world.world(netns, tmp_path, zone={"records": "get.example.test.extra"}) as made:
        parent = made.start_parent(make=NamedWithKey)
        made.start_sites()
        (tmp_path / "unbound.conf").write_text(UNBOUND.format(dir=tmp_path, parent=world.PARENT))
        start([parents.needed("unbound"), "-d", "-c", tmp_path / "unbound.conf"], "127.0.0.1", 53)
        authority = start_authority(start, tmp_path)
        script = here(block("export RFC2136"))
        for there, replacement in (
                ("=ns.example.test", f"={world.PARENT}:53"),
                ("/etc/lego/acme.key", str(parent.directory / "acme.key")),
                ("--path /etc/lego", f"--path {tmp_path}/lego"),
                ("\nlego ", "\nlego --server https://127.0.0.1:14000/dir ")):
            assert there in script
            script = script.replace(there, replacement)
        resolver = tmp_path / "resolv.conf"
        resolver.write_text("nameserver 127.0.0.1\n")
        done = subprocess.run(
            [*world.WITH_RESOLVER, str(resolver), "sh", "-eu", "-c", script], capture_output=True, text=True, check=False, timeout=120,
            env=daemon.environment(LEGO_CA_CERTIFICATES=str(authority.path)))
        assert done.returncode == 0, done.stderr + (tmp_path / "log").read_text()
    pem = (tmp_path / "lego" / "certificates" / f"{world.NAME}.crt").read_bytes()
    names = x509.load_pem_x509_certificate(pem).extensions.get_extension_for_class(
        x509.SubjectAlternativeName).value.get_values_for_type(x509.DNSName)
    assert names == [world.NAME]


def start_nginx(start, directory, address):
    """A site with the page's blocks, which knows the others."""
    home = directory / address
    (home / "web" / CHALLENGE.strip("/")).mkdir(parents=True)
    server = "    server 198.51.100.20;\n"
    upstream, locations = block("upstream"), block("location /.well-known")
    assert server in upstream and "/var/www/html" in locations
    others = "".join(server.replace("198.51.100.20", each) for each in SITES if each != address)
    (home / "nginx.conf").write_text(NGINX.format(
        dir=home, address=address, upstream=upstream.replace(server, others),
        locations=locations.replace("/var/www/html", f"{home}/web")))
    start([parents.needed("nginx"), "-e", "stderr", "-c", home / "nginx.conf"], address, 80)
    return home


def fetch(address, file):
    connection = http.client.HTTPConnection(address, timeout=daemon.PATIENCE)
    try:
        connection.request("GET", CHALLENGE + file, headers={"Host": world.NAME})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def test_http_challenge_at_every_site(netns, tmp_path, start):
    for address in SITES:
        netns.add_address(f"{address}/32")
    with netns.inside():
        homes = [start_nginx(start, tmp_path, address) for address in SITES]
        for i, home in enumerate(homes):
            (home / "web" / CHALLENGE.strip("/") / f"token{i}").write_text(f"answer {i}")
        for address in SITES:
            for i in range(len(SITES)):
                assert fetch(address, f"token{i}") == (200, f"answer {i}".encode())
            # Nobody has it: each site is asked once, no more.
            assert fetch(address, f"missing-{address}")[0] == 404
    for home in homes:
        requests = (home / "access").read_text()
        assert [requests.count(f"missing-{address} ") for address in SITES] == [1, 1, 1]
