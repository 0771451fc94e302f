"""R-12: a buyer who cancels because of late shipment, and is right, counts against the seller."""

from collections.abc import Iterator

from detectors.act import Act, Deed
from detectors.attribution import attribute, dispatch_missed, was_paid
from detectors.card import Card, Code
from detectors.fault import SELLER
from detectors.order import Order
from detectors.parts import Cancel
from detectors.requests import grounds
from detectors.terms import Terms
from detectors.verdict import Breach

CARD = Card(
    name="late_shipment_claim",
    version=1,
    promise="A buyer's cancellation for late shipment is held against the seller when the limit had really passed.",
    rules=("R-12",),
    holder="seller",
    needs=(("order.ready", "order.in_transit"), ("order.paid",)),
    keys={"dispatch_stages": "paid", "rts_sla": "paid", "tts_sla": "paid"},
    dated=True,
    codes={
        "V-20": Code(
            "LATE_SHIP_CANCEL",
            "The buyer cancelled order {order} ({cancellation}) for late shipment, and the dispatch limit had passed.",
        )
    },
    severity="medium",
    first_look="Look at the dispatch clock of the order (explain); a late scan withdraws the finding.",
    clock="none",
    gaps=("A buyer who picks another reason is not counted.",),
    innocents=("The claim is not true: the limit had not passed at the request.",),
)


def _verified(order: Order, cancel: Cancel, terms: Terms) -> bool:
    if cancel.initiator != "buyer" or not was_paid(order, cancel):
        return False
    found = attribute(order, cancel, terms)
    late = found.reason is not None and found.reason.when == "late"
    return late and found.fault == SELLER and dispatch_missed(order, _asked(cancel), terms)


def _asked(cancel: Cancel) -> int:
    return cancel.request.at if cancel.request is not None else cancel.at


def _deeds(order: Order, terms: Terms) -> Iterator[Deed]:
    for cancel in order.cancels:
        if _verified(order, cancel, terms):
            yield Deed(cancel.at, (cancel.id,), _breach(order, cancel))


def _breach(order: Order, cancel: Cancel) -> Breach:
    assert order.clock is not None
    assert order.placed is not None
    moments = [m for li in order.lines.values() for m in (li.ready, li.transit, li.delivered) if m is not None]
    steps = [m.fact for m in moments if m.at <= cancel.at]
    asked = grounds(order, cancel.request) if cancel.request is not None else ()
    consents = [consent.fact for consent in order.consents]
    facts = (order.placed.fact, order.clock.fact, *asked, *steps, *consents, cancel.fact)
    return Breach(
        code="V-20",
        holder="seller",
        severity="medium",
        subject=("order", order.id),
        facts=(*dict.fromkeys(facts),),
        numbers={"cancellation": cancel.id},
    )


ACT = Act(CARD, lambda order: bool(order.cancels) and order.clock is not None, _deeds, eventful=True)
