"""Reads topics from outside, as any Kafka tool would."""

from collections.abc import Iterable
from typing import Any

from kafka import KafkaConsumer, TopicPartition

from streams.settings import Settings


def records(settings: Settings, *topics: str) -> list[Any]:
    """Every record of the topics up to now, by topic and partition, in order of offset."""
    consumer = KafkaConsumer(bootstrap_servers=settings.bootstrap, group_id=None, enable_auto_commit=False)
    try:
        tps = [TopicPartition(topic, p) for topic in topics for p in sorted(consumer.partitions_for_topic(topic) or ())]
        return _read(consumer, tps)
    finally:
        consumer.close()


def _read(consumer: KafkaConsumer, tps: Iterable[TopicPartition]) -> list[Any]:
    consumer.assign(list(tps))
    ends = consumer.end_offsets(list(tps))
    found: dict[TopicPartition, list[Any]] = {tp: [] for tp in tps}
    for tp in tps:
        consumer.seek_to_beginning(tp)
    while any(consumer.position(tp) < end for tp, end in ends.items()):
        for tp, batch in consumer.poll(timeout_ms=500).items():
            found[tp].extend(record for record in batch if record.offset < ends[tp])
    return [record for batch in found.values() for record in batch]
