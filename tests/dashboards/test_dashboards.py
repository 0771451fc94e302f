"""The dashboard and the alerts: fresh, complete, parsed by the real tools, each alert proven to fire and to stop."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from prometheus_client import generate_latest

from dashboards.alerts import ALERTS
from dashboards.build import ROOT, files
from detectors.rulebook import Rulebook
from policies import load
from streams.metrics import Metrics

DASHBOARD = json.loads((ROOT / "grafana" / "countermand.json").read_text())
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
TESTS = yaml.safe_load((ROOT / "prometheus" / "tests" / "alerts.test.yml").read_text())["tests"]


def tool(name: str) -> str:
    path = shutil.which(name)
    if path is None and os.environ.get("CI"):
        pytest.fail(f"{name} is missing; .ci/run installs it")
    if path is None:
        pytest.skip(f"{name} is not on this machine; apt-get install prometheus prometheus-alertmanager")
    return path


def run(*words: object, stdin: str | None = None) -> str:
    done = subprocess.run([str(w) for w in words], input=stdin, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("path", files(), ids=lambda path: path.name)
def test_generated_files_are_fresh(path):
    assert path.read_text() == files()[path]


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
def test_every_panel_says_what_it_shows(panel):
    assert panel["title"]
    assert panel["description"].endswith(".")
    defaults = panel["fieldConfig"]["defaults"]
    assert defaults["unit"]
    assert defaults["noValue"]
    assert panel["datasource"]["uid"] == "$datasource"
    assert panel["type"] != "stat" or len(defaults["thresholds"]["steps"]) > 1
    for target in panel["targets"]:
        for _, window in re.findall(r"(rate|increase)\([^\[]*\[([^\]]*)\]", target["expr"]):
            assert window == "$__rate_interval"


def test_panels_are_placed_once_and_do_not_overlap():
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids))
    taken = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        cells = {(place["x"] + i, place["y"] + j) for i in range(place["w"]) for j in range(place["h"])}
        assert not cells & taken, panel["title"]
        taken |= cells


def test_every_metric_used_is_exported():
    exported = set(
        re.findall(r"^# TYPE (\S+)", generate_latest(Metrics(Rulebook(load())).registry).decode(), re.MULTILINE)
    )
    exprs = [t["expr"] for panel in PANELS for t in panel["targets"]] + [alert.expr for alert in ALERTS]
    used = {name for expr in exprs for name in re.findall(r"countermand_\w+", expr)}
    for name in used:
        assert name in exported or re.sub(r"_(bucket|count|sum)$", "", name) in exported, name


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_every_alert_has_a_runbook_and_is_proven(alert):
    runbook = (ROOT / "runbooks" / f"{alert.name}.md").read_text()
    assert runbook.startswith(f"# {alert.name}\n")
    assert re.findall(r"^## (\w+)$", runbook, re.MULTILINE) == ["Meaning", "Impact", "Diagnosis", "Mitigation"]
    assert alert.audience in {"trust-safety", "on-call"}
    steps = [step for test in TESTS for step in test["alert_rule_test"] if step["alertname"] == alert.name]
    assert [bool(step["exp_alerts"]) for step in steps] == [False, True, False]


def test_no_runbook_without_an_alert():
    assert {path.stem for path in (ROOT / "runbooks").iterdir()} == {alert.name for alert in ALERTS}


def test_promtool_takes_the_rules_and_their_tests_pass():
    run(tool("promtool"), "check", "rules", ROOT / "prometheus" / "countermand.rules.yml")
    run(tool("promtool"), "test", "rules", ROOT / "prometheus" / "tests" / "alerts.test.yml")
    run(tool("promtool"), "check", "config", "--syntax-only", ROOT / "prometheus" / "prometheus.yml")


def test_promtool_takes_the_metrics():
    text = generate_latest(Metrics(Rulebook(load())).registry).decode()
    assert run(tool("promtool"), "check", "metrics", stdin=text) == ""


@pytest.mark.parametrize(
    ("labels", "receiver"),
    [("audience=trust-safety", "trust-safety"), ("audience=on-call", "on-call"), ("alertname=Other", "on-call")],
)
def test_alertmanager_routes(labels, receiver):
    config = ROOT / "alertmanager" / "alertmanager.yml"
    run(tool("amtool"), "check-config", config)
    assert run(tool("amtool"), "config", "routes", "test", f"--config.file={config}", labels).strip() == receiver


def test_grafana_is_provisioned_with_this_dashboard():
    provider = yaml.safe_load(next((ROOT / "grafana/provisioning/dashboards").glob("*.yaml")).read_text())
    compose = yaml.safe_load((Path(__file__).parents[2] / "docker-compose.yml").read_text())
    mounted = [volume.split(":")[1] for volume in compose["services"]["grafana"]["volumes"]]
    assert provider["providers"][0]["options"]["path"] in mounted
