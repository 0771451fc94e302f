"""What upstream producers compress, in every way that Kafka has, is read by the worker and by the ticker's probe."""

import time
from pathlib import Path

import pytest
from kafka import KafkaProducer
from kafka.admin import ConfigResource, ConfigResourceType

from streams.brokers import admin
from streams.settings import Settings
from streams.topics import Names
from streams.watermark import Watermark
from tests.live.reading import records
from tests.live.workers import workers

CODECS = {"orders": "gzip", "cancellations": "snappy", "returns": "lz4", "messages": "zstd"}
BODY = b"{no json" + b"0123456789" * 20_000  # more than a block of any codec


@pytest.fixture
def compressed(applied: Settings) -> Settings:
    """A record in each of the topics, that the broker itself compresses: Java's frames, as those of upstream."""
    names = Names(applied)
    with admin(applied) as client:
        client.alter_configs(
            [
                ConfigResource(ConfigResourceType.TOPIC, names.raw[topic], {"compression.type": codec})
                for topic, codec in CODECS.items()
            ]
        )
    time.sleep(0.5)  # a broker takes a moment to go by it
    producer = KafkaProducer(bootstrap_servers=applied.bootstrap, max_request_size=4 << 20)
    for topic, codec in CODECS.items():
        producer.send(names.raw[topic], BODY, codec.encode()).get(10)
    producer.close()
    return applied


def test_every_codec_is_read(compressed: Settings, environ: dict[str, str], tmp_path: Path) -> None:
    names = Names(compressed)
    with Watermark(compressed, names.app, [names.raw[topic] for topic in CODECS]) as mark:
        assert mark.oldest_unread() is not None
    with workers(environ, 1, tmp_path) as (worker,):
        give_up = time.monotonic() + 20
        while len(dead := records(compressed, names.deadletters)) < len(CODECS):
            assert time.monotonic() < give_up, worker.end_of_log()
            time.sleep(0.2)
    assert {letter.key: letter.value for letter in dead} == {codec.encode(): BODY for codec in CODECS.values()}
