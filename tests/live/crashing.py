"""A worker that crashes: `python -m tests.live.crashing`, in the environment of a worker.

CRASH_AT is "point:n:signal": at the n-th time the process comes to that point it says so and sends itself the signal.
It works in small batches, each SLOW seconds longer than it must, and its session is short, so that a schedule of some
seconds has something to hit. BREAK names a promise of the seam that it does not keep (`tests.live.breaking`).

The points of a batch, in order: its body has run (worked); its messages are handed over (saying), and acknowledged
(sent; ingested, where there are no rows); half of its rows are on the wire (halved), all are (in_flight), they are
acknowledged (appended). Those of a piece of a tick that goes on are named apart. Of a partition that is taken over: it
is claimed, half read (restoring), read before its first batch (restored). Between two assignments: revoked.
"""

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from functools import partial
from typing import Any

import streams.app
import streams.batch.partition
import streams.worker
from streams.app import build
from streams.batch.appender import Appender
from streams.batch.changelog import MARK, Fold
from streams.batch.consumer import Consumer
from streams.batch.partition import Partition
from streams.settings import Settings
from streams.ticker import Ticker
from tests.live.breaking import BREAKS

SESSION_S, LIMIT, WIRE_S = 2.0, 40, 0.001
SLOW_S = float(os.environ.get("SLOW", "0.02"))
_BATCH = ("worked", "saying", "sent", "halved", "in_flight", "appended")
_TAKEN_OVER = ("claimed", "restoring", "restored", "revoked")
POINTS = (*_BATCH, "ingested", *(f"piece_{point}" for point in _BATCH), *_TAKEN_OVER)
STRUCK = "crash: struck at "
_stage: ContextVar[str] = ContextVar("stage", default="")
"""How the names of a batch's points begin in this task."""


class Crash:
    """Sends this process a signal at the n-th visit of a point."""

    def __init__(self, wish: str) -> None:
        self._point, n, name = (wish or "nowhere:1:KILL").split(":")
        self._left, self._signal = int(n), signal.Signals[f"SIG{name}"]
        self._counting = threading.Lock()

    def due(self, point: str) -> bool:
        """Counts a visit; whether it is the one."""
        if point != self._point:
            return False
        with self._counting:
            self._left -= 1
            return self._left == 0

    def strike(self) -> None:
        os.write(2, f"{STRUCK}{self._point}\n".encode())
        os.kill(os.getpid(), self._signal)

    def at(self, point: str) -> None:
        if self.due(point):
            self.strike()


def plant_in_batches(crash: Crash) -> None:
    """The points between a batch's body and the acknowledgement of its rows."""
    cut, send, append, write = Consumer._cut, Consumer._send, Appender.append, Partition.write

    async def cutting(self: Any, lane: Any, one: Any, body_s: float) -> None:
        _stage.set("piece_" if lane.kept is not None and one.position == lane.position else "")
        await cut(self, lane, one, body_s)
        if not lane.agent.uses_tables:
            crash.at("ingested")

    async def sending(self: Any, messages: Any) -> None:
        time.sleep(SLOW_S)  # noqa: ASYNC251
        crash.at(_stage.get() + "worked")
        if messages:
            await _on_the_wire(send(self, messages), partial(crash.at, _stage.get() + "saying"))

    async def writing(self: Any, records: Any, position: int) -> None:
        crash.at(_stage.get() + "sent")
        await write(self, records, position)
        crash.at(_stage.get() + "appended")

    async def appending(self: Any, log: Any, records: Any) -> int:
        if records[0][0] != MARK:
            return await append(self, log, records)
        if crash.due(_stage.get() + "halved"):
            strike_in_the_middle_of(records[0][1], crash)
        return int(await _on_the_wire(append(self, log, records), partial(crash.at, _stage.get() + "in_flight")))

    Consumer._cut, Consumer._send = cutting, sending
    Partition.write, Appender.append = writing, appending  # type: ignore[method-assign]


async def _on_the_wire(work: Coroutine[Any, Any, Any], strike: Callable[[], None]) -> Any:
    """Does the work, and the other thing when it is on its way and not yet answered."""
    sent = asyncio.ensure_future(work)
    await asyncio.sleep(WIRE_S)
    if not sent.done():
        strike()
    return await sent


def strike_in_the_middle_of(mark: bytes, crash: Crash) -> None:
    """Strikes when half of the request that has this mark is with the kernel, and the rest is not."""
    write = asyncio.StreamWriter.write

    def writing(self: Any, data: bytes) -> None:
        if mark not in data:
            write(self, data)
            return
        asyncio.StreamWriter.write = write  # type: ignore[method-assign]
        write(self, data[: len(data) // 2])
        crash.strike()
        write(self, data[len(data) // 2 :])

    asyncio.StreamWriter.write = writing  # type: ignore[assignment,method-assign]


def plant_in_handovers(crash: Crash) -> None:
    """The points from the loss of a partition to the first batch of its heir."""
    take, read, open_, revoked = Fold.take, streams.batch.partition.read, Partition.open, Consumer.on_partitions_revoked

    async def being_revoked(self: Any, gone: Any) -> None:
        await revoked(self, gone)
        if gone:
            crash.at("revoked")

    async def opening(self: Any) -> Partition:
        _stage.set("rewritten_")
        return await open_(self)

    def reading(*which: Any) -> Fold:
        crash.at("claimed")
        fold = read(*which)
        if fold.batches:
            crash.at("restored")
        return fold

    def taking(self: Any, records: Any) -> None:
        half = len(records) // 2
        take(self, records[:half])
        if self.batches:
            crash.at("restoring")
        take(self, records[half:])

    Partition.open, Fold.take, streams.batch.partition.read = opening, taking, reading  # type: ignore[method-assign]
    Consumer.on_partitions_revoked = being_revoked


def main() -> None:
    crash = Crash(os.environ.get("CRASH_AT", ""))
    BREAKS[os.environ.get("BREAK", "")](crash.at)
    plant_in_batches(crash)
    plant_in_handovers(crash)
    streams.app.App = partial(streams.app.App, limit=LIMIT)  # type: ignore[misc]
    streams.worker.build = partial(build, session_s=SESSION_S)  # type: ignore[assignment]
    streams.worker.Ticker = partial(Ticker, session_ms=int(SESSION_S * 1000))  # type: ignore[misc]
    streams.worker.worker(Settings.from_env(os.environ))


if __name__ == "__main__":
    main()
