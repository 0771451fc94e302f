"""A worker that crashes: `python -m tests.live.crashing`, in the environment of a worker.

CRASH_AT is "point:n:signal": at the n-th time the process comes to that point it sends itself the signal. It also works
in small batches, slowly, and its session is short, so that a schedule of some seconds has something to hit.
"""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import streams.app
import streams.worker
from streams.app import build
from streams.batch.appender import Appender
from streams.batch.changelog import MARK, Fold
from streams.batch.consumer import Consumer
from streams.batch.partition import Partition
from streams.settings import Settings
from streams.ticker import Ticker

SESSION_S, LIMIT, SLOW_S = 2.0, 40, 0.02
POINTS = ("worked", "sent", "in_flight", "appended", "restoring", "revoked", "mid_tick")
Async = Callable[..., Awaitable[Any]]


class Crash:
    """Sends this process a signal at the n-th visit of a point."""

    def __init__(self, wish: str) -> None:
        self._point, n, name = (wish or "nowhere:1:KILL").split(":")
        self._left, self._signal = int(n), signal.Signals[f"SIG{name}"]

    def at(self, point: str) -> None:
        if point == self._point:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), self._signal)


def plant(crash: Crash) -> None:
    """Puts the points into the seam."""
    send, cut, append, write = Consumer._send, Consumer._cut, Appender.append, Partition.write
    take, revoked = Fold.take, Consumer.on_partitions_revoked

    async def sending(self: Any, messages: Any) -> None:
        time.sleep(SLOW_S)  # noqa: ASYNC251
        crash.at("worked")
        await send(self, messages)

    async def cutting(self: Any, lane: Any, one: Any, body_s: float) -> None:
        stays = lane.kept is not None and one.position == lane.position
        await cut(self, lane, one, body_s)
        if stays:
            crash.at("mid_tick")

    async def writing(self: Any, records: Any, position: int) -> None:
        crash.at("sent")
        await write(self, records, position)
        crash.at("appended")

    async def appending(self: Any, log: Any, records: Any) -> int:
        if records[0][0] != MARK:
            return await append(self, log, records)
        sent = asyncio.ensure_future(append(self, log, records))
        await asyncio.sleep(0.001)
        crash.at("in_flight")
        return await sent

    def taking(self: Any, records: Any) -> None:
        crash.at("restoring")
        take(self, records)

    async def being_revoked(self: Any, gone: Any) -> None:
        await revoked(self, gone)
        crash.at("revoked")

    Consumer._send, Consumer._cut, Consumer.on_partitions_revoked = sending, cutting, being_revoked
    Partition.write, Appender.append, Fold.take = writing, appending, taking  # type: ignore[method-assign]


def main() -> None:
    plant(Crash(os.environ.get("CRASH_AT", "")))
    streams.app.App = partial(streams.app.App, limit=LIMIT)  # type: ignore[misc]
    streams.worker.build = partial(build, session_s=SESSION_S)  # type: ignore[assignment]
    streams.worker.Ticker = partial(Ticker, session_ms=int(SESSION_S * 1000))  # type: ignore[misc]
    streams.worker.worker(Settings.from_env(os.environ))


if __name__ == "__main__":
    main()
