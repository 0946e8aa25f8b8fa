# SPDX-License-Identifier: ISC
"""The examples for web servers, each run by its real server: the page that is checked, the redirect.

The files themselves are used; only the port, the directories and the servers behind are others.
"""

import http.client
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

import conftest
import webserver

EXAMPLES = Path(__file__).resolve().parents[2] / "deploy" / "examples"
NAME = "get.example.org"
APACHE_MODULES = ("mpm_event", "authz_core", "alias", "dir", "rewrite")

# What the distribution's own file holds; the example is read by an include in it.
MAIN = {
    "nginx": """\
pid {dir}/nginx.pid;
error_log stderr;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {dir}/1; proxy_temp_path {dir}/2; fastcgi_temp_path {dir}/3;
    uwsgi_temp_path {dir}/4; scgi_temp_path {dir}/5;
    include {dir}/nginx-site.conf;
}}
""",
    "apache": "ServerRoot {dir}\nServerName localhost\nPidFile {dir}/pid\nErrorLog {dir}/log\n"
              "Listen {address}:{port}\n"
              + "".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n"
                        for name in APACHE_MODULES)
              + "<Directory {dir}/web>\nRequire all granted\n</Directory>\nInclude {dir}/apache-site.conf\n",
    "caddy": "{{\n\tadmin off\n\tauto_https off\n\tdefault_bind {address}\n}}\nimport {dir}/caddy-site.conf\n",
    "haproxy": "global\n    maxconn 100\n",
    "lighttpd": 'server.port = {port}\nserver.bind = "{address}"\nserver.document-root = "{dir}/web"\n'
                'index-file.names = ("index.html")\ninclude "{dir}/lighttpd-site.conf"\n',
}

# How the server tests its configuration, and how it runs in the foreground.
COMMANDS = {
    "nginx": (["nginx", "-t", "-e", "stderr", "-c", "{main}"],
              ["nginx", "-e", "stderr", "-g", "daemon off;", "-c", "{main}"]),
    "apache": (["apache2", "-t", "-f", "{main}"], ["apache2", "-DFOREGROUND", "-f", "{main}"]),
    "caddy": (["caddy", "validate", "--adapter", "caddyfile", "--config", "{main}"],
              ["caddy", "run", "--adapter", "caddyfile", "--config", "{main}"]),
    "haproxy": (["haproxy", "-c", "-f", "{main}", "-f", "{dir}/haproxy-site.conf"],
                ["haproxy", "-db", "-f", "{main}", "-f", "{dir}/haproxy-site.conf"]),
    "lighttpd": (["lighttpd", "-tt", "-f", "{main}"], ["lighttpd", "-D", "-f", "{main}"]),
}


class Server:
    """A real web server with the example of its name."""

    def __init__(self, name, directory, backend):
        self.dir = directory
        self.address, self.port = "127.0.0.1", conftest.free_port("127.0.0.1")
        self.standby = directory / "run" / f"{NAME}.standby"
        self.page = directory / "web" / "index.html"
        for each in ("run", "web"):
            (directory / each).mkdir()
        self.page.write_text("the page\n")
        (directory / "log").touch()
        for path in EXAMPLES.glob(f"{name}-s*"):
            self._adapt(path, backend)
        main = directory / "main.conf"
        main.write_text(MAIN[name].format(dir=directory, address=self.address, port=self.port))
        words = {"main": main, "dir": directory}
        self.test, self.run = ([word.format(**words) for word in command] for command in COMMANDS[name])
        nobody = pwd.getpwnam("nobody")
        self.identity = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        os.chown(directory, nobody.pw_uid, nobody.pw_gid)
        self.process = None

    def _adapt(self, path, backend):
        text = path.read_text()
        for listen, here in (
                ("listen 80;", f"listen {self.address}:{self.port};"), ("listen [::]:80;", ""),
                ("*:80", f"{self.address}:{self.port}"), (f"{NAME}:80", f"{NAME}:{self.port}"),
                (":::80 v4v6", f"{self.address}:{self.port}"), ("127.0.0.1:8080", backend),
                ("/var/www/html", f"{self.dir}/web"), ("/run/sitens", f"{self.dir}/run"),
                *((f"/etc/{server}/", f"{self.dir}/") for server in ("haproxy", "lighttpd"))):
            text = text.replace(listen, here)
        (self.dir / path.name).write_text(text)

    def command(self, words, **options):
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(self.dir)}
        return {"args": words, "env": environment, "cwd": self.dir, "stdin": subprocess.DEVNULL,
                **self.identity, **options}

    def start(self):
        os.chown(self.dir / "log", self.identity["user"], self.identity["group"])
        with (self.dir / "log").open("ab") as log:
            self.process = subprocess.Popen(**self.command(self.run, stdout=log, stderr=log))

    def get(self, path):
        """(status, Location, body), or None while nobody listens."""
        connection = http.client.HTTPConnection(self.address, self.port, timeout=10)
        try:
            connection.request("GET", path, headers={"Host": NAME})
            response = connection.getresponse()
            return response.status, response.getheader("Location"), response.read()
        except ConnectionRefusedError:
            return None
        finally:
            connection.close()

    def await_get(self, path, wanted):
        give_up = time.monotonic() + 30
        while not (got := self.get(path)) or not wanted(got):
            assert self.process.poll() is None, (self.dir / "log").read_text()
            assert time.monotonic() < give_up, f"{path}: {got}\n{(self.dir / 'log').read_text()}"
            time.sleep(0.02)

    def close(self):
        if self.process:
            self.process.terminate()
            self.process.wait(20)


@pytest.fixture(params=COMMANDS)
def server(request, make_web):
    if os.geteuid() != 0:
        pytest.skip("web servers are run as nobody, which needs root")
    web = make_web()
    host, port = web.place
    directory = Path(tempfile.mkdtemp(prefix="sitens-web-"))
    directory.chmod(0o755)
    made = Server(request.param, directory, f"{host}:{port}")
    made.behind = web if request.param == "haproxy" else None
    try:
        yield made
    finally:
        made.close()
        shutil.rmtree(directory)


def test_example(server):
    tested = subprocess.run(**server.command(server.test, capture_output=True, text=True, check=False))
    assert tested.returncode == 0, tested.stdout + tested.stderr
    server.start()
    server.await_get("/healthz", lambda got: got[0] == 200)
    assert server.get("/index.html")[0] == 200

    server.standby.touch()
    server.await_get("/index.html?a=b", lambda got: got[:2] == (302, "http://get.dc1.example.org/index.html?a=b"))
    assert server.get("/healthz")[0] == 200
    server.standby.unlink()
    server.await_get("/index.html", lambda got: got[0] == 200)

    if server.behind:
        server.behind.answer = webserver.response(status=500)
    else:
        server.page.unlink()
    server.await_get("/healthz", lambda got: got[0] >= 400)
