"""Get Order Detail of TikTok Shop as enrichment: what a webhook of type 1 leaves out (rulebook §3.5).

The body comes as the API gave it, with `shop_id` beside `data`. Each order gives the events whose instants it names,
and its status where no instant of its own tells that. Nothing of addresses, names and the buyer's message is read.
"""

from collections.abc import Iterator
from typing import Any

from detectors.clock import rfc3339
from streams.sources.fields import Fields, told
from streams.sources.shops import Shop
from streams.sources.snapshot import Moment, snapshot
from streams.sources.tiktok_words import order_status, some_role

Event = dict[str, Any]

_KINDS = {
    "PRE_ORDER": "preorder",
    "MADE_TO_ORDER": "made_to_order",
    "BACK_ORDER": "back_order",
    "NORMAL": "regular",
}
_SELVES = {"FULFILLMENT_BY_SELLER": "seller", "FULFILLMENT_BY_TIKTOK": "platform", "SELLER": "seller"}
_SELVES |= {"TIKTOK": "platform"}
_SHOWN_BY = {
    "UNPAID": "order.placed",
    "ON_HOLD": "order.paid",
    "AWAITING_SHIPMENT": "order.paid",
    "AWAITING_COLLECTION": "order.ready",
    "IN_TRANSIT": "order.in_transit",
    "DELIVERED": "order.delivered",
    "CANCELLED": "order.cancelled",
}
_BEGINS = {
    "UNPAID": "create_time",
    "ON_HOLD": "paid_time",
    "AWAITING_SHIPMENT": "paid_time",
    "CANCELLED": "cancel_time",
}


def order_events(order: Fields, shop: Shop) -> list[Event]:
    """The order's events. Unusable: missing_field (`id`, `status`, `update_time`), bad_value."""
    name, updated = order.need("id"), order.time("update_time")
    moments = [*_bought(order), *_moved(order), *_cancelled(order)]
    status = order_status(order.need("status"))
    if _SHOWN_BY.get(status) not in {moment.kind for moment in moments}:
        at = order.instant(_BEGINS.get(status, "update_time")) or updated
        moments.append(Moment(at, "order.status_changed", {"status": status}))
    return snapshot(shop, name, name, updated, moments)


def _bought(order: Fields) -> Iterator[Moment]:
    """Placed and paid, each when all that the contract needs of it is there."""
    payment = order.inside("payment")
    currency, amount = payment.text("currency"), payment.text("total_amount")
    placed, buyer, lines = order.instant("create_time"), order.text("user_id"), order.items("line_items")
    if placed is not None and buyer is not None and lines:
        data = told(buyer=buyer, lines=[_line(line) for line in lines], currency=currency, **_terms(order))
        yield Moment(placed, "order.placed", data, grows=True)
    paid = order.instant("paid_time")
    if paid is not None and amount and currency:
        yield Moment(paid, "order.paid", {"amount": amount, "currency": currency})


def _line(line: Fields) -> Event:
    return told(
        line=line.need("id"),
        sku=line.need("sku_id"),
        product=line.text("product_id"),
        amount=line.text("sale_price"),
    )


def _terms(order: Fields) -> Event:
    """What was agreed: kind, who stores and ships, deadlines."""
    kind = "sample" if order.flag("is_sample_order") else "replacement" if order.flag("is_replacement_order") else None
    latest = order.instant("edd_max")
    return told(
        fulfilment=_SELVES.get(order.word("fulfillment_type")),
        shipping=_SELVES.get(order.word("shipping_type")),
        kind=kind or _KINDS.get(order.word("order_type")),
        cod=order.flag("is_cod"),
        cross_border=order.flag("is_cross_border"),
        region=order.inside("recipient_address").text("region_code"),
        ready_by=order.rfc("rts_sla_time"),
        hand_over_by=order.rfc("tts_sla_time"),
        auto_cancel_at=order.rfc("cancel_order_sla_time"),
        deliver_by=None if latest is None else rfc3339(latest),
    )


def _moved(order: Fields) -> Iterator[Moment]:
    """Ready by line where lines have an instant of their own; in transit and delivered as a whole."""
    ready: dict[tuple[int, str], list[str]] = {}
    for line in order.items("line_items"):
        at = line.instant("rts_time")
        if at is not None:
            ready.setdefault((at, line.text("package_id") or ""), []).append(line.need("id"))
    for (at, package), lines in ready.items():
        yield Moment(at, "order.ready", told(package=package, lines=lines))
    whole = {"order.in_transit": "collection_time", "order.delivered": "delivery_time"}
    for kind, field in whole.items() if ready else {"order.ready": "rts_time", **whole}.items():
        at = order.instant(field)
        if at is not None:
            yield Moment(at, kind, {})


def _cancelled(order: Fields) -> Iterator[Moment]:
    """What was cancelled, by line: an order's reason is only its first line's, an operator stands only at the line.

    Nothing without `cancel_time`: lines cancelled one by one are told with their instants by Search Cancellations.
    """
    at, whole = order.instant("cancel_time"), some_role(order, "cancellation_initiator")
    if at is None:
        return
    lines, gone = order.items("line_items"), dict[tuple[str, str | None], list[str]]()
    for line in lines:
        by = some_role(line, "cancel_user") or whole
        if by is not None and order_status(line.text("display_status") or "") == "CANCELLED":
            gone.setdefault((by, line.text("cancel_reason")), []).append(line.need("id"))
    for (by, reason), names in gone.items():
        some = names if len(names) < len(lines) else None
        yield Moment(at, "order.cancelled", told(by=by, reason=reason, lines=some))
    if not gone and whole is not None:
        yield Moment(at, "order.cancelled", told(by=whole, reason=order.text("cancel_reason")))
