"""Get Order Detail and Search Cancellations as enrichment (rulebook §3.5)."""

from typing import Any

from detectors.facts import Fact
from tests.streams.sources.reading import ORDER, SHOP, dead, facts, sample

PLACED, PAID, CANCELLED = 1772442000000, 1772442060000, 1772445900000
LINES = ["576486316948490101", "576486316948490102"]
CANCEL = "4035318504086604100"
REASON = "ecom_order_to_ship_canceled_reason_no_longer_needed"


def shown(told: list[Fact]) -> list[tuple[int, str, dict[str, Any]]]:
    return [(fact.at, fact.type, fact.data) for fact in told]


def order_row(name: str, **changes: Any) -> dict[str, Any]:
    """The sample with other fields in its only order."""
    whole = sample(name)
    return whole | {"data": {"orders": [whole["data"]["orders"][0] | changes]}}


def request_row(name: str, **changes: Any) -> dict[str, Any]:
    """The sample with other fields in its only cancellation."""
    whole = sample(name)
    return whole | {"data": {"cancellations": [whole["data"]["cancellations"][0] | changes]}}


def test_a_paid_order_is_placed_and_paid() -> None:
    told = facts(sample("order_detail_paid"))
    assert shown(told) == [
        (
            PLACED,
            "order.placed",
            {
                "buyer": "7494500000000000007",
                "lines": [
                    {
                        "line": LINES[0],
                        "sku": "1729586416015643560",
                        "product": "1729586416015578024",
                        "amount": "1980",
                    },
                    {
                        "line": LINES[1],
                        "sku": "1729586416015643561",
                        "product": "1729586416015578024",
                        "amount": "1980",
                    },
                ],
                "currency": "JPY",
                "fulfilment": "seller",
                "shipping": "platform",
                "kind": "regular",
                "cod": False,
                "region": "JP",
                "ready_by": 1772629199000,
                "hand_over_by": 1772715599000,
                "auto_cancel_at": 1772801999000,
            },
        ),
        (PAID, "order.paid", {"amount": "3960", "currency": "JPY"}),
    ]
    assert {(fact.source, fact.seller, fact.market, fact.subject) for fact in told} == {
        (f"tiktok/{SHOP}", SHOP, "JP", ORDER)
    }
    assert {fact.arrived for fact in told} == {1772442061000}


def test_what_people_wrote_and_where_they_live_is_not_read() -> None:
    told = repr(facts(sample("order_detail_paid"), sample("search_cancellations_pending")))
    for private in ("neighbour", "scs2.tiktok.com", "Y***", "Tokyo", "do not need it"):
        assert private not in told


def test_a_second_look_at_the_same_state_is_the_same_event() -> None:
    once, again = (
        facts(sample("order_detail_shipped")),
        facts(order_row("order_detail_shipped", update_time=1772540000)),
    )
    assert [fact.id for fact in once][1:] == [fact.id for fact in again][1:]
    assert [fact.body for fact in once][1:] == [fact.body for fact in again][1:]
    assert (once[0].type, once[0].id < again[0].id) == ("order.placed", True)


def test_shipping_is_told_by_line_and_as_a_whole() -> None:
    assert shown(facts(sample("order_detail_shipped")))[2:] == [
        (1772528400000, "order.ready", {"package": "1153132168123", "lines": LINES}),
        (1772539200000, "order.in_transit", {}),
    ]


def test_a_status_without_an_instant_of_its_own_is_told_as_a_status() -> None:
    told = shown(facts(order_row("order_detail_paid", status="COMPLETED", update_time=1773000000)))
    assert told[2:] == [(1773000000000, "order.status_changed", {"status": "COMPLETED"})]


def test_without_buyer_and_amount_only_the_states_are_told() -> None:
    told = shown(facts(order_row("order_detail_paid", user_id=None, payment=None)))
    assert told == [(PAID, "order.status_changed", {"status": "AWAITING_SHIPMENT"})]


def test_an_order_cancelled_as_a_whole() -> None:
    assert shown(facts(sample("order_detail_cancelled")))[2:] == [
        (CANCELLED, "order.cancelled", {"by": "buyer", "reason": REASON}),
    ]


def test_who_cancelled_stands_at_the_line() -> None:
    assert shown(facts(sample("order_detail_cancelled_by_line")))[2:] == [
        (
            CANCELLED,
            "order.cancelled",
            {"by": "seller", "reason": "seller_cancel_reason_out_of_stock", "lines": LINES[:1]},
        ),
        (CANCELLED, "order.cancelled", {"by": "operator", "reason": "operator_cancel", "lines": LINES[1:]}),
    ]


def test_nobody_known_cancelled() -> None:
    told = shown(facts(order_row("order_detail_paid", status="CANCELLED", cancel_time=1772445900)))
    assert told[2:] == [(CANCELLED, "order.status_changed", {"status": "CANCELLED"})]


def test_a_request_that_waits() -> None:
    (fact,) = facts(sample("search_cancellations_pending"))
    said = {name: fact.data[name] for name in fact.data.keys() - {"hits", "listed"}}
    assert (fact.at, fact.type, fact.subject) == (CANCELLED, "cancellation.requested", ORDER)
    assert said == {
        "cancellation": CANCEL,
        "by": "buyer",
        "reason": REASON,
        "lines": LINES[:1],
        "respond_by": 1772618700000,
    }


def test_a_closed_request_is_withdrawn_unless_a_decision_was_added() -> None:
    told = shown(facts(sample("search_cancellations_cancelled")))
    assert told[1:] == [(1772449500000, "cancellation.withdrawn", {"cancellation": CANCEL, "closed": True})]
    added = {"decision": "REJECT", "decided_at": 1772449000, "reject_reason": "packed"}
    told = shown(facts(request_row("search_cancellations_cancelled", **added)))
    rejected = {"cancellation": CANCEL, "decision": "reject", "by": "seller", "reason": "packed"}
    assert told[1:] == [(1772449000000, "cancellation.decided", rejected)]


def test_the_role_and_not_the_type_says_who_cancelled_g17() -> None:
    cancelled, refunded = facts(sample("search_cancellations_direct"))
    assert (cancelled.at, cancelled.type, cancelled.data) == (
        CANCELLED,
        "order.cancelled",
        {"by": "buyer", "reason": REASON, "cancellation": CANCEL, "lines": LINES},
    )
    assert (refunded.at, refunded.type, refunded.data) == (
        1772449500000,
        "refund.completed",
        {"refund": CANCEL, "amount": "3960", "currency": "JPY"},
    )


def test_what_cannot_be_used_says_why() -> None:
    empty = sample("search_cancellations_pending") | {"data": {"cancellations": []}}
    assert dead(empty) == (
        "missing_field",
        "data",
        "The body of the query tells of nothing; expected orders or cancellations.",
    )
    assert dead(request_row("search_cancellations_pending", order_id="")) == (
        "missing_field",
        "data.cancellations[0].order_id",
        '"data.cancellations[0].order_id" is missing; expected in every cancellation of a TikTok Shop query.',
    )
    assert dead(order_row("order_detail_paid", line_items="none"))[:2] == ("bad_value", "data.orders[0].line_items")
