"""A busy day in pages: a seller's day of many entries is a head and a row for each of its minutes.

One order more then writes one minute anew, and no seller outgrows what a batch of the changelog may hold.
"""

from collections.abc import Iterable, Iterator
from operator import attrgetter

import msgspec

from detectors.clock import MINUTE
from detectors.window import Day, between

MOST = 1000
"""Up to so many entries a day is one row."""
_LISTS = ("placed", "paid", "cancelled", "ended", "asked", "empty")
_lists = attrgetter(*_LISTS)


def turned(day: Day) -> Iterator[tuple[int, Day | None]]:
    """The pages that changed since the last time, by minute; None for one to drop. The day then knows all it has."""
    if sum(map(len, _lists(day))) <= MOST:
        yield from ((minute, None) for minute in day.pages)
        day.pages, day.touched = [], set()
        return
    changed = day.touched if day.pages else {entry.at // MINUTE for entries in _lists(day) for entry in entries}
    left = set(day.pages) | changed
    for minute in sorted(changed):
        page = _page(day, minute)
        if page is None:
            left.discard(minute)
        yield minute, page
    day.pages, day.touched = sorted(left), set()


def _page(day: Day, minute: int) -> Day | None:
    page, first, last = Day(day.market, day.number), minute * MINUTE, (minute + 1) * MINUTE - 1
    for entries, found in zip(_lists(day), _lists(page), strict=True):
        found.extend(between(entries, first, last))
    return page if any(_lists(page)) else None


def head(day: Day) -> Day:
    """The day without what stands on its pages."""
    return msgspec.structs.replace(day, **{name: [] for name in _LISTS}) if day.pages else day


def bind(day: Day, pages: Iterable[Day]) -> None:
    """Puts the entries of the pages, in the order of their minutes, into the day that was only a head."""
    for page in pages:
        for entries, more in zip(_lists(day), _lists(page), strict=True):
            entries.extend(more)
