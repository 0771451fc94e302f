"""R-61: money paid for a parcel that was refused or came back is refunded within working days."""

from collections.abc import Iterator

from detectors.card import Card, Code
from detectors.duty import Case, Duty
from detectors.order import Order
from detectors.refunding import first_start
from detectors.terms import Terms
from detectors.verdict import Breach

CARD = Card(
    name="settle_refused_parcel",
    version=1,
    promise="A paid parcel that was refused or came back is refunded within the policy's working days.",
    rules=("R-61",),
    holder="platform",
    needs=(("order.refused", "order.returned_to_sender"), ("refund.started", "refund.completed")),
    keys={"refused_parcel": "day"},
    codes={
        "V-38": Code(
            "REFUSED_PARCEL_STUCK",
            "The parcel of order {order} was refused or came back, and no refund had been started by {due}.",
            about="order",
        )
    },
    severity="low",
    first_look="Ask the warehouse whether the parcel was checked in.",
    clock="days",
    gaps=("Which lines came back is not seen.",),
    innocents=("Cash on delivery that was never collected: there is nothing to refund.",),
)


def _cases(order: Order, terms: Terms) -> Iterator[Case]:
    back = order.after.back if order.after is not None else None
    if back is None or order.paid is None or order.after is None:
        return
    assert order.placed is not None
    calendar, length = terms.market.calendar, terms.market.at("refused_parcel", back.at)
    due = calendar.due(length, back.at)
    refunded = first_start(list(order.after.refunds.values()))
    facts = (order.placed.fact, order.paid.fact, back.fact)
    breach = Breach(
        code="V-38",
        holder="platform",
        severity="low",
        subject=("order", order.id),
        facts=facts + ((refunded.fact,) if refunded else ()),
        numbers={"late_ms": refunded.at - due} if refunded else {},
        due=due,
        cleared=refunded.at if refunded else None,
    )
    yield Case(
        key=("",),
        opened=back.at,
        due=due,
        facts=facts,
        segments=lambda: list(calendar.segments(length, back.at, due)),
        met=refunded,
        breaches=lambda: (breach,),
    )


DUTY = Duty(CARD, lambda order: order.after is not None and order.after.back is not None, _cases, eventful=True)
