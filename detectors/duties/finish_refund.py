"""R-56: a refund that was started arrives within working days."""

from collections.abc import Iterator, Sequence

from detectors.aftersales import Refund
from detectors.card import Card, Code
from detectors.duty import Case, Duty
from detectors.order import Order
from detectors.parts import Cancel
from detectors.refunding import first_start, last_completion, of_cancel, paid_cancels
from detectors.terms import Terms
from detectors.verdict import Breach

CARD = Card(
    name="finish_refund",
    version=1,
    promise="A refund is completed within the working days that the policy gives it.",
    rules=("R-56",),
    holder="platform",
    needs=(("refund.started", "refund.completed"), ("refund.completed",)),
    keys={"refund_finish": "day", "refund_warning": "day"},
    codes={
        "V-22": Code(
            "REFUND_LATE",
            "The refund of order {order} ({cancellation}) was started and not completed by {due}.",
            step="finish",
        )
    },
    severity="medium",
    first_look="On-call: ask the payment service for the refund; banks' holidays are not in our calendars.",
    clock="days",
    gaps=("How long the buyer's bank takes after that is not seen.",),
    innocents=("Several refunds of one cancellation are complete when the last of them is.",),
)


def _cases(order: Order, terms: Terms) -> Iterator[Case]:
    for cancel in paid_cancels(order):
        refunds = of_cancel(order, cancel)
        if refunds:
            yield _case(order, cancel, refunds, terms)


def _case(order: Order, cancel: Cancel, refunds: Sequence[Refund], terms: Terms) -> Case:
    started, done = first_start(refunds), last_completion(refunds)
    assert started is not None
    assert order.placed is not None
    calendar, length = terms.market.calendar, terms.market.at("refund_finish", started.at)
    due = calendar.due(length, started.at)
    assert order.paid is not None
    facts = (order.placed.fact, order.paid.fact, cancel.fact, *(fact for refund in refunds for fact in refund.facts))
    breach = Breach(
        code="V-22",
        holder="platform",
        severity="medium",
        subject=("order", order.id),
        facts=(*dict.fromkeys(facts),),
        numbers={"cancellation": cancel.id, "step": "finish", **({"late_ms": done.at - due} if done else {})},
        due=due,
        cleared=done.at if done else None,
    )
    return Case(
        key=(cancel.id,),
        opened=started.at,
        due=due,
        facts=(order.placed.fact, order.paid.fact, cancel.fact, started.fact),
        segments=lambda: list(calendar.segments(length, started.at, due)),
        met=done,
        marks=(terms.market.due("refund_warning", started.at),),
        cancellation=cancel.id,
        breaches=lambda: (breach,),
    )


DUTY = Duty(CARD, lambda order: order.after is not None and bool(order.after.refunds), _cases, eventful=True)
