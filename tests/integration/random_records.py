"""Random records as an operator may write them, and random damage to them.

Everything comes from a random.Random that the test seeds, so that a failure can be repeated.
"""

import base64
import ipaddress

HEX = "0123456789abcdefABCDEF"


class Writer:
    """Writes fields, each in one of the ways in which it can be written."""

    def __init__(self, random):
        self.random = random

    def number(self, most):
        return str(self.random.choice((0, 1, most, self.random.randint(0, most))))

    def escaped(self, octets, quoted):
        """The octets in the escapes of RFC 1035 section 5.1."""
        special = b'"\\' if quoted else b'"\\;() '
        out = ""
        for octet in octets:
            if octet in special and self.random.random() < 0.5:
                out += "\\" + chr(octet)
            elif octet in special or not 32 <= octet < 127 or self.random.random() < 0.03:
                out += f"\\{octet:03}"
            else:
                out += chr(octet)
        return out

    def octets(self, least=0, most=40):
        return self.random.randbytes(self.random.randint(least, most))

    def text(self, least=0, most=40):
        return bytes(self.random.choices(range(32, 127), k=self.random.randint(least, most)))

    def string(self, least=0, most=255):
        octets = self.random.choice((self.octets, self.text))(least, self.random.choice((9, most)))
        quoted = not octets or self.random.random() < 0.6
        out = self.escaped(octets, quoted)
        if not quoted and out.startswith("\\#"):
            quoted = True
        return f'"{out}"' if quoted else out

    def quoted(self, least=0, most=60):
        return f'"{self.escaped(self.text(least, most), True)}"'

    def label(self):
        kind = self.random.random()
        if kind < 0.1:
            octets = self.octets(1, 9)
        elif kind < 0.15:
            octets = b"x" * 63
        else:
            octets = bytes(self.random.choices(
                b"abcdefghijklmnopqrstuvwxyzABCXYZ0123456789-_", k=self.random.randint(1, 9)))
        return self.escaped(octets, False).replace(".", "\\.").replace("@", "\\@").replace(
            "$", "\\$")

    def name(self):
        kind = self.random.random()
        if kind < 0.1:
            return "@"
        if kind < 0.15:
            return "."
        labels = ".".join(self.label() for _ in range(self.random.randint(1, 3)))
        return labels + self.random.choice(("", ".", ".example.org."))

    def split(self, text):
        """With blanks somewhere, as hexadecimal and base64 may have."""
        if len(text) > 4 and self.random.random() < 0.3:
            at = self.random.randint(1, len(text) - 1)
            return f"{text[:at]} {text[at:]}"
        return text

    def hex(self, octets):
        return self.split("".join(
            self.random.choice((c, c.upper())) for c in octets.hex()))

    def base64(self, octets):
        return self.split(base64.b64encode(octets).decode())

    def ipv4(self):
        return str(ipaddress.IPv4Address(self.random.randbytes(4)))

    def ipv6(self):
        address = ipaddress.IPv6Address(self.random.choice((
            self.random.randbytes(16), bytes(15) + b"\1", b"\x20\1" + bytes(13) + b"\7")))
        return self.random.choice((str(address), address.exploded, str(address).upper()))

    def digest(self, lengths):
        """A type, and a digest as long as that type's, or of any length."""
        kind = self.random.choice((*lengths, 200))
        return f"{kind} {self.hex(self.random.randbytes(lengths.get(kind, 20)))}"


def loc(w):
    def angle(degrees, directions):
        d = w.random.choice((degrees, w.random.randint(0, degrees - 1)))
        parts = [str(d)]
        if d < degrees and w.random.random() < 0.8:
            parts.append(str(w.random.randint(0, 59)))
            if w.random.random() < 0.8:
                parts.append(w.random.choice(("0", "59.999", "7.5", "23.04", "11")))
        return " ".join((*parts, w.random.choice(directions)))
    altitude = w.random.choice(("-100000.00m", "0", "10m", "-24.5", "42849672.95m", "1.07m"))
    sizes = [w.random.choice(("0", "1m", "30m", "0.05m", "2000.00m", "90000000m", "0.5", "0m"))
             for _ in range(w.random.randint(0, 3))]
    return " ".join((angle(90, "NS"), angle(180, "EW"), altitude, *sizes))


def apl(w):
    def item():
        kind, address, most = w.random.choice(((1, w.ipv4(), 32), (2, w.ipv6(), 128)))
        return f"{w.random.choice(('', '!'))}{kind}:{address}/{w.random.randint(0, most)}"
    return " ".join(item() for _ in range(w.random.randint(1, 4)))


def ipseckey(w):
    kind = w.random.randint(0, 3)
    gateway = (".", w.ipv4(), w.ipv6(), w.name())[kind]
    return f"{w.number(255)} {kind} {w.number(255)} {gateway} {w.base64(w.octets(1))}"


def alpn(w):
    """Two levels of escapes (RFC 9460 appendix A.1)."""
    names = [w.random.choice((b"h2", b"h3", b"http/1.1", w.octets(1, 6), b"f\\oo,bar"))
             for _ in range(w.random.randint(1, 3))]
    listed = b",".join(n.replace(b"\\", b"\\\\").replace(b",", b"\\,") for n in names)
    quoted = w.random.random() < 0.5
    out = w.escaped(listed, quoted)
    return f'"{out}"' if quoted else out


def svcb(w):
    if w.random.random() < 0.1:
        return f"0 {w.name()}"
    params = {
        "alpn": alpn(w), "port": w.number(65535),
        "ipv4hint": ",".join(w.ipv4() for _ in range(w.random.randint(1, 3))),
        "ipv6hint": ",".join(w.ipv6() for _ in range(w.random.randint(1, 3))),
        "ech": base64.b64encode(w.octets(1)).decode(),
        "key667": w.quoted(), f"key{w.random.randint(100, 65534)}": w.string(1, 20),
        "key9": None,
    }
    chosen = dict(w.random.sample(sorted(params.items()), w.random.randint(0, 5)))
    if "alpn" in chosen and w.random.random() < 0.4:
        chosen["no-default-alpn"] = None
    if chosen and w.random.random() < 0.3:
        chosen["mandatory"] = ",".join(w.random.sample(
            sorted(chosen), w.random.randint(1, len(chosen))))
    listed = list(chosen.items())
    w.random.shuffle(listed)
    texts = [key if value is None else f"{key}={value}" for key, value in listed]
    return " ".join((str(w.random.randint(1, 65535)), w.name(), *texts))


def naptr(w):
    expression = w.random.choice((
        '""', '"!^.*$!sip:info@example.org!"', '"!^urn:(.*)$!\\\\1!i"', '"/a(b)c/x\\\\1y/"'))
    return (f"{w.number(65535)} {w.number(65535)} {w.quoted(0, 3)} {w.quoted(0, 9)} {expression} "
            f"{w.name()}")


def csync(w):
    types = w.random.sample(("A", "NS", "AAAA", "MX", "TYPE1234", "TXT", "CAA", "TYPE65000"),
                            w.random.randint(0, 5))
    return " ".join((w.number(2**32 - 1), w.number(65535), *types))


def key(w):
    return f"{w.random.choice((0, 256, 257))} 3 {w.random.choice((13, 15, 8))} {w.base64(w.octets(4))}"


def sig(w):
    return (f"A {w.random.choice((5, 8, 13))} 3 {w.number(2**31 - 1)} 20300228235959 20200229000000"
            f" {w.number(65535)} {w.name()} {w.base64(w.octets(4))}")


SOUND = {
    "A": Writer.ipv4,
    "AAAA": Writer.ipv6,
    "AFSDB": lambda w: f"{w.number(65535)} {w.name()}",
    "APL": apl,
    "ATMA": lambda w: w.random.choice(("+61200000000", "39.246f.000e7c9c0312" + w.octets(1).hex())),
    "CAA": lambda w: f"{w.number(255)} {w.random.choice(('issue', 'IODEF', 'x9'))} {w.string(1)}",
    "CERT": lambda w: f"{w.random.choice(('PGP', 'PKIX', '1', '65280'))} {w.number(65535)} "
                      f"{w.random.choice(('RSASHA256', '13', '255'))} {w.base64(w.octets(1))}",
    "CNAME": Writer.name,
    "CSYNC": csync,
    "DHCID": lambda w: w.base64(w.octets(3)),
    "DLV": lambda w: f"{w.number(65535)} {w.random.choice(('13', 'RSASHA256'))} "
                     + w.digest({1: 20, 2: 32, 4: 48}),
    "EID": lambda w: w.hex(w.octets(1)),
    "EUI48": lambda w: w.random.randbytes(6).hex("-"),
    "EUI64": lambda w: w.random.randbytes(8).hex("-").upper(),
    "GPOS": lambda w: w.random.choice(('-32.6882 116.8652 10.0', '"0" "-180" "+7"')),
    "HINFO": lambda w: f"{w.string()} {w.string()}",
    "HIP": lambda w: f"{w.number(255)} {w.octets(1).hex()} {base64.b64encode(w.octets(1)).decode()} "
                     + " ".join(w.name() for _ in range(w.random.randint(0, 2))),
    "HTTPS": svcb,
    "IPSECKEY": ipseckey,
    "ISDN": lambda w: " ".join(w.quoted() for _ in range(w.random.randint(1, 2))),
    "KEY": key,
    "KX": lambda w: f"{w.number(65535)} {w.name()}",
    "L32": lambda w: f"{w.number(65535)} {w.ipv4()}",
    "L64": lambda w: f"{w.number(65535)} {w.random.randbytes(8).hex(':', 2)}",
    "LOC": loc,
    "LP": lambda w: f"{w.number(65535)} {w.name()}",
    "MB": Writer.name,
    "MG": Writer.name,
    "MINFO": lambda w: f"{w.name()} {w.name()}",
    "MR": Writer.name,
    "MX": lambda w: f"{w.number(65535)} {w.name()}",
    "NAPTR": naptr,
    "NID": lambda w: f"{w.number(65535)} {w.random.randbytes(8).hex(':', 2)}",
    "NIMLOC": lambda w: w.hex(w.octets(1)),
    "NSAP": lambda w: "0x" + w.octets(1, 20).hex("."),
    "NSAP-PTR": Writer.name,
    "NULL": lambda w: "\\# 3 " + w.hex(w.random.randbytes(3)),
    "OPENPGPKEY": lambda w: w.base64(w.octets(1)),
    "PTR": Writer.name,
    "PX": lambda w: f"{w.number(65535)} {w.name()} {w.name()}",
    "RP": lambda w: f"{w.name()} {w.name()}",
    "RT": lambda w: f"{w.number(65535)} {w.name()}",
    "SIG": sig,
    "SINK": lambda w: f"{w.number(255)} {w.number(255)} {w.number(255)} {w.base64(w.octets(1))}",
    "SMIMEA": lambda w: f"{w.number(255)} {w.number(255)} " + w.digest({1: 32, 2: 64}),
    "SPF": lambda w: " ".join(w.string() for _ in range(w.random.randint(1, 3))),
    "SRV": lambda w: f"{w.number(65535)} {w.number(65535)} {w.number(65535)} {w.name()}",
    "SSHFP": lambda w: f"{w.number(255)} " + w.digest({1: 20, 2: 32}),
    "SVCB": svcb,
    "TALINK": lambda w: f"{w.name()} {w.name()}",
    "TLSA": lambda w: f"{w.number(255)} {w.number(255)} " + w.digest({1: 32, 2: 64}),
    "TXT": lambda w: " ".join(w.string() for _ in range(w.random.randint(1, 4))),
    "TYPE65280": lambda w: (lambda o: f"\\# {len(o)} {w.hex(o)}")(w.octets()),
    "URI": lambda w: f"{w.number(65535)} {w.number(65535)} {w.quoted(1)}",
    "WKS": lambda w: f"{w.ipv4()} {w.random.choice(('tcp', '17', 'UDP'))} "
                     + " ".join(w.number(65535) for _ in range(w.random.randint(0, 4))),
    "X25": lambda w: f'"{w.random.randint(1000, 10**9)}"',
    "ZONEMD": lambda w: f"{w.number(2**32 - 1)} {w.random.randint(1, 255)} " + w.digest({1: 48, 2: 64}),
}


def sound(random, owner, rdtype):
    """A line of a zone file, or several in parentheses: owner, TTL, class, type and data."""
    w = Writer(random)
    ttl = random.choice(("", "", "60", "0", "2147483647", "1h30m", "2D", "1w2d3h4m5s"))
    before = [random.choice(("", "IN", "in", "CLASS1")), ttl]
    random.shuffle(before)
    name = random.choice((rdtype, rdtype.lower()))
    data = SOUND[rdtype](w)
    if random.random() < 0.1:
        blank = data.find(" ")
        if 0 < blank and '"' not in data and "\\" not in data:
            data = f"{data[:blank]} ( ; a comment (\n\t{data[blank:]} )"
    return " ".join(filter(None, (owner, *before, name, data))) + random.choice(("", " ; comment"))


NUMBERS = ("-1", "+1", "256", "65536", "70000", "4294967296", "99999999999", "0x10", "1.5", "1e3", "")


def damage(random, line):
    """The line with one thing wrong, or perhaps still right."""
    words = line.split(" ")
    at = random.randrange(1, len(words))
    kind = random.randrange(9)
    if kind == 0 and len(words) > 2:
        del words[at]
    elif kind == 1:
        words.insert(at, words[random.randrange(1, len(words))])
    elif kind == 2:
        numbers = [i for i, word in enumerate(words) if i and word.isdigit()]
        words[random.choice(numbers or [at])] = random.choice(NUMBERS)
    elif kind == 3:
        words.append(random.choice(("x", "0", "\"\"", ".", "IN", "A", "alpn=h2", "port", "\\#")))
    else:
        whole = " ".join(words)
        i = random.randrange(len(words[0]), len(whole))
        if kind == 4:
            whole = whole[:i] + whole[i + 1:]
        elif kind == 5:
            whole = whole[:i] + whole[i] + whole[i:]
        elif kind == 6:
            whole = whole[:i] + random.choice("\"\\();,=.@-0z/ \t") + whole[i:]
        elif kind == 7:
            whole = whole[:i] + random.choice("\"\\();,=.@-0z/ \t") + whole[i + 1:]
        else:
            whole = whole[:i]
        return whole
    return " ".join(words)
