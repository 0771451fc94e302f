"""The bodies of Get Order Detail and Search Cancellations as enrichment (rulebook §3.5).

A body comes as the API gave it, `{"data": {"orders": […]}}` or `{"data": {"cancellations": […]}}`, with the `shop_id`
of the shop that was asked beside it.
"""

from typing import Any

from streams.sentences import Unusable
from streams.sources.fields import Fields
from streams.sources.shops import Shop, Shops
from streams.sources.snapshot import Moment, snapshot
from streams.sources.tiktok_orders import order_events
from streams.sources.tiktok_requests import direct, is_direct, outcome, refunded, requested

Event = dict[str, Any]


def is_body(message: Event) -> bool:
    """Whether the object is such a body."""
    data = message.get("data")
    return isinstance(data, dict) and ("orders" in data or "cancellations" in data)


def body(message: Event, shops: Shops) -> list[Event]:
    """Everything the body tells, at least one event. Unusable: unknown_market, missing_field, bad_value."""
    outer = Fields(message, "", "every body of a TikTok Shop query")
    shop, data = shops.of(outer, "tiktok"), outer.inside("data")
    events = [event for order in data.items("orders") for event in order_events(_of(order, "order"), shop)]
    for asked in data.items("cancellations"):
        events += _request_events(_of(asked, "cancellation"), shop)
    if not events:
        raise Unusable(
            "missing_field", "data", "The body of the query tells of nothing; expected orders or cancellations."
        )
    return events


def _of(row: Fields, kind: str) -> Fields:
    return Fields(row.values, row.path, f"every {kind} of a TikTok Shop query")


def _request_events(asked: Fields, shop: Shop) -> list[Event]:
    """A request with what became of it, or a cancellation that needed none (G-17)."""
    named, order = asked.need("cancel_id"), asked.need("order_id")
    made, updated = asked.time("create_time"), asked.time("update_time", "create_time")
    if is_direct(asked):
        moments = [Moment(made, *direct(asked))]
    else:
        became = outcome(asked)
        moments = [Moment(made, *requested(asked), grows=True)]
        moments += [] if became is None else [Moment(asked.instant("decided_at") or updated, *became)]
    paid_back = refunded(asked)
    moments += [] if paid_back is None else [Moment(updated, *paid_back)]
    return snapshot(shop, named, order, updated, moments)
