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
