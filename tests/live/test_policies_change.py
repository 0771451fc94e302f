"""New policies on a real broker: whoever has them waits while the old worker leads."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from kafka import KafkaProducer

from policies import load
from streams.settings import Settings
from streams.topics import Names
from tests.live.reading import records
from tests.live.test_time_goes_on import bought, event, short
from tests.live.workers import Worker, workers

FAST = {"instant_cancel": "1 s", "settle": "2 s"}


@pytest.mark.timeout(180)
def test_the_new_one_waits_for_the_old_one_and_misses_nothing(
    applied: Settings, environ: dict[str, str], tmp_path: Path
) -> None:
    old = short(tmp_path / "old", **FAST, response_sla="15 s")
    new = short(tmp_path / "new", **FAST, response_sla="16 s")
    names = Names(applied)
    with workers({**environ, "COUNTERMAND_POLICIES": str(old)}, 1, tmp_path) as (first,):
        _until(lambda: len(records(applied, names.facts)) > 0, first, "no tick")
        second = Worker({**environ, "COUNTERMAND_POLICIES": str(new)}, tmp_path / "second.log")
        try:
            _until(lambda: "this worker waits" in second.log.read_text(), second, "it does not wait")
            sentence = f"the policies in force are {load(old).hash}, its own are {load(new).hash};"
            assert sentence in second.log.read_text()
            assert not second.ready()
            assert "countermand_policies_waiting 1.0" in second.metrics()
            assert first.ready(), "the old one keeps its partitions"
            _ask(applied, names)
            assert first.stop() == 0
            _until(second.ready, second, "it does not go on")
            assert "countermand_policies_waiting 0.0" in second.metrics()
            _until(lambda: len(_directed(applied, names)) == 8, second, "a directive is missing")
            time.sleep(3)
            assert sorted(_directed(applied, names)) == [f"o{n}" for n in range(8)], "each once"
        finally:
            assert second.stop() == 0, second.end_of_log()


def _ask(settings: Settings, names: Names) -> None:
    """Eight sellers, in all partitions, are asked for a cancellation and never answer."""
    producer = KafkaProducer(bootstrap_servers=settings.bootstrap)
    for n in range(8):
        order, seller, asked = f"o{n}", f"s{n}", time.time()
        sent = [*bought(order, seller, asked - 60)]
        sent.append(
            event(f"asked-{n}", "cancellation.requested", asked, order, seller, cancellation=f"c{n}", by="buyer")
        )
        for topic, value in sent:
            producer.send(names.raw[topic], value, seller.encode()).get(10)
    producer.close()


def _directed(settings: Settings, names: Names) -> list[str]:
    said = [json.loads(record.value) for record in records(settings, names.directives)]
    return [str(one["data"]["order"]) for one in said if one["type"] == "directive.issued"]


def _until(true: Callable[[], bool], worker: Worker, what: str) -> None:
    give_up = time.monotonic() + 60
    while not true():
        assert time.monotonic() < give_up, f"{what}\n{worker.end_of_log()}"
        time.sleep(0.2)
