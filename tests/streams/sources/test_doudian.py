"""Doudian trade messages tell the order's status (rulebook §3.1)."""

import json
from typing import Any

import pytest

from tests.streams.sources.reading import dead, facts, sample


def of_status(number: Any, **more: Any) -> dict[str, Any]:
    whole = sample("doudian_create")
    return whole | {"data": whole["data"] | {"order_status": number} | more}


def test_an_order_made() -> None:
    (fact,) = facts(sample("doudian_create"))
    assert (fact.type, fact.at, fact.data) == ("order.status_changed", 1772442000000, {"status": "UNPAID"})
    assert (fact.source, fact.seller, fact.market) == ("doudian/4463798", "4463798", "CN")
    assert (fact.id, fact.subject) == ("7310000000000000001:0:4463798:1", "4781320682406083640")


def test_a_cancellation_is_by_nobody_known_and_its_words_are_not_kept() -> None:
    (fact,) = facts(sample("doudian_canceled"))
    assert (fact.at, fact.data) == (1772445900000, {"status": "CANCELLED"})
    assert "地址" not in repr(fact)
    assert "地址" in json.dumps(sample("doudian_canceled"), ensure_ascii=False)


@pytest.mark.parametrize(
    ("number", "status"),
    [
        (105, "ON_HOLD"),
        ("2", "AWAITING_SHIPMENT"),
        (101, "PARTIALLY_SHIPPING"),
        (3, "AWAITING_COLLECTION"),
        (5, "COMPLETED"),
        (77, "77"),
    ],
)
def test_every_number_of_a_status(number: Any, status: str) -> None:
    (fact,) = facts(of_status(number, update_time="1772450000"))
    assert (fact.at, fact.data) == (1772450000000, {"status": status})


def test_what_cannot_be_used_says_why() -> None:
    assert dead(of_status(None)) == (
        "missing_field",
        "data.order_status",
        '"data.order_status" is missing; expected in every Doudian message.',
    )
    assert dead(of_status(1, shop_id=1))[:2] == ("unknown_market", "data.shop_id")
    assert dead(sample("doudian_create", tag="doudian_refund_RefundCreated")) == (
        "unknown_type",
        "tag",
        '"tag" is "doudian_refund_RefundCreated"; expected a message doudian_trade_….',
    )


def test_a_message_that_names_its_shop_and_type_outside_is_no_webhook_of_another_platform() -> None:
    whole = of_status(4, cancel_time=1772445900)
    (fact,) = facts(whole | {"type": "doudian_trade_TradeCanceled", "shop_id": whole["data"]["shop_id"]})
    assert (fact.source, fact.data) == ("doudian/4463798", {"status": "CANCELLED"})
