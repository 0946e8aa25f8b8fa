# SPDX-License-Identifier: ISC
"""What docs/https.md says: a certificate through the CNAME, and http-01 between the sites."""

import http.client
import re
import signal
import socket
import subprocess

import pytest
from cryptography import x509

import daemon
import https_page
import parents
import world

CHALLENGE = "/.well-known/acme-challenge/"
SITES = ("192.0.2.10", "198.51.100.20", "203.0.113.30")

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
        policy = re.search(r"update-policy .*", https_page.block("include "))[0]
        self.config.write_text(key + text.replace("allow-update { any; };", here(policy)))


def accepts(address, port):
    with socket.socket() as sock:
        return sock.connect_ex((address, port)) == 0


@pytest.fixture
def start(tmp_path):
    """Starts a program, and waits until it accepts connections; returns the process."""
    running = []

    def starts(command, address, port, **variables):
        with (tmp_path / "log").open("ab") as log:
            running.append(subprocess.Popen(
                [str(word) for word in command], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                cwd=tmp_path, env=daemon.environment(**variables)))
        daemon.await_true(f"{command[0]} listens", lambda: accepts(address, port))
        return running[-1]

    yield starts
    for process in running:
        process.terminate()
        process.wait(daemon.PATIENCE)


def start_authority(start, directory, zones):
    """Starts Pebble, and the resolver that it asks; returns the authority of its own certificate."""
    start(https_page.resolver(directory, "127.0.0.1", zones), "127.0.0.1", 53)
    command, authority = https_page.pebble(directory, "127.0.0.1", "127.0.0.1")
    start(command, "127.0.0.1", 14000)
    return authority


def get_certificate(directory, script, *arguments, authority):
    """Runs a script of the page with lego, but for the place of its files and of the CA."""
    for there, replacement in (("--path /etc/lego", f"--path {directory}/lego"),
                               ("lego --accept", "lego --server https://127.0.0.1:14000/dir --accept")):
        assert there in script
        script = script.replace(there, replacement)
    resolver = directory / "resolv.conf"
    resolver.write_text("nameserver 127.0.0.1\n")
    done = subprocess.run(
        [*world.WITH_RESOLVER, str(resolver), "sh", "-euc", script, "sh", *arguments],
        capture_output=True, text=True, check=False, timeout=120,
        env=daemon.environment(LEGO_CA_CERTIFICATES=str(authority.path)))
    assert done.returncode == 0, done.stderr + (directory / "log").read_text()
    pem = (directory / "lego" / "certificates" / f"{world.NAME}.crt").read_bytes()
    return x509.load_pem_x509_certificate(pem).extensions.get_extension_for_class(
        x509.SubjectAlternativeName).value.get_values_for_type(x509.DNSName)


def test_certificate_through_the_cname(netns, tmp_path, start):
    (tmp_path / "get.example.test.extra").write_text(here(https_page.block("; get.example.org.extra")))
    with world.world(netns, tmp_path, zone={"records": "get.example.test.extra"}) as made:
        parent = made.start_parent(make=NamedWithKey)
        made.start_sites()
        authority = start_authority(
            start, tmp_path, f"stub-zone:\n  name: example.test\n  stub-addr: {world.PARENT}")
        script = here(https_page.block("# Gets (run)"))
        for there, replacement in (("=ns.example.test", f"={world.PARENT}:53"),
                                   ("/etc/lego/acme.key", str(parent.directory / "acme.key"))):
            assert there in script
            script = script.replace(there, replacement)
        assert get_certificate(tmp_path, script, "run", authority=authority) == [world.NAME]


def start_nginx(start, directory, address):
    """A site with the page's blocks, which knows the others: (its directory, nginx)."""
    home = directory / address
    (home / "web" / CHALLENGE.strip("/")).mkdir(parents=True)
    server = "    server 198.51.100.20;\n"
    upstream, locations = https_page.block("upstream"), https_page.block("location /.well-known")
    assert server in upstream and "/var/www/html" in locations
    others = "".join(server.replace("198.51.100.20", each) for each in SITES if each != address)
    (home / "nginx.conf").write_text(NGINX.format(
        dir=home, address=address, upstream=upstream.replace(server, others),
        locations=locations.replace("/var/www/html", f"{home}/web")))
    nginx = start([parents.needed("nginx"), "-e", "stderr", "-c", home / "nginx.conf"], address, 80)
    return home, nginx


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
        sites = [start_nginx(start, tmp_path, address) for address in SITES]
        for i, (home, _) in enumerate(sites):
            (home / "web" / CHALLENGE.strip("/") / f"token{i}").write_text(f"answer {i}")
        for address in SITES:
            for i in range(len(SITES)):
                assert fetch(address, f"token{i}") == (200, f"answer {i}".encode())
            # Nobody has it: each site is asked once, no more.
            assert fetch(address, f"missing-{address}")[0] == 404
    for home, nginx in sites:
        nginx.send_signal(signal.SIGQUIT)  # a request is logged after its answer, and before the end
        assert nginx.wait(daemon.PATIENCE) == 0
        requests = (home / "access").read_text()
        assert [requests.count(f"missing-{address} ") for address in SITES] == [1, 1, 1]


def test_certificate_by_http(netns, tmp_path, start):
    """The CA asks the first site, whichever of them it was that wanted the certificate."""
    zone = f'  local-zone: "{world.NAME}" static\n  local-data: "{world.NAME} 0 IN A {SITES[0]}"\n'
    for address in SITES:
        netns.add_address(f"{address}/32")
    with netns.inside():
        homes = [start_nginx(start, tmp_path, address)[0] for address in SITES]
        authority = start_authority(start, tmp_path, f"server:\n{zone}")
        for home in homes:
            script = here(https_page.block("lego --accept-tos"))
            assert "--http.webroot /var/www/html" in script
            script = script.replace("/var/www/html", f"{home}/web")
            assert get_certificate(home, script, authority=authority) == [world.NAME]
