"""Configuration files of servers that run from a directory of their own, as text."""


def nginx(directory, servers, http=""):
    """servers: the server blocks. Run it with `-c FILE`; it stays in the foreground."""
    return f"""\
daemon off;
master_process off;
user root;
pid {directory}/nginx.pid;
error_log {directory}/nginx.log;
events {{ }}
http {{
access_log off;
client_body_temp_path {directory}/body;
proxy_temp_path {directory}/proxy;
fastcgi_temp_path {directory}/fastcgi;
uwsgi_temp_path {directory}/uwsgi;
scgi_temp_path {directory}/scgi;
{http}
{servers}
}}
"""


def named(directory, address, zones, port=53):
    """zones: {name: zone file}. Run it with `-g -c FILE`; it listens on interfaces' addresses."""
    return f"""\
options {{
    directory "{directory}";
    listen-on port {port} {{ {address}; }};
    listen-on-v6 {{ none; }};
    pid-file none;
    session-keyfile none;
    recursion no;
    minimal-responses yes;
    notify no;
}};
controls {{ }};
""" + "".join(f'zone "{name}" {{ type primary; file "{file}"; }};\n'
              for name, file in zones.items())


def knot(directory, address, zones, port=53):
    """zones: {name: zone file}. Run it with `-c FILE`."""
    return f"""\
server:
    rundir: "{directory}"
    listen: {address}@{port}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
database:
    storage: "{directory}/db"
template:
  - id: default
    storage: "{directory}"
    zonefile-sync: -1
    journal-content: none
    semantic-checks: off
zone:
""" + "".join(f"  - domain: {name}\n    file: {file}\n" for name, file in zones.items())


def nsd(directory, address, zones, port=53, options=()):
    """zones: {name: zone file}; options: further lines of its server section. Run it with `-d -c
    FILE`."""
    text = f"""\
server:
    ip-address: {address}@{port}
    username: ""
    chroot: ""
    zonesdir: "{directory}"
    database: ""
    pidfile: "{directory}/nsd.pid"
    xfrdfile: ""
    zonelistfile: "{directory}/zone.list"
    rrl-ratelimit: 0
"""
    text += "".join(f"    {option}\n" for option in options or ["server-count: 1"])
    text += "remote-control:\n    control-enable: no\n"
    return text + "".join(
        f'zone:\n    name: "{name}"\n    zonefile: "{file}"\n' for name, file in zones.items())
