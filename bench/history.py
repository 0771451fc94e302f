"""A history of all event types: a simulated marketplace, with what its orders and shops live through besides.

The marketplace of `simulate` has buyers, sellers and their cancellations. `STORIES` adds the rest, at rates that a
reader can question: every parcel is scanned, one buyer in six writes a review, one order in twenty-five comes back.
"""

import gzip
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import msgspec

from detectors.clock import HOUR, rfc3339
from policies import lexicon, load
from streams.demo import Watch
from streams.instants import instant
from streams.simulation.world import Event
from streams.simulator import simulate

_SHOP_OPENS = "shop"  # the first event of a seller on a day of the world


class Story(NamedTuple):
    """What follows an event of the type `after` in so many of a thousand: (hours later, type, data). In the data
    {order}, {seller}, {buyer} and {id} are the order, the seller, its buyer and a new id.
    """

    after: str
    permille: int
    steps: tuple[tuple[float, str, dict[str, Any]], ...]


def _scan(hours: float, place: str) -> tuple[float, str, dict[str, Any]]:
    return hours, "order.scanned", {"package": "p-{order}", "place": place}


def _word(hours: float, sender: str, text: str) -> tuple[float, str, dict[str, Any]]:
    return hours, "message.sent", {"conversation": "c-{order}", "from": sender, "text": text, "locale": "en-US"}


_PARCEL = {"package": "p-{order}"}
_RETURN, _DISPUTE, _TICKET, _DEPOSIT = {"return": "{id}"}, {"dispute": "{id}"}, {"ticket": "{id}"}, {"request": "{id}"}
_REFUND = {"refund": "{id}", "return": "{id}", "amount": "5.00", "currency": "EUR"}
_SKU = {"sku": "sku-7"}
_DEVICE = {"party": "buyer", "party_id": "{buyer}", "kind": "device", "hash": "{id}"}
STORIES = (
    Story("order.in_transit", 1000, (_scan(3, "depot"), _scan(14, "hub"), _scan(22, "van"))),
    Story("order.placed", 120, (_word(0.4, "buyer", "When will you send it?"), _word(1.5, "seller", "Tomorrow."))),
    Story("order.placed", 30, ((0.01, "order.payment_failed", {"stage": "capture"}),)),
    Story("order.paid", 200, ((0.1, "identity.seen", _DEVICE),)),
    Story("order.paid", 20, ((6, "order.status_changed", {"status": "AWAITING_SHIPMENT"}),)),
    Story("order.paid", 10, ((20, "consent.given", {"until": "2026-05-12"}),)),
    Story("order.ready", 40, ((8, "order.estimate_changed", {"deliver_by": "2026-05-10"}),)),
    Story("order.ready", 4, ((30, "order.lost", _PARCEL),)),
    Story("order.in_transit", 8, ((25, "order.refused", _PARCEL), (60, "order.returned_to_sender", _PARCEL))),
    Story("order.delivered", 160, ((20, "review.posted", {"buyer": "{buyer}", "rating": 5, "text": "As described."}),)),
    Story("order.delivered", 5, ((9, "complaint.filed", {"buyer": "{buyer}", "text": "The box was open."}),)),
    Story("order.delivered", 5, ((12, "dispute.opened", _DISPUTE), (60, "dispute.resolved", _DISPUTE))),
    Story(
        "order.delivered",
        40,
        (
            (15, "return.requested", {**_RETURN, "kind": "return_and_refund"}),
            (19, "return.decided", {**_RETURN, "decision": "approve", "by": "seller"}),
            (40, "return.shipped", _RETURN),
            (80, "return.received", _RETURN),
            (81, "refund.started", _REFUND),
            (95, "refund.completed", _REFUND),
            (96, "return.closed", _RETURN),
        ),
    ),
    Story("cancellation.requested", 30, ((0.3, "cancellation.withdrawn", {"cancellation": "{cancellation}"}),)),
    Story(_SHOP_OPENS, 1000, ((1, "stock.changed", {**_SKU, "quantity": 40}), (2, "price.changed", _SKU))),
    Story(_SHOP_OPENS, 300, ((3, "listing.changed", {**_SKU, "listed": True}),)),
    Story(_SHOP_OPENS, 100, ((4, "campaign.started", {"scope": "shop"}), (12, "campaign.ended", {"scope": "shop"}))),
    Story(_SHOP_OPENS, 20, ((5, "outage.started", {"scope": "shop"}), (6, "outage.ended", {"scope": "shop"}))),
    Story(_SHOP_OPENS, 20, ((2, "shop.policy_changed", {"return_days": 30}),)),
    Story(
        _SHOP_OPENS,
        30,
        (
            (1, "ticket.opened", {**_TICKET, "service": "returns"}),
            (9, "ticket.answered", {**_TICKET, "by": "seller"}),
            (20, "ticket.agreed", _TICKET),
            (30, "ticket.approved", _TICKET),
        ),
    ),
    Story(_SHOP_OPENS, 10, ((1, "ticket.opened", {**_TICKET, "service": "repair"}), (30, "ticket.rejected", _TICKET))),
    Story(
        _SHOP_OPENS,
        5,
        (
            (1, "shop.close_requested", {}),
            (2, "shop.deposit_refund_requested", {**_DEPOSIT, "scope": "full"}),
            (30, "shop.deposit_refund_approved", _DEPOSIT),
            (60, "shop.deposit_refund_paid", _DEPOSIT),
            (70, "shop.notice_started", {}),
            (90, "shop.closed", {}),
        ),
    ),
    Story(_SHOP_OPENS, 20, ((8, "ruling.made", {"case": "{id}", "outcome": "dismissed", "by": "p-1"}),)),
)
_OF_SHOP = ("shop.", "stock.", "price.", "listing.", "campaign.", "outage.", "ticket.")


def whole(events: list[Event], seed: int) -> list[Event]:
    """The events and what `STORIES` adds to them, in order of arrival; ends when the events end."""
    rng, last = Random(seed), max(event["recordedtime"] for event in events)
    every = [*events, *(more for more in _added(events, rng) if more["recordedtime"] <= last)]
    return sorted(every, key=lambda event: event["recordedtime"])


def _added(events: list[Event], rng: Random) -> Iterator[Event]:
    buyers: dict[str, str] = {}
    days: set[tuple[str, str]] = set()
    for event in events:
        day = event["seller"], event["time"][:10]
        if event["type"] == "order.placed":
            buyers[event["subject"]] = event["data"]["buyer"]
        for kind in (event["type"], *(() if day in days else (_SHOP_OPENS,))):
            for story in STORIES:
                if story.after == kind and rng.randrange(1000) < story.permille:
                    yield from _told(story, event, buyers.get(event.get("subject", ""), "b-0"), rng)
        days.add(day)


def _told(story: Story, cause: Event, buyer: str, rng: Random) -> Iterator[Event]:
    order, seller = cause.get("subject", ""), cause["seller"]
    names = {"order": order, "seller": seller, "buyer": buyer, "id": f"n-{rng.getrandbits(40):010x}"}
    names["cancellation"] = str(cause["data"].get("cancellation", ""))
    for hours, kind, data in story.steps:
        at = instant(cause["time"]) + round(hours * HOUR * rng.uniform(0.8, 1.2))
        subject = "" if kind == "ruling.made" else seller if kind.startswith(_OF_SHOP) else order
        yield {
            "specversion": "1.0",
            "id": f"m-{rng.getrandbits(60):015x}",
            "source": "elsewhere",
            "type": kind,
            "time": rfc3339(at),
            "recordedtime": rfc3339(at + rng.randrange(40, 900)),
            **({"subject": subject} if subject else {}),
            "seller": seller,
            "market": cause["market"],
            "data": {name: one.format(**names) if isinstance(one, str) else one for name, one in data.items()},
        }


def simulated(folder: Path, sellers: int = 40, days: int = 7) -> Path:
    """A history of all event types, forty shops for a week unless told otherwise, written to the folder."""
    path = folder / "simulated.jsonl.gz"
    events = whole(simulate(sellers, days, seed=1, monitor=Watch(load(), lexicon())).events, seed=1)
    path.write_bytes(gzip.compress(b"".join(msgspec.json.encode(event) + b"\n" for event in events), mtime=0))
    return path
