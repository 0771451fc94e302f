"""The lag on a real broker: of ingest in the raw topics, and of the monitor in the facts log."""

import time
from collections.abc import Callable
from pathlib import Path

from kafka import KafkaProducer

from detectors.rulebook import Rulebook
from policies import load
from streams.lag import LagWatch
from streams.metrics import RAW_TOPICS, Metrics
from streams.settings import Settings
from streams.topics import Names
from streams.watermark import Watermark
from tests.live.workers import workers


def _until(true: Callable[[], bool], what: str) -> None:
    give_up = time.monotonic() + 30
    while not true():
        assert time.monotonic() < give_up, what
        time.sleep(0.1)


def test_the_monitors_lag_is_that_of_the_facts_log(applied: Settings, environ: dict[str, str], tmp_path: Path) -> None:
    names, metrics = Names(applied), Metrics(Rulebook(load()))

    def shown(topic: str, what: str = "records") -> float:
        return metrics.registry.get_sample_value(f"countermand_lag_{what}", {"topic": topic}) or 0.0

    with workers(environ, 1, tmp_path) as (worker,), Watermark(applied, names.app, [names.facts]) as mark:
        _until(lambda: "countermand_tick_timestamp_seconds 0.0" not in worker.metrics(), "no tick came")
        _until(lambda: mark.unread() == {}, "what the monitor has read is not committed")
    with Watermark(applied, names.app, [names.facts]) as mark:
        last_ticks = sum(end - start for start, end in mark.unread().values())
    producer = KafkaProducer(bootstrap_servers=applied.bootstrap)
    for topic, value in (names.raw["orders"], b"{"), (names.facts, b"[]"), (names.facts, b"[]"):
        producer.send(topic, value, b"k").get(10)
    producer.close()
    with LagWatch(applied, metrics, 0.1):
        _until(lambda: shown("facts") > 0 and shown("orders") > 0, "the lag was never told")
    assert (shown("facts"), shown("orders")) == (last_ticks + 2, 1)
    assert 0 < shown("facts", "seconds") < 60
    assert [shown(topic) for topic in RAW_TOPICS if topic != "orders"] == [0] * 5
