# SPDX-License-Identifier: ISC
"""Metrics by way of node_exporter to Prometheus, with the alerts and the dashboard of the kit."""

import json
import re

import pytest

from lan import wait_for
from scheme import SOURCE, ZONE

MONITORING = SOURCE / "deploy" / "monitoring"
SCRAPE_S = 1

PROMETHEUS_CONF = """\
global:
  scrape_interval: {interval}s
  evaluation_interval: {interval}s
rule_files: [sitens.rules.yml]
scrape_configs:
  - job_name: sites
    static_configs:
      - targets: [{targets}]
"""


@pytest.fixture(scope="module")
def prometheus(scheme):
    """Prometheus on the client's machine; answers queries."""
    for site in scheme.sites.values():
        site.node.run("ln", "-sf", "/run/sitens/sitens.prom", "/var/lib/prometheus/node-exporter/")
        site.node.systemctl("start", "prometheus-node-exporter")
    node = scheme.client.node
    targets = ", ".join(f"'{site.ipv4}:9100'" for site in scheme.sites.values())
    conf = PROMETHEUS_CONF.format(interval=SCRAPE_S, targets=targets)
    node.write("/etc/prometheus/prometheus.yml", conf)
    node.copy(MONITORING / "sitens.rules.yml", "/etc/prometheus")
    node.systemctl("start", "prometheus")

    def query(expression):
        """The result of an expression: [(labels, value)]."""
        data = f"query={expression}"
        url = "http://localhost:9090/api/v1/query"
        output = node.run("curl", "-sf", "--data-urlencode", data, url, check=False).stdout
        if not output:
            return None  # not yet up
        result = json.loads(output)["data"]["result"]
        return [(item["metric"], float(item["value"][1])) for item in result]

    wait_for("Prometheus", lambda: query("up") is not None)
    return query


def test_states_arrive(lab, prometheus):
    def sites_that_serve():
        serving = prometheus(f'sitens_state{{zone="{ZONE}",state="serving"}} == 1')
        return {labels["site"] for labels, _ in serving}

    active = {site.name for site in lab.actives}
    wait_for("the metrics of every site", lambda: active <= sites_that_serve())
    site = lab.actives[0]
    site.node.systemctl("stop", "nginx")
    wait_for("the change", lambda: site.name not in sites_that_serve())


def test_alerts_are_loaded_and_quiet(lab, prometheus):
    promtool = ("promtool", "check", "rules", "/etc/prometheus/sitens.rules.yml")
    assert "SUCCESS" in lab.client.node.run(*promtool).stdout
    assert prometheus('ALERTS{alertstate="firing"}') == []


def test_alerts_fire_when_they_should(lab):
    for file in MONITORING.glob("*.yml"):
        lab.client.node.copy(file)
    lab.client.node.run("promtool", "test", "rules", "/root/sitens.rules.test.yml")


def dashboard_queries():
    dashboard = json.loads((MONITORING / "sitens.dashboard.json").read_text())
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            yield pytest.param(target["expr"], id=panel["title"])


@pytest.mark.parametrize("expression", dashboard_queries())
def test_dashboard_has_data(lab, prometheus, expression):
    if "rrsig" in expression:
        pytest.skip("the zone of the lab is not signed")
    expression = expression.replace("$zone", ".*").replace("$__rate_interval", "10s")
    assert not re.search(r"\$\w", expression)
    wait_for("data", lambda: prometheus(expression))
