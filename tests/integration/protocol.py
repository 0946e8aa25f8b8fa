"""What the protocol tests ask: one daemon with a zone of each kind, on IPv4 and IPv6.

get.example.test: both families, and extra records of all sorts.
v4.example.test: this site has no IPv6 address, the other one has.
in.example.test: the nameservers have names inside the zone.
signed.example.test: with DNSSEC; only the other site has an IPv6 address.
"""

import contextlib

import daemon
import sitefile
import webserver

ADDRESS, ADDRESS6 = sitefile.ADDRESS, sitefile.ADDRESS6
TTL, NEGATIVE_TTL, DELEGATION_TTL = 60, 30, 3600

# Three labels of 63 octets and one of 44 before get.example.test make 255 octets.
LONGEST = ".".join(["a" * 63, "b" * 63, "c" * 63, "d" * 44, "get.example.test"])


def text_of(octets):
    """TXT data of about that many octets."""
    return " ".join(f'"{"x" * min(200, octets - at)}"' for at in range(0, octets, 200))


EXTRA = f"""\
@ CAA 0 issue "letsencrypt.org"
@ MX 0 .
@ TXT "v=spf1 -all"
@ TYPE65280 \\# 4 01020304
_acme-challenge CNAME get.acme.example.test.
target A 192.0.2.99
target TXT "the target"
alias CNAME target
alias2 CNAME alias
dangling CNAME nothing
deep.er.ent TXT "below two names without records"
MiXeD TXT "a name in both cases"
big600 TXT {text_of(600)}
big1100 TXT {text_of(1100)}
big1300 TXT {text_of(1300)}
big9000 TXT {text_of(9000)}
{LONGEST}. TXT "the longest name there can be"
"""


SIGNED_EXTRA = """\
@ MX 0 .
_acme-challenge CNAME get.acme.example.test.
alias CNAME target
dangling CNAME nothing
target A 192.0.2.99
deep.er.ent TXT "below two names without records"
z TXT "last"
"""


def make_key(directory, name):
    """A new signing key; returns the name of its private file."""
    file = directory / "key.conf"
    file.write_text(sitefile.text(sitefile.sections("http://127.0.0.1/", name=name)))
    made = daemon.run("--genkey", file, program=daemon.PARENTGEN)
    file.unlink()
    assert made.returncode == 0, made.stderr
    [key] = directory.glob(f"K{name}.*.private")
    return key.name


def write_site_files(directory, url):
    """Fills directory with the site files."""
    (directory / "get.extra").write_text(EXTRA)
    (directory / "signed.extra").write_text(SIGNED_EXTRA)
    files = {
        "get": {"zone": {"records": "get.extra"}},
        "v4": {
            "name": "v4.example.test",
            "site_dc1": {"address": ADDRESS},
            "site_dc2": {"address": "198.51.100.20 2001:db8:3::20"}},
        "in": {
            "name": "in.example.test",
            "site_dc1": {"nameserver": "ns1.in.example.test"},
            "site_dc2": {"nameserver": "ns2.in.example.test"}},
        "signed": {
            "name": "signed.example.test",
            "zone": {"records": "signed.extra",
                     "dnssec-key": make_key(directory, "signed.example.test")},
            "site_dc1": {"nameserver": "ns1.signed.example.test", "address": ADDRESS},
            "site_dc2": {"address": "198.51.100.20 2001:db8:3::20"}},
    }
    for file, changes in files.items():
        text = sitefile.text(sitefile.sections(url, **changes))
        (directory / f"{file}.conf").write_text(text)


@contextlib.contextmanager
def serving(directory, listen, listen6, *options):
    """A daemon that serves the zones; it must end well."""
    web = webserver.WebServer((listen[0], 0))
    write_site_files(directory, web.url())
    running = daemon.Daemon("--site", "dc1", "--listen", "@".join(map(str, listen6)), *options,
                            directory, listen=listen)
    running.site_files = directory
    try:
        running.await_ready()
        yield running
        status = running.stop()
        log = "\n".join(running.log.texts)
        assert status == 0, f"exit status {status}\n{log}"
        assert "Sanitizer" not in log and "runtime error" not in log, log
    finally:
        running.discard()
        web.close()
