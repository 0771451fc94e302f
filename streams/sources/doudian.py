"""Doudian trade messages (`doudian_trade_*`): each tells the order's status, a number (rulebook §3.1, §3.5).

Who cancelled is not in them, and `cancel_reason` is free text: an order of status 4 is cancelled by nobody known.
"""

from typing import Any

from streams.sentences import bad
from streams.sources.fields import Fields
from streams.sources.shops import Shops

Event = dict[str, Any]

_FAMILY = "doudian_trade_"
_STATUS = {
    "1": "UNPAID",
    "105": "ON_HOLD",
    "2": "AWAITING_SHIPMENT",
    "101": "PARTIALLY_SHIPPING",
    "3": "AWAITING_COLLECTION",
    "4": "CANCELLED",
    "5": "COMPLETED",
}
_TIMES = {
    "UNPAID": ("create_time",),
    "ON_HOLD": ("pay_time",),
    "AWAITING_SHIPMENT": ("pay_time",),
    "CANCELLED": ("cancel_time",),
    "COMPLETED": ("complete_time", "finish_time"),
}


def is_trade(message: Event) -> bool:
    """Whether the object is a Doudian message, of whatever family."""
    named = any(str(message.get(name, "")).startswith("doudian_") for name in ("tag", "type", "event"))
    return named or (("msg_id" in message or "msgId" in message) and "data" in message)


def trade(message: Event, shops: Shops) -> list[Event]:
    """The message as one `order.status_changed`. Unusable: unknown_type, unknown_market, missing_field, bad_value."""
    outer = Fields(message, "", "every Doudian message")
    kind = outer.text("event", "type", "tag") or ""
    if kind.startswith("doudian_") and not kind.startswith(_FAMILY):
        raise bad("tag", kind, f"a message {_FAMILY}…", "unknown_type")
    data = outer.inside("data")
    shop, order, number = shops.of(data, "doudian"), data.need("p_id"), data.need("order_status")
    status = _STATUS.get(number, number)
    at = data.instant(*_TIMES.get(status, ()), "update_time") or outer.instant("timestamp") or data.time("create_time")
    name = outer.need("msg_id", "msgId")
    return [shop.event(name, "order.status_changed", at, order, {"status": status})]
