"""Promises of the seam, broken one by one in a worker of `tests.live.crashing`, to see the checks find out."""

from collections.abc import Callable
from typing import Any

from streams.batch.appender import Appender
from streams.batch.changelog import MARK, Fold, Marker

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


BREAKS = {"": nothing, "believe_void": believe_void, "mark_before_rows": mark_before_rows}
