"""R-44, R-45: a paid order is made ready and handed over in time, every line of it."""

from collections.abc import Callable, Iterator

from detectors.card import Card, Code
from detectors.deadline import HANDOVER, READY, Deadline, dispatch, sellers_stages, sellers_turn
from detectors.duty import Case, Duty
from detectors.leftover import all_reached, asked_off, lines_owed, nothing_left, proof
from detectors.order import Order
from detectors.parts import Moment
from detectors.terms import Terms
from detectors.verdict import Breach, NotApplicable

_LATE = {
    "V-18": Code(
        "LATE_DISPATCH",
        "Order {order} was due to be {step} by {due}: {state}.",
        about="order",
        extra=1,
    )
}
_GAPS = (
    "Carrier data may lag by a day; a late scan withdraws the finding.",
    "Pre-orders and goods made to order have limits of their own only where the order states them.",
)
_INNOCENTS = (
    "At the very limit is on time.",
    "The buyer agreed to wait (R-31).",
    "Cancelled in time, or on a request made in time.",
    "Stored by the platform, or nothing to ship.",
)

READY_CARD = Card(
    name="dispatch_ready",
    version=1,
    promise="The seller makes every line ready for the carrier by the dispatch limit.",
    rules=("R-44", "R-45"),
    holder="seller",
    needs=(("order.ready",),),
    keys={
        "rts_sla": "paid",
        "dispatch_stages": "paid",
        "dispatch_cross_border": "paid",
        "rts_sla_cross_border": "paid",
    },
    codes=_LATE,
    severity="medium",
    first_look="Look whether the carrier's feed is late for other sellers too before speaking to this one.",
    clock="days",
    pausable=True,
    dated=True,
    gaps=_GAPS,
    innocents=_INNOCENTS,
)

HANDOVER_CARD = Card(
    name="dispatch_handover",
    version=1,
    promise="The seller hands every line to the carrier by the handover limit.",
    rules=("R-44",),
    holder="seller",
    needs=(("order.in_transit",),),
    keys={
        "tts_sla": "paid",
        "dispatch_stages": "paid",
        "handover_always": "paid",
        "dispatch_cross_border": "paid",
        "tts_sla_cross_border": "paid",
    },
    codes=_LATE,
    severity="medium",
    first_look="Look whether the carrier's feed is late for other sellers too before speaking to this one.",
    clock="days",
    pausable=True,
    dated=True,
    gaps=_GAPS,
    innocents=_INNOCENTS,
)

_STEP = {READY: "ready", HANDOVER: "handed over"}


def _case(order: Order, stage: str, terms: Terms) -> Case:
    deadline = dispatch(order, stage, terms)
    gone = asked_off(order)
    left = lines_owed(order, gone, deadline.due, stage)
    done = all_reached(left, stage)
    assert order.clock is not None
    consent = (deadline.consent.fact,) if deadline.consent else ()
    return Case(
        key=("", stage),
        opened=order.clock.at,
        due=deadline.due,
        facts=order.grounds,
        segments=lambda: deadline.segments(terms),
        met=done,
        void=nothing_left(order, gone, deadline.due),
        breaches=lambda: (
            _late(order, stage, deadline, order.grounds + consent + proof(left, gone, stage, deadline.due), done),
        ),
    )


def _late(order: Order, stage: str, deadline: Deadline, facts: tuple[str, ...], done: Moment | None) -> Breach:
    late = {"late_ms": done.at - deadline.due} if done else {}
    return Breach(
        code="V-18",
        holder="seller",
        severity="medium",
        subject=("order", order.id),
        facts=facts,
        numbers={
            "stage": stage,
            "step": _STEP[stage],
            "state": "it was late" if done else "it was not",
            **late,
        },
        due=deadline.due,
        cleared=done.at if done else None,
    )


def _stage(stage: str, rule: str) -> Callable[[Order, Terms], Iterator[Case | NotApplicable]]:
    def cases(order: Order, terms: Terms) -> Iterator[Case | NotApplicable]:
        if stage not in sellers_stages(order, terms):
            return
        excuse = sellers_turn(order)
        yield NotApplicable(rule, excuse) if excuse else _case(order, stage, terms)

    return cases


def paid(order: Order) -> bool:
    """Whether the paid clocks run."""
    return order.clock is not None


DISPATCH_READY = Duty(READY_CARD, paid, _stage(READY, READY_CARD.rules[0]))
DISPATCH_HANDOVER = Duty(HANDOVER_CARD, paid, _stage(HANDOVER, HANDOVER_CARD.rules[0]))
