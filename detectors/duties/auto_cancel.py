"""R-44: the platform cancels an order that was not dispatched within the auto-cancel limit."""

from collections.abc import Iterator, Sequence

from detectors.card import Card, Code
from detectors.deadline import HANDOVER
from detectors.deadline import auto_cancel as deadlines
from detectors.duties.dispatch import paid
from detectors.duty import Case, Duty
from detectors.leftover import Gone, all_reached, lines_owed, nothing_left, proof, taken_off
from detectors.order import Order
from detectors.requests import earliest
from detectors.terms import Terms
from detectors.verdict import Breach, NotApplicable

CARD = Card(
    name="auto_cancel",
    version=1,
    promise="The platform cancels what the seller did not dispatch within the auto-cancel limit.",
    rules=("R-44",),
    holder="platform",
    needs=(("order.ready",),),
    keys={
        "auto_cancel_stages": "paid",
        "auto_cancel_ready": "paid",
        "auto_cancel_handover": "paid",
        "auto_cancel_after_dispatch": "paid",
        "auto_cancel_grace": "paid",
    },
    codes={
        "V-19": Code(
            "AUTO_CANCEL_NOT_EXECUTED",
            "Order {order} had to be cancelled by {due}, not being {stage}, and was left open.",
            about="order",
            extra=1,
        )
    },
    severity="medium",
    directives=("cancel_order",),
    first_look="On-call: the directive was issued at the deadline + settle;"
    " find out why the order service did not act.",
    clock="days",
    pausable=True,
    gaps=("Virtual goods are not watched: nothing is shipped.",),
    innocents=("Dispatched late but before the platform acted.", "The buyer agreed to wait (R-31)."),
)


def _cases(order: Order, terms: Terms) -> Iterator[Case | NotApplicable]:
    assert order.clock is not None
    if order.kind == "virtual":
        yield NotApplicable(CARD.rules[0], "virtual goods")
        return
    for stage in terms.market.at("auto_cancel_stages", order.clock.at):
        missing = terms.feeds.missing(order.market, (("order.in_transit",),)) if stage == HANDOVER else ""
        yield NotApplicable(CARD.rules[0], f"no feed: {missing}") if missing else _case(order, stage, terms)


def _case(order: Order, stage: str, terms: Terms) -> Case:
    pieces = deadlines(order, stage, terms)
    deadline = pieces[-1]
    assert order.clock is not None
    due = deadline.due + terms.market.ms("auto_cancel_grace", order.clock.at)
    gone = taken_off(order)
    left, void = lines_owed(order, gone, due, stage), nothing_left(order, gone, due)
    facts = order.grounds + ((deadline.consent.fact,) if deadline.consent else ())
    return Case(
        key=("", stage),
        opened=order.clock.at,
        due=due,
        facts=facts,
        segments=lambda: [*(s for piece in pieces for s in piece.segments(terms)), _grace(deadline.due, due)],
        met=all_reached(left, stage),
        void=void,
        directed=deadline.due if _open_at(order, gone, stage, deadline.due) else None,
        overtaken=void.at if void else None,
        breaches=lambda: (_left_open(order, stage, due, facts, gone),),
    )


def _open_at(order: Order, gone: Sequence[Gone], stage: str, deadline: int) -> bool:
    """Whether something was left to dispatch when the deadline had passed."""
    left = lines_owed(order, gone, deadline, stage)
    done = all_reached(left, stage)
    return bool(left) and (done is None or done.at > deadline)


def _grace(deadline: int, due: int) -> dict[str, object]:
    return {"from": deadline + 1, "to": due, "kind": "counted", "why": "time for the platform to act"}


def _left_open(order: Order, stage: str, due: int, facts: tuple[str, ...], gone: Sequence[Gone]) -> Breach:
    left = lines_owed(order, gone, due, stage)
    ended = nothing_left(order, gone)
    cure = earliest(all_reached(left, stage), ended)
    shown = proof(left, gone, stage, cure.at if cure else due)
    return Breach(
        code="V-19",
        holder="platform",
        severity="medium",
        subject=("order", order.id),
        facts=facts + shown,
        numbers={"stage": stage, **({"late_ms": cure.at - due} if cure else {})},
        due=due,
        cleared=cure.at if cure else None,
    )


DUTY = Duty(CARD, paid, _cases, directive=CARD.directives[0])
