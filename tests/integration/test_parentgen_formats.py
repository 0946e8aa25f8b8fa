"""The forms that parentgen prints: each says the same, and is what its reader can read.

SITENS_UPDATE_GOLDEN=1 writes the golden files anew; read the difference before you commit it.
"""

import json
import os
import pathlib
import random
import re
import subprocess

import botocore.loaders
import botocore.model
import botocore.validate
import hcl
import natsort
import pytest
import yaml

import daemon
import parents

GOLDEN = pathlib.Path(__file__).parent / "golden"
FORMS = ["bind", "nsupdate", "knotc", "pdnsutil", "tinydns", "route53", "cloudflare", "octodns",
         "dnscontrol", "terraform-aws", "terraform-cloudflare", "terraform-google", "table",
         "html", "json"]
FILES = ["plain", "signed"]
ZONE = "example.org"


def printed(form, name, netns):
    """What parentgen prints; --force, since no site of the golden files answers."""
    with netns.inside():
        done = daemon.run("--format", form, "--force", GOLDEN / f"{name}.conf",
                          program=daemon.PARENTGEN)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("form", FORMS)
def test_golden(form, name, netns):
    text = re.sub(r"parentgen \d\S+", "parentgen VERSION", printed(form, name, netns))
    golden = GOLDEN / f"{name}.{form}"
    if os.environ.get("SITENS_UPDATE_GOLDEN"):
        golden.write_text(text)
    assert text == golden.read_text()


def test_every_form_has_a_golden_file(site_file):
    done = daemon.run("--format", "none", site_file(), program=daemon.PARENTGEN)
    assert done.stderr.strip().split("there are ")[1].split(", ") == FORMS


# Readers: each turns a form into a set of (name, type, ttl, data)

def canonical(owner, rdtype, ttl, data):
    """Names with a final dot, as far as data is a name; DS digests in one piece."""
    if rdtype == "NS" and not data.endswith("."):
        data += "."
    return owner.rstrip(".") + ".", rdtype, int(ttl), data


def absolute(name):
    return ZONE if name in ("@", "") else f"{name}.{ZONE}"


def ds_text(ds):
    return "{key_tag} {algorithm} {digest_type} {digest}".format(**ds)


def read_bind(text):
    for line in text.splitlines():
        if not line.startswith(";"):
            owner, ttl, _, rdtype, data = line.split(None, 4)
            yield owner, rdtype, ttl, data


def read_json(text):
    document = json.loads(text)
    assert document["parent"] == ZONE + "."
    for each in document["records"]:
        yield each["name"], each["type"], each["ttl"], each["data"]


def read_table(text):
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert lines[0].split() == ["NAME", "TYPE", "TTL", "VALUE"]
    for line in lines[1:]:
        name, rdtype, ttl, data = line.split(None, 3)
        yield absolute(name), rdtype, ttl, data


def read_route53(text):
    """Checked against the schema of Amazon's own client."""
    batch = json.loads(text)
    service = botocore.loaders.Loader().load_service_model("route53", "service-2")
    model = botocore.model.ServiceModel(service)
    shape = model.operation_model("ChangeResourceRecordSets").input_shape.members["ChangeBatch"]
    report = botocore.validate.ParamValidator().validate(batch, shape)
    assert not report.has_errors(), report.generate_report()
    kinds = service["shapes"]["RRType"]["enum"]
    for change in batch["Changes"]:
        assert change["Action"] == "UPSERT"
        rrset = change["ResourceRecordSet"]
        assert rrset["Type"] in kinds or rrset["Type"] == "DS"
        for value in rrset["ResourceRecords"]:
            yield rrset["Name"], rrset["Type"], rrset["TTL"], value["Value"]


def read_cloudflare(text):
    document = json.loads(text)
    assert list(document) == ["posts"]
    for post in document["posts"]:
        data = ds_text(post["data"]) if post["type"] == "DS" else post["content"]
        assert ("proxied" in post) == (post["type"] in ("A", "AAAA"))
        assert not post.get("proxied")
        yield post["name"], post["type"], post["ttl"], data


# octoDNS's own rule; it refuses keys that are out of order.
natural = natsort.natsort_keygen()


def read_octodns(text):
    document = yaml.safe_load(text)
    assert all(isinstance(name, str) for name in document)
    assert list(document) == sorted(document, key=natural)
    for name, rrsets in document.items():
        for rrset in rrsets:
            assert list(rrset) == sorted(rrset, key=natural)
            for value in rrset["values"]:
                if isinstance(value, dict):
                    assert list(value) == sorted(value, key=natural)
                data = ds_text(value) if isinstance(value, dict) else value
                assert rrset["type"] != "NS" or data.endswith(".")
                yield absolute(name), rrset["type"], rrset["ttl"], data


def random_hosts(chance, count):
    """Host names of few letters, so that many have a beginning in common."""
    hosts = {"ns1", "ns-eu", "ns", "1ns", "ns-1", "ns10", "ns2", "ns.1", "ns01"}
    while len(hosts) < count:
        labels = ["".join(chance.choice("an-0019") for _ in range(chance.randint(1, 6)))
                  for _ in range(chance.randint(1, 3))]
        hosts.add(".".join(label.strip("-") or "x" for label in labels))
    return chance.sample(sorted(hosts), count)


@pytest.mark.parametrize("seed", range(8))
def test_order_of_octodns(site_file, seed):
    """64 names are 2016 pairs."""
    hosts = random_hosts(random.Random(seed), 64)
    path = site_file(site_dc1=None, site_dc2=None, **{
        f"site_s{i}": {"nameserver": f"{host}.example.test", "address": f"192.0.2.{i + 1}"}
        for i, host in enumerate(hosts)})
    done = daemon.run("--format", "octodns", path, program=daemon.PARENTGEN)
    assert done.returncode == 0, done.stderr
    names = list(yaml.safe_load(done.stdout))
    assert set(names) == {"get", *hosts}
    assert names == sorted(names, key=natural)


# The functions that DNSControl gives to a dnsconfig.js, as far as they are used.
DNSCONTROL = """
const records = [];
const TTL = seconds => seconds;
const record = type => (name, ...rest) => [name, type, rest.pop(), rest];
const NS = record("NS"), A = record("A"), AAAA = record("AAAA"), DS = record("DS");
const D_EXTEND = (zone, ...list) => records.push({zone: zone, list: list});
"""


def read_dnscontrol(text):
    done = subprocess.run([parents.needed("node"), "-"], capture_output=True, text=True,
                          input=DNSCONTROL + text + "\nconsole.log(JSON.stringify(records));",
                          check=False, timeout=daemon.PATIENCE)
    assert done.returncode == 0, done.stderr
    (extended,) = json.loads(done.stdout)
    assert extended["zone"] == ZONE
    for name, rdtype, ttl, data in extended["list"]:
        yield absolute(name), rdtype, ttl, " ".join(map(str, data))


def resources(text, kind):
    document = hcl.loads(text)
    assert list(document) == ["resource"] and list(document["resource"]) == [kind]
    # Two resources of one name would become one here.
    assert text.count("resource \"") == len(document["resource"][kind])
    for label, resource in document["resource"][kind].items():
        assert re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]*", label)
        yield resource


def read_terraform_aws(text):
    for resource in resources(text, "aws_route53_record"):
        assert resource["zone_id"] == "var.zone_id_example_org"
        for value in resource["records"]:
            yield resource["name"], resource["type"], resource["ttl"], value


def read_terraform_google(text):
    for resource in resources(text, "google_dns_record_set"):
        assert resource["managed_zone"] == "var.managed_zone_example_org"
        assert resource["name"].endswith(".")
        for value in resource["rrdatas"]:
            yield resource["name"], resource["type"], resource["ttl"], value


def read_terraform_cloudflare(text):
    for resource in resources(text, "cloudflare_dns_record"):
        assert resource["zone_id"] == "var.zone_id_example_org"
        rdtype = resource["type"]
        assert resource.get("proxied") is (False if rdtype in ("A", "AAAA") else None)
        data = ds_text(resource["data"]) if rdtype == "DS" else resource["content"]
        yield resource["name"], rdtype, resource["ttl"], data


READERS = {
    "bind": read_bind, "table": read_table, "route53": read_route53,
    "cloudflare": read_cloudflare, "octodns": read_octodns, "dnscontrol": read_dnscontrol,
    "terraform-aws": read_terraform_aws, "terraform-google": read_terraform_google,
    "terraform-cloudflare": read_terraform_cloudflare,
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("form", READERS)
def test_says_the_same(form, name, netns):
    expected = [canonical(*each) for each in read_json(printed("json", name, netns))]
    found = [canonical(*each) for each in READERS[form](printed(form, name, netns))]
    assert sorted(found) == sorted(expected)
    assert {each[1] for each in expected} >= {"NS", "A", "AAAA"}
    assert any(each[1] == "DS" for each in expected) == (name == "signed")


def test_html(site_file):
    done = daemon.run("-f", "html", site_file(), program=daemon.PARENTGEN)
    assert '<link rel="dns-prefetch" href="//get.example.test">' in done.stdout
    assert "Link: <//get.example.test>; rel=dns-prefetch" in done.stdout


def test_notes_of_forms_without_comments(site_file):
    path = site_file(site_dc2={"nameserver": "get.example.net"})
    for form in ("route53", "cloudflare", "json", "knotc"):
        done = daemon.run("-f", form, path, program=daemon.PARENTGEN)
        assert "parentgen: note: get.example.net lies outside example.test" in done.stderr
        assert "lies outside" not in done.stdout
