"""Every clocked duty against the oracle: random (market, instant, duty), 2010 to 2027; PROPERTIES=long: 100,000."""

from collections.abc import Iterator
from datetime import date
from itertools import islice
from random import Random
from typing import Any

import pytest

from detectors.catalogue import DUTIES
from detectors.facts import Fact
from detectors.order import OrderFact, fold
from detectors.verdict import DUTY, Obligation, Verdict
from tests import oracle
from tests.histories import DAY, HOUR, MARKETS, MINUTE
from tests.logs import LONG, rulebook
from tests.oracle_duties import Clock, clocks
from tests.oracle_orders import instants, plain_order, request_instant, told

TRIPLES = 100_500 if LONG else 4_000  # over all markets
LAST = date(2027, 9, 30)  # what follows within weeks still lies in a year that every calendar holds
TOLD_APART = {"dispatch_ready", "dispatch_handover", "auto_cancel", "answer_return", "notify_seller"}
_SPANS = (0, 1, HOUR, 47 * HOUR, 2 * DAY, 2 * DAY + 1, 5 * DAY, 8 * DAY)
_REASONS = {"seller": "out_of_stock", "system": "system_cancel_payment_risk_review_failed", "buyer": "no_longer_needed"}


@pytest.mark.parametrize("name", MARKETS)
def test_every_clock_is_the_oracles(name: str) -> None:
    triples = 0
    for order, request, expected in _orders(name):
        ours = _clocks(name, _told(name, order, request))
        assert (ours - expected, expected - ours) == (set(), set()), (order, request)
        triples += len(expected)
        if triples >= TRIPLES / len(MARKETS):
            return


def test_the_orders_have_every_clock_in_every_market() -> None:
    """So that the comparison above is about something."""
    duties = {duty.card.name for duty in DUTIES}
    for name in MARKETS:
        seen = {duty for _, _, expected in islice(_orders(name), 200) for duty, *_ in expected}
        one_stage = {"dispatch_ready"} if name == "US" else {"dispatch_handover"} if name in {"UK", "CN"} else set()
        assert duties - seen <= one_stage | {"close_stale"}, name
        assert ("close_stale" in seen) == (name == "CN")


def _orders(name: str) -> Iterator[tuple[dict[str, Any], int, set[Clock]]]:
    """Orders of the market without end: what happened, when the buyer asked, and the clocks of the oracle."""
    market, rng = oracle.Market(name), Random(name)
    starts = list(instants(market, rng, 2000, LAST))
    while True:
        order = _lived(rng, plain_order(rng, rng.choice(starts), market))
        request = request_instant(rng, order)
        order |= _answered(rng, request)
        yield order, request, clocks(market, order, request)


def _lived(rng: Random, order: dict[str, Any]) -> dict[str, Any]:
    """The order with all that may follow a sale."""

    def later(share: float) -> int | None:
        return int(order["placed"]) + rng.choice(_SPANS) + rng.choice(_SPANS) if rng.random() < share else None

    by, cancelled = rng.choice(tuple(_REASONS)), later(0.3)
    asked = later(0.3)
    goods = {
        "asked": asked,
        "kind": rng.choice(("refund", "replacement")),
        "respond_by": asked and later(0.2),
        "received": None if asked is None or rng.random() < 0.5 else asked + rng.choice(_SPANS[1:]),
    }
    return order | {
        "kind": rng.choice((order["kind"], "made_to_order", "back_order", "perishable")),
        "fulfilment": rng.choice(("seller", "seller", "seller", "platform")),
        "hand_over_by": later(0.15),
        "auto_cancel_at": later(0.15),
        "pay_by": later(0.15),
        "cancel": None if cancelled is None else {"at": cancelled, "by": by, "reason": _REASONS[by]},
        "refund": later(0.3),
        "return": None if asked is None else goods,
        "back": later(0.15),
    }


def _answered(rng: Random, request: int) -> dict[str, Any]:
    """When the seller had to answer, where that is stated, and when he did, if at all."""
    answer = request + rng.choice((0, MINUTE, DAY, 2 * DAY, 2 * DAY + 1, 6 * DAY))
    return {
        "refused": answer if rng.random() < 0.5 else None,
        "respond_by": request + rng.choice((HOUR, DAY, 3 * DAY)) if rng.random() < 0.2 else None,
    }


def _told(name: str, order: dict[str, Any], request: int) -> list[Fact]:
    out = told(name, order, request)
    if order["refused"] is not None:
        said = {"decision": "reject", "by": "seller", "reason": "packed"}
        out.add("cancellation.decided", order["refused"], "s", "o", cancellation="c", **said)
    cancel, goods = order["cancel"], order["return"]
    if cancel is not None:
        out.add("order.cancelled", cancel["at"], "s", "o", by=cancel["by"], reason=cancel["reason"])
    if order["refund"] is not None:
        out.add("refund.started", order["refund"], "s", "o", refund="r")
    if order["back"] is not None:
        out.add("order.refused", order["back"], "s", "o")
    if goods is not None:
        terms = {"return": "b", "kind": goods["kind"], "respond_by": goods["respond_by"]}
        out.add("return.requested", goods["asked"], "s", "o", **terms)
        if goods["received"] is not None:
            out.add("return.received", goods["received"], "s", "o", **{"return": "b"})
    return out.facts


def _clocks(name: str, facts: list[Fact]) -> set[Clock]:
    """What the rules say of the same."""
    order = fold("s", name, "o", sorted((OrderFact.of(fact) for fact in facts), key=OrderFact.place))
    terms, found = rulebook().terms(name), set[Clock]()
    for duty in DUTIES:
        for one in duty.judge(order, terms) if duty.arises(order) else ():
            if isinstance(one, Verdict) and one.kind == DUTY:
                clock = one.content()
                assert isinstance(clock, Obligation)
                apart = one.key[-1] if clock.name in TOLD_APART else ""
                found.add((clock.name, apart, clock.opened, clock.due))
    return found
