"""The oracle of rates: counts every order again for every run, and shares no code with `detectors`."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from tests.oracle import DAY, HOUR, Market, first_instant

Orders = Sequence[Mapping[str, Any]]
EPOCH = 0
FAULT = {"stock", "timeout"}
EXTENDED = {*FAULT, "ignored"}
HALF_AN_HOUR = 1_800_000


def counted(order: Mapping[str, Any]) -> bool:
    """Whether the order is in the rates at all."""
    return order["kind"] != "sample" and not order["stored"]


def week(market: Market, orders: Orders, run: date, name: str = "paid", days: int = 7) -> list[Mapping[str, Any]]:
    """The orders paid (placed) on the local days before the run."""
    wanted = {run - timedelta(days=n) for n in range(1, days + 1)}
    return [o for o in orders if counted(o) and o[name] is not None and market.date(o[name]) in wanted]


def ended(order: Mapping[str, Any], how: set[str]) -> list[Mapping[str, Any]]:
    """The cancellations of the paid order that came about in one of these ways."""
    return [c for c in order["cancels"] if c["how"] in how and order["paid"] is not None and order["paid"] <= c["at"]]


def whole(order: Mapping[str, Any]) -> bool:
    """Whether all lines were cancelled after payment."""
    return any(len(c["lines"]) == len(order["lines"]) for c in ended(order, {*EXTENDED, "unwanted"}))


def rates(market: Market, orders: Orders, run: date) -> dict[str, tuple[int, int]]:
    """Every metric of the run: (num, den). Nobody asks or is told in these histories."""
    paid, placed = week(market, orders, run), week(market, orders, run, "placed")
    unpaid = [o for o in placed if any(_before_payment(o, c) and c["how"] == "stock" for c in o["cancels"])]
    dispatch = [o for o in orders if counted(o) and o["paid"] is not None and _due_in(market, o, run)]
    given = [o for o in orders if counted(o) and o["paid"] is not None and o["deliver_by"] and not _gone(o)]
    last = {run - timedelta(days=n) for n in range(1, 8)}
    given = [o for o in given if date.fromisoformat(o["deliver_by"]) in last]
    told = [c for o in orders if counted(o) for c in ended(o, {"stock"}) if market.date(c["at"]) in last]
    return {
        "M-01": (sum(bool(ended(o, FAULT)) for o in paid), len(paid)),
        "M-02": (sum(bool(ended(o, EXTENDED)) for o in paid), len(paid)),
        "M-03": (sum(whole(o) for o in paid), len(paid)),
        "M-03i": (0, len(paid)),
        "M-04": (sum(_after_limit(market, o) for o in paid), len(paid)),
        "M-05": (0, 0),
        "M-05a": (0, 0),
        "M-06": (len(unpaid), len(placed)),
        "M-07": (sum(_late(market, o) for o in dispatch), len(dispatch)),
        "M-08": (sum(_in_time(market, o) for o in given), len(given)),
        "M-09": (sum(bool(ended(o, {"timeout"})) for o in paid), len(paid)),
        "M-10": (0, len(told)),
    }


def _before_payment(order: Mapping[str, Any], cancel: Mapping[str, Any]) -> bool:
    return order["paid"] is None or cancel["at"] < order["paid"]


def _gone(order: Mapping[str, Any]) -> bool:
    return any(len(c["lines"]) == len(order["lines"]) for c in order["cancels"])


def _after_limit(market: Market, order: Mapping[str, Any]) -> bool:
    due = market.due(market.value("rts_sla", order["paid"]), order["paid"])
    return any(c["at"] > due for c in ended(order, {"unwanted", "ignored"}))


def _dues(market: Market, order: Mapping[str, Any]) -> dict[str, int]:
    """The dispatch limits that the seller still had to keep when they came."""
    paid = order["paid"]
    stages = market.value("dispatch_stages", paid)
    dues = {s: market.due(market.value("rts_sla" if s == "ready" else "tts_sla", paid), paid) for s in stages}
    off = [c["at"] for c in order["cancels"] if len(c["lines"]) == len(order["lines"])]
    return {s: due for s, due in dues.items() if not (off and off[0] <= due)}


def _due_in(market: Market, order: Mapping[str, Any], run: date) -> bool:
    dues = _dues(market, order)
    return bool(dues) and market.date(max(dues.values())) in {run - timedelta(days=n) for n in range(1, 8)}


def _late(market: Market, order: Mapping[str, Any]) -> bool:
    came = order["delivered"]
    return any(came is None or came > due for due in _dues(market, order).values())


def _in_time(market: Market, order: Mapping[str, Any]) -> bool:
    limit = first_instant(market.tz, date.fromisoformat(order["deliver_by"]) + timedelta(days=1)) - 1
    return order["delivered"] is not None and order["delivered"] <= limit


# Tiers


def tier(market: Market, num: int, den: int) -> str:
    """The tier of a rate; "" when it gives no ground for a finding."""
    if den < 20 or num < 3:
        return ""
    reached = [percent for percent in _tiers(market) if 100 * num >= percent * den]
    if reached:
        return f"T{len(reached)}"
    target = num * 40 > den if market.table["name"] == "US" else num * 40 >= den
    return "target" if target else ""


def _tiers(market: Market) -> tuple[int, ...]:
    return (10, 30, 50, 75) if market.table["name"] == "ID" else (10, 30, 50)


def _rate(market: Market, orders: Orders, run: date) -> tuple[int, int]:
    cohort = week(market, orders, run)
    return sum(bool(ended(o, FAULT)) for o in cohort), len(cohort)


def _runs(market: Market, orders: Orders) -> Iterator[date]:
    first = market.date(min(o["placed"] for o in orders))
    yield from (first + timedelta(days=n) for n in range(60))


def _instant(market: Market, run: date) -> int:
    return first_instant(market.tz, run) + HALF_AN_HOUR


def v14(market: Market, orders: Orders) -> Iterator[tuple[int, str, int, int]]:
    """Every run that rises above the two before it: (instant, tier, num, den)."""
    ladder = ["", "target", "T1", "T2", "T3", "T4"]
    for run in _runs(market, orders) if orders else ():
        now, *before = (tier(market, *_rate(market, orders, run - timedelta(days=n))) for n in range(3))
        if ladder.index(now) > max(ladder.index(one) for one in before):
            yield (_instant(market, run), now, *_rate(market, orders, run))


def v16(market: Market, orders: Orders) -> Iterator[tuple[int, int, int]]:
    """Every run with far more cancellations than in the four weeks before: (instant, num, den)."""
    for run in _runs(market, orders) if orders else ():
        now = week(market, orders, run)
        usual = week(market, orders, run - timedelta(days=7), days=28)
        if len(now) < 20 or len(usual) < 20:
            continue
        num, of = sum(whole(o) for o in now), sum(whole(o) for o in usual)
        if 100 * num > 20 * len(now) and num * len(usual) > 3 * of * len(now):
            yield _instant(market, run), num, len(now)


def advice(market: Market, orders: Orders, run: date) -> tuple[int, int, int] | None:
    """The order limit of the rulebook's §2.3: (orders, from, days)."""
    table = {"US": None, "ID": (75, 50, 25, 0)}.get(market.table["name"], (90, 70, 50))
    num, den = _rate(market, orders, run)
    reached = [p for p in _tiers(market) if den >= 20 and num >= 3 and 100 * num >= p * den]
    if table is None or not reached:
        return None
    month = len(week(market, orders, run, days=28))
    monday = run + timedelta(days=1)
    while monday.weekday() != 0:
        monday += timedelta(days=1)
    return table[len(reached) - 1] * month // 2800, first_instant(market.tz, monday), 7


# Products and buyers


def v17(market: Market, orders: Orders) -> set[tuple[str, str, int, int]]:
    """(SKU, what, num, den) of every finding: bursts by UTC day, and where the market has it the product's rate."""
    found = set()
    for sku in {sku for o in orders for _, sku in o["lines"]}:
        lost = sorted((c["at"], o["id"]) for o in orders if counted(o) for c in _of_sku(o, sku))
        days = set()
        for at, _ in lost:
            near = {name for when, name in lost if at - DAY < when <= at}
            sold = {o["id"] for o in orders if counted(o) and _paid_within(o, at) and _has(o, sku)}
            if at // DAY not in days and len(near) >= 5 and 2 * len(near) >= len(near | sold):
                days.add(at // DAY)
                found.add((sku, "burst", len(near), len(near | sold)))
    return found | (set(_product_rates(market, orders)) if market.table["name"] == "ID" and orders else set())


def _of_sku(order: Mapping[str, Any], sku: str) -> list[Mapping[str, Any]]:
    cancels = ended(order, {*EXTENDED, "unwanted"})
    return [c for c in cancels if any(one == sku and line in c["lines"] for line, one in order["lines"])]


def _has(order: Mapping[str, Any], sku: str) -> bool:
    return any(one == sku for _, one in order["lines"])


def _paid_within(order: Mapping[str, Any], at: int) -> bool:
    return order["paid"] is not None and at - DAY < order["paid"] <= at


def _product_rates(market: Market, orders: Orders) -> Iterator[tuple[str, str, int, int]]:
    for run in _runs(market, orders):
        num, den = _rate(market, orders, run)
        if num < 3 or den < 20 or 100 * num < 5 * den:
            continue
        for sku in {sku for o in orders for _, sku in o["lines"]}:
            sold = [o for o in week(market, orders, run) if _has(o, sku)]
            bad = [o for o in sold if any(c["how"] in FAULT for c in _of_sku(o, sku))]
            if len(sold) >= 20 and len(bad) >= 3 and 10 * len(bad) >= len(sold):
                yield sku, "rate", len(bad), len(sold)


def v15(orders: Orders) -> set[tuple[str, int, int, int]]:
    """(buyer, hours, num, den) of every finding: the first of each UTC day."""
    found = set()
    sales = [o for o in orders if o["kind"] != "sample"]
    for buyer in {o["buyer"] for o in sales}:
        own = [o for o in sales if o["buyer"] == buyer]
        gone = {o["id"]: c["at"] for o in own for c in o["cancels"] if c["how"] == "unwanted"}
        for hours, least in ((24, 5), (168, 10), (720, 20)):
            days = set()
            for at in sorted(gone.values()):
                lost = {name for name, when in gone.items() if at - hours * HOUR < when <= at}
                near = lost | {o["id"] for o in own if at - hours * HOUR < o["placed"] <= at}
                if at // DAY not in days and len(lost) >= least and 5 * len(lost) >= 4 * len(near):
                    days.add(at // DAY)
                    found.add((buyer, hours, len(lost), len(near)))
    return found
