"""The wheel: which row must be looked at when. A cache of the rows' next instants, rebuilt from them at start."""

from collections.abc import Callable
from heapq import heappop, heappush

_MINUTE = 60_000

NextOf = Callable[[bytes], int | None]
"""A row's next instant (ms UTC); None when the row is gone or waits for nothing."""


class Wheel:
    """Keys by the minute of their next instant (ms UTC), near ones by the instant itself; entries that have moved are
    skipped when they come up.
    """

    def __init__(self) -> None:
        self._minutes: dict[int, list[bytes]] = {}
        self._least: dict[int, int] = {}
        self._order: list[int] = []
        self._near: dict[int, list[bytes]] = {}
        self._instants: list[int] = []
        self._horizon = -1

    def put(self, key: bytes, instant: int) -> None:
        """Looks at the row when `instant` has passed."""
        minute = instant // _MINUTE
        if minute <= self._horizon:
            self._put_near(key, instant)
            return
        keys = self._minutes.get(minute)
        if keys is None:
            self._minutes[minute], self._least[minute] = [key], instant
            heappush(self._order, minute)
            return
        keys.append(key)
        self._least[minute] = min(self._least[minute], instant)

    def _put_near(self, key: bytes, instant: int) -> None:
        keys = self._near.get(instant)
        if keys is None:
            self._near[instant] = [key]
            heappush(self._instants, instant)
        else:
            keys.append(key)

    def due(self, until: int, next_of: NextOf) -> tuple[int, list[bytes]] | None:
        """The least instant before `until` and every key that is due at it; None when nothing is."""
        self._reach(until // _MINUTE, next_of)
        instant = self._first(next_of)
        if instant is None or instant >= until:
            return None
        keys = self._near.pop(heappop(self._instants))
        return instant, sorted({key for key in keys if next_of(key) == instant})

    def _first(self, next_of: NextOf) -> int | None:
        """The least near instant that a row still waits for."""
        while self._instants:
            instant = self._instants[0]
            keys = self._near[instant]
            while keys and next_of(keys[-1]) != instant:
                keys.pop()
            if keys:
                return instant
            del self._near[heappop(self._instants)]
        return None

    def _reach(self, minute: int, next_of: NextOf) -> None:
        """Brings the minutes up to and including `minute` near, stale entries left behind."""
        if minute <= self._horizon:
            return
        while self._order and self._order[0] <= minute:
            reached = heappop(self._order)
            del self._least[reached]
            for key in self._minutes.pop(reached):
                instant = next_of(key)
                if instant is not None and instant // _MINUTE <= minute:
                    self._put_near(key, instant)
        self._horizon = minute

    def earliest(self, next_of: NextOf) -> int | None:
        """No row waits for an earlier instant; None when none waits. In a minute not yet reached it may be that of a
        row that has moved: to look through a minute of a million rows takes seconds.
        """
        near = self._first(next_of)
        if near is not None:
            return near
        return self._least[self._order[0]] if self._order else None
