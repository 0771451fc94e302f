"""Dated numbers: what a market's rules said on a day. No number of a rule stands anywhere else."""

import hashlib
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import msgspec

from detectors.clock import Calendar, Span, span
from detectors.fault import Reasons


class PolicyError(ValueError):
    """A policy that cannot be used; the message is one sentence for the person who wrote it."""


def _day(value: date | str) -> int:
    return (value if isinstance(value, date) else date.fromisoformat(value)).toordinal()


def _read(unit: str, value: Any) -> Any:
    if unit == "span":
        return span(value)
    if unit == "spans":
        return tuple(span(v) for v in value)
    if unit == "span_by_name":
        return {name: span(v) for name, v in value.items()}
    if unit == "set":
        return tuple(value)
    return value


class Dated:
    """One key's values, each from its local date on."""

    def __init__(self, unit: str, rows: Sequence[Mapping[str, Any]]) -> None:
        self._from = [_day(row["from"]) if "from" in row else 0 for row in rows]
        self._values = [_read(unit, row["value"]) for row in rows]

    @property
    def always(self) -> Any:
        """The value when there is only one; None otherwise."""
        return self._values[0] if len(self._values) == 1 else None

    @property
    def every(self) -> Sequence[Any]:
        """All values, the first one first."""
        return self._values

    def on(self, day: int) -> Any:
        """The value that holds on the local day."""
        return self._values[max(bisect_right(self._from, day) - 1, 0)]

    def at(self, instant: int, calendar: Calendar) -> Any:
        """The value that holds on the local day of the instant (ms UTC)."""
        return self._values[0] if len(self._values) == 1 else self.on(calendar.day(instant))


class Market:
    """One market's profile: time zone, languages, calendar and every key's dated values."""

    def __init__(self, name: str, table: Mapping[str, Any], keys: Mapping[str, Dated], calendar: Calendar) -> None:
        self.name = name
        self.version = str(table["version"])
        self.languages = tuple(table["languages"])
        self.calendar = calendar
        self._keys = keys
        self._always = {key: dated.always for key, dated in keys.items() if dated.always is not None}
        self._always_ms: dict[str, int] = {
            key: dated.always.n for key, dated in keys.items() if _is_elapsed(dated.always)
        }

    def get(self, key: str, day: int) -> Any:
        """The key's value on the local day: Span, int, str, bool, tuple or table, as the unit says."""
        return self._keys[key].on(day)

    def at(self, key: str, instant: int) -> Any:
        """The key's value on the local day of the instant (ms UTC)."""
        value = self._always.get(key)
        return self._keys[key].at(instant, self.calendar) if value is None else value

    def due(self, key: str, start: int) -> int:
        """The last instant on time, by the span that holds on the local day of `start`."""
        return self.calendar.due(self.at(key, start), start)

    def promotes(self, code: str, instant: int) -> bool:
        """Whether findings of that code may open cases; else they are staged."""
        return code in self.at("promoted", instant)

    def directs(self, rule: str, instant: int) -> str:
        """What becomes of that rule's directives on the local day of the instant: issue, shadow or off."""
        by_rule: Mapping[str, str] = self.at("directives", instant)
        return by_rule.get(rule) or by_rule["*"]

    def quiet_after(self, source: str, instant: int) -> int | None:
        """How long (ms) a feed of that source may be silent that was last heard then; None: for ever."""
        spans: Mapping[str, Span] = self.at("feed_quiet", instant)
        length = spans.get(source) or spans.get("*")
        return None if length is None else length.n

    def watches(self, source: str) -> bool:
        """Whether the silence of that source is watched on any day."""
        return any(source in spans or "*" in spans for spans in self._keys["feed_quiet"].every)

    def ms(self, key: str, instant: int) -> int:
        """The key's value as elapsed ms."""
        if key in self._always_ms:
            return self._always_ms[key]
        length: Span = self.at(key, instant)
        if length.kind != "elapsed":
            raise PolicyError(f'"{key}" of {self.name} must be hours, minutes or seconds')
        return length.n


class Policies:
    """All markets, the reasons, and the hash of everything that was read."""

    def __init__(self, markets: Mapping[str, Market], reasons: Reasons, digest: str) -> None:
        self.markets, self.reasons, self.hash = markets, reasons, digest

    @classmethod
    def of(
        cls,
        default: Mapping[str, Any],
        markets: Mapping[str, Mapping[str, Any]],
        calendars: Mapping[str, Mapping[str, Any]],
        reasons: Mapping[str, Any],
    ) -> "Policies":
        """Policies from the tables of the policy files; what a market does not say falls to the default."""
        base = {key: table for key, table in default.items() if isinstance(table, Mapping)}
        read = {
            name: Market(name, table, _keys(base, table), _calendar(name, table, calendars))
            for name, table in markets.items()
        }
        everything = msgspec.json.encode([default, markets, calendars, reasons], order="deterministic")
        return cls(read, Reasons(reasons), hashlib.blake2b(everything, digest_size=8).hexdigest())


def _is_elapsed(value: Any) -> bool:
    return isinstance(value, Span) and value.kind == "elapsed"


def _keys(base: Mapping[str, Any], table: Mapping[str, Any]) -> dict[str, Dated]:
    return {key: Dated(row["unit"], table.get(key, row)["values"]) for key, row in base.items()}


def _calendar(name: str, table: Mapping[str, Any], calendars: Mapping[str, Any]) -> Calendar:
    years = calendars[table["calendar"]]["years"]
    holidays = {_day(d): label for year in years.values() for d, label in year["holidays"].items()}
    make_up = frozenset(_day(d) for year in years.values() for d in year.get("make_up", ()))
    covered = frozenset(int(year) for year in years)
    return Calendar(name, table["tz"], frozenset(table["weekend"]), holidays, make_up, covered)
