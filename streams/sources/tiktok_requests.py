"""What became of a cancellation request or a return, in the contract's events (rulebook §3.3)."""

from typing import Any, NamedTuple

from streams.sentences import bad
from streams.sources.fields import Fields, told
from streams.sources.tiktok_words import request_status, role, some_role

_DECISIONS = {"APPROVE": "approve", "AUTO_APPROVE": "auto_approve", "REJECT": "reject"}
_KINDS = {"REFUND": "refund", "RETURN_AND_REFUND": "return_and_refund", "REPLACEMENT": "replacement"}
_STATES = "one of PENDING, SUCCESS, COMPLETE, CANCELLED"
_RETURN_STATES = "a return status as documented for webhook 12"


class Told(NamedTuple):
    """A type of the contract with its data."""

    kind: str
    data: dict[str, Any]


def is_direct(fields: Fields) -> bool:
    """Whether it was carried out without anybody's review: cancel_type CANCEL, also a buyer's in ON_HOLD."""
    done = request_status(fields.word("cancel_status")) in {"SUCCESS", "COMPLETE"}
    return fields.word("cancel_type") == "CANCEL" and done


def direct(fields: Fields) -> Told:
    """A direct cancellation. The initiator is the role, never inferred from the type (G-17)."""
    by, reason = role(fields, "role", "cancellations_role"), fields.text("cancel_reason")
    named = fields.need("cancel_id")
    return Told("order.cancelled", told(by=by, reason=reason, cancellation=named, lines=_lines(fields)))


def requested(fields: Fields) -> Told:
    """The request as it was made."""
    deadline = next((row.rfc("deadline") for row in fields.items("seller_next_action_response")), None)
    return Told(
        "cancellation.requested",
        told(
            cancellation=fields.need("cancel_id"),
            by=role(fields, "cancellations_role", "role"),
            reason=fields.text("cancel_reason"),
            text=fields.text("cancel_reason_text"),
            lines=_lines(fields),
            respond_by=deadline,
        ),
    )


def outcome(fields: Fields) -> Told | None:
    """What became of a request, None while it waits. Unusable: bad_value for an unknown status.

    Who accepted is not on the wire ("SELLER or SYSTEM"): the platform, unless `decided_by` says otherwise. Rejected and
    withdrawn are both CANCELLED there: withdrawn (and counted, V-40), unless `decision` says otherwise.
    """
    status, named = request_status(fields.need("cancel_status")), fields.need("cancel_id")
    decision = _DECISIONS.get(fields.word("decision"))
    if status == "PENDING":
        return None
    if status not in {"SUCCESS", "COMPLETE", "CANCELLED"}:
        raise bad(fields.at("cancel_status"), fields.get("cancel_status"), _STATES)
    if status == "CANCELLED" and decision is None:
        return Told("cancellation.withdrawn", {"cancellation": named, "closed": True})
    decided = decision or "approve"
    return Told("cancellation.decided", told(cancellation=named, decision=decided, **_decider(fields, decided)))


def refunded(fields: Fields) -> Told | None:
    """The refund of a request that is COMPLETE ("cancelled and refund issued"); None before that.

    It names no cancellation, so that it is that of the order's latest, whoever told of it.
    """
    if request_status(fields.word("cancel_status")) != "COMPLETE":
        return None
    money = fields.inside("refund_amount")
    amount, currency = money.text("refund_total"), money.text("currency")
    return Told("refund.completed", told(refund=fields.need("cancel_id"), amount=amount, currency=currency))


def returned(fields: Fields) -> Told:
    """The state of a return. Unusable: bad_value for an unknown status or kind of return."""
    named, status = {"return": fields.need("return_id")}, request_status(fields.need("return_status"))
    if status == "PENDING":
        raw = fields.need("return_type")
        kind = _KINDS.get(raw.upper())
        if kind is None:
            raise bad(fields.at("return_type"), raw, "one of REFUND, RETURN_AND_REFUND, REPLACEMENT")
        return Told("return.requested", named | told(kind=kind, reason=fields.text("return_reason")))
    if status in {"AWAITING_BUYER_SHIP", "SUCCESS"}:
        return Told("return.decided", {**named, "decision": "approve", **_decider(fields, "approve")})
    if status in {"REJECT", "REJECT_RECEIVE_PACKAGE"}:
        return Told("return.decided", {**named, "decision": "reject", **_decider(fields, "reject")})
    if status == "BUYER_SHIPPED_ITEM":
        return Told("return.shipped", named)
    if status not in {"COMPLETE", "CANCELLED"}:
        raise bad(fields.at("return_status"), fields.get("return_status"), _RETURN_STATES)
    return Told("return.closed", named)


def _decider(fields: Fields, decision: str) -> dict[str, Any]:
    by = some_role(fields, "decided_by") or ("seller" if decision == "reject" else "system")
    return told(by=by, reason=fields.text("reject_reason"))


def _lines(fields: Fields) -> list[str]:
    return [row.need("order_line_item_id") for row in fields.items("cancel_line_items")]
