"""Extra records mean what they say: what named refuses, or a number that does not fit, is an error
with its line; what may be written in several ways may be; what was hardly meant is warned of."""

import pytest

import daemon
import zonefiles

GET = "get.example.test"
HEX32 = 32 * "ab"

# Records that are refused, and what the message says.
REFUSED = {
    "port-without-value": ("@ HTTPS 1 . port", "port needs a value"),
    "key-twice": ("@ HTTPS 1 . alpn=h2 alpn=h3", "has a key twice"),
    "same-key-twice": ("@ HTTPS 1 . alpn=h2 alpn=h2", "has a key twice"),
    "mandatory-missing": ("@ HTTPS 1 . mandatory=port alpn=h2", "that it does not have"),
    "mandatory-itself": ("@ HTTPS 1 . mandatory=mandatory,port port=1", "lists mandatory itself"),
    "mandatory-twice": ("@ HTTPS 1 . mandatory=port,port port=1", "lists a key in mandatory twice"),
    "port-range": ("@ HTTPS 1 . port=99999", "a number from 0 to 65535"),
    "port-words": ("@ HTTPS 1 . port=https", "a number from 0 to 65535"),
    "alpn-empty": ("@ HTTPS 1 . alpn=", "names of 1 to 255 octets"),
    "alpn-empty-name": ("@ HTTPS 1 . alpn=h2,,h3", "names of 1 to 255 octets"),
    "no-default-alpn-alone": ("@ HTTPS 1 . no-default-alpn", "without alpn"),
    "no-default-alpn-value": ("@ HTTPS 1 . alpn=h2 no-default-alpn=x", "where none is allowed"),
    "alias-with-parameters": ("a HTTPS 0 b. alpn=h2", "is an alias"),
    "ipv4hint": ("@ HTTPS 1 . ipv4hint=192.0.2.1,", "IPv4 addresses with commas"),
    "ipv6hint": ("@ HTTPS 1 . ipv6hint=2001:db8::g", "IPv6 addresses with commas"),
    "ech": ("@ HTTPS 1 . ech=AAA", "must be base64"),
    "ech-empty": ("@ HTTPS 1 . ech=", "ech needs a value"),
    "dohpath": ("_dns SVCB 1 x. dohpath=/q", "a dohpath that does not"),
    "unknown-key": ("@ HTTPS 1 . bogus=1", "`bogus` is not a key"),
    "key-zeros": ("@ HTTPS 1 . key0667=1", "`key0667` is not a key"),
    "key-by-number": ("@ HTTPS 1 . key3=443", "has a port of other than two octets"),
    "target-missing": ("@ HTTPS 1 alpn=h2", "has no target"),
    "generic-svcb": ("@ HTTPS \\# 7 00010000030000", "has a port of other than two octets"),
    "priority": ("@ HTTPS 65536 .", "`65536` is not a number from 0 to 65535"),
    "mx": ("@ MX 70000 m", "MX: `70000` is not a number from 0 to 65535"),
    "mx-sign": ("@ MX -1 m", "`-1` is not a number from 0 to 65535"),
    "mx-hex": ("@ MX 0x10 m", "`0x10` is not a number from 0 to 65535"),
    "srv": ("_a._tcp SRV 0 0 65536 x.", "`65536` is not a number"),
    "naptr": ('a NAPTR 1 99999 "" "" "" .', "`99999` is not a number"),
    "naptr-expression": ('a NAPTR 1 1 "" "" "!a" .', "malformed substitution"),
    "uri": ('a URI 1 70000 "https://example.org/"', "`70000` is not a number"),
    "uri-empty": ('a URI 1 1 ""', "has an empty target"),
    "caa-flags": ('@ CAA 256 issue "x"', "`256` is not a number from 0 to 255"),
    "caa-tag": ('@ CAA 0 is-sue "x"', "`is-sue` is not letters and digits"),
    "tlsa-digest": ("a TLSA 3 1 1 abcd", "a digest of another length"),
    "tlsa-odd": ("a TLSA 3 1 0 abc", "two for each octet"),
    "tlsa-usage": ("a TLSA 256 1 0 ab", "`256` is not a number from 0 to 255"),
    "sshfp-digest": (f"a SSHFP 4 1 {HEX32}", "a digest of another length"),
    "sshfp-hex": ("a SSHFP 4 9 xy", "`xy` is not hexadecimal digits"),
    "smimea": (f"a SMIMEA 3 1 2 {HEX32}", "a digest of another length"),
    "dlv": ("a DLV 1 13 2 abcd", "a digest of another length"),
    "openpgpkey": ("a OPENPGPKEY AAA", "base64"),
    "openpgpkey-bits": ("a OPENPGPKEY AAB=", "base64"),
    "cert": ("a CERT PGP 0 1 A", "base64"),
    "loc-degrees": ("a LOC 91 N 0 E 0m", "degrees to 90"),
    "loc-past-the-pole": ("a LOC 90 0 0.001 N 0 E 0m", "no more than 90 degrees"),
    "loc-minutes": ("a LOC 1 60 N 0 E 0m", "60 is not a part of an angle"),
    "loc-altitude": ("a LOC 1 N 0 E 42849673m", "are not metres from"),
    "loc-size": ("a LOC 1 N 0 E 0m 12m", "would be rounded"),
    "a": ("a A 192.0.2.01", "`192.0.2.01` is not an IPv4 address"),
    "aaaa": ("a AAAA 2001:db8::1::2", "is not an IPv6 address"),
    "apl": ("a APL 1:192.0.2.0/33", "is not [!]1:ADDRESS/0-32"),
    "eui48": ("a EUI48 0-0-5e-00-53-2a", "is not six octets"),
    "l64": ("a L64 1 0x14:4fff:ff20:ee64", "is not four groups"),
    "x25": ("a X25 31a1", "at least four digits"),
    "wks": ("a WKS 192.0.2.1 tcp bogus", "bogus is not a service"),
    "ipseckey": ("a IPSECKEY 1 4 2 x AAAA", "4 is not a number from 0 to 3"),
    "hip": ("a HIP 2 200 AAAA", "two for each octet"),
    "csync": ("a CSYNC 1 1 BOGUS", "`BOGUS` is not a type"),
    "obsolete": ("a MD b", "MD is obsolete"),
    "unclosed": ('x TXT "unclosed', "a quotation mark is not closed on its line"),
    "unclosed-in-value": ('@ HTTPS 1 . alpn="h2', "a quotation mark is not closed on its line"),
    "mark-within": ('x TXT a"b', "a quotation mark within a word"),
    "mark-behind": ('x TXT "a"b', "text right behind a closing quotation mark"),
    "key-and-value": ('x TXT a="b"', "a quotation mark within a word"),
    "long-string": (f'x TXT "{256 * "a"}"', "longer than 255 octets"),
    "escape-too-big": ("x TXT \\999", "from \\000 to \\255"),
    "escape-too-short": ("x TXT a\\25", "has three digits"),
    "escape-at-the-end": ("x TXT a\\", "a backslash at the end of the line"),
    "stray": ("x A 192.0.2.7 192.0.2.8", "`192.0.2.8` and what follows is too much"),
    "stray-name": ("x MX 1 a b", "`b` and what follows is too much"),
    "too-few": ("x SRV 1 2", "it ends too early"),
    "no-data": ("x TXT", "it has no data"),
    "no-type": ("x 60 IN", "it ends before its type"),
    "open": ("x TXT ( a", "a parenthesis is not closed"),
    "close": ("x TXT a )", "a closing parenthesis without an opening one"),
    "quoted-number": ('x MX "1" m', "must stand there without quotation marks"),
    "quoted-owner": ('"x" TXT y', "must not stand in quotation marks"),
    "empty-owner": ('"" TXT y', "must not stand in quotation marks"),
    "empty-label": ("a..b TXT y", "labels of 1 to 63 octets"),
    "not-ascii": ("b\xfccher TXT y", "as an A-label"),
    "control": ("x TXT a\x01b", "a control character"),
    "nul": ("x TXT a\0b", "a control character"),
    "ttl": ("x 99999999999 TXT y", "is not a TTL"),
    "ttl-31-bits": ("x 2147483648 TXT y", "is not a TTL"),
    "ttl-units": ("x 3551w TXT y", "is not a TTL"),
    "ttl-without-unit": ("x 1h30 TXT y", "is not a TTL"),
    "ttl-sign": ("x -1 TXT y", "is not a TTL"),
    "ttl-directive": ("$TTL -1", "$TTL: `-1` is not a TTL"),
    "ttl-directive-range": ("$TTL 2147483648", "$TTL: `2147483648` is not a TTL"),
    "ttl-directive-empty": ("$TTL", "$TTL is followed by one"),
    "origin-directive": ("$ORIGIN a..b", "$ORIGIN: `a..b` is not a name"),
    "generate": ("$GENERATE 1-2 a$ A 192.0.2.$", "$GENERATE is not supported"),
    "directive": ("$BOGUS x", "there is no such directive"),
    "generic-short": ("x TYPE65280 \\# 3 abcd", "not 3 octets"),
    "generic-odd": ("x TYPE65280 \\# 2 abc", "two for each octet"),
    "generic-known": ("x A \\# 3 010203", "no data of this type"),
    "generic-compressed": ("x MX \\# 4 0001c000", "no data of this type"),
    "unknown-by-words": ("x TYPE65280 abc", "as \\# LENGTH HEX"),
    "type-number": ("x TYPE65536 \\# 0", "is not a type"),
}


@pytest.fixture
def check(site_file, tmp_path):
    """A function that has sitens test extra records."""
    def run(text, *options, **changes):
        (tmp_path / "extra").write_bytes(text if isinstance(text, bytes) else
                                         text.encode("latin-1"))
        return daemon.run("--site", "dc1", *(options or ["--test"]),
                          site_file(zone={"records": "extra"}, **changes))
    return run


@pytest.mark.parametrize("text, message", REFUSED.values(), ids=REFUSED)
def test_refused(check, tmp_path, text, message):
    done = check(f"ok TXT fine\n{text}\nlater TXT fine\n")
    assert done.returncode == 78
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert done.stderr.startswith(f"ERROR: {tmp_path}/extra:2: ") and message in done.stderr


def test_a_set_that_fits_no_message(check, tmp_path):
    """Neither as one record nor as many; other sets may be as large as there is room."""
    strings = " ".join(200 * ["x" * 250])
    many = "".join(f"many 300 TXT {i} {strings}\n" for i in range(2))
    done = check(f"ok TXT {strings}\n{many}one TXT {strings} {strings}\nlater TXT fine\n")
    assert done.returncode == 78
    faults = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
    assert {line.split(": ")[1] for line in faults} == {f"{tmp_path}/extra:{n}" for n in (3, 4)}


# What is written in one of its several ways, and what the zone holds then.
TAKEN = {
    "class-before-ttl": ("a IN 300 TXT x", 'a 300 IN TXT "x"'),
    "units": ("a 1H30m TXT x", 'a 5400 IN TXT "x"'),
    "ttl-0": ("a 0 TXT x", 'a 0 IN TXT "x"'),
    "ttl-most": ("a 2147483647 TXT x", 'a 2147483647 IN TXT "x"'),
    "default-ttl": ("$TTL 1d\na TXT x", 'a 86400 IN TXT "x"'),
    "relative-origin": ("$ORIGIN sub\na TXT x", 'a.sub 60 IN TXT "x"'),
    "origin-of-origin": ("$ORIGIN b\n$ORIGIN a\n@ TXT x", 'a.b 60 IN TXT "x"'),
    "origin-outside": ("$ORIGIN example.test.\na.get TXT x", 'a 60 IN TXT "x"'),
    "caa-word": ("a CAA 0 issue ca.example", 'a 60 IN CAA 0 issue "ca.example"'),
    "escapes": (r'a TXT \065\"\; "\\ \034"', r'a 60 IN TXT "A\";" "\\ \""'),
    "owner-escapes": (r"a\046b TXT x", r'a\046b 60 IN TXT "x"'),
    "owner-mark": (r"a\"b TXT x", r'a\034b 60 IN TXT "x"'),
    "owner-at": (r"@a TXT x", r'\064a 60 IN TXT "x"'),
    "owner-dollar": (r"\$TTL TXT x", r'\036ttl 60 IN TXT "x"'),
    "lower-case": ("a in txt x", 'a 60 IN TXT "x"'),
    "type-by-number": ("a CLASS1 TYPE16 x", 'a 60 IN TXT "x"'),
    "generic": (r"a TYPE16 \# 2 0178", 'a 60 IN TXT "x"'),
    "unknown": (r"a TYPE65280 \# 2 AB cd", r"a 60 IN TYPE65280 \# 2 abcd"),
    "unknown-empty": (r"a TYPE65280 \# 0", r"a 60 IN TYPE65280 \# 0"),
    "parentheses": ("a ( 60\n IN ) TXT ( x ; )\n )", 'a 60 IN TXT "x"'),
    "carriage-returns": ("a TXT x\r\n\r\nb TXT y\r", 'a 60 IN TXT "x"'),
    "byte-order-mark": ("\xef\xbb\xbfa TXT x", 'a 60 IN TXT "x"'),
    "no-newline": ("b TXT y\na TXT x", 'a 60 IN TXT "x"'),
    "semicolon": ('a TXT "x;y" ; z', 'a 60 IN TXT "x;y"'),
    "octets": ('a TXT "\xc3\xa9"', r'a 60 IN TXT "\195\169"'),
    "long-line": (f"a TXT {' '.join(200 * ['x' * 200])}", f"a 60 IN TXT {' '.join(200 * [chr(34) + 'x' * 200 + chr(34)])}"),
    "loc-short": ("a LOC 42 21 54 N 71 W 10", "a 60 IN LOC 42 21 54 N 71 0 0 W 10m"),
    "alpn-quoted": ('a HTTPS 1 . alpn="h2,h3"', "a 60 IN HTTPS 1 . alpn=h2,h3"),
    "alpn-escapes": (r'a HTTPS 1 . alpn="f\\\\oo\\,bar,h2"', r"a 60 IN HTTPS 1 . alpn=f\\\092oo\092,bar,h2"),
    "any-order": ("a HTTPS 1 . port=1 alpn=h2", "a 60 IN HTTPS 1 . alpn=h2 port=1"),
    "relative-gateway": ("a IPSECKEY 1 3 2 gw AAAA", f"a 60 IN IPSECKEY 1 3 2 gw.{GET}. AAAA"),
    "no-key": ("a KEY 49152 3 0", "a 60 IN KEY 49152 3 0"),
    "nsap-ptr": ("a NSAP-PTR b", f"a 60 IN NSAP-PTR b.{GET}."),
}


@pytest.mark.parametrize("text, meant", TAKEN.values(), ids=TAKEN)
def test_taken(check, tmp_path, text, meant):
    """named reads what --print-zone prints as it reads the usual way of writing it."""
    done = check(text, "--print-zone")
    assert done.returncode == 0, done.stderr
    printed = zonefiles.read(done.stdout, tmp_path)
    wanted = zonefiles.read(f"{zonefiles.HEAD}{meant}\n", tmp_path)
    (key, ttl), = [each for each in wanted.items() if each[0][1] not in (2, 6)]
    assert printed[key] == ttl


# What is warned of, and what the warning says; None: nothing is.
WARNED = {
    "doubled": ("x CNAME get.acme.example.test", "holds the zone's name twice"),
    "doubled-target-of-mx": ("x MX 1 mail.example.test", "holds the zone's name twice"),
    "doubled-owner": ("x.get.example.test TXT y", "holds the zone's name twice"),
    "nowhere": ("x CNAME y", "where no record is"),
    "no-address": ("x MX 1 y\ny TXT z", "which has no A or AAAA record"),
    "alias-as-target": ("x SRV 1 1 1 y\ny CNAME z.", "which has no A or AAAA record"),
    "address": ("x MX 1 192.0.2.1.", "looks like an address"),
    "itself": (f"x HTTPS 0 x.{GET}.", "which is itself"),
    "somewhere": ("x CNAME y\ny TXT z", None),
    "apex": ("x CNAME @", None),
    "elsewhere": ("x CNAME get.acme.example.test.", None),
    "no-mail": ("@ MX 0 .", None),
    "own-target": ("@ HTTPS 1 . alpn=h2", None),
    "mail": ("x MX 1 y\ny A 192.0.2.7", None),
}


@pytest.mark.parametrize("text, message", WARNED.values(), ids=WARNED)
def test_warned(check, tmp_path, text, message):
    done = check(text)
    assert done.returncode == 0
    warnings = [line for line in done.stderr.splitlines() if "extra:" in line]
    if message is None:
        assert warnings == []
    else:
        assert warnings[0].startswith(f"WARNING: {tmp_path}/extra:1: ") and message in warnings[0]


def test_parentgen_warns_too(site_file, tmp_path):
    (tmp_path / "extra").write_text("x CNAME get.acme.example.test\n")
    done = daemon.run("--lint", site_file(zone={"records": "extra"}), program=daemon.PARENTGEN)
    assert done.returncode == 0
    assert "extra:1: " in done.stderr and "[record-target]" in done.stderr


@pytest.mark.parametrize("record", ["ns1 AAAA 2001:db8::66", "ns2 A 192.0.2.66", "NS1 A 192.0.2.1",
                                    "ns2 CNAME x.", "@ A 192.0.2.1"])
def test_addresses_of_the_site_file_are_its_own(check, tmp_path, record):
    """Of the name itself and of every nameserver in the zone, whichever site's it is."""
    done = check(f"ns1 TXT fine\n{record}\n", site_dc1={"nameserver": f"ns1.{GET}"},
                 site_dc2={"nameserver": f"ns2.{GET}"})
    assert done.returncode == 78
    assert done.stderr.startswith(f"ERROR: {tmp_path}/extra:2: ")
    assert "`address` in " in done.stderr and "fine" not in done.stderr


def test_other_names_may_have_addresses(check):
    """Beside, below and above a nameserver in the zone."""
    done = check("a.ns1.sub A 192.0.2.66\nsub A 192.0.2.66\nns2 A 192.0.2.66\n",
                 site_dc1={"nameserver": f"ns1.sub.{GET}"})
    assert done.returncode == 0, done.stderr
