"""The wheel: which row must be looked at when. A cache of the rows' next instants, rebuilt from them at start."""

from collections.abc import Callable
from heapq import heapify, heappop, heappush

_MINUTE = 60_000


class Wheel:
    """Keys by the minute of their next instant (ms UTC); entries that have moved are skipped when they come up.

    `next_of(key)` reads a row's next instant, None when the row is gone or waits for nothing.
    """

    def __init__(self, next_of: Callable[[bytes], int | None]) -> None:
        self._next_of = next_of
        self._minutes: dict[int, list[bytes]] = {}
        self._order: list[int] = []
        self._near: list[tuple[int, bytes]] = []
        self._horizon = -1

    def put(self, key: bytes, instant: int) -> None:
        """Looks at the row when `instant` has passed."""
        minute = instant // _MINUTE
        if minute <= self._horizon:
            heappush(self._near, (instant, key))
            return
        keys = self._minutes.get(minute)
        if keys is None:
            self._minutes[minute] = [key]
            heappush(self._order, minute)
        else:
            keys.append(key)

    def due(self, until: int) -> tuple[int, list[bytes]] | None:
        """The least instant before `until` and every key that is due at it; None when nothing is."""
        self._reach(until // _MINUTE)
        near = self._near
        while near and self._next_of(near[0][1]) != near[0][0]:
            heappop(near)
        if not near or near[0][0] >= until:
            return None
        instant, keys = near[0][0], set()
        while near and near[0][0] == instant:
            key = heappop(near)[1]
            if self._next_of(key) == instant:
                keys.add(key)
        return instant, sorted(keys)

    def _reach(self, minute: int) -> None:
        """Brings the minutes up to and including `minute` near, stale entries left behind."""
        if minute <= self._horizon:
            return
        while self._order and self._order[0] <= minute:
            for key in self._minutes.pop(heappop(self._order)):
                instant = self._next_of(key)
                if instant is not None and instant // _MINUTE <= minute:
                    self._near.append((instant, key))
        heapify(self._near)
        self._horizon = minute

    def earliest(self) -> int | None:
        """The least instant that is waited for; None for none."""
        while True:
            while self._near and self._next_of(self._near[0][1]) != self._near[0][0]:
                heappop(self._near)
            if self._near:
                return self._near[0][0]
            if not self._order:
                return None
            self._reach(self._order[0])
