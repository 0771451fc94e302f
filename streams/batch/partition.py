"""One partition of the tables: its rows, how far the source was read, and the right to write. The log decides that."""

import asyncio
import threading
import time
import uuid
from collections.abc import Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.structs import TopicPartition

from streams.batch.appender import Appender
from streams.batch.changelog import Fold, Marker, Record, batch, claim
from streams.batch.fetching import fetched
from streams.batch.meter import Meter
from streams.batch.tables import Rows

FETCH_BYTES, WAIT_S = 8 << 20, 0.5


class ForeignError(Exception):
    """Somebody else may have appended to our partition of the changelog: it must be claimed and read again."""


class Partition:
    """Opened by `open`. Between two writes, `view` shows the rows with what changed since; `drop` forgets that."""

    def __init__(self, log: TopicPartition, tables: Sequence[str], appender: Appender, meter: Meter) -> None:
        self.log, self.position, self.end = log, 0, 0
        self.cache: dict[str, Any] = {}
        self.stopping = threading.Event()
        self._appender, self._meter, self._tables, self._token = appender, meter, tables, ""
        self._rows: dict[str, dict[bytes, bytes]] = {}
        self._changes: dict[str, dict[bytes, bytes | None]] = {table: {} for table in tables}

    async def open(self) -> "Partition":
        """Claims the partition, reads up to the claim, and writes again what a void batch has overwritten."""
        self._token = uuid.uuid4().hex
        claimed = await self._append([claim(self._token)])
        if claimed < 0:
            raise ForeignError(f"{self.log}: the claim's offset is unknown")
        self._meter.claimed()
        started = time.monotonic()
        fold = await asyncio.to_thread(read, self._appender.servers, self.log, claimed, self._tables, self.stopping)
        self._meter.restored(fold.read, time.monotonic() - started)
        self._rows, self.position, self.end = fold.rows, fold.position, claimed + 1
        if any(fold.void.values()):
            self._meter.voided(fold.voided)
        for table, keys in fold.void.items():  # or compaction would keep the void value and drop the good one
            if keys:
                await self._rewrite(table, sorted(keys))
        return self

    async def _rewrite(self, table: str, keys: Sequence[bytes]) -> None:
        """Writes the rows as they are; in halves, where they do not fit. One always does: it was written before."""
        kept = self._rows[table]
        self._changes[table].update((key, kept.get(key)) for key in keys)
        records = self.prepare(self.position)
        if records is not None:
            await self.write(records, self.position)
            return
        if len(keys) == 1:
            raise ValueError(f"{self.log}: one row is larger than a batch of the changelog may be")
        self.drop()
        half = len(keys) // 2
        await self._rewrite(table, keys[:half])
        await self._rewrite(table, keys[half:])

    def kept(self, table: str) -> dict[bytes, bytes]:
        """The rows of a table as the log has them."""
        return self._rows.get(table, {})

    def view(self, table: str) -> Rows:
        """The rows of a table with what changed since; to change them too."""
        return Rows(self._rows[table], self._changes[table])

    @property
    def changed(self) -> int:
        """How many rows changed since the last write."""
        return sum(map(len, self._changes.values()))

    def drop(self) -> None:
        """Forgets what changed since the last write, and all that was derived from it."""
        self.cache.clear()
        for changed in self._changes.values():
            changed.clear()

    def prepare(self, position: int) -> list[Record] | None:
        """The batch of what changed and the position; None when it is too large for one."""
        records = batch(Marker(self._token, self.position, position), self._changes)
        return records if self._appender.fits(records) else None

    async def write(self, records: Sequence[Record], position: int) -> None:
        """Appends what `prepare` made, whole or not at all, and takes it over.

        Raises ForeignError when somebody else has written, AppendError when that cannot be told.
        """
        at = await self._append(records)
        if at != self.end:
            raise ForeignError(f"{self.log}: appended at {at}, expected {self.end}")
        for table, changed in self._changes.items():
            _apply(self._rows[table], changed)
            changed.clear()
        self.position, self.end = position, at + len(records)

    async def _append(self, records: Sequence[Record]) -> int:
        return await self._appender.append(self.log, records)


def _apply(rows: dict[bytes, bytes], changed: dict[bytes, bytes | None]) -> None:
    """Only now: what is not in the log did not happen."""
    for key, value in changed.items():
        if value is None:
            rows.pop(key, None)
        else:
            rows[key] = value


def read(
    servers: Sequence[str], log: TopicPartition, until: int, tables: Sequence[str], stopping: threading.Event
) -> Fold:
    """What the changelog says up to and including an offset. For a thread of its own: it makes its own loop."""
    return asyncio.run(_read(servers, log, until, Fold(tables), stopping))


async def _read(servers: Sequence[str], log: TopicPartition, until: int, fold: Fold, stopping: threading.Event) -> Fold:
    reader = AIOKafkaConsumer(
        bootstrap_servers=list(servers),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=FETCH_BYTES,
    )
    await reader.start()
    try:
        reader.assign([log])
        reader.seek(log, 0)  # seek_to_beginning does nothing, silently, once end offsets were asked for
        while await reader.position(log) <= until:
            if stopping.is_set():
                raise ForeignError(f"{log}: left while it was read")
            records = (await fetched(reader._fetcher, {log}, WAIT_S)).get(log, ())  # noqa: SLF001
            whole = not records or records[-1].offset <= until
            fold.take(records if whole else [record for record in records if record.offset <= until])
    finally:
        await reader.stop()
    return fold
