"""Whose addresses a site answers with: three sites under each policy, signed and not.

Each test has a network namespace of its own, for sites are asked at port 53 of their addresses.
"""

import re

import dns.edns
import dns.rcode
import pytest

import daemon
import signing
import webserver

V4 = {"dc1": "192.0.2.10", "dc2": "198.51.100.20", "dc3": "203.0.113.30"}
V6 = {"dc1": "2001:db8:1::10", "dc2": "2001:db8:2::20", "dc3": "2001:db8:3::30"}


class Trio:
    """Three sites; each has a web server, and is started when the test says so."""

    def __init__(self, sitens, site_file, make_web, key, preferences=(10, 10, 10), **policy):
        self.sitens, self.running, self.key = sitens, {}, key
        self.webs = {name: make_web(("127.0.0.1", 0)) for name in V4}
        sections = {f"site_{name}": {
            "nameserver": f"get.{name}.example.test", "address": f"{V4[name]} {V6[name]}",
            "preference": preference} for name, preference in zip(V4, preferences)}
        sections["policy"] = {"hold-down": "0s", **{
            option.replace("_", "-"): value for option, value in policy.items()}}
        if key:
            sections["zone"] = {"dnssec-key": key.private}
        # One file for each: they differ in where the web server is, which is local.
        self.files = {name: site_file(f"{name}.conf", url=web.url(), **sections)
                      for name, web in self.webs.items()}

    def start(self, name, *options, family6=True):
        more = ("--listen", f"{V6[name]}@53") if family6 else ()
        self.running[name] = self.sitens("--site", name, *more, *options, self.files[name],
                                         listen=(V4[name], 53))
        return self.running[name]

    def start_all(self):
        for name in V4:
            self.start(name)
        return [self.running[name] for name in V4]

    def fail(self, name):
        self._forget()
        self.webs[name].answer = webserver.response(500)

    def fix(self, name):
        self._forget()
        self.webs[name].answer = webserver.response()

    def _forget(self):
        """Changes of state that are awaited from now on are those that come of it: while the sites
        start one after the other, a standby may serve for a moment."""
        for running in self.running.values():
            running.log.skip(reader="get.example.test")

    def gives(self, name, *sites, ready=True):
        """That a site gives these addresses, in this order, of both families, and says with every
        answer whether it is well."""
        for rdtype, addresses in (("A", V4), ("AAAA", V6)):
            assert self.given(name, rdtype, ready) == [addresses[each] for each in sites]
        assert self.is_marked(name, "SOA") == self.is_marked(name, "TXT") == (not ready)

    def given(self, name, rdtype, ready=True):
        response = self.ask(name, rdtype)
        assert not_ready(response) != ready, response
        return [item.to_text() for rrset in signing.rrsets(response) for item in rrset
                if rrset.rdtype in (1, 28)]

    def ask(self, name, rdtype):
        response = self.running[name].ask(rdtype=rdtype, use_edns=0, want_dnssec=bool(self.key))
        assert response.rcode() == dns.rcode.NOERROR
        assert not self.key or signing.is_validated(response, signing.key_set([self.key]))
        return response

    def is_marked(self, name, rdtype):
        return not_ready(self.ask(name, rdtype))

    def await_answers(self, name, *sites):
        """Waits until the log says that a site answers with the addresses of these; and then it does:
        a change is announced once it is in service."""
        self.running[name].log.await_match(
            rf"get\.example\.test: answers with the addresses of {', '.join(sites) or 'nobody'}$",
            reader="answers")


def not_ready(response):
    """Whether it is marked with EDE 14."""
    return any(option.otype == dns.edns.OptionType.EDE and option.code == 14
               for option in response.options)


@pytest.fixture(params=["unsigned", "signed"])
def trio(request, netns, sitens, site_file, make_web, tmp_path):
    key = signing.make_key(tmp_path) if request.param == "signed" else None
    for address in V4.values():
        netns.add_address(f"{address}/32")
    for address in V6.values():
        netns.add_address(f"{address}/128")
    with netns.inside():
        yield lambda **options: Trio(sitens, site_file, make_web, key, **options)


def test_own(trio):
    sites = trio()
    for each in sites.start_all():
        each.await_state("serving")
    for name in V4:
        sites.gives(name, name)
    sites.fail("dc1")
    sites.running["dc1"].await_state("failing")
    assert sites.running["dc1"].is_silent()
    assert not any("addresses of" in text for text in sites.running["dc1"].log.texts)


def test_serving(trio):
    """Its own first, then its equals that are well."""
    sites = trio(answer="serving")
    sites.start_all()
    for name, others in (("dc1", ["dc2", "dc3"]), ("dc2", ["dc1", "dc3"]), ("dc3", ["dc1", "dc2"])):
        sites.await_answers(name, "dc1", "dc2", "dc3")
        sites.gives(name, name, *others)
    sites.fail("dc3")
    for name in ("dc1", "dc2"):
        sites.await_answers(name, "dc1", "dc2")
    sites.gives("dc1", "dc1", "dc2")
    sites.gives("dc2", "dc2", "dc1")
    sites.running["dc3"].await_state("failing")
    assert sites.running["dc3"].is_silent()
    sites.fix("dc3")
    for name in ("dc1", "dc2", "dc3"):
        sites.await_answers(name, "dc1", "dc2", "dc3")


def test_serving_and_standby(trio):
    sites = trio(answer="serving", preferences=(10, 20, 10))
    sites.start_all()
    for name in V4:
        sites.await_answers(name, "dc1", "dc3")
    sites.gives("dc1", "dc1", "dc3")
    sites.gives("dc3", "dc3", "dc1")
    sites.gives("dc2", "dc1", "dc3")


def test_hand_over(trio):
    """To those that are well; and when there is none any more, to nobody: two that hand over to each
    other are both marked."""
    sites = trio(withdraw="hand-over")
    for each in sites.start_all():
        each.await_state("serving")
    sites.fail("dc1")
    sites.running["dc1"].await_state("failing")
    sites.await_answers("dc1", "dc2", "dc3")
    sites.gives("dc1", "dc2", "dc3", ready=False)
    sites.fail("dc2")
    sites.await_answers("dc1", "dc3")
    sites.await_answers("dc2", "dc3")
    for name in ("dc1", "dc2"):
        sites.gives(name, "dc3", ready=False)
    sites.fail("dc3")
    for name in ("dc1", "dc2"):
        sites.await_answers(name)
    sites.running["dc3"].await_state("failing")
    for each in sites.running.values():
        assert each.is_silent()
    sites.fix("dc2")
    for name in ("dc1", "dc3"):
        sites.await_answers(name, "dc2")
        sites.gives(name, "dc2", ready=False)
    sites.gives("dc2", "dc2")


def test_hand_over_to_the_best(trio):
    sites = trio(withdraw="hand-over", preferences=(10, 20, 30))
    sites.start_all()
    sites.await_answers("dc2", "dc1")
    sites.await_answers("dc3", "dc1")
    sites.gives("dc2", "dc1")
    sites.gives("dc3", "dc1")
    sites.fail("dc1")
    sites.await_answers("dc1", "dc2")
    sites.gives("dc1", "dc2", ready=False)
    sites.await_answers("dc3", "dc2")
    sites.running["dc2"].await_state("serving")
    sites.gives("dc2", "dc2")
    sites.gives("dc3", "dc2")
    sites.fail("dc2")
    for name in ("dc1", "dc2"):
        sites.await_answers(name, "dc3")
        sites.gives(name, "dc3", ready=False)
    sites.running["dc3"].await_state("serving")
    sites.gives("dc3", "dc3")
    sites.fix("dc1")
    for name in ("dc2", "dc3"):
        sites.await_answers(name, "dc1")
    sites.gives("dc1", "dc1")
    sites.gives("dc3", "dc1")


@pytest.mark.parametrize("withdraw", ["silent", "servfail", "hand-over"])
def test_standby_hands_over_always(trio, withdraw):
    sites = trio(withdraw=withdraw, preferences=(10, 10, 20))
    sites.start_all()
    sites.await_answers("dc3", "dc1", "dc2")
    sites.gives("dc3", "dc1", "dc2")
    sites.fail("dc1")
    sites.await_answers("dc3", "dc2")
    sites.gives("dc3", "dc2")
    sites.running["dc2"].process.kill()
    sites.running["dc3"].await_state("serving")
    sites.gives("dc3", "dc3")


def test_last_resort_comes_after_hand_over(trio):
    sites = trio(withdraw="hand-over", last_resort="yes", preferences=(10, 10, 20))
    sites.start_all()
    sites.await_answers("dc3", "dc1", "dc2")
    for name in ("dc1", "dc2"):
        sites.fail(name)
        sites.running[name].await_state("failing")
    for name in ("dc1", "dc2"):
        sites.await_answers(name, "dc3")
    sites.fail("dc3")
    for name in V4:
        sites.running[name].await_state("last-resort")
        sites.gives(name, name, ready=False)


def test_address_whose_nameserver_does_not_answer(trio):
    """It is not given, as long as another of its family is there."""
    sites = trio(withdraw="hand-over")
    sites.start("dc1")
    sites.start("dc2", family6=False)
    sites.start("dc3")
    for each in sites.running.values():
        each.await_state("serving")
    sites.fail("dc1")
    sites.await_answers("dc1", r"dc2 \(IPv4 only\)", "dc3")
    assert sites.given("dc1", "A", ready=False) == [V4["dc2"], V4["dc3"]]
    assert sites.given("dc1", "AAAA", ready=False) == [V6["dc3"]]
    sites.fail("dc3")
    sites.await_answers("dc1", "dc2")
    sites.gives("dc1", "dc2", ready=False)


def test_reload_goes_on_handing_over(trio):
    """Not with its own addresses, and not with silence, not even for a moment."""
    sites = trio(withdraw="hand-over", preferences=(10, 20, 20))
    sites.start("dc1").await_state("serving")  # else dc2 serves for a moment
    standby = sites.start("dc2")
    sites.await_answers("dc2", "dc1")
    sites.fail("dc2")
    standby.await_state("failing")
    for _ in range(10):
        standby.reload()
        sites.gives("dc2", "dc1", ready=False)
    assert len([text for text in standby.log.texts if "(was " in text]) == 2, standby.log.texts


def test_reload_with_another_policy(trio, site_file):
    sites = trio()
    for each in sites.start_all():
        each.await_state("serving")
    path = sites.files["dc1"]
    path.write_text(path.read_text().replace("[policy]\n", "[policy]\nanswer = serving\n"))
    sites.running["dc1"].reload()
    sites.await_answers("dc1", "dc1", "dc2", "dc3")
    sites.gives("dc1", "dc1", "dc2", "dc3")
    # A site that goes takes its addresses along.
    text = path.read_text()
    path.write_text(re.sub(r"\[site dc2\]\n(?:[^\[\n].*\n)+", "", text))
    sites.running["dc1"].reload()
    sites.gives("dc1", "dc1", "dc3")


def test_it_is_shown(trio):
    """In the state file, the metrics and what systemctl shows."""
    sites = trio(answer="serving", withdraw="hand-over")
    sites.start_all()
    running = sites.running["dc1"]

    def shown(*given):
        state = (running.directory / "run/get.example.test.state").read_text()
        metrics = (running.directory / "run/sitens.prom").read_text()
        serving = int("dc1" in given)
        return (state.endswith(f"\nanswers: {', '.join(given) or 'nobody'}\n")
                and f'sitens_serving{{zone="get.example.test",site="dc1"}} {serving}\n' in metrics
                and all(f'sitens_answer{{zone="get.example.test",site="{site}"}} '
                        f"{int(site in given)}\n" in metrics for site in V4))

    sites.await_answers("dc1", "dc1", "dc2", "dc3")
    running.notify.await_match(r"get\.example\.test: serving \(.*\), answers with dc1, dc2, dc3")
    daemon.await_true("it is shown", lambda: shown("dc1", "dc2", "dc3"))
    sites.fail("dc1")
    running.notify.await_match(r"get\.example\.test: failing \(.*\), answers with dc2, dc3")
    daemon.await_true("it is shown", lambda: shown("dc2", "dc3"))
    for name in ("dc2", "dc3"):
        sites.running[name].process.kill()
    sites.await_answers("dc1")
    running.notify.await_match(r"get\.example\.test: failing \([^()]*\)$")
    daemon.await_true("it is shown", lambda: shown())


def test_many_changes_at_once(trio, site_file, make_web, tmp_path):
    """Zones that change together are made together, and the loop stays on time."""
    sites = trio(withdraw="hand-over", preferences=(10, 10, 10))
    sites.start("dc2").await_state("serving")
    zones = tmp_path / "zones"
    zones.mkdir()
    text = sites.files["dc1"].read_text()
    names = [f"zone{number}.example.test" for number in range(40)]
    for name in names:
        (zones / f"{name}.conf").write_text(text.replace("get.example.test", name))
        other = tmp_path / f"{name}.other"
        other.write_text(sites.files["dc2"].read_text().replace("get.example.test", name))
    if sites.key:
        pytest.skip("a key has the name of its zone")
    sites.files["dc2"].unlink()
    sites.running["dc2"].stop()
    for name in names:
        (tmp_path / f"{name}.other").rename(tmp_path / f"{name}.conf")
    sites.files = {"dc1": zones, "dc2": tmp_path}
    for name in ("dc1.conf", "dc3.conf"):
        (tmp_path / name).unlink()
    running, peer = sites.start("dc1"), sites.start("dc2")
    for name in names:
        running.await_state("serving", name)
        peer.await_state("serving", name)
    sites.fail("dc1")
    for name in names:
        running.log.await_match(rf"{name}: answers with the addresses of dc2$", reader=name)
        response = running.ask(name, use_edns=0)
        assert daemon.addresses(response) == [V4["dc2"]] and not_ready(response)
    assert not any("is stuck" in text for text in running.log.texts)
