"""Foreign messages on a real broker, read by a real worker with a shops file and a mapping file."""

import json
import time
from pathlib import Path

from kafka import KafkaProducer

from detectors.facts import Fact, decode
from streams.settings import Settings
from streams.topics import Names
from tests.live.reading import records
from tests.live.workers import workers
from tests.streams.sources.reading import SHOP, sample
from tests.streams.sources.test_mapping import MAPPING


def test_any_topic_carries_any_format(applied: Settings, environ: dict[str, str], tmp_path: Path) -> None:
    names = Names(applied)
    (tmp_path / "shops.toml").write_text(f'[shops]\n"{SHOP}" = "JP"\n')
    (tmp_path / "mapping.toml").write_text(MAPPING)
    files = {name: str(tmp_path / f"{name}.toml") for name in ("shops", "mapping")}
    told = environ | {"COUNTERMAND_CLOCK": "log"}  # the samples are old
    told |= {f"COUNTERMAND_{name.upper()}": path for name, path in files.items()}
    stranger = sample("webhook_1_cancel", shop_id="1")
    sent = [sample("order_detail_paid"), sample("webhook_11_pending"), sample("foreign_order_created"), stranger]
    with workers(told, 1, tmp_path) as (worker,):
        producer = KafkaProducer(bootstrap_servers=applied.bootstrap)
        for topic, message in zip(("messages", "orders", "shops", "orders"), sent, strict=True):
            producer.send(names.raw[topic], json.dumps(message).encode(), b"k").get(10)
        producer.close()
        give_up = time.monotonic() + 20
        while len(found := _facts(applied)) < 4 or not records(applied, names.deadletters):
            assert time.monotonic() < give_up, worker.end_of_log()
            time.sleep(0.2)
        metrics = worker.metrics()
    assert sorted((fact.seller, fact.type) for fact in found) == [
        (SHOP, "cancellation.requested"),
        (SHOP, "order.paid"),
        (SHOP, "order.placed"),
        ("9", "order.placed"),
    ]
    (dead,) = records(applied, names.deadletters)
    assert (json.loads(dead.value), dict(dead.headers)["countermand.reason"]) == (stranger, b"unknown_market")
    assert 'countermand_events_total{outcome="fact",topic="messages"} 2.0' in metrics


def _facts(settings: Settings) -> list[Fact]:
    read = (decode(record.value) for record in records(settings, Names(settings).facts))
    return [fact for fact in read if isinstance(fact, Fact)]
