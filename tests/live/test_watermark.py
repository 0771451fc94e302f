"""How far a group has read, on a real broker: never a later instant than that of an unread record."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from kafka import KafkaProducer, TopicPartition
from kafka.structs import OffsetAndMetadata

from streams.brokers import admin
from streams.settings import Settings
from streams.topics import Names
from streams.watermark import UntoldError, Watermark

GROUP = "reader"


@pytest.fixture
def produce(applied: Settings) -> Iterator[Callable[..., int]]:
    """Appends a record; its append time."""
    producer = KafkaProducer(bootstrap_servers=applied.bootstrap)

    def append(topic: str, partition: int, key: bytes = b"k", value: bytes = b"v") -> int:
        time.sleep(0.003)
        return int(producer.send(topic, value, key, partition=partition).get(10).timestamp)

    yield append
    producer.close()


@pytest.fixture
def mark(applied: Settings) -> Iterator[Watermark]:
    names = Names(applied).raw
    with Watermark(applied, applied.prefix + GROUP, [names["orders"], names["messages"]]) as watermark:
        yield watermark


def _commit(settings: Settings, offsets: dict[TopicPartition, int]) -> None:
    told: dict[Any, Any] = {tp: OffsetAndMetadata(offset, "", None) for tp, offset in offsets.items()}
    with admin(settings) as client:
        client.alter_group_offsets(settings.prefix + GROUP, told)


def test_nothing_there_is_nothing_unread(mark: Watermark) -> None:
    assert mark.oldest_unread() is None


def test_never_committed_is_all_unread(applied: Settings, mark: Watermark, produce: Callable[..., int]) -> None:
    orders = Names(applied).raw["orders"]
    first = produce(orders, 1)
    produce(orders, 1)
    produce(orders, 2)
    assert mark.oldest_unread() == first


def test_behind_is_the_least_of_the_next_records(
    applied: Settings, mark: Watermark, produce: Callable[..., int]
) -> None:
    names = Names(applied).raw
    one, two = TopicPartition(names["orders"], 0), TopicPartition(names["messages"], 3)
    produce(*one)
    produce(*two)
    unread_one, unread_two = produce(*one), produce(*two)
    _commit(applied, {one: 1, two: 1})
    assert mark.oldest_unread() == unread_one
    _commit(applied, {one: 2, two: 1})
    assert mark.oldest_unread() == unread_two
    _commit(applied, {one: 2, two: 2})
    assert mark.oldest_unread() is None
    later = produce(*one)
    assert mark.oldest_unread() == later


def test_deleted_records_are_passed_over(applied: Settings, mark: Watermark, produce: Callable[..., int]) -> None:
    tp = TopicPartition(Names(applied).raw["orders"], 0)
    stamps = [produce(*tp) for _ in range(5)]
    _commit(applied, {tp: 1})
    with admin(applied) as client:
        client.delete_records({tp: 3})
    assert mark.oldest_unread() == stamps[3]
    with admin(applied) as client:
        client.delete_records({tp: 5})
    assert mark.oldest_unread() is None


def test_a_commit_in_a_hole_of_compaction_is_the_next_record_left(
    applied: Settings, produce: Callable[..., int]
) -> None:
    topic = f"{applied.prefix}compacted"
    quick = {
        "cleanup.policy": "compact",
        "message.timestamp.type": "LogAppendTime",
        "segment.ms": "100",
        "min.cleanable.dirty.ratio": "0.001",
        "delete.retention.ms": "1",
        "max.compaction.lag.ms": "200",
    }
    with admin(applied) as client:
        client.create_topics(
            {topic: {"num_partitions": 1, "replication_factor": 1, "configs": quick}}, wait_for_metadata=True
        )
    for _ in range(50):
        produce(topic, 0, b"same")
    other = produce(topic, 0, b"other")
    tp = TopicPartition(topic, 0)
    _commit(applied, {tp: 10})
    with Watermark(applied, applied.prefix + GROUP, [topic]) as mark:
        give_up = time.monotonic() + 60
        while (unread := mark.oldest_unread()) is not None and unread < other - 60:
            assert time.monotonic() < give_up, "the broker never compacted"
            time.sleep(0.5)
            produce(topic, 0, b"roll")
        last_of_same = mark.oldest_unread()
    assert last_of_same is not None
    assert other - 60 <= last_of_same <= other


def test_a_topic_that_is_gone_cannot_be_told(applied: Settings) -> None:
    with Watermark(applied, GROUP, [f"{applied.prefix}none"]) as mark, pytest.raises(UntoldError) as told:
        mark.oldest_unread()
    assert str(told.value) == f"topic {applied.prefix}none does not answer"
