"""One whole valid event of every type of the contract, and an ingest with two markets to read them."""

import copy
import json
from typing import Any

from detectors.policy import Policies
from detectors.text import Lexicon
from streams.ingest import Ingest, Raw

ORDER = {"time": "2026-03-01T10:00:00Z", "subject": "o-1", "seller": "s-1", "market": "JP"}
INSTANT = "2026-03-04T19:00:00.5+09:00"
INSTANT_MS = 1_772_618_400_500
TIME_MS = 1_772_359_200_000

DATA: dict[str, dict[str, Any]] = {
    "order.placed": {
        "buyer": "b-1",
        "buyer_locale": "ja-JP",
        "lines": [{"line": "1", "sku": "k-1", "product": "p-1", "quantity": 2, "amount": "1980"}],
        "currency": "JPY",
        "cross_border": False,
        "category": "beauty",
        "fulfilment": "seller",
        "shipping": "platform",
        "kind": "preorder",
        "cod": True,
        "region": "JP-13",
        "ready_by": INSTANT,
        "hand_over_by": INSTANT,
        "auto_cancel_at": INSTANT,
        "pay_by": INSTANT,
        "deliver_by": "2026-03-20",
    },
    "order.paid": {"amount": "1980", "currency": "JPY", "method": "card:9f2c"},
    "order.payment_failed": {"reason": "no_funds", "stage": "risk_review"},
    "order.ready": {"package": "k", "tracking": "t", "carrier": "Yamato", "lines": ["1"]},
    "order.in_transit": {"package": "k", "lines": ["1"]},
    "order.scanned": {"package": "k", "place": "Ōsaka", "weight": 1.5},
    "order.delivered": {"package": "k"},
    "order.completed": {"package": "k"},
    "order.refused": {"package": "k"},
    "order.returned_to_sender": {"package": "k"},
    "order.lost": {"package": "k"},
    "order.estimate_changed": {"deliver_by": INSTANT},
    "order.cancelled": {"by": "seller", "reason": "out_of_stock", "cancellation": "c-1", "lines": ["1"]},
    "order.status_changed": {"status": "AWAITING_SHIPMENT"},
    "cancellation.requested": {
        "cancellation": "c-1",
        "by": "buyer",
        "reason": "no_longer_needed",
        "text": "Please cancel my order.",
        "lines": ["1"],
        "respond_by": INSTANT,
    },
    "cancellation.decided": {"cancellation": "c-1", "decision": "reject", "by": "seller", "reason": "shipped"},
    "cancellation.withdrawn": {"cancellation": "c-1", "closed": True},
    "refund.started": {
        "refund": "f-1",
        "cancellation": "c-1",
        "return": "r-1",
        "amount": "19.80",
        "currency": "EUR",
        "method": "card",
    },
    "refund.completed": {"refund": "f-1", "return": "r-1"},
    "notice.sent": {
        "to": "buyer",
        "channel": "in_app",
        "locale": "ja",
        "about": "seller_cancel",
        "reason": "We are sold out.",
        "cancellation": "c-1",
    },
    "consent.given": {"until": "2026-03-20", "message": "Yes, I will wait."},
    "return.requested": {
        "return": "r-1",
        "kind": "return_and_refund",
        "reason": "broken",
        "lines": ["1"],
        "respond_by": INSTANT,
    },
    "return.decided": {"return": "r-1", "decision": "approve", "by": "seller", "reason": "fair"},
    "return.shipped": {"return": "r-1"},
    "return.received": {"return": "r-1"},
    "return.closed": {"return": "r-1"},
    "dispute.opened": {"dispute": "d-1", "by": "buyer", "outcome": "open"},
    "dispute.resolved": {"dispute": "d-1", "by": "platform", "outcome": "buyer"},
    "message.sent": {
        "conversation": "v-1",
        "from": "seller",
        "text": "Please cancel the order.",
        "locale": "en-GB",
        "template": "t-1",
    },
    "complaint.filed": {"buyer": "b-1", "text": "They told me to cancel.", "locale": "en", "rating": 1},
    "review.posted": {"buyer": "b-1", "text": "Nice.", "locale": "en", "rating": 4.5},
    "shop.policy_changed": {"return_days": 14, "conditions": "unopened"},
    "shop.deposit_refund_requested": {"request": "q-1", "scope": "full"},
    "shop.deposit_refund_approved": {"request": "q-1", "scope": "difference"},
    "shop.deposit_refund_paid": {"request": "q-1"},
    "shop.close_requested": {"checks": {"notice_opened": True}},
    "shop.notice_started": {"checks": {}},
    "shop.closed": {},
    "stock.changed": {"sku": "k-1", "quantity": 0},
    "price.changed": {"sku": "k-1", "amount": "5.00"},
    "listing.changed": {"sku": "k-1", "listed": False},
    "identity.seen": {"party": "staff", "party_id": "p-1", "kind": "device", "hash": "9f2c"},
    "campaign.started": {"scope": "flash", "skus": ["k-1"]},
    "campaign.ended": {"scope": "flash"},
    "outage.started": {"scope": "payments"},
    "outage.ended": {"scope": "payments"},
    "ticket.opened": {"ticket": "i-1", "service": "appeal", "by": "seller", "respond_by": INSTANT},
    "ticket.answered": {"ticket": "i-1"},
    "ticket.agreed": {"ticket": "i-1"},
    "ticket.approved": {"ticket": "i-1"},
    "ticket.rejected": {"ticket": "i-1"},
    "ruling.made": {
        "case": "x-1",
        "outcome": "upheld",
        "by": "officer-1",
        "comment": "The buyer was told to cancel.",
        "findings": ["f-1"],
    },
}


def event(kind: str = "order.paid", /, **attributes: Any) -> dict[str, Any]:
    """A whole valid event; an attribute that is None is left out."""
    given = {"specversion": "1.0", "id": "e-1", "source": "shop", "type": kind, **ORDER}
    whole = {**given, "data": copy.deepcopy(DATA[kind]), **attributes}
    return {name: value for name, value in whole.items() if value is not None}


def raw(value: Any, arrived: int = TIME_MS, headers: tuple[tuple[str, bytes], ...] = ()) -> Raw:
    """A record of Kafka: an event, or bytes as they are."""
    told = value if isinstance(value, bytes) else json.dumps(value).encode()
    return Raw(told, b"s-1", headers, "orders", 3, 42, arrived)


def binary(given: dict[str, Any], arrived: int = TIME_MS) -> Raw:
    """The same event in binary mode."""
    headers = [(f"ce_{name}", str(value).encode()) for name, value in given.items() if name != "data"]
    headers.append(("content-type", b"application/json"))
    return raw(given["data"], arrived, tuple(headers))


def policies() -> Policies:
    """Two markets; events may be 180 days old."""
    default = {"forget_after": {"unit": "span", "values": [{"value": "180 calendar days"}]}}
    market = {"tz": "Asia/Tokyo", "languages": ["ja"], "version": "1", "calendar": "JP", "weekend": [5, 6]}
    british = {**market, "tz": "Europe/London", "languages": ["en"], "calendar": "UK"}
    calendar: dict[str, Any] = {"years": {"2026": {"holidays": {}}}}
    return Policies.of(default, {"JP": market, "UK": british}, {"JP": calendar, "UK": calendar}, REASONS)


REASONS: dict[str, Any] = {}
LEXICON = Lexicon.of(
    {
        "en": {
            "version": 1,
            "spaced": [],
            "stems": ["cancel"],
            "solicit": {"please-cancel": "please cancel the order"},
            "ask": {"cancel-mine": "please cancel my order"},
        }
    }
)


def ingest(clock: str = "wall") -> Ingest:
    """An ingest of the two markets and one short English list."""
    return Ingest(policies(), LEXICON, "wall" if clock == "wall" else "log")
