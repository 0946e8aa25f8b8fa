"""Keys that are wrong, keys that change, clocks that are wrong: never a bogus answer."""

import os
import re

import pytest

import daemon
import signing

GET = signing.ORIGIN
EX_CONFIG = 78
KEY_LINE, PUBLISH_LINE = 5, 6  # of a site file's dnssec-key and dnssec-publish


@pytest.fixture
def key(tmp_path):
    return signing.make_key(tmp_path)


@pytest.fixture
def signed_file(site_file, key):
    """Writes the site file with a key, and more lines."""
    def make(path=key.private, **more):
        return site_file(zone={"dnssec-key": path, **more})
    return make


def refused(path):
    done = daemon.run("--site", "dc1", "--listen", "127.0.0.1@1", path)
    assert done.returncode == EX_CONFIG, done
    return done.stderr


def key_fault(site_file, private, message):
    """The fault names the line of the site file and the key file."""
    place = re.escape(f"{site_file}:{KEY_LINE}: dnssec-key = {private}: ")
    assert re.search(rf"(?m)^ERROR: {place}.*{message}", refused(site_file)), refused(site_file)


# Bad keys

@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_key_that_others_may_read(signed_file, key, mode):
    key.private.chmod(mode)
    key_fault(signed_file(), key.private, "others may read this private key: chmod 600 it")


def test_key_of_another_zone(signed_file, tmp_path):
    other = signing.make_key(tmp_path, "get.example.net")
    key_fault(signed_file(other.private), other.private, "this key was made for another name")
    other.public.unlink()
    key_fault(signed_file(other.private), other.private, f"nothing tells that this key is for {GET}")


@pytest.mark.parametrize("algorithm", [8, 14, 16])
def test_key_of_an_algorithm_that_is_not_supported(signed_file, tmp_path, algorithm):
    other = signing.make_key(tmp_path, algorithm=algorithm)
    key_fault(signed_file(other.private), other.private, "the algorithm must be 13 .* or 15")


def test_zone_signing_key(signed_file, tmp_path):
    other = signing.make_key(tmp_path, options=())
    key_fault(signed_file(other.private), other.private, r"the flags \(first field\) must be 257")


@pytest.mark.parametrize("corrupt", [
    pytest.param(lambda octets: b"", id="empty"),
    pytest.param(lambda octets: octets[:len(octets) // 4], id="short"),
    pytest.param(lambda octets: re.sub(rb"(PrivateKey: ).*", rb"\1AAAA", octets), id="cut"),
    pytest.param(lambda octets: octets.replace(b"PrivateKey", b"Privatekey"), id="unknown-field"),
    pytest.param(lambda octets: os.urandom(500), id="random"),
    pytest.param(lambda octets: b"\0" * 100000, id="zeros"),
])
def test_corrupted_key(signed_file, key, corrupt):
    key.private.write_bytes(corrupt(key.private.read_bytes()))
    key_fault(signed_file(), key.private,
              r"not a private key in the format of BIND or ldns|"
              r"this key and the \.key file beside it do not belong together")


def test_public_half_with_the_wrong_protocol(signed_file, key):
    key.public.write_text(key.public.read_text().replace(" 257 3 ", " 257 2 "))
    key_fault(signed_file(), key.private, r"the protocol \(second field\) must be 3")


def test_missing_key(signed_file, key):
    key.private.unlink()
    key_fault(signed_file(), key.private, "cannot be opened: No such file or directory")


def test_key_of_nobody(signed_file, key, tmp_path):
    """The key belongs to root, as happens, and sitens does not run as root."""
    if os.geteuid() != 0:
        pytest.skip("becoming another user needs root")
    for directory in tmp_path.parents:
        directory.chmod(directory.stat().st_mode | 0o111)
    tmp_path.chmod(0o755)
    path = signed_file()
    said = daemon.run("--test", "--site", "dc1", path, wrapper=(
        "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")).stderr
    assert "Permission denied (the user that sitens runs as must be allowed to)" in said


@pytest.mark.parametrize("change, message", [
    (lambda data: data.replace("257 3", "257 2"), "the protocol (second field) must be 3"),
    (lambda data: data.replace("257 3", "256 3"), "the flags (first field) must be 257"),
    (lambda data: data.replace("3 13", "3 8"), "the algorithm (third field) must be 13"),
    (lambda data: data.replace("3 13", "3 15"), "the key (fourth field) is not one of its"),
    (lambda data: data[:49], "the key (fourth field) is not one of its algorithm"),
    (lambda data: "rubbish", "must be the data of a DNSKEY record"),
], ids=["protocol", "flags", "algorithm", "other-algorithm", "cut", "rubbish"])
def test_published_key(signed_file, tmp_path, change, message):
    data = change(signing.make_key(tmp_path).data)
    path = signed_file(**{"dnssec-publish": data})
    assert f"ERROR: {path}:{PUBLISH_LINE}: dnssec-publish = {data[:20]}" in refused(path)
    assert message in refused(path)


def test_two_keys_of_one_tag(signed_file, tmp_path):
    """Octets of the key change places so that the sum, which the tag is, stays."""
    mine = signing.make_key(tmp_path, algorithm=15)
    octets = bytearray(mine.record.key)
    octets[0:2], octets[2:4] = octets[2:4], octets[0:2]
    twin = mine.record.replace(key=bytes(octets)).to_text()
    path = signed_file(mine.private, **{"dnssec-publish": twin})
    assert f"{path}:{PUBLISH_LINE}: " in refused(path)
    assert f"two different keys have the tag {mine.tag}; replace one of them" in refused(path)


def test_published_without_a_signing_key(site_file, key):
    path = site_file(zone={"dnssec-publish": key.data})
    assert "no dnssec-key has this algorithm" in refused(path)


def test_all_faults_of_keys_at_once(signed_file, key):
    key.private.chmod(0o644)
    path = signed_file(**{"dnssec-publish": ["rubbish", "more"]})
    said = refused(path)
    for line in (KEY_LINE, PUBLISH_LINE, PUBLISH_LINE + 1):
        assert f"{path}:{line}: " in said


def test_test_names_the_keys(signed_file, key, tmp_path):
    other = signing.make_key(tmp_path)
    done = daemon.run("--test", "--site", "dc1", signed_file(**{"dnssec-publish": other.data}))
    assert f"keys by their tags: {key.tag} (signs), {other.tag}" in done.stdout


# Keys that change

@pytest.fixture
def running(sitens, signed_file):
    started = sitens(signed_file())
    started.await_state("serving")
    return started


def validated_by(running, *keys, **options):
    """Whether all that is answered is signed by these keys."""
    return all(signing.is_validated(running.ask(GET, rdtype, want_dnssec=True),
                                    signing.key_set(keys), **options)
               for rdtype in ("A", "DNSKEY", "TXT"))


@pytest.mark.parametrize("fault", ["corrupted", "readable", "gone", "other zone"])
def test_broken_key_keeps_the_old_answers(running, key, tmp_path, fault):
    good = key.private.read_text()
    if fault == "corrupted":
        key.private.write_text(good[:good.index("PrivateKey") + 20])
    elif fault == "readable":
        key.private.chmod(0o644)
    elif fault == "gone":
        key.private.unlink()
    else:
        other = signing.make_key(tmp_path, "get.example.net")
        key.private.write_bytes(other.private.read_bytes())
        key.public.write_bytes(other.public.read_bytes())
    running.reload()
    running.log.await_match(r"^ERROR: .*get\.conf:5: dnssec-key = ")
    running.log.await_match(r"^ERROR: reload failed: keeping the previous configuration")
    assert validated_by(running, key) and not running.is_silent()


def test_replaced_key(running, key, tmp_path):
    (tmp_path / "new").mkdir()
    new = signing.make_key(tmp_path / "new")
    new.private.replace(key.private)
    new.public.replace(key.public)
    assert validated_by(running, key)
    running.reload()
    assert validated_by(running, new)


def test_from_unsigned_to_signed_and_back(sitens, site_file, signed_file, key):
    running = sitens(site_file())
    running.await_state("serving")
    signed_file()
    running.reload()
    assert validated_by(running, key)
    site_file()
    running.reload()
    response = running.ask(GET, want_dnssec=True)
    assert [rrset.rdtype for rrset in response.answer] == [1] and not running.is_silent()


def expiry(running):
    """The metric, as a number."""
    running.signal(daemon.signal.SIGHUP)
    running.notify.await_match(r"(?m)^READY=1$")
    text = (running.directory / "run" / "sitens.prom").read_text()
    name = "sitens_rrsig_expiry_timestamp_seconds"
    found = re.search(rf'(?m)^{name}{{zone="{GET}",site="dc1"}} (\d+)$', text)
    return int(found[1])


def test_expiry_metric(running):
    rrsig = running.ask(GET, want_dnssec=True).answer[1][0]
    assert expiry(running) - rrsig.expiration in range(0, 60)


def test_no_expiry_metric_without_keys(serving):
    serving.reload()
    text = (serving.directory / "run" / "sitens.prom").read_text()
    assert "\nsitens_rrsig_expiry_timestamp_seconds" not in text


# Clocks

EXPIRED = "the clock is older than the key file: set it right, or touch the file and reload"


def set_age(path, seconds):
    """Lets a file have been written so many seconds ago."""
    then = path.stat().st_mtime_ns - seconds * 10**9
    os.utime(path, ns=(then, then))


def test_key_from_the_future(sitens, signed_file, key):
    set_age(key.private, -signing.DAY)
    running = sitens(signed_file())
    assert running.await_state("expired").endswith(EXPIRED)
    running.await_ready()
    assert running.is_silent()
    running.await_file(f"{GET}.state", f"expired {EXPIRED}\n")
    key.private.touch()
    running.reload()
    running.await_state("serving")
    assert validated_by(running, key)


def test_key_from_the_near_future(sitens, signed_file, key):
    """A little ahead is the clock of the host where the key was made."""
    set_age(key.private, -30)
    running = sitens(signed_file())
    running.await_state("serving")


def test_expired_even_where_failing_is_servfail(sitens, site_file, key):
    set_age(key.private, -signing.DAY)
    running = sitens(site_file(zone={"dnssec-key": key.private}, policy={"withdraw": "servfail"}))
    running.await_state("expired")
    assert running.is_silent()


@pytest.fixture
def clocked(sitens, signed_file, clock):
    """A running daemon whose wall clock is `clock`."""
    started = sitens(signed_file(), more_environment=clock.environment)
    started.await_state("serving")
    return started


def test_signed_anew_every_day(clocked, clock, key):
    before = clocked.ask(GET, want_dnssec=True).answer[1][0]
    clock.set(signing.DAY * 13 // 10)
    clocked.log.await_match(r"^INFO: re-signed")
    after = clocked.ask(GET, want_dnssec=True).answer[1][0]
    assert after.inception - before.inception in range(signing.DAY, 2 * signing.DAY)
    assert validated_by(clocked, key, now=clock.now()) and not clocked.is_silent()


@pytest.mark.parametrize("days", [1000, -0.1])
def test_clock_that_jumps(clocked, clock, key, days):
    """Signatures that are not valid at this time are not served for longer than a second."""
    set_age(key.private, signing.DAY)
    clocked.reload()
    clock.set(int(days * signing.DAY))
    clocked.log.await_match(r"^INFO: re-signed")
    assert validated_by(clocked, key, now=clock.now())
    assert "expired" not in clocked.log


def test_clock_before_the_key(clocked, clock, key):
    clock.set(-2 * signing.DAY)
    assert clocked.await_state("expired").endswith(EXPIRED)
    assert clocked.is_silent()
    clock.set(0)
    clocked.await_state("serving")
    assert validated_by(clocked, key, now=clock.now())


def test_a_reload_does_not_forget_that_it_is_expired(clocked, clock, key):
    clock.set(-2 * signing.DAY)
    clocked.await_state("expired")
    clocked.reload()
    assert clocked.is_silent()
    clock.set(0)
    clocked.await_state("serving")
    assert validated_by(clocked, key)
