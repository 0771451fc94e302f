"""A real worker on a real broker: nothing that comes in stops it, and it ends when asked."""

import hashlib
import time
from pathlib import Path

from kafka import KafkaProducer

from streams.settings import Settings
from streams.topics import LARGEST_EVENT, Names
from tests.live.reading import records
from tests.live.workers import workers


def test_what_cannot_be_used_is_a_dead_letter_with_its_bytes(
    applied: Settings, environ: dict[str, str], tmp_path: Path
) -> None:
    names = Names(applied)
    large = b'{"text":"' + b"x" * (2 << 20) + b'"}'
    with workers(environ, 1, tmp_path) as (worker,):
        producer = KafkaProducer(bootstrap_servers=applied.bootstrap, max_request_size=4 << 20)
        producer.send(names.raw["orders"], b"{no json", b"k", headers=[("h", b"1")]).get(10)
        producer.send(names.raw["shops"], None, b"none").get(10)
        producer.send(names.raw["messages"], large, None).get(10)
        producer.close()
        give_up = time.monotonic() + 20
        while len(dead := records(applied, names.deadletters)) < 3:
            assert time.monotonic() < give_up, worker.end_of_log()
            time.sleep(0.2)
        metrics = worker.metrics()
    told = {record.key: (record.value, dict(record.headers)) for record in dead}
    assert {key: (value, headers["countermand.reason"]) for key, (value, headers) in told.items()} == {
        b"k": (b"{no json", b"not_json"),
        b"none": (b"", b"not_json"),
        b"": (large, b"too_large"),
    }
    assert told[b"k"][1]["h"] == b"1"
    assert told[b"k"][1]["__streams.errors.topic"] == names.raw["orders"].encode()
    assert 'countermand_events_total{outcome="dead_letter",topic="orders"} 1.0' in metrics
    assert 'countermand_dead_letters_total{reason="not_json"} 2.0' in metrics


def test_what_was_small_while_compressed_is_a_dead_letter_cut_short(
    applied: Settings, environ: dict[str, str], tmp_path: Path
) -> None:
    names = Names(applied)
    bomb = b"{no json" + b"x" * (5 << 20)
    with workers(environ, 1, tmp_path) as (worker,):
        producer = KafkaProducer(
            bootstrap_servers=applied.bootstrap, max_request_size=8 << 20, compression_type="gzip", linger_ms=0
        )
        producer.send(names.raw["orders"], bomb, b"bomb", headers=[("h", b"1")]).get(10)
        producer.send(names.raw["orders"], b"{no json", b"next").get(10)
        producer.close()
        give_up = time.monotonic() + 20
        while len(dead := records(applied, names.deadletters)) < 2:
            assert time.monotonic() < give_up, worker.end_of_log()
            time.sleep(0.2)
    told = {record.key: (record.value, dict(record.headers)) for record in dead}
    value, headers = told[b"bomb"]
    assert LARGEST_EVENT - 1000 < len(value) < LARGEST_EVENT
    assert bomb.startswith(value)
    assert headers["countermand.bytes"] == str(len(bomb)).encode()
    assert headers["countermand.sha256"] == hashlib.sha256(bomb).hexdigest().encode()
    assert (headers["h"], headers["countermand.reason"]) == (b"1", b"too_large")
    assert told[b"next"][0] == b"{no json"
