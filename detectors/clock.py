"""Local days, working days and spans of time (rulebook TS-1 … TS-6).

An instant is an int, ms UTC. A day is a proleptic ordinal (`date.toordinal`) in the market's time zone.
A due instant is always the last one that is on time.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from functools import cache, lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
_REMEMBERED = 8192
_EPOCH = date(1970, 1, 1).toordinal()
_FIRST_WRITTEN, _LAST_WRITTEN = -62_135_596_800_000, 253_402_300_799_999


class MissingYearError(LookupError):
    """The calendar does not hold that year; it is never taken for a year without holidays."""


class Span(NamedTuple):
    """A length as a policy states it: `elapsed` ms, or `calendar` / `working` days.

    `cut` (ms after local midnight) marks the same-day rule: started before it on a working day, that day is
    the first; else the next working day is. Then `n` working days are added.
    """

    kind: str
    n: int
    cut: int | None = None


_UNITS = {"s": SECOND, "min": MINUTE, "h": HOUR, "days": DAY}
_SPAN = re.compile(r"(?:(\d\d):(\d\d) \+ )?(\d+) (s|min|h|working days?|calendar days?)")


def span(text: str) -> Span:
    """Reads "48 h", "2 working days", "3 calendar days", "14:00 + 1 working days"; ValueError otherwise."""
    match = _SPAN.fullmatch(text)
    if match is None or (match[1] and not match[4].startswith("working")):
        raise ValueError(f'"{text}" is no span; write it like "48 h", "2 working days" or "3 calendar days"')
    hours, minutes, n, unit = match.groups()
    if unit in _UNITS:
        return Span("elapsed", int(n) * _UNITS[unit])
    cut = int(hours) * HOUR + int(minutes) * MINUTE if hours else None
    return Span(unit.split()[0], int(n), cut)


class Calendar:
    """A market's days: time zone, weekend, holidays, make-up working days."""

    def __init__(
        self,
        market: str,
        tz: str,
        weekend: frozenset[int],
        holidays: Mapping[int, str],
        make_up: frozenset[int],
        years: frozenset[int],
    ) -> None:
        """`holidays` and `make_up` are days; `years` are those that the calendar covers."""
        self.market = market
        self.tz = ZoneInfo(tz)
        self._weekend, self._holidays, self._make_up, self._years = weekend, holidays, make_up, years
        self.midnight = cache(self._midnight)
        self.off = cache(self._off)
        self._working = cache(self._nth_working)
        self.day = lru_cache(_REMEMBERED)(self._day)
        self.due = lru_cache(_REMEMBERED)(self._due)

    def _day(self, at: int) -> int:
        """The local day on which the instant lies."""
        day = at // DAY + _EPOCH
        while at < self.midnight(day):
            day -= 1
        while at >= self.midnight(day + 1):
            day += 1
        return day

    def _midnight(self, day: int) -> int:
        local = datetime.combine(date.fromordinal(day), time(), self.tz)
        return round(local.timestamp()) * SECOND

    def eod(self, day: int) -> int:
        """The last millisecond of the local day (TS-4)."""
        return self.midnight(day + 1) - 1

    def _off(self, day: int) -> str:
        """Why nobody works on that day: a holiday's name, "weekend", or "" for a working day (TS-5)."""
        on = date.fromordinal(day)
        if on.year not in self._years:
            raise MissingYearError(f"the calendar of {self.market} does not hold {on.year}")
        if day in self._make_up:
            return ""
        if day in self._holidays:
            return self._holidays[day]
        return "weekend" if on.weekday() in self._weekend else ""

    def _nth_working(self, day: int, n: int) -> int:
        """The n-th working day after `day`; the day itself never counts (TS-5)."""
        while n:
            day += 1
            n -= not self.off(day)
        return day

    def first_day(self, length: Span, start: int) -> int:
        """Day 0 of a count that starts at `start`."""
        day = self.day(start)
        if length.cut is None:
            return day
        in_time = start < self.midnight(day) + length.cut
        return day if in_time and not self.off(day) else self._working(day, 1)

    def _due(self, length: Span, start: int) -> int:
        """The last instant on time for something that may take `length` from `start`."""
        if length.kind == "elapsed":
            return start + length.n
        day = self.first_day(length, start)
        if length.kind == "calendar":
            return self.eod(day + length.n)
        return self.eod(self._working(day, length.n))

    def opens(self, day: int, length: Span) -> int:
        """The first instant after `length` days beyond `day` are over (TS-6)."""
        return self.midnight(day + length.n + 1)

    def segments(self, length: Span, start: int, due: int) -> Iterator[dict[str, object]]:
        """`start` to `due` as pieces {from, to, kind, why}: which time counted and which was skipped."""
        if length.kind == "elapsed":
            yield {"from": start, "to": due, "kind": "counted", "why": "elapsed time"}
            return
        first = self.first_day(length, start)
        at, day = start, self.day(start)
        while at <= due:
            end = min(self.eod(day), due)
            kind, why = self._piece(length, day, first)
            yield {"from": at, "to": end, "kind": kind, "why": why}
            at, day = end + 1, day + 1

    def _piece(self, length: Span, day: int, first: int) -> tuple[str, str]:
        if length.kind == "calendar":
            return ("skipped", "day of the start") if day == first else ("counted", "calendar day")
        off = self.off(day)
        if off:
            return "skipped", off
        if day > first or (length.cut is not None and day == first):
            return "counted", "working day"
        return "skipped", "day of the start"


def day_of(text: str) -> int:
    """The day written as YYYY-MM-DD."""
    return date.fromisoformat(text).toordinal()


def utc_day(at: int) -> int:
    """The number of the UTC day since 1970 on which the instant lies."""
    return at // DAY


@lru_cache(1 << 14)
def rfc3339(at: int) -> str:
    """The instant as RFC 3339 in UTC with three decimals and Z; beyond what it can write, its first or last instant."""
    at = min(max(at, _FIRST_WRITTEN), _LAST_WRITTEN)
    moment = datetime(1970, 1, 1) + timedelta(milliseconds=at)  # noqa: DTZ001 - UTC by construction
    return moment.isoformat(timespec="milliseconds") + "Z"
