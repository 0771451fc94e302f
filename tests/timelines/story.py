"""A timeline file: a story with times, told as contract events. `README.md` beside it shows the format by example."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

_LENGTH = re.compile(r"(\d+)(days|day|d|ms|h|m|s)")
_MOVED = re.compile(r"(?:(?P<base>.+?) )?(?P<sign>[+-]) ?(?P<length>(?:\d+(?:days|day|d|ms|h|m|s) ?)+)")
_MS = {"d": 86_400_000, "day": 86_400_000, "days": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}
_INSTANTS = ("ready_by", "hand_over_by", "auto_cancel_at", "pay_by", "respond_by", "deliver_by", "until")
_STEPS = ("placed", "paid", "ready", "in_transit", "delivered")
_ENVELOPE = ("id", "at", "type", "order", "seller", "source", "arrived", "repeat")
_USUAL: dict[str, dict[str, Any]] = {
    "order.paid": {"amount": "1980", "currency": "JPY"},
    "cancellation.requested": {"by": "buyer", "reason": "no_longer_needed"},
    "cancellation.decided": {"decision": "approve", "by": "seller"},
    "cancellation.withdrawn": {},
    "notice.sent": {"to": "buyer", "channel": "in_app", "about": "seller_cancel", "reason": "sold out"},
    "message.sent": {"conversation": "m1"},
}


class StoryError(ValueError):
    """A timeline that cannot be read; the message names the word that is wrong."""


class Event(NamedTuple):
    """One contract event and when it arrives (ms UTC)."""

    arrived: int
    attributes: dict[str, Any]

    def line(self) -> bytes:
        """The event as it would stand in a file."""
        return json.dumps(self.attributes, ensure_ascii=False).encode()


class Times:
    """Reads instants: "2026-03-02 10:00" (local), "end of 2026-03-04", "requested + 48h", "+1h" after the last."""

    def __init__(self, tz: str) -> None:
        self.zone = ZoneInfo(tz)
        self.named: dict[str, int] = {}
        self.last = 0

    def read(self, text: str) -> int:
        """The instant in ms UTC. StoryError when it is none."""
        if text in self.named:
            return self.named[text]
        moved = _MOVED.fullmatch(text)
        if moved:
            base = self.read(moved["base"]) if moved["base"] else self.last
            length = sum(int(n) * _MS[unit] for n, unit in _LENGTH.findall(moved["length"]))
            return base + length if moved["sign"] == "+" else base - length
        try:
            if text.startswith("end of "):
                return self._local(datetime.fromisoformat(text[7:]) + timedelta(days=1)) - 1
            return self._local(datetime.fromisoformat(text))
        except ValueError:
            raise StoryError(f'"{text}" is neither an instant nor an event told before') from None

    def _local(self, moment: datetime) -> int:
        aware = moment if moment.tzinfo else moment.replace(tzinfo=self.zone)
        return (aware - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)

    def show(self, at: int | None) -> str:
        """The instant as local text with milliseconds; "" for None."""
        if at is None:
            return ""
        moment = datetime.fromtimestamp(at // 1000, self.zone).replace(microsecond=at % 1000 * 1000)
        return moment.strftime("%Y-%m-%d %H:%M:%S.") + f"{at % 1000:03d}"


def rfc3339(at: int) -> str:
    """RFC 3339 in UTC with milliseconds."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def markets(table: Mapping[str, Any]) -> list[str]:
    """The markets of which a file's story is true."""
    named = table["market"]
    return list(named) if isinstance(named, list) else [str(named)]


class Story:
    """One file: its table, its times, and its events in the order of arrival."""

    def __init__(self, path: Path, tz_of: Mapping[str, str], market: str = "") -> None:
        """`tz_of`: the time zone of every market. `market`: which one, when the file is told of several."""
        self.table: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        self.market = market or markets(self.table)[0]
        self.times = Times(tz_of[self.market])
        presets = self.table.get("order", [])
        self._presets = [presets] if isinstance(presets, dict) else presets
        self._many = len(self._presets) > 1 or any("copies" in one for one in self._presets)
        told = [event for preset in self._presets for event in self._orders(preset)]
        told += [event for row in self.table.get("events", ()) for event in self._event(row, self._first(), "s1")]
        self.events = sorted(told, key=lambda event: event.arrived)

    def _first(self) -> str:
        return str(self._presets[0].get("id", "o1")) if self._presets else "o1"

    def _orders(self, preset: Mapping[str, Any]) -> Iterator[Event]:
        """The events of one preset, as often as it has copies, each moved on by `every`."""
        copies, name = int(preset.get("copies", 0)), str(preset.get("id", "o1"))
        every = self.times.read("+" + preset["every"]) - self.times.last if "every" in preset else 0
        for n in range(max(copies, 1)):
            order = f"{name}{n + 1}" if copies else name
            one = {key: _turn(value, n) if key in {"buyer", "method"} else value for key, value in preset.items()}
            yield from self._order(one, order, n * every)

    def _order(self, preset: Mapping[str, Any], order: str, shift: int) -> Iterator[Event]:
        seller, own = str(preset.get("seller", "s1")), {}
        for step in _STEPS:
            if step in preset:
                row = {"at": preset[step], "type": f"order.{step}"}
                if step == "placed":
                    row |= self._terms(preset)
                if step == "paid" and "method" in preset:
                    row["method"] = preset["method"]
                yield from self._event(row, order, seller, shift, own)
        for row in preset.get("events", ()):
            yield from self._event(row, order, seller, shift, own)

    def _terms(self, preset: Mapping[str, Any]) -> dict[str, Any]:
        ours = {"id", "seller", "copies", "every", "events", "method", *_STEPS}
        given = {key: value for key, value in preset.items() if key not in ours}
        lines = [{"line": line, "sku": f"k{line}"} for line in given.pop("lines", ["1"])]
        return {"buyer": "b1", **given, "lines": lines}

    def _event(
        self, row: Mapping[str, Any], order: str, seller: str, shift: int = 0, own: dict[str, int] | None = None
    ) -> Iterator[Event]:
        """One row as an event, and once more when it is sent again. `own`: the times told of this order."""
        order = str(row.get("order", order))
        self.times.last = at = self._moved(str(row["at"]), shift, own)
        arrived = self._moved(str(row["arrived"]), shift, own) if "arrived" in row else at
        name = self._name(row, order, at, own)
        of_shop = row["type"].startswith("shop.")
        unbound = row["type"].startswith("campaign.") or (row["type"] == "identity.seen" and "order" not in row)
        attributes = {
            "specversion": "1.0",
            "id": name,
            "source": row.get("source", "story"),
            "type": row["type"],
            "time": rfc3339(at),
            "seller": row.get("seller", seller),
            "market": self.market,
            "recordedtime": rfc3339(arrived),
            "data": self._data(row, order),
            **({} if unbound else {"subject": row.get("seller", seller) if of_shop else order}),
        }
        yield Event(arrived, attributes)
        if "repeat" in row:
            again = self._moved(str(row["repeat"]), shift, own)
            yield Event(again, attributes | {"recordedtime": rfc3339(again)})

    def _moved(self, text: str, shift: int, own: dict[str, int] | None) -> int:
        """The instant; in a copied order, its own events are meant and absolute instants move with the copy."""
        moved = _MOVED.fullmatch(text)
        base = moved["base"] if moved else text
        if own and base in own:
            return _from(text, own, self.times)
        return self.times.read(text) + (0 if moved and not base else shift)

    def _name(self, row: Mapping[str, Any], order: str, at: int, own: dict[str, int] | None) -> str:
        first, _, second = row["type"].partition(".")
        short = str(row.get("id", second if first in {"order", "cancellation"} else first))
        name = f"{order}.{short}" if self._many and "." not in short else short
        base, n = name, 1
        while name in self.times.named and "id" not in row:
            n += 1
            name = f"{base}-{n}"
        self.times.named.setdefault(name, at)
        if own is not None:
            own[short if n == 1 else f"{short}-{n}"] = at
        return name

    def _data(self, row: Mapping[str, Any], order: str) -> dict[str, Any]:
        kind = str(row["type"])
        data = dict(_USUAL.get(kind, {}))
        if kind.startswith("cancellation."):
            data["cancellation"] = "c1" if order == "o1" else f"c-{order}"
        data |= {key: value for key, value in row.items() if key not in _ENVELOPE}
        for field in _INSTANTS:
            if field in data and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", data[field]):
                data[field] = rfc3339(self.times.read(data[field]))
        return {key: value for key, value in data.items() if value != ""}


def _from(text: str, own: dict[str, int], times: Times) -> int:
    """An instant told from an event of the same order."""
    inner = Times(str(times.zone))
    inner.named, inner.last = own, times.last
    return inner.read(text)


def _turn(value: Any, n: int) -> Any:
    """The n-th of a list, over and over; anything else as it is."""
    return value[n % len(value)] if isinstance(value, list) else value
