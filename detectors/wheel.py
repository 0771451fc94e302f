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
        self._least: dict[int, int] = {}
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
            self._minutes[minute], self._least[minute] = [key], instant
            heappush(self._order, minute)
            return
        keys.append(key)
        self._least[minute] = min(self._least[minute], instant)

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
            reached = heappop(self._order)
            del self._least[reached]
            for key in self._minutes.pop(reached):
                instant = self._next_of(key)
                if instant is not None and instant // _MINUTE <= minute:
                    self._near.append((instant, key))
        heapify(self._near)
        self._horizon = minute

    def earliest(self) -> int | None:
        """No row waits for an earlier instant; None when none waits. In a minute not yet reached it may be that of a
        row that has moved: to look through a minute of a million rows takes seconds.
        """
        near = self._near
        while near and self._next_of(near[0][1]) != near[0][0]:
            heappop(near)
        if near:
            return near[0][0]
        return self._least[self._order[0]] if self._order else None
