"""Prometheus and what is provisioned for it: rules, their tests, the dashboard, and an alert on a real outage."""

import asyncio
import json
import re
import shutil
import subprocess
import urllib.parse

import pytest
from probe import eventually, get, get_json, readiness
from relay import TOP
from upstream import quiet_port

MONITORING = TOP / "deploy" / "monitoring"
DASHBOARD = MONITORING / "grafana" / "dashboards" / "fanout-relay.json"

needs_prometheus = pytest.mark.skipif(
    not shutil.which("prometheus") or not shutil.which("promtool"), reason="prometheus isn't installed"
)


@needs_prometheus
@pytest.mark.parametrize(
    "arguments",
    [["check", "config", "prometheus.yaml"], ["check", "rules", "rules.yaml"], ["test", "rules", "rules_test.yaml"]],
    ids=" ".join,
)
def test_promtool_finds_nothing_wrong(arguments):
    result = subprocess.run(
        ["promtool", *arguments], cwd=MONITORING, capture_output=True, text=True, timeout=60
    )
    assert result.returncode == 0 and "SUCCESS" in result.stdout, result


def names(text):
    return set(re.findall(r"\bfanout_[a-z_]+", text))


def test_what_is_asked_for_is_measured():
    golden = "".join(path.read_text() for path in (TOP / "Sources" / "FanoutRelay" / "Metrics").glob("*.swift"))
    measured = set(re.findall(r'"(fanout_[a-z_]+)"', golden))
    for file in (MONITORING / "rules.yaml", MONITORING / "rules_test.yaml", DASHBOARD):
        assert names(file.read_text()) <= measured, file
    # Recordings are made by the rules themselves.
    recorded = set(re.findall(r"record: (\S+)", (MONITORING / "rules.yaml").read_text()))
    assert set(re.findall(r"\bfanout:[a-z_]+:\w+", DASHBOARD.read_text())) <= recorded


def test_each_alert_says_what_to_do_and_has_a_test():
    alerts = re.split(r"^      - alert: ", (MONITORING / "rules.yaml").read_text(), flags=re.MULTILINE)[1:]
    tests = (MONITORING / "rules_test.yaml").read_text()
    assert len(alerts) >= 12
    for alert in alerts:
        assert "runbook: " in alert and "summary: " in alert and "severity: " in alert, alert
        assert f'"{alert.split()[0]}"' in tests, alert.split()[0]


def test_panels_of_the_dashboard_stand_beside_each_other():
    panels = json.loads(DASHBOARD.read_text())["panels"]
    taken = set()
    for panel in panels:
        place = panel["gridPos"]
        cells = {
            (x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken and place["x"] + place["w"] <= 24, panel["title"]
        taken |= cells
    assert len({panel["id"] for panel in panels}) == len(panels)


class Prometheus:
    """A Prometheus that asks one relay each second; rules wait no longer than that."""

    def __init__(self, relay, directory):
        self.port = quiet_port()
        configuration = (MONITORING / "prometheus.yaml").read_text()
        assert "relay:9090" in configuration
        configuration = configuration.replace("relay:9090", f"127.0.0.1:{relay.port}").replace(": 10s", ": 1s")
        (directory / "prometheus.yaml").write_text(configuration)
        rules = re.sub(r"\bfor: \S+", "for: 1s", (MONITORING / "rules.yaml").read_text())
        (directory / "rules.yaml").write_text(rules)
        with (directory / "prometheus.log").open("wb") as log:
            self.process = subprocess.Popen(
                [
                    "prometheus",
                    f"--config.file={directory / 'prometheus.yaml'}",
                    f"--storage.tsdb.path={directory / 'data'}",
                    f"--web.listen-address=127.0.0.1:{self.port}",
                ],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        self.url = f"http://127.0.0.1:{self.port}"

    def answers(self):
        try:
            return get(f"{self.url}/-/ready")[0] == 200
        except OSError:
            return False

    def value(self, query):
        """The value of a query's only sample; None without one."""
        answer = get_json(f"{self.url}/api/v1/query?query={urllib.parse.quote(query)}")
        found = answer["data"]["result"]
        return float(found[0]["value"][1]) if found else None

    @property
    def firing(self):
        alerts = get_json(f"{self.url}/api/v1/alerts")["data"]["alerts"]
        return {alert["labels"]["alertname"] for alert in alerts if alert["state"] == "firing"}


@pytest.fixture
def prometheus(relay, tmp_path):
    prometheus = Prometheus(relay, tmp_path)
    yield prometheus
    prometheus.process.terminate()
    prometheus.process.wait(20)


@needs_prometheus
async def test_an_alert_comes_with_an_outage_and_goes_with_it(prometheus, relay, upstream):
    await eventually(prometheus.answers, "Prometheus answers", 30)
    await eventually(lambda: prometheus.value("fanout_upstream_connected") == 1, "the relay is scraped", 20)
    await eventually(lambda: prometheus.value("fanout:events:rate1m") is not None, "rules are recorded", 20)
    assert not prometheus.firing
    upstream.kill()
    await eventually(lambda: "FanoutUpstreamDown" in prometheus.firing, "the alert fires", 30)
    await asyncio.to_thread(upstream.start)
    await eventually(lambda: readiness(relay) == 200, "the link is back", 20)
    await eventually(lambda: "FanoutUpstreamDown" not in prometheus.firing, "the alert is over", 30)
