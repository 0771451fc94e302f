"""What is taken out of aiokafka's fetcher: whole batches of the partitions that are wanted, nothing left behind."""

import asyncio
import gc
import weakref
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.consumer.fetcher import FetchError, FetchResult, PartitionRecords
from aiokafka.errors import CorruptRecordException, TopicAuthorizationFailedError
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.structs import TopicPartition

from streams.batch.fetching import fetched

A, B, GONE = (TopicPartition(name, 0) for name in ("a", "b", "gone"))


class Assignment:
    """Partitions that were read up to an offset."""

    active = True

    def __init__(self) -> None:
        self.read = dict.fromkeys((A, B, GONE), 0)

    def state_value(self, tp: TopicPartition) -> Any:
        return SimpleNamespace(
            paused=False, position=self.read[tp], consumed_to=lambda offset: self.read.__setitem__(tp, offset)
        )


class Fetcher:
    """A fetcher that holds what it is given, and gets more when somebody waits for it."""

    _closed, _wait_consume_future = False, None

    def __init__(self, records: dict[TopicPartition, Any], later: dict[TopicPartition, Any] | None = None) -> None:
        self._records, self._later, self.asked = records, later, 0
        self._subscriptions = SimpleNamespace(reassignment_in_progress=False, is_assigned=lambda tp: tp != GONE)

    def _notify(self, _: object) -> None:
        self.asked += 1

    def _create_fetch_waiter(self) -> "asyncio.Future[None]":
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self._later is not None:
            self._records.update(self._later)
            waiter.set_result(None)
        return waiter


def _batch(values: Sequence[bytes], *, control: bool = False, at: int = 0) -> bytearray:
    builder = BatchBuilder(10_000, 0)
    for value in values:
        builder.append(timestamp=0, key=b"k", value=value)
    raw = bytearray(builder._build())
    raw[0:8] = at.to_bytes(8, "big")
    if control:
        raw[22] |= 0x20
    return raw


def _result(tp: TopicPartition, raw: bytearray, assignment: Assignment, *, crc: bool = True) -> FetchResult:
    part = PartitionRecords(tp, MemoryRecords(bytes(raw)), [], 0, None, None, crc, 0)
    return FetchResult(tp, assignment=assignment, partition_records=part, backoff=0)


def _take(fetcher: Fetcher, *wanted: TopicPartition, seconds: float = 0.01) -> dict[Any, list[tuple[int, bytes]]]:
    taken = asyncio.run(fetched(fetcher, set(wanted), seconds))
    return {tp: [(record.offset, record.value) for record in records] for tp, records in taken.items()}


def test_all_batches_of_a_partition_come_at_once_and_it_is_fetched_on_behind_them() -> None:
    assignment = Assignment()
    raw = _batch([b"1", b"2"]) + _batch([b"3"], at=2)
    fetcher = Fetcher({A: _result(A, raw, assignment)})
    assert _take(fetcher, A) == {A: [(0, b"1"), (1, b"2"), (2, b"3")]}
    assert (assignment.read[A], fetcher._records, fetcher.asked) == (3, {}, 1)


def test_what_is_not_wanted_waits_and_what_is_not_ours_is_dropped() -> None:
    assignment = Assignment()
    fetcher = Fetcher({tp: _result(tp, _batch([b"1"]), assignment) for tp in (A, B, GONE)})
    assert _take(fetcher, A) == {A: [(0, b"1")]}
    assert fetcher._records.keys() == {B}
    assert assignment.read[B] == 0


def test_what_somebody_has_sought_away_from_is_dropped() -> None:
    assignment = Assignment()
    fetcher = Fetcher({A: _result(A, _batch([b"1"]), assignment)})
    assignment.read[A] = 5
    assert _take(fetcher, A) == {}
    assert (assignment.read[A], fetcher._records) == (5, {})


def test_what_comes_while_it_waits_is_taken() -> None:
    later = {A: _result(A, _batch([b"1"]), Assignment())}
    assert _take(Fetcher({}, later), A) == {A: [(0, b"1")]}
    assert _take(Fetcher({}), A) == {}


def test_what_the_broker_answered_is_let_go_without_the_collector() -> None:
    fetcher = Fetcher({A: _result(A, _batch([b"1"]), Assignment())})
    answer = weakref.ref(fetcher._records[A]._partition_records)
    gc.disable()
    try:
        assert _take(fetcher, A) == {A: [(0, b"1")]}
        assert answer() is None
    finally:
        gc.enable()


def test_marks_of_transactions_are_passed_over() -> None:
    assignment = Assignment()
    fetcher = Fetcher({A: _result(A, _batch([b"mark"], control=True), assignment, crc=False)})
    assert _take(fetcher, A) == {}
    assert assignment.read[A] == 1


def test_a_torn_batch_and_an_error_of_the_broker_are_raised() -> None:
    raw = _batch([b"1"])
    raw[-1] ^= 1
    with pytest.raises(CorruptRecordException, match="a"):
        _take(Fetcher({A: _result(A, raw, Assignment())}), A)
    with pytest.raises(TopicAuthorizationFailedError):
        _take(Fetcher({A: FetchError(error=TopicAuthorizationFailedError("a"), backoff=0)}), A)
