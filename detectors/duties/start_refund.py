"""R-55, R-26: what was paid and then cancelled is refunded almost at once."""

from collections.abc import Iterator

from detectors.card import Card, Code
from detectors.duty import Case, Duty, elapsed
from detectors.order import Order
from detectors.parts import Cancel, Moment
from detectors.refunding import first_start, of_cancel, paid_cancels
from detectors.terms import Terms
from detectors.verdict import Breach

CARD = Card(
    name="start_refund",
    version=1,
    promise="The refund of a cancelled paid order is started within minutes.",
    rules=("R-55", "R-26"),
    holder="platform",
    needs=(("refund.started", "refund.completed"),),
    keys={"refund_start": "cancel"},
    codes={
        "V-22": Code(
            "REFUND_NOT_INITIATED",
            "Order {order} was paid and cancelled ({cancellation}), and no refund had been started by {due}.",
            step="start",
        )
    },
    severity="high",
    directives=("start_refund",),
    first_look="On-call: find out whether the order service got the directive and the payment service answers.",
    clock="elapsed",
    gaps=("Cash on delivery that was collected is seen only where order.paid says so.",),
    innocents=("A refund that names no cancellation is that of the order's latest.",),
)


def _cases(order: Order, terms: Terms) -> Iterator[Case]:
    for cancel in paid_cancels(order):
        yield _case(order, cancel, terms)


def _case(order: Order, cancel: Cancel, terms: Terms) -> Case:
    assert order.placed is not None
    assert order.paid is not None
    due = cancel.at + terms.market.ms("refund_start", cancel.at)
    started = first_start(of_cancel(order, cancel))
    facts = (order.placed.fact, order.paid.fact, cancel.fact)
    return Case(
        key=(cancel.id,),
        opened=cancel.at,
        due=due,
        facts=facts,
        segments=elapsed(cancel.at, due),
        met=started,
        directed=cancel.at,
        overtaken=started.at if started else None,
        cancellation=cancel.id,
        breaches=lambda: (_missing(order, cancel, facts, due, started),),
    )


def _missing(order: Order, cancel: Cancel, facts: tuple[str, ...], due: int, cure: Moment | None) -> Breach:
    return Breach(
        code="V-22",
        holder="platform",
        severity="high",
        subject=("order", order.id),
        facts=facts + ((cure.fact,) if cure else ()),
        numbers={"cancellation": cancel.id, "step": "start", **({"late_ms": cure.at - due} if cure else {})},
        due=due,
        cleared=cure.at if cure else None,
    )


DUTY = Duty(CARD, lambda order: bool(paid_cancels(order)), _cases, directive=CARD.directives[0], eventful=True)
