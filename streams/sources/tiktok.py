"""TikTok Shop webhooks: order status (1), cancellation (11), return (12), message (14) (rulebook §3.5).

The event's id is the notification's, its time `update_time`, else `timestamp`. Webhooks may be enriched: fields of
Search Cancellations and `decision`, `decided_by`, `reject_reason` in `data` are read where they stand.
"""

from typing import Any

from streams.sentences import bad, missing
from streams.sources.fields import Fields, decoded, told
from streams.sources.shops import Shop, Shops
from streams.sources.tiktok_requests import Told, direct, is_direct, outcome, refunded, requested, returned
from streams.sources.tiktok_words import order_status, sender

Event = dict[str, Any]

_TYPES = {
    "1": "1",
    "ORDER_STATUS_CHANGE": "1",
    "11": "11",
    "CANCELLATION_STATUS_CHANGE": "11",
    "12": "12",
    "RETURN_STATUS_CHANGE": "12",
    "14": "14",
    "NEW_MESSAGE": "14",
}


def is_webhook(message: Event) -> bool:
    """Whether the object is a TikTok Shop webhook of whatever type."""
    return "tts_notification_id" in message or {"shop_id", "type", "data"} <= message.keys()


def webhook(message: Event, shops: Shops) -> list[Event]:
    """What the webhook tells, mostly one event. Unusable: unknown_type, unknown_market, missing_field, bad_value.

    The first event has the notification's id; another has it with the event's type behind a slash.
    """
    outer = Fields(message, "", "every TikTok Shop webhook")
    kind = _TYPES.get(outer.need("type").upper())
    if kind is None:
        raise bad("type", outer.get("type"), "a webhook of type 1, 11, 12 or 14", "unknown_type")
    if "data" not in message:
        raise missing("data", outer.where)
    shop, name = shops.of(outer, "tiktok"), outer.need("tts_notification_id")
    data = Fields(outer.inside("data").values, "data", f"every webhook of type {kind}")
    at = data.instant("update_time") or outer.time("timestamp")
    if kind == "14":
        return [_message(shop, name, at, data)]
    order, (first, *others) = data.need("order_id"), _told(kind, data)
    also = [shop.event(f"{name}/{said.kind}", said.kind, at, order, said.data) for said in others]
    return [shop.event(name, first.kind, at, order, first.data), *also]


def _told(kind: str, data: Fields) -> list[Told]:
    if kind == "1":
        return [Told("order.status_changed", {"status": order_status(data.need("order_status"))})]
    if kind == "12":
        return [returned(data)]
    said = direct(data) if is_direct(data) else outcome(data) or requested(data)
    paid_back = refunded(data)
    return [said] if paid_back is None else [said, paid_back]


def _message(shop: Shop, name: str, at: int, data: Fields) -> Event:
    """A message. Only cards name the order it is about; what is said in words has no order of its own."""
    content = data.get("content")
    read = decoded(content) if isinstance(content, str) else content
    card = read if isinstance(read, dict) else {"content": read if isinstance(read, str) else content}
    text = card.get("content")
    fields = told(
        conversation=data.need("conversation_id"),
        from_=sender(data.inside("sender")),
        text=text if isinstance(text, str) else None,
    )
    return shop.event(name, "message.sent", at, Fields(card, "data.content", data.where).text("order_id"), fields)
