"""R-15: an order that nobody pays in time lapses."""

from collections.abc import Iterator

from detectors.card import Card
from detectors.deadline import stated
from detectors.duty import Case, Duty
from detectors.leftover import nothing_left, taken_off
from detectors.order import Order
from detectors.terms import Terms

CARD = Card(
    name="lapse_unpaid",
    version=1,
    promise="An unpaid order lapses at its payment limit.",
    rules=("R-15",),
    holder="buyer",
    needs=(("order.paid",),),
    keys={"unpaid_timeout": "placed"},
    codes={},
    severity="info",
    directives=("lapse_unpaid",),
    first_look="Nothing to investigate; where many such directives are never carried out, ask the order service.",
    clock="elapsed",
    gaps=("A payment that the feed lost looks like none.",),
    innocents=("Cash on delivery is never unpaid.", "A payment at the very limit is in time."),
)


def _cases(order: Order, terms: Terms) -> Iterator[Case]:
    assert order.placed is not None
    deadline = stated(order, "pay_by", "unpaid_timeout", order.placed.at, terms)
    cancel = nothing_left(order, taken_off(order))
    yield Case(
        key=("",),
        opened=order.placed.at,
        due=deadline.due,
        facts=(order.placed.fact,),
        segments=lambda: deadline.segments(terms),
        met=order.paid,
        void=cancel,
        directed=deadline.due if _unpaid_at(order, deadline.due) else None,
        overtaken=cancel.at if cancel else None,
    )


def _unpaid_at(order: Order, due: int) -> bool:
    return order.paid is None or order.paid.at > due


DUTY = Duty(CARD, lambda order: order.placed is not None and not order.cod, _cases, directive=CARD.directives[0])
