"""A real Prometheus on loopback that scrapes one address every second."""

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


class Prometheus:
    def __init__(self, port: int) -> None:
        self.base = f"http://127.0.0.1:{port}"

    def ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.base}/-/ready", timeout=1) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def query(self, expr: str) -> list[Any]:
        url = f"{self.base}/api/v1/query?" + urllib.parse.urlencode({"query": expr})
        with urllib.request.urlopen(url, timeout=10) as answer:
            return list(json.load(answer)["data"]["result"])


@contextmanager
def prometheus(folder: Path, scraped: str) -> Iterator[Prometheus]:
    """Runs until the block ends. Skips without Prometheus, fails under CI."""
    program = shutil.which("prometheus")
    if program is None:
        sentence = "prometheus is not on this machine; apt-get install prometheus"
        pytest.fail(sentence) if os.environ.get("CI") else pytest.skip(sentence)
    config = folder / "prometheus.yml"
    job = {"job_name": "countermand", "static_configs": [{"targets": [scraped]}]}
    config.write_text(json.dumps({"global": {"scrape_interval": "1s"}, "scrape_configs": [job]}))
    port = free_port()
    words = [
        f"--config.file={config}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with subprocess.Popen([program, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            server = Prometheus(port)
            deadline = time.monotonic() + 20
            while not server.ready():
                assert process.poll() is None, "prometheus ended"
                assert time.monotonic() < deadline, "prometheus does not get ready"
                time.sleep(0.1)
            yield server
        finally:
            process.terminate()
