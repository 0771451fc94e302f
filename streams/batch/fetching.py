"""Takes what aiokafka's fetcher has read, whole batches at a time: it would make two objects of each record.

Its names are private; what happens to them here is what its own `fetched_records` does.
"""
# ruff: noqa: SLF001

import asyncio
from collections.abc import Set as AbstractSet
from typing import Any

from aiokafka.consumer.fetcher import FetchResult, PartitionRecords
from aiokafka.errors import CorruptRecordException

Fetched = dict[Any, list[Any]]


async def fetched(fetcher: Any, wanted: AbstractSet[Any], seconds: float) -> Fetched:
    """The records of these partitions that have come, or that come within so many seconds; {} when none do.

    A record has `offset`, `timestamp`, `key`, `value` and `headers`. The first may lie before the offset asked for.
    """
    if fetcher._subscriptions.reassignment_in_progress:  # what is there may not be ours any more
        await fetcher._subscriptions.wait_for_assignment()
    if taken := _take(fetcher, wanted):
        return taken
    waiter = fetcher._create_fetch_waiter()
    done, _ = await asyncio.wait((waiter,), timeout=seconds)
    if not done:
        waiter.cancel()
        return {}
    waiter.result()
    return {} if fetcher._closed or fetcher._subscriptions.reassignment_in_progress else _take(fetcher, wanted)


def _take(fetcher: Any, wanted: AbstractSet[Any]) -> Fetched:
    """Takes the results of these partitions out of the fetcher, which then asks the brokers for more."""
    taken: Fetched = {}
    for tp in [tp for tp in fetcher._records if tp in wanted or not fetcher._subscriptions.is_assigned(tp)]:
        result = fetcher._records.pop(tp)
        fetcher._notify(fetcher._wait_consume_future)
        if not isinstance(result, FetchResult):
            result.check_raise()
        elif tp in wanted and result.check_assignment(tp):
            part = result._partition_records
            taken[tp] = _records(part)
            result._update_position()
    return {tp: records for tp, records in taken.items() if records}


def _records(part: PartitionRecords) -> list[Any]:
    """All records, and where to fetch on from noted."""
    part._records_iterator = None  # it and `part` hold each other, and so the whole answer of the broker
    records: list[Any] = []
    while part._records.has_next():
        batch = part._records.next_batch()
        if part._check_crcs and not batch.validate_crc():
            raise CorruptRecordException(f"Invalid CRC - {part._tp}")
        if not batch.is_control_batch:
            records.extend(batch)
        part.next_fetch_offset = batch.next_offset
    return records
