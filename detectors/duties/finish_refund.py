"""R-56: a refund that was started arrives within working days."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from detectors.aftersales import Refund
from detectors.card import Card, Code
from detectors.duty import Case, Duty
from detectors.order import Order
from detectors.refunding import first_start, last_completion, of_cancel, of_return
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
            "The refund of order {order} was started and not completed by {due}.",
            step="finish",
        )
    },
    severity="medium",
    first_look="On-call: ask the payment service for the refund; banks' holidays are not in our calendars.",
    clock="days",
    gaps=("How long the buyer's bank takes after that is not seen.",),
    innocents=("Several refunds of one cancellation or return are complete when the last of them is.",),
)


def _cases(order: Order, terms: Terms) -> Iterator[Case]:
    for subject in _subjects(order):
        yield _case(order, subject, terms)


class _Subject(NamedTuple):
    """What was refunded: a cancellation, a return, or the order ("" names it); its own facts, and its refunds."""

    kind: str
    name: str
    facts: tuple[str, ...]
    refunds: Sequence[Refund]


def _subjects(order: Order) -> Iterator[_Subject]:
    assert order.after is not None
    left = list(order.after.refunds.values())
    subjects = [_Subject("cancellation", c.id, (c.fact,), of_cancel(order, c)) for c in order.cancels]
    subjects += [_Subject("return", r.id, (r.asked.fact,), of_return(order, r)) for r in order.after.returns.values()]
    for subject in subjects:
        if subject.refunds:
            left = [refund for refund in left if refund not in subject.refunds]
            yield subject
    if left:
        yield _Subject("", "", (), left)


def _case(order: Order, subject: _Subject, terms: Terms) -> Case:
    started, done = first_start(subject.refunds), last_completion(subject.refunds)
    assert started is not None
    calendar, length = terms.market.calendar, terms.market.at("refund_finish", started.at)
    due = calendar.due(length, started.at)
    told = [m.fact for m in (order.placed, order.paid) if m is not None]
    grounds = (*told, *subject.facts)
    facts = (*grounds, *(fact for refund in subject.refunds for fact in refund.facts))
    breach = Breach(
        code="V-22",
        holder="platform",
        severity="medium",
        subject=("order", order.id),
        facts=(*dict.fromkeys(facts),),
        numbers={
            **({subject.kind: subject.name} if subject.kind else {}),
            "step": "finish",
            **({"late_ms": done.at - due} if done else {}),
        },
        due=due,
        cleared=done.at if done else None,
    )
    return Case(
        key=(subject.name,),
        opened=started.at,
        due=due,
        facts=(*grounds, started.fact),
        segments=lambda: list(calendar.segments(length, started.at, due)),
        met=done,
        marks=(terms.market.due("refund_warning", started.at),),
        breaches=lambda: (breach,),
    )


DUTY = Duty(CARD, lambda order: order.after is not None and bool(order.after.refunds), _cases, eventful=True)
