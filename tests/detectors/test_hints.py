"""A mere status says that something happened, not what: the event itself, whenever it comes, says it better."""

from itertools import permutations
from typing import Any

import pytest

from detectors.order import Order, OrderFact, fold

HOUR = 3_600_000
LINES = [{"line": "1", "sku": "a"}, {"line": "2", "sku": "b"}]


def _fact(at: int, kind: str, name: str, **data: Any) -> OrderFact:
    return OrderFact(at, kind, "tiktok/1", name, name, data)


def _fold(*facts: OrderFact) -> Order:
    return fold("s", "JP", "o", sorted(facts, key=OrderFact.place))


UNPAID = _fact(0, "order.status_changed", "unpaid", status="UNPAID")
PLACED = _fact(5, "order.placed", "placed", buyer="b", lines=LINES, pay_by=99)
ON_HOLD = _fact(20, "order.status_changed", "hold", status="ON_HOLD")
PAID = _fact(21, "order.paid", "paid", amount="7", currency="JPY", method="card:x")
STATUS = _fact(HOUR, "order.status_changed", "status", status="CANCELLED")
AGAIN = _fact(HOUR + 9, "order.status_changed", "again", status="CANCEL")
WHOLE = _fact(HOUR + 3, "order.cancelled", "whole", by="seller", reason="out_of_stock", cancellation="c")
PART = _fact(HOUR + 3, "order.cancelled", "part", by="seller", reason="out_of_stock", lines=["2"])


def test_the_order_s_terms_come_from_the_event_though_a_status_was_first() -> None:
    order = _fold(UNPAID, PLACED)
    assert (order.placed and order.placed.fact, order.term("pay_by"), list(order.lines)) == ("placed", 99, ["1", "2"])
    assert _fold(UNPAID).placed is not None


def test_the_amount_comes_from_the_payment_though_a_status_was_first() -> None:
    order = _fold(PLACED, ON_HOLD, PAID)
    assert (order.paid and order.paid.fact, order.amount, order.currency, order.method) == (
        "paid",
        "7",
        "JPY",
        "card:x",
    )


def test_a_status_alone_cancels_all_by_nobody_known() -> None:
    order = _fold(PLACED, STATUS, AGAIN)
    assert [(c.id, c.at, c.by, c.lines) for c in order.cancels] == [("status", HOUR, "unknown", ())]
    assert order.oddities == []


@pytest.mark.parametrize("facts", permutations((PLACED, STATUS, WHOLE, AGAIN)))
def test_the_cancellation_itself_says_by_whom_and_why(facts: tuple[OrderFact, ...]) -> None:
    order = _fold(*facts)
    assert [(c.id, c.fact, c.by, c.reason) for c in order.cancels] == [("c", "whole", "seller", "out_of_stock")]
    assert order.oddities == []


def test_what_no_cancellation_names_stays_cancelled_by_the_status() -> None:
    order = _fold(PLACED, STATUS, PART)
    assert [(c.fact, c.by, c.lines) for c in order.cancels] == [
        ("status", "unknown", ("1",)),
        ("part", "seller", ("2",)),
    ]
    assert order.oddities == []


def test_two_cancellations_of_the_whole_are_odd() -> None:
    twice = _fact(HOUR + 5, "order.cancelled", "twice", by="system", reason="other")
    assert _fold(PLACED, WHOLE, twice).oddities == ["cancelled_again"]


ASKED = _fact(40, "cancellation.requested", "asked", cancellation="c", by="buyer")


def test_a_request_told_again_is_completed() -> None:
    body = _fact(41, "cancellation.requested", "body", cancellation="c", by="buyer", reason="late", lines=["2"])
    order = _fold(PLACED, PAID, ASKED, body)
    request = order.requests["c"]
    assert (request.at, request.fact, request.reason, request.lines, request.more) == (
        40,
        "asked",
        "late",
        ("2",),
        ("body",),
    )
    assert order.oddities == []


def test_a_request_told_otherwise_is_odd_and_changes_nothing() -> None:
    late = _fact(41, "cancellation.requested", "late", cancellation="c", by="buyer", reason="late")
    other = _fact(42, "cancellation.requested", "other", cancellation="c", by="buyer", reason="price")
    order = _fold(PLACED, PAID, ASKED, late, other)
    assert (order.requests["c"].reason, order.requests["c"].more, order.oddities) == (
        "late",
        ("late",),
        ["request_repeated"],
    )


def test_an_approval_of_what_nobody_was_seen_to_ask_is_ordinary_where_the_order_was_cancelled() -> None:
    approved = _fact(50, "cancellation.decided", "yes", cancellation="c", decision="approve", by="system")
    refused = _fact(50, "cancellation.decided", "no", cancellation="c", decision="reject", by="seller")
    assert _fold(PLACED, approved, WHOLE).oddities == []
    assert _fold(PLACED, approved).oddities == ["decision_without_request"]
    assert _fold(PLACED, refused, WHOLE).oddities == ["decision_without_request"]


def test_a_request_that_is_only_said_to_be_over_is_withdrawn_and_counted() -> None:
    over = _fact(60, "cancellation.withdrawn", "over", cancellation="c", closed=True)
    order = _fold(PLACED, PAID, ASKED, over)
    withdrawn = order.requests["c"].withdrawn
    assert (withdrawn and withdrawn.fact, order.oddities) == ("over", ["closed_without_decision"])


def test_a_status_nobody_knows_is_counted_and_moves_nothing() -> None:
    order = _fold(_fact(1, "order.status_changed", "a", status="WEIRD"))
    assert order.oddities == ["unknown_status"]
    assert (order.placed, order.paid, order.cancels) == (None, None, [])
    known = ("UNPAID", "partially_shipping", "CANCEL")
    assert _fold(*(_fact(n, "order.status_changed", str(n), status=s) for n, s in enumerate(known))).oddities == []
