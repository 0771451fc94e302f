"""TikTok Shop webhooks become the contract's events, with their spelling traps (rulebook §3)."""

from typing import Any

import pytest

from streams.sources import Sources
from tests.streams.sources.reading import ORDER, SHOP, dead, facts, sample, with_data

SECOND = 1000
CANCEL, RETURN = "4035318504086604100", "4035318467501527800"

TOLD: list[tuple[str, str, int, dict[str, Any]]] = [
    ("webhook_1_cancel", "order.status_changed", 1772445900, {"status": "CANCELLED"}),
    ("webhook_1_numbers_as_text", "order.status_changed", 1772445900, {"status": "AWAITING_SHIPMENT"}),
    ("webhook_11_pending", "cancellation.requested", 1772445905, {"cancellation": CANCEL, "by": "buyer"}),
    ("webhook_11_cancelled", "cancellation.withdrawn", 1772449500, {"cancellation": CANCEL, "closed": True}),
    (
        "webhook_11_rejected_enriched",
        "cancellation.decided",
        1772449500,
        {
            "cancellation": CANCEL,
            "decision": "reject",
            "by": "seller",
            "reason": "seller_reject_apply_product_has_been_packed",
        },
    ),
    ("webhook_12_pending", "return.requested", 1772445901, {"return": RETURN, "kind": "refund"}),
    (
        "webhook_12_reject_misspelt",
        "return.decided",
        1772449500,
        {"return": RETURN, "decision": "reject", "by": "seller"},
    ),
    ("webhook_12_cancelled_misspelt", "return.closed", 1772449500, {"return": RETURN}),
]


@pytest.mark.parametrize(("name", "kind", "at", "data"), TOLD, ids=[row[0] for row in TOLD])
def test_a_webhook_is_one_fact(name: str, kind: str, at: int, data: dict[str, Any]) -> None:
    (fact,) = facts(sample(name))
    assert (fact.type, fact.at, fact.data) == (kind, at * SECOND, data)
    assert (fact.source, fact.seller, fact.market, fact.subject) == (f"tiktok/{SHOP}", SHOP, "JP", ORDER)
    assert fact.id == str(sample(name)["tts_notification_id"])
    assert fact.origin == ("hooks.jsonl", 0, 1)


def test_a_shops_message_is_read_for_its_words_and_loses_them() -> None:
    (fact,) = facts(sample("webhook_14_text"))
    assert (fact.type, fact.subject) == ("message.sent", "")
    assert {name: fact.data[name] for name in ("conversation", "from")} == {
        "conversation": "7318002345678901234",
        "from": "seller",
    }
    assert "solicit" in [hit[0] for hit in fact.data["hits"]]
    assert "sold out" not in repr(fact)


@pytest.mark.parametrize("written", ["12345", "true", '"please wait"', "[1]"])
def test_a_text_that_is_json_by_chance_is_read_all_the_same(written: str) -> None:
    (fact,) = facts(with_data("webhook_14_text", content=written))
    assert (fact.subject, fact.data["listed"], fact.data["hits"]) == ("", True, [])


def test_a_card_names_its_order() -> None:
    (fact,) = facts(sample("webhook_14_order_card"))
    assert (fact.type, fact.subject, fact.data["from"], fact.data["hits"]) == ("message.sent", ORDER, "buyer", [])


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("CANCEL", "CANCELLED"),
        ("Cancelled", "CANCELLED"),
        ("140", "CANCELLED"),
        (140, "CANCELLED"),
        (105, "ON_HOLD"),
        ("PARTIALLY_SHIPPING", "PARTIALLY_SHIPPING"),
        ("SOMETHING_NEW", "SOMETHING_NEW"),
    ],
)
def test_an_order_status_in_all_its_spellings(written: Any, read: str) -> None:
    (fact,) = facts(with_data("webhook_1_cancel", order_status=written))
    assert fact.data == {"status": read}


def test_success_is_an_approval_by_the_platform_unless_told_otherwise() -> None:
    success = "CANCELLATION_REQUEST_SUCCESS"
    (fact,) = facts(with_data("webhook_11_pending", cancel_status=success))
    assert fact.data == {"cancellation": CANCEL, "decision": "approve", "by": "system"}
    (fact,) = facts(with_data("webhook_11_pending", cancel_status=success, decided_by="SELLER"))
    assert fact.data == {"cancellation": CANCEL, "decision": "approve", "by": "seller"}


def test_complete_is_an_approval_and_the_refund() -> None:
    approved, refunded = facts(with_data("webhook_11_pending", cancel_status="CANCELLATION_REQUEST_COMPLETE"))
    assert approved.data == {"cancellation": CANCEL, "decision": "approve", "by": "system"}
    assert (refunded.type, refunded.data) == ("refund.completed", {"refund": CANCEL})
    assert (approved.id, refunded.id) == ("7327112393057371911", "7327112393057371911/refund.completed")


@pytest.mark.parametrize("written", ["AWAITING_SELLER_RESPONSE", "cancellation_request_pending"])
def test_a_request_that_waits(written: str) -> None:
    (fact,) = facts(with_data("webhook_11_pending", cancel_status=written, cancellations_role=None, role="1"))
    assert (fact.type, fact.data["by"]) == ("cancellation.requested", "buyer")


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("AWAITING_BUYER_SHIP", "return.decided"),
        ("BUYER_SHIPPED_ITEM", "return.shipped"),
        ("REJECT_RECEIVE_PACKAGE", "return.decided"),
        ("RETURN_OR_REFUND_REQUEST_SUCCESS", "return.decided"),
        ("RETURN_OR_REFUND_REQUEST_COMPLETE", "return.closed"),
        ("RETURN_OR_REFUND_REQUEST_REJECT", "return.decided"),
        ("RETURN_OR_REFUND_REQUEST_CANCEL", "return.closed"),
        ("REPLACEMENT_REQUEST_PENDING", "return.requested"),
        ("REPLACEMENT_REQUEST_REFUND_SUCCESS", "return.decided"),
        ("REPLACEMENT_REQUEST_CANCEL", "return.closed"),
    ],
)
def test_every_status_of_a_return(written: str, kind: str) -> None:
    (fact,) = facts(with_data("webhook_12_pending", return_status=written, return_type="REPLACEMENT"))
    assert (fact.type, fact.data["return"]) == (kind, RETURN)


def test_without_update_time_the_timestamp_counts_also_in_milliseconds() -> None:
    message = with_data("webhook_1_cancel", update_time=0) | {"timestamp": "1772445905123"}
    (fact,) = facts(message)
    assert fact.at == 1772445905123


def test_a_line_may_say_when_it_was_recorded() -> None:
    (fact,) = facts(sample("webhook_1_cancel", recordedtime="2026-03-02T12:00:00Z"))
    assert (fact.at, fact.arrived) == (1772445900000, 1772452800000)


def test_a_webhook_delivered_again_is_the_same_event() -> None:
    one, other = facts(sample("webhook_1_cancel"), sample("webhook_1_cancel", timestamp=1772456705))
    assert (one.source, one.id, one.body) == (other.source, other.id, other.body)


@pytest.mark.parametrize(
    ("message", "reason", "path", "sentence"),
    [
        (
            sample("webhook_1_cancel", shop_id="1"),
            "unknown_market",
            "shop_id",
            'Shop "1" has no market; expected in the [shops] table of the shops file (--shops).',
        ),
        (
            sample("webhook_1_cancel", shop_id=None),
            "missing_field",
            "shop_id",
            '"shop_id" is missing; expected in every TikTok Shop webhook.',
        ),
        (
            with_data("webhook_1_cancel", order_id=None),
            "missing_field",
            "data.order_id",
            '"data.order_id" is missing; expected in every webhook of type 1.',
        ),
        (
            with_data("webhook_1_cancel", update_time="yesterday"),
            "bad_value",
            "data.update_time",
            '"data.update_time" is "yesterday"; expected an instant in Unix seconds.',
        ),
        (
            with_data("webhook_11_pending", cancellations_role="NOBODY"),
            "bad_value",
            "data.cancellations_role",
            '"data.cancellations_role" is "NOBODY"; expected one of BUYER, SELLER, OPERATOR, SYSTEM.',
        ),
        (
            with_data("webhook_11_pending", cancel_status="REQUEST_LOST"),
            "bad_value",
            "data.cancel_status",
            '"data.cancel_status" is "REQUEST_LOST"; expected one of PENDING, SUCCESS, COMPLETE, CANCELLED.',
        ),
        (
            sample("webhook_1_cancel", type=5),
            "unknown_type",
            "type",
            '"type" is 5; expected a webhook of type 1, 11, 12 or 14.',
        ),
        (
            sample("webhook_1_cancel", data="what the buyer wrote"),
            "bad_value",
            "data",
            '"data" is something else; expected an object.',
        ),
    ],
)
def test_what_cannot_be_used_says_why(message: Any, reason: str, path: str, sentence: str) -> None:
    assert dead(message) == (reason, path, sentence)


def test_without_a_shops_file_the_market_is_unknown() -> None:
    reason, path, _ = dead(sample("webhook_1_cancel"), Sources())
    assert (reason, path) == ("unknown_market", "shop_id")
