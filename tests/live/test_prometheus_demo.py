"""A real Prometheus scrapes the demo, and every query of the dashboard and of the alerts is asked."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dashboards.alerts import ALERTS
from dashboards.panels import ROWS
from tests.live.prometheus import free_port, prometheus

SILENT = {"Silent feeds": "the demo declares no feed, so none is watched"}
QUERIES = [
    (p.title, expr.replace("$__rate_interval", "15s")) for row in ROWS for p in row.panels for expr, _ in p.queries
]


@pytest.mark.live
def test_every_query_is_answered(tmp_path):
    port = free_port()
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "COUNTERMAND_METRICS": f"127.0.0.1:{port}"}
    demo = [str(Path(sys.executable).with_name("countermand")), "demo"]
    with (
        prometheus(tmp_path, f"127.0.0.1:{port}") as server,
        subprocess.Popen(demo, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process,
    ):
        try:
            deadline = time.monotonic() + 45
            empty = [(title, expr) for title, expr in QUERIES if title not in SILENT]
            while empty and time.monotonic() < deadline:
                time.sleep(2)
                assert process.poll() is None, process.stderr.read().decode()
                empty = [(title, expr) for title, expr in empty if not server.query(expr)]
            assert empty == []
            for alert in ALERTS:
                server.query(alert.expr)
            assert server.query("sum(countermand_findings_total) > 0")
        finally:
            process.terminate()
