"""Promises of the seam, broken one by one in a worker of `tests.live.crashing`, to see the checks find out."""

import asyncio
from collections.abc import Callable
from typing import Any

from streams.batch.appender import Appender
from streams.batch.changelog import MARK, Fold, Marker
from streams.batch.consumer import Consumer

LATE_S = 2.0
At = Callable[[str], None]


def nothing(_at: At) -> None:
    """Keeps them all."""


def believe_void(_at: At) -> None:
    """A batch of one who has lost the partition counts as any other: no claim decides who writes."""

    def mark(self: Any, marker: Marker) -> None:
        self._valid, self.position = True, marker.position
        self.batches += 1

    Fold._mark = mark  # type: ignore[method-assign]


def mark_before_rows(at: At) -> None:
    """The marker goes out in a batch of its own, the rows after it; "torn" is the point between."""
    append = Appender.append

    async def appending(self: Any, log: Any, records: Any) -> int:
        first = await append(self, log, records[:1])
        if records[0][0] == MARK and len(records) > 1:
            at("torn")
            await append(self, log, records[1:])
        return first

    Appender.append = appending  # type: ignore[method-assign]


def commit_early(_at: At) -> None:
    """Ingest has read what it has not said yet: a tick may come between."""
    cut = Consumer._cut

    async def cutting(self: Any, lane: Any, one: Any, body_s: float) -> None:
        if not lane.agent.uses_tables:
            lane.move(one.position)
            await asyncio.sleep(LATE_S)
        await cut(self, lane, one, body_s)

    Consumer._cut = cutting  # type: ignore[assignment,method-assign]


def give_up(_at: At) -> None:
    """A worker ends of the first rows that it should write."""

    async def appending(_self: Any, _log: Any, _records: Any) -> int:
        raise RuntimeError("it gives up")

    Appender.append = appending  # type: ignore[assignment,method-assign]


BREAKS = {
    "": nothing,
    "believe_void": believe_void,
    "mark_before_rows": mark_before_rows,
    "commit_early": commit_early,
    "give_up": give_up,
}
