"""The input in a topic: made once, written by an idempotent producer, in order."""

import asyncio
from collections.abc import Iterable

from aiokafka import AIOKafkaProducer
from kafka import KafkaAdminClient
from kafka.admin import NewTopic

from bench.events import PARTITIONS, Record

_BATCH = 900_000


def create(broker: str, *topics: str) -> None:
    """Topics of four partitions."""
    admin = KafkaAdminClient(bootstrap_servers=broker)
    try:
        admin.create_topics([NewTopic(topic, PARTITIONS, 1) for topic in topics])
    finally:
        admin.close()


def load(broker: str, topic: str, records: Iterable[Record]) -> int:
    """Creates and fills the topic; how many records it has."""
    create(broker, topic)
    return fill(broker, topic, records)


def fill(broker: str, topic: str, records: Iterable[Record]) -> int:
    """Fills a topic that is there; how many records it got."""
    return asyncio.run(_send(broker, topic, records))


async def _send(broker: str, topic: str, records: Iterable[Record]) -> int:
    producer = AIOKafkaProducer(bootstrap_servers=broker, enable_idempotence=True, max_batch_size=_BATCH)
    await producer.start()
    count, open_ones = 0, [producer.create_batch() for _ in range(PARTITIONS)]
    for partition, key, value in records:
        count += 1
        if open_ones[partition].append(key=key, value=value, timestamp=None) is None:
            await producer.send_batch(open_ones[partition], topic, partition=partition)
            open_ones[partition] = producer.create_batch()
            open_ones[partition].append(key=key, value=value, timestamp=None)
    for partition, batch in enumerate(open_ones):
        await producer.send_batch(batch, topic, partition=partition)
    await producer.stop()
    return count
