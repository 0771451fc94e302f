"""The rules against the oracle, over thousands of random instants of 2010 to 2027 in every market."""

from functools import cache
from random import Random
from typing import Any

import pytest

from detectors.clock import span
from detectors.decision import decide
from detectors.facts import Fact
from detectors.figures import figure_of
from detectors.order import OrderFact, fold
from detectors.outcomes import Outcome
from detectors.rulebook import Rulebook
from streams.embedded import END_OF_TIME, Embedded, run
from tests import oracle
from tests.histories import DAY, HOUR, MARKETS, MINUTE, Writer
from tests.logs import LONG, changed, rulebook
from tests.oracle_orders import instants, plain_order, request_instant, told

SPANS = (
    "response_sla",
    "unpaid_timeout",
    "rts_sla",
    "tts_sla",
    "auto_cancel_ready",
    "auto_cancel_handover",
    "post_sla_delay",
)
DRAWS = 400 if LONG else 40


@pytest.mark.parametrize("name", MARKETS)
def test_every_span_falls_due_when_the_oracle_says(name: str) -> None:
    market, terms = oracle.Market(name), rulebook().terms(name)
    extra = ("2 working days", "14:00 + 1 working days", "3 calendar days", "10 working days", "24 h")
    for at in instants(market, Random(name), DRAWS):
        for key in SPANS:
            assert terms.market.due(key, at) == market.due(market.value(key, at), at), (key, at)
        for text in extra:
            assert terms.market.calendar.due(span(text), at) == market.due(text, at), (text, at)


# The boundary: at the due instant is on time, a millisecond later is late


@pytest.mark.parametrize("name", MARKETS)
def test_late_is_one_millisecond_after_due(name: str) -> None:
    market, rng = oracle.Market(name), Random(name)
    for at in list(instants(market, rng, DRAWS))[: DRAWS // 4]:
        stages = market.value("dispatch_stages", at)
        for stage, kind, key in (("ready", "order.ready", "rts_sla"), ("handover", "order.in_transit", "tts_sla")):
            if stage not in stages:
                continue
            due = market.due(market.value(key, at), at)
            if due <= at:
                continue
            assert _dispatched(name, at, kind, due, stage) == ("met", {}), (name, at, stage)
            numbers = {"stage": stage, "step": {"ready": "ready", "handover": "handed over"}[stage]}
            assert _dispatched(name, at, kind, due + 1, stage) == (
                "breached",
                {**numbers, "state": "it was late", "late_ms": 1},
            ), (name, at, stage)


def _dispatched(name: str, at: int, kind: str, when: int, stage: str) -> tuple[str, dict[str, Any]]:
    """The last state of the stage's duty, and the numbers of its finding."""
    out = Writer(Random(0), name)
    out.add("order.placed", at, "s", "o", buyer="b", lines=[{"line": "1", "sku": "k"}])
    out.add("order.paid", at, "s", "o", amount="1", currency="EUR")
    out.add(kind, when, "s", "o")
    said = run(rulebook(), out.facts, END_OF_TIME)
    duty = [o.state for o in said if o.type == "duty.changed" and o.card and o.card.name == f"dispatch_{stage}"][-1]
    found = [o.data for o in said if o.code == "V-18" and o.state != "withdrawn" and o.key[-1] == stage]
    return duty, found[-1]["numbers"] if found else {}


@pytest.mark.parametrize("name", MARKETS)
def test_a_request_is_due_when_the_oracle_says(name: str) -> None:
    market = oracle.Market(name)
    for at in list(instants(market, Random(name), DRAWS))[: DRAWS // 4]:
        request = at + 2 * HOUR
        due = market.due(market.value("response_sla", request), request)
        for answer, expected in ((due, ("met", {})), (due + 1, ("breached", {"late_ms": 1}))):
            assert _answered(name, at, request, answer) == expected, (name, at)


def _answered(name: str, at: int, request: int, answer: int) -> tuple[str, dict[str, Any]]:
    out = Writer(Random(0), name)
    out.add("order.placed", at, "s", "o", buyer="b", lines=[{"line": "1", "sku": "k"}])
    out.add("order.paid", at, "s", "o", amount="1", currency="EUR")
    out.add("cancellation.requested", request, "s", "o", cancellation="c", by="buyer")
    out.add("cancellation.decided", answer, "s", "o", cancellation="c", by="seller", decision="reject", reason="packed")
    said = run(rulebook(), out.facts, END_OF_TIME)
    duty = [o.state for o in said if o.type == "duty.changed" and o.code == "R-03"][-1]
    found = [o.data["numbers"] for o in said if o.code == "V-01"]
    return duty, {"late_ms": found[-1]["late_ms"]} if found else {}


# §3.4


@pytest.mark.parametrize("name", MARKETS)
def test_the_decision_table_is_the_oracles(name: str) -> None:
    market, rng, rows = oracle.Market(name), Random(name), set()
    starts = list(instants(market, rng, DRAWS))
    for _ in range(DRAWS * 20):
        order = plain_order(rng, rng.choice(starts), market)
        request = request_instant(rng, order)
        rows.add(expected := oracle.row_of_3_4(market, order, request))
        assert _decided(name, order, request) == expected, (order, request)
    assert rows >= {1, 2, 5, 6, 7}


def _decided(name: str, order: dict[str, Any], at: int) -> int:
    facts = sorted((OrderFact.of(fact) for fact in told(name, order, at).facts), key=OrderFact.place)
    folded = fold("s", name, "o", facts)
    return decide(folded, folded.requests["c"], rulebook().terms(name)).number


# Patterns and M-01r


@pytest.mark.parametrize("seed", range(400 if LONG else 40))
def test_the_patterns_are_the_oracles(seed: int) -> None:
    rng = Random(seed)
    orders, seen, staff, facts = _busy_shop(rng)
    rng.shuffle(facts)
    rules = rulebook() if seed % 2 else _without_hotspots()
    embedded = Embedded(rules)
    said = [one for fact in sorted(facts, key=lambda fact: fact.arrived) for one in embedded.accept(fact)]
    at = max(fact.arrived for fact in facts) + rng.choice((0, 1, DAY, 6 * DAY))
    said += embedded.close(at)
    figure = figure_of(embedded.store, rules, "s", at)
    assert (figure.num, figure.den) == oracle.m01r(orders, at)
    said += embedded.close(END_OF_TIME)
    assert _numbers(said, "V-13", "hour", "hour_count", "day_count", "paid_24h") == {
        (hour * HOUR, *numbers) for hour, numbers in oracle.v13(orders).items()
    }
    assert _numbers(said, "V-24", "orders", "buyers", "window_end") == set(oracle.v24(orders).values())
    assert _numbers(said, "V-27", "buyer", "orders", "cancelled") == {
        (buyer, *numbers) for (buyer, _), numbers in oracle.v27(orders).items()
    }
    assert _numbers(said, "V-25", "link") == {(f"device:{mark}",) for mark in oracle.v25(seen, staff)}


@cache
def _without_hotspots() -> Rulebook:
    """No day is judged for V-17's sake: what another pattern takes for quiet stays unsaid."""
    return changed(v17_count=1_000_000)


def _numbers(said: list[Outcome], code: str, *names: str) -> set[tuple[Any, ...]]:
    last = {one.id: one for one in said if one.code == code}
    return {tuple(one.data["numbers"][name] for name in names) for one in last.values() if one.state != "withdrawn"}


_Shop = tuple[list[dict[str, Any]], list[tuple[int, str, str]], list[tuple[int, str]], list[Fact]]


def _busy_shop(rng: Random) -> _Shop:
    """Orders in bursts, as plain dicts and as facts."""
    out, orders, seen, staff = Writer(rng, rng.choice(MARKETS)), [], [], []
    start = 1_767_225_600_000 + rng.randrange(400) * DAY + rng.choice((0, 22 * HOUR, 23 * HOUR))
    many, people = rng.choice(((12, 3), (30, 8), (26, 26), (60, 40))), rng.choice((0, 0, 1))
    step = rng.choice((0, 1, MINUTE, HOUR // 10, HOUR // 9, HOUR))
    habit = rng.choice(("seller", "seller", "buyer", "mixed", "nobody"))
    for n in range(many[0]):
        order = _busy_order(out, rng, f"o{n}", f"b{n % many[1]}", start + n * step, habit)
        orders.append(order)
        if rng.random() < 0.4:
            at, mark = order["placed"] + rng.choice((0, HOUR, 3 * DAY, 9 * DAY)), rng.choice(("h1", "h2"))
            out.add(
                "identity.seen", at, "s", order["id"], party="buyer", party_id=order["buyer"], kind="device", hash=mark
            )
            seen.append((at, mark, order["buyer"]))
    for _ in range(people):
        staff.append((start, "h2"))
        out.add("identity.seen", start, "s", "", party="staff", party_id="own", kind="device", hash="h2")
    return orders, seen, staff, out.facts


def _busy_order(out: Writer, rng: Random, name: str, buyer: str, placed: int, habit: str) -> dict[str, Any]:
    out.add("order.placed", placed, "s", name, buyer=buyer, lines=[{"line": "1", "sku": "k"}])
    order: dict[str, Any] = {"id": name, "buyer": buyer, "placed": placed, "paid": None, "guilty": None, "gone": False}
    if rng.random() < 0.9:
        order["paid"] = placed + rng.choice((0, 1, MINUTE))
        out.add("order.paid", order["paid"], "s", name, amount="1", currency="EUR")
    shipped = placed + HOUR if rng.random() < 0.15 else None
    if shipped is not None:
        out.add("order.in_transit", shipped, "s", name)
    if habit != "nobody" and rng.random() < 0.85:
        by = rng.choice(("seller", "buyer")) if habit == "mixed" else habit
        at = placed + rng.choice((2 * MINUTE, HOUR - 1, HOUR, HOUR + 1, 20 * HOUR))
        out.add(
            "order.cancelled", at, "s", name, by=by, reason="out_of_stock" if by == "seller" else "no_longer_needed"
        )
        order["guilty"] = at if by == "seller" and order["paid"] is not None else None
        order["gone"] = shipped is None or shipped > at
    return order
