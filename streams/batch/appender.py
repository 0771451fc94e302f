"""Appends batches to the changelog, each whole or not at all, none twice."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.structs import TopicPartition

from streams.batch.changelog import Record

PATIENCE_S = 30.0
_A_RECORD = 32
"""At most so many bytes of a record are neither key nor value."""


class AppendError(Exception):
    """Whether the batch is in the log is not known: the partition must be claimed and read again."""


class Appender:
    """An idempotent producer of the seam's own."""

    def __init__(self, servers: Sequence[str], largest: int, patience_s: float = PATIENCE_S) -> None:
        """`largest`: bytes of a batch; the changelog topic must take as much (`max.message.bytes`)."""
        self.servers, self._largest, self._patience_s = servers, largest, patience_s
        self._producer: AIOKafkaProducer | None = None
        self._starting = asyncio.Lock()
        self._old: set[asyncio.Task[None]] = set()

    async def stop(self) -> None:
        """Lets the producer go; what it has not appended yet may stay undone."""
        self._put_away()
        await asyncio.wait(self._old, timeout=1) if self._old else None

    def fits(self, records: Sequence[Record]) -> bool:
        """Whether the records can go as one batch. One that does not fit must never be sent: it would be torn."""
        size = sum(len(key) + len(value or b"") for key, value in records)
        return size + _A_RECORD * (len(records) + 2) <= self._largest

    async def append(self, log: TopicPartition, records: Sequence[Record]) -> int:
        """Appends the records as one batch; the offset of the first, -1 when the brokers do not tell.

        Raises AppendError when they do not answer in time or refuse: the producer is then not used again.
        """
        try:
            producer = await self._started()
        except KafkaError as why:
            raise AppendError(f"{log}: {type(why).__name__} {why}") from why
        batch = producer.create_batch()
        if not _filled(batch, records):
            raise ValueError(f"{log}: a batch of {len(records)} records does not fit")
        try:
            async with asyncio.timeout(self._patience_s):
                sent = await producer.send_batch(batch, log.topic, partition=log.partition)
                return int((await sent).offset)
        except (KafkaError, TimeoutError) as why:
            if self._producer is producer:
                self._put_away()
            raise AppendError(f"{log}: {type(why).__name__} {why}") from why

    async def _started(self) -> AIOKafkaProducer:
        async with self._starting:
            if self._producer is None:
                producer = AIOKafkaProducer(
                    bootstrap_servers=list(self.servers),
                    enable_idempotence=True,
                    acks="all",
                    max_batch_size=self._largest,
                    max_request_size=2 * self._largest,
                    linger_ms=0,
                )
                try:
                    await producer.start()
                except KafkaError:
                    await producer.stop()
                    raise
                self._producer = producer
            return self._producer

    def _put_away(self) -> None:
        """After a refusal an idempotent producer refuses everything: the next append takes a new one."""
        if self._producer is not None:
            task = asyncio.create_task(self._producer.stop())
            self._old.add(task)
            task.add_done_callback(self._old.discard)
            self._producer = None


def _filled(batch: BatchBuilder, records: Sequence[Record]) -> bool:
    """Whether the batch took all records. It is closed: or stray records could join it, and it would linger."""
    add, now, headers = batch._builder.append, int(time.time() * 1000), list[Any]()  # noqa: SLF001
    for n, (key, value) in enumerate(records):
        if add(n, now, key, value, headers) is None:
            return False
    batch._relative_offset = len(records)  # noqa: SLF001
    batch.close()
    return True
