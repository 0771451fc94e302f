"""Plain orders for the oracle, at instants where days are unusual: as dicts that it reads, and told as facts."""

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import Any

from tests import oracle
from tests.histories import DAY, HOUR, MINUTE, Writer

FIRST, LAST = date(2010, 1, 2), date(2027, 11, 20)
_TERMS = ("kind", "shipping", "fulfilment", "cod", "ready_by", "hand_over_by", "auto_cancel_at", "pay_by")


def instants(market: oracle.Market, rng: Random, many: int, last: date = LAST) -> Iterator[int]:
    """Instants at and around local midnights (clock changes, holidays, make-up days, year ends) and at random."""
    days = [
        date.fromisoformat(d) for year in market.years.values() for d in (*year["holidays"], *year.get("make_up", ()))
    ]
    days += [date(year, 12, 31) for year in range(2010, 2027)] + list(_clock_changes(market.tz))
    for _ in range(many):
        day = rng.choice((*days, FIRST + timedelta(days=rng.randrange((LAST - FIRST).days))))
        day += timedelta(days=rng.choice((-3, -1, 0, 0, 1)))
        if FIRST <= day <= last:
            start = oracle.first_instant(market.tz, day)
            yield start + rng.choice((-1, 0, 1, 14 * HOUR - 1, 14 * HOUR, rng.randrange(DAY)))


def _clock_changes(tz: str) -> Iterator[date]:
    """Local days of another length than 24 hours."""
    for n in range((LAST - FIRST).days):
        day = FIRST + timedelta(days=n)
        if day.month in {2, 3, 4, 10, 11} and _length(tz, day) != DAY:
            yield day


def _length(tz: str, day: date) -> int:
    return oracle.first_instant(tz, day + timedelta(days=1)) - oracle.first_instant(tz, day)


def plain_order(rng: Random, placed: int, market: oracle.Market) -> dict[str, Any]:
    """An order of one line and what became of it until a request, as the oracle reads it."""
    paid = None if rng.random() < 0.08 else placed + rng.choice((0, 1, MINUTE, HOUR, 30 * HOUR))
    start = paid or placed

    def later(share: float) -> int | None:
        return start + rng.choice((0, HOUR, 20 * HOUR, 2 * DAY, 6 * DAY, 9 * DAY)) if rng.random() < share else None

    def moments() -> list[int]:
        """Never two at one instant: which of them is the later one is the log's business, not the table's."""
        return sorted({later(1) or 0 for _ in range(rng.randrange(3))} - {placed})

    def day(at: int) -> str:
        return (market.date(at) + timedelta(days=rng.choice((-1, 0, 1, 3)))).isoformat()

    estimates = [{"at": placed, "until": day(placed)}] if rng.random() < 0.8 else []
    estimates += [{"at": at, "until": day(at)} for at in moments()]
    return {
        "placed": placed,
        "paid": paid,
        "cod": rng.random() < 0.1,
        "ready": later(0.5),
        "transit": later(0.3),
        "delivered": later(0.15),
        "completed": later(0.05),
        "kind": rng.choice(("regular", "regular", "preorder", "virtual")),
        "shipping": rng.choice(("seller", "platform")),
        "cross_border": rng.choice((None, True, False)),
        "ready_by": later(0.15),
        "hand_over_by": None,
        "estimates": estimates,
        "consents": [{"at": at, "until": day(at + 2 * DAY)} for at in moments()],
    }


def request_instant(rng: Random, order: dict[str, Any]) -> int:
    """Near something that happened, or days later."""
    names = ("placed", "paid", "ready", "transit", "delivered", "completed", "ready_by")
    near = rng.choice([order[name] for name in names if order[name] is not None])
    return int(near) + rng.choice(
        (0, 1, -1, HOUR, HOUR + 1, 3 * DAY, 5 * DAY, 8 * DAY, 20 * DAY, rng.randrange(20 * DAY))
    )


def told(name: str, order: dict[str, Any], at: int) -> Writer:
    """The same as facts, with a buyer's request `c` at that instant."""
    out = Writer(Random(0), name)
    first = [one["until"] for one in order["estimates"] if one["at"] == order["placed"]]
    terms = {key: order.get(key) or None for key in _TERMS}
    terms |= {"cross_border": order["cross_border"], "deliver_by": first[0] if first else None}
    out.add("order.placed", order["placed"], "s", "o", buyer="b", lines=[{"line": "1", "sku": "k"}], **terms)
    for step, kind in (("paid", "paid"), ("ready", "ready"), ("transit", "in_transit"), ("delivered", "delivered")):
        if order[step] is not None:
            out.add(f"order.{kind}", order[step], "s", "o", amount="1", currency="EUR")
    if order["completed"] is not None:
        out.add("order.completed", order["completed"], "s", "o")
    for one in order["estimates"]:
        if one["at"] != order["placed"]:
            out.add("order.estimate_changed", one["at"], "s", "o", deliver_by=one["until"])
    for one in order["consents"]:
        out.add("consent.given", one["at"], "s", "o", until=one["until"])
    out.add("cancellation.requested", at, "s", "o", cancellation="c", by="buyer", respond_by=order.get("respond_by"))
    return out
