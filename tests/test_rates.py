"""The rates against the oracle: random shops with late facts, corrections, samples and stored goods, in any order."""

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest

from detectors.facts import Fact
from detectors.figures import Standing, standing
from detectors.outcomes import Outcome
from streams.embedded import END_OF_TIME, Embedded
from tests import oracle, oracle_rates
from tests.disorder import delayed
from tests.histories import DAY, HOUR, MINUTE, Writer
from tests.logs import LONG, rulebook

MARKETS = ("JP", "ID", "US", "BR", "TH")
FIRST = date(2026, 3, 2)
_REASON = {
    "stock": ("seller", "seller_cancel_reason_out_of_stock"),
    "timeout": ("system", "system_cancel_order_reason_shipping_timeout"),
    "unwanted": ("buyer", "ecom_order_to_ship_canceled_reason_no_longer_needed"),
    "ignored": ("buyer", "ecom_order_to_ship_canceled_reason_seller_no_response"),
}


@pytest.mark.parametrize("seed", range(300 if LONG else 30))
def test_rates_and_their_findings_are_the_oracles(seed: int) -> None:
    rng = Random(seed)
    name = MARKETS[seed % len(MARKETS)]
    market = oracle.Market(name)
    orders = list(_orders(rng, market))
    facts = delayed(sorted(_facts(rng, name, orders), key=lambda fact: fact.at), rng, 3 * DAY, percent=20)
    embedded = Embedded(rulebook())
    said = [one for fact in facts for one in embedded.accept(fact)]
    for day in (FIRST + timedelta(days=n) for n in (1, 4, 8, 12, 16)):
        told = standing(embedded.store, rulebook(), "s", day.toordinal())
        assert told is not None
        counted = {rate.metric.id: (rate.num, rate.den) for rate in told.rates}
        assert counted == oracle_rates.rates(market, orders, day), day
        assert told.limit == oracle_rates.advice(market, orders, day), day
    said += embedded.close(END_OF_TIME)
    assert _found(said, "V-14", "run", "tier") == set(oracle_rates.v14(market, orders))
    assert _found(said, "V-16", "run") == set(oracle_rates.v16(market, orders))
    assert _found(said, "V-17", "sku", "what") == set(oracle_rates.v17(market, orders))
    assert _found(said, "V-15", "buyer", "hours") == set(oracle_rates.v15(orders))


def test_the_shops_show_every_finding_of_rates() -> None:
    """So that the comparison above is about something."""
    found: set[tuple[str, object]] = set()
    for seed in range(30):
        rng = Random(seed)
        market = oracle.Market(MARKETS[seed % len(MARKETS)])
        orders = list(_orders(rng, market))
        found |= {("V-14", one[1]) for one in oracle_rates.v14(market, orders)}
        found |= {("V-15", one[1]) for one in oracle_rates.v15(orders)}
        found |= {("V-16", "") for _ in oracle_rates.v16(market, orders)}
        found |= {("V-17", one[1]) for one in oracle_rates.v17(market, orders)}
    tiers = {("V-14", tier) for tier in ("target", "T1", "T2")}
    assert found >= {*tiers, ("V-15", 24), ("V-16", ""), ("V-17", "burst"), ("V-17", "rate")}


def _found(said: list[Outcome], code: str, *names: str) -> set[tuple[Any, ...]]:
    """Of every standing finding of the code these numbers, and its rate."""
    last = {one.id: one for one in said if one.code == code}
    numbers = (one.data["numbers"] for one in last.values() if one.state != "withdrawn")
    return {(*(n[name] for name in names), n["rate"]["num"], n["rate"]["den"]) for n in numbers}


def _orders(rng: Random, market: oracle.Market) -> Iterator[dict[str, Any]]:
    """Two weeks of orders: most are shipped, some cancelled, at a share that changes from day to day."""
    start = oracle.first_instant(market.tz, FIRST)
    ways = rng.choice((tuple(_REASON), ("stock",), ("unwanted",)))
    for day in range(rng.choice((9, 15))):
        share = rng.choice((0, 3, 10, 40, 95))
        for n in range(rng.choice((0, 4, 9, 24))):
            at = start + day * DAY + rng.choice((0, DAY - 1, rng.randrange(DAY), rng.randrange(DAY)))
            yield _order(rng, f"o{day}-{n}", at, share, ways)


def _order(rng: Random, name: str, at: int, share: int, ways: tuple[str, ...]) -> dict[str, Any]:
    lines = [(str(n), rng.choice(("k1", "k1", "k2", "k3"))) for n in range(rng.choice((1, 1, 2)))]
    order: dict[str, Any] = {
        "id": name,
        "buyer": f"b{rng.randrange(3)}",
        "placed": at,
        "paid": at + rng.choice((0, 0, MINUTE)) if rng.randrange(20) else None,
        "kind": rng.choice((*("regular",) * 9, "sample")),
        "stored": rng.randrange(12) == 0,
        "lines": lines,
        "cancels": [],
        "delivered": None,
        "deliver_by": None,
    }
    if rng.randrange(100) < share:
        how = rng.choice(ways)
        only = [lines[0][0]] if rng.randrange(4) == 0 else [line for line, _ in lines]
        order["cancels"].append({"at": at + rng.choice((MINUTE, HOUR, 9 * HOUR, DAY)), "how": how, "lines": only})
    elif order["paid"] is not None and rng.randrange(2):
        order["delivered"] = order["paid"] + rng.randrange(5 * DAY)
    if rng.randrange(2):
        order["deliver_by"] = (FIRST + timedelta(days=(at - oracle_rates.EPOCH) // DAY % 9 + 2)).isoformat()
    return order


def _facts(rng: Random, market: str, orders: list[dict[str, Any]]) -> Iterator[Fact]:
    out = Writer(rng, market)
    for order in orders:
        terms = {"kind": order["kind"], "fulfilment": "platform" if order["stored"] else "seller"}
        terms |= {"deliver_by": order["deliver_by"]} if order["deliver_by"] else {}
        lines = [{"line": line, "sku": sku} for line, sku in order["lines"]]
        out.add("order.placed", order["placed"], "s", order["id"], buyer=order["buyer"], lines=lines, **terms)
        if order["paid"] is not None:
            out.add("order.paid", order["paid"], "s", order["id"], amount="1", currency="EUR")
        for cancel in order["cancels"]:
            by, reason = _REASON[cancel["how"]]
            out.add(
                "order.cancelled", cancel["at"], "s", order["id"], by=by, reason=reason, lines=list(cancel["lines"])
            )
        if order["delivered"] is not None:
            out.add("order.delivered", order["delivered"], "s", order["id"])
    yield from out.facts


@pytest.mark.parametrize(
    ("name", "share", "points"), [("TH", 90, 2), ("VN", 90, 2), ("ID", 75, 0), ("JP", 90, 0), ("US", None, 0)]
)
def test_g14_twenty_five_of_a_hundred_advises_the_first_tiers_limit(name: str, share: int | None, points: int) -> None:
    """G-14, its limit: a share of the daily mean of 28 days, from next Monday for a week; none where none is told."""
    market = oracle.Market(name)
    told = _after_a_hundred(market, 25)
    assert (told.rates[0].num, told.rates[0].den, told.rates[0].state) == (25, 100, "T1")
    monday = oracle.first_instant(market.tz, FIRST + timedelta(days=7))
    assert told.limit == (None if share is None else (share * 100 // 2800, monday, 7))
    assert told.points == points


@pytest.mark.parametrize(("lost", "points"), [(9, 0), (10, 2), (29, 2), (30, 4), (60, 4)])
def test_points_double_from_thirty_cancellations_on(lost: int, points: int) -> None:
    """Rulebook 2.3, TH and VN: 2 points from 10 % on, 4 where 30 orders or more were cancelled."""
    assert _after_a_hundred(oracle.Market("TH"), lost).points == points


def _after_a_hundred(market: oracle.Market, lost: int) -> Standing:
    """The seller the day after a hundred orders, so many of them cancelled by his fault: 20 for want of stock."""
    start = oracle.first_instant(market.tz, FIRST)
    how = ["stock" if n < 20 else "timeout" for n in range(lost)]
    orders = [_plain_order(n, start + n * MINUTE, how[n] if n < lost else "") for n in range(100)]
    embedded = Embedded(rulebook())
    for fact in sorted(_facts(Random(14), market.table["name"], orders), key=lambda fact: fact.at):
        list(embedded.accept(fact))
    told = standing(embedded.store, rulebook(), "s", (FIRST + timedelta(days=1)).toordinal())
    assert told is not None
    return told


def _plain_order(n: int, at: int, how: str) -> dict[str, Any]:
    cancels = [{"at": at + HOUR, "how": how, "lines": ["0"]}] if how else []
    order = {"id": f"o{n}", "buyer": f"b{n}", "placed": at, "paid": at, "kind": "regular", "stored": False}
    return {**order, "lines": [("0", f"k{n}")], "cancels": cancels, "delivered": None, "deliver_by": None}
