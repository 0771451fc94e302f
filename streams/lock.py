"""The lock: a worker judges only under the policies in force, those of the ticker that leads (docs/decisions/0003).

Every tick names the hash of the policies it was made under. A worker with other policies does not read on: it says
nothing, changes no row and acknowledges nothing, so that another worker, or this one later, misses nothing.
"""

import asyncio
import logging
import time
from collections.abc import Callable

from streams.metrics import Metrics
from streams.monitor import Monitor, Record

PERIOD_S = 1.0
log = logging.getLogger(__name__)


class Lock:
    """Keeps the monitor from records that were ticked under other policies, until its own are in force."""

    def __init__(
        self, own: str, in_force: Callable[[], str | None], metrics: Metrics, period_s: float = PERIOD_S
    ) -> None:
        """`own`: the hash of this worker's policies. `in_force` asks for that of the leader's, None: it cannot be told.

        It is asked in a thread, at most once in `period_s`, and only when a record stands under another hash.
        """
        self._own, self._in_force, self._metrics, self._period_s = own, in_force, metrics, period_s
        self._told: str | None = None
        self._asked = -period_s
        self.waits = ""

    async def opens(self, monitor: Monitor, record: Record) -> bool:
        """Returns when the record may be judged; False when partitions changed hands first: then it comes again."""
        stands = monitor.stands_under(record)
        if stands in {"", self._own}:
            self._go_on()
            return True
        hands = monitor.hands
        while await self._leads() != self._own:
            self._wait(stands)
            await asyncio.sleep(self._period_s)
            if monitor.hands != hands:
                return False
        self._go_on()
        return monitor.hands == hands

    async def _leads(self) -> str | None:
        if time.monotonic() - self._asked >= self._period_s:
            self._told = await asyncio.to_thread(self._in_force)
            self._asked = time.monotonic()
        return self._told

    def _wait(self, stands: str) -> None:
        if not self.waits:
            self.waits = (
                f"this worker waits: the policies in force are {self._told or stands}, its own are {self._own};"
                " give it the same policies, or replace all workers"
            )
            log.warning(self.waits)
            self._metrics.waiting(True)

    def _go_on(self) -> None:
        if self.waits:
            self.waits = ""
            log.info("this worker goes on: its policies %s are in force", self._own)
            self._metrics.waiting(False)
