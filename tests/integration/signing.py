"""DNSSEC as the tests see it: keys made by BIND, answers validated by dnspython, a clock to set."""

import dataclasses
import pathlib
import subprocess
import time

import dns.dnssec
import dns.flags
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset

ORIGIN = "get.example.test"
DAY = 86400

# Of the Debian package libfaketime; the directory is named after the machine's architecture.
LIBFAKETIME = next(pathlib.Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)


@dataclasses.dataclass
class Key:
    """A key pair in files: private is the path, data that of the DNSKEY record."""

    private: pathlib.Path
    data: str

    @property
    def public(self):
        return self.private.with_suffix(".key")

    @property
    def record(self):
        return dns.rdata.from_text("IN", "DNSKEY", self.data)

    @property
    def tag(self):
        return dns.dnssec.key_id(self.record)


def make_key(directory, name=ORIGIN, algorithm=13, options=("-f", "KSK")):
    """A new key of dnssec-keygen in directory."""
    base = subprocess.run(
        ["dnssec-keygen", "-q", "-K", str(directory), "-a", str(algorithm), *options, name],
        check=True, capture_output=True, text=True).stdout.strip()
    public = (directory / f"{base}.key").read_text()
    return Key(directory / f"{base}.private", public.split(" DNSKEY ")[1].strip())


def key_set(keys, name=ORIGIN):
    """What a validator trusts: the keys of a zone by its name."""
    name = dns.name.from_text(name)
    return {name: dns.rrset.from_rdata_list(name, 3600, [key.record for key in keys])}


def rrsets(response):
    """The sets of a response that are not signatures."""
    return [rrset for rrset in response.answer + response.authority
            if rrset.rdtype != dns.rdatatype.RRSIG]


def is_validated(response, trusted, now=None):
    """Whether there is anything, and each set of it is signed by a key of trusted."""
    for rrset in rrsets(response):
        section = response.answer if rrset in response.answer else response.authority
        rrsigs = response.find_rrset(section, rrset.name, rrset.rdclass, dns.rdatatype.RRSIG,
                                     rrset.rdtype)
        dns.dnssec.validate(rrset, rrsigs, trusted, now=now)
    return bool(rrsets(response)) and not response.flags & dns.flags.AD


def proofs(response):
    """The NSEC records of a response, {owner: (next, types)}."""
    return {rrset.name.to_text(): (rrset[0].next.to_text(), types(rrset[0]))
            for rrset in response.authority if rrset.rdtype == dns.rdatatype.NSEC}


def types(nsec):
    """The names of the types that an NSEC record lists."""
    return {dns.rdatatype.to_text(window * 256 + octet * 8 + bit)
            for window, bitmap in nsec.windows for octet, bits in enumerate(bitmap)
            for bit in range(8) if bits & 0x80 >> bit}


class Clock:
    """The wall clock of one daemon, which a test sets; the monotonic one goes on as it is."""

    def __init__(self, path):
        self.path = path
        self.offset_s = 0
        self.set(0)

    def set(self, offset_s):
        """So many seconds from the true time."""
        self.offset_s = offset_s
        new = self.path.with_suffix(".new")
        new.write_text(f"{offset_s:+d}\n")
        new.rename(self.path)

    def now(self):
        return time.time() + self.offset_s

    @property
    def environment(self):
        return {"LD_PRELOAD": str(LIBFAKETIME), "FAKETIME_TIMESTAMP_FILE": str(self.path),
                "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
