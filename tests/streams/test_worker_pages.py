"""`/metrics` and `/health` are asked from a worker's first moment on, and must not make what it has yet to make."""

import pytest
from fastapi.testclient import TestClient

from policies import lexicon
from streams.app import Watch, build
from streams.ingest import Ingest
from streams.metrics import Metrics
from streams.settings import Settings
from streams.worker import pages
from tests.logs import rulebook


@pytest.fixture
def asked() -> tuple[Watch, TestClient]:
    rules = rulebook()
    metrics = Metrics(rules)
    watch = build(Settings(), rules, Ingest(rules.policies, lexicon(), "wall"), metrics)
    return watch, TestClient(pages(watch, metrics.registry))


def test_who_asks_before_the_start_is_answered_and_starts_nothing(asked: tuple[Watch, TestClient]) -> None:
    watch, browser = asked
    health = browser.get("/health")
    assert (health.status_code, health.text) == (503, "waiting for partitions\n")
    assert "countermand_orders_open 0.0\n" in browser.get("/metrics").text
    assert watch.app._consumer is None, "it is made in the thread and for the loop of who asks first"


def test_why_it_waits_is_said(asked: tuple[Watch, TestClient]) -> None:
    watch, browser = asked
    watch.lock.waits = "other policies are in force"
    assert browser.get("/health").text == "other policies are in force\n"
