"""The oracle: slow, obvious, and sharing no code with `detectors`. Instants are ms UTC; orders are plain dicts."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

FOLDER = Path(__file__).parent.parent / "policies"
HOUR, DAY = 3_600_000, 86_400_000
UNIT_MS = {"s": 1000, "min": 60_000, "h": HOUR}


@cache
def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / name).read_text())


@cache
def first_instant(tz: str, day: date) -> int:
    """The first instant of a local day: walks through UTC by quarters of an hour until the day has begun."""
    at = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=15)
    while at.astimezone(ZoneInfo(tz)).date() < day:
        at += timedelta(minutes=15)
    return round(at.timestamp()) * 1000


class Market:
    """One market, read from its files."""

    def __init__(self, name: str) -> None:
        self.table = _toml(f"markets/{name}.toml")
        self.tz = self.table["tz"]
        self.years = _toml(f"calendars/{self.table['calendar']}.toml")["years"]

    def date(self, at: int) -> date:
        """The local date."""
        return datetime.fromtimestamp(at // 1000, ZoneInfo(self.tz)).date()

    def value(self, key: str, at: int) -> Any:
        """The value in force on the local date."""
        rows = self.table.get(key, _toml("default.toml")[key])["values"]
        return [row["value"] for row in rows if "from" not in row or row["from"] <= self.date(at)][-1]

    def works(self, day: date) -> bool:
        """Whether people work: a make-up working day, or neither weekend nor holiday."""
        year = self.years[str(day.year)]
        if day.isoformat() in year.get("make_up", []):
            return True
        return day.weekday() not in self.table["weekend"] and day.isoformat() not in year["holidays"]

    def end(self, day: date) -> int:
        """The last millisecond of the local day."""
        return first_instant(self.tz, day + timedelta(days=1)) - 1

    def due(self, text: str, start: int) -> int:
        """The last instant on time for a span that starts then."""
        words = text.split()
        if words[-1] in UNIT_MS:
            return start + int(words[0]) * UNIT_MS[words[-1]]
        day = self.date(start)
        if words[1] == "calendar":
            return self.end(day + timedelta(days=int(words[0])))
        if words[1] == "+":
            hour = int(words[0].split(":")[0])
            before = datetime.fromtimestamp(start // 1000, ZoneInfo(self.tz)).hour < hour
            day = self.after(day, 0) if before and self.works(day) else self.after(day, 1)
            return self.end(self.after(day, int(words[2])))
        return self.end(self.after(day, int(words[0])))

    def after(self, day: date, working: int) -> date:
        """That many working days later; the day itself never counts."""
        while working > 0:
            day += timedelta(days=1)
            if self.works(day):
                working -= 1
        return day


def stage_due(market: Market, order: Mapping[str, Any], stage: str, known: int) -> int:
    """The dispatch due of an order, as far as it is known: what the order says, else policy; moved by consent."""
    said = order["ready_by" if stage == "ready" else "hand_over_by"]
    span = market.value("rts_sla" if stage == "ready" else "tts_sla", order["paid"])
    south_east = market.table["name"] in {"SG", "MY", "PH", "TH", "VN", "ID"}
    if south_east and order["cross_border"] is True and market.date(order["paid"]) >= date(2026, 6, 18):
        span = "48 h" if stage == "ready" else "3 calendar days"
    due = said if said is not None else market.due(span, order["paid"])
    consents = [c for c in order["consents"] if c["at"] <= due and c["at"] <= known]
    if consents:
        return max(due, market.end(date.fromisoformat(consents[-1]["until"])))
    return due


def row_of_3_4(market: Market, order: Mapping[str, Any], at: int) -> int:  # noqa: C901 - a plain chain of ifs
    """The row of rulebook §3.4 for a request at that instant, for an order of one line."""
    paid = order["placed"] if order["cod"] else order["paid"]
    if paid is None or paid > at:
        return 1
    order = {**order, "paid": paid}
    rank = 20 if at <= paid + HOUR else 30
    for name, value in (("ready", 40), ("transit", 50), ("delivered", 60), ("completed", 70)):
        if order[name] is not None and order[name] < at:
            rank = value if value > rank else rank
    words = {"awaiting_collection": 40, "in_transit": 50, "delivered": 60, "none": 0}
    platform = order["shipping"] == "platform"
    cut = words[market.value("buyer_cancel_until_platform_shipped" if platform else "buyer_cancel_until", at)]
    if rank < 40 and at <= paid + HOUR:
        return 2
    free = words[market.value("free_until_platform_shipped", at)]
    if platform and order["kind"] not in market.value("free_until_excludes", at) and rank < free:
        return 3
    if market.value("post_sla_auto_approve", at):
        word = market.value("post_sla_cut", at)
        late = stage_due(market, order, "ready", at)
        delay = market.value("post_sla_delay", at)
        if not delay.startswith("0"):
            late = market.due(delay, late)
        if at > late and rank < (cut if word == "ship_cut" else words[word]):
            return 4
    if rank < cut:
        return 5
    if 40 <= rank <= 50 and right_is_open(market, order, at):
        return 6
    return 7


def right_is_open(market: Market, order: Mapping[str, Any], at: int) -> bool:
    """Whether the late-delivery right is open: so many whole days after the estimate; once open it stays."""
    key = "edd_grace_local" if order["cross_border"] is False else "edd_grace_cross_border"
    days = int(market.value(key, at).split()[0])
    known = [one for one in order["estimates"] if one["at"] <= at]
    for n, one in enumerate(known):
        opens = first_instant(market.tz, date.fromisoformat(one["until"]) + timedelta(days=days + 1))
        replaced = known[n + 1]["at"] if n + 1 < len(known) else at + 1
        if opens <= replaced and opens <= at:
            return True
    return False


# Patterns, by brute force over plain orders: {id, buyer, placed, paid, guilty, gone, hashes}


def v13(orders: Sequence[Mapping[str, Any]]) -> dict[int, tuple[int, int, int]]:
    """UTC hour → (cancelled in the hour, in the day, paid in the day) at its first qualifying cancellation."""
    found: dict[int, tuple[int, int, int]] = {}
    for t in sorted(o["guilty"] for o in orders if o["guilty"] is not None):
        b = sum(o["guilty"] is not None and t - HOUR < o["guilty"] <= t for o in orders)
        d = sum(o["guilty"] is not None and t - DAY < o["guilty"] <= t for o in orders)
        n = sum(o["paid"] is not None and t - DAY < o["paid"] <= t for o in orders)
        if (b >= 5 and b * 10 >= 3 * n) or (d >= 20 and d * 10 >= n):
            found.setdefault(t // HOUR, (b, d, n))
    return found


def v24(orders: Sequence[Mapping[str, Any]]) -> dict[int, tuple[int, int, int]]:
    """UTC day → (orders, buyers, window end) at its first qualifying order."""
    found: dict[int, tuple[int, int, int]] = {}
    for x in sorted(o["placed"] for o in orders):
        window = [o for o in orders if x - HOUR <= o["placed"] <= x]
        buyers = {o["buyer"] for o in window}
        if len(window) >= 10 and len(window) >= 3 * len(buyers):
            found.setdefault(x // DAY, (len(window), len(buyers), x))
    return found


def v27(orders: Sequence[Mapping[str, Any]]) -> dict[tuple[str, int], tuple[int, int]]:
    """(buyer, UTC day) → (orders, cancelled before shipping) at the first qualifying order."""
    found: dict[tuple[str, int], tuple[int, int]] = {}
    for buyer in {o["buyer"] for o in orders}:
        own = [o for o in orders if o["buyer"] == buyer]
        for x in sorted(o["placed"] for o in own):
            window = [o for o in own if x - DAY <= o["placed"] <= x]
            gone = sum(o["gone"] for o in window)
            if len(window) >= 5 and gone * 5 >= 4 * len(window):
                found.setdefault((buyer, x // DAY), (len(window), gone))
    return found


def v25(seen: Sequence[tuple[int, str, str]], staff: Sequence[tuple[int, str]]) -> Iterator[str]:
    """The hashes that link: five buyers within seven days, or a buyer and his people. Seen: (at, hash, buyer)."""
    for mark in sorted({mark for _, mark, _ in seen}):
        mine = [(at, who) for at, of, who in seen if of == mark]
        crowds = ({who for then, who in mine if at - 7 * DAY < then <= at} for at, _ in mine)
        if any(of == mark for _, of in staff) or any(len(crowd) >= 5 for crowd in crowds):
            yield mark


def m01r(orders: Sequence[Mapping[str, Any]], at: int) -> tuple[int, int]:
    """Seller-fault cancellations over orders paid in the 168 hours up to that instant."""
    paid = [o for o in orders if o["paid"] is not None and at - 7 * DAY < o["paid"] <= at]
    return sum(o["guilty"] is not None for o in paid), len(paid)
