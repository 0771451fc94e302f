"""R-31: a seller whose buyer agreed to wait hands the parcel over by the agreed day, or cancels and says so."""

from collections.abc import Iterator

from detectors.card import Card, Code
from detectors.deadline import HANDOVER, READY, Deadline, dispatch, sellers_turn
from detectors.duties.dispatch import paid
from detectors.duties.notify_buyer import well_told
from detectors.duty import Case, Duty
from detectors.leftover import all_reached, lines_owed, nothing_left, proof, taken_off
from detectors.order import Order
from detectors.parts import Moment
from detectors.requests import earliest
from detectors.terms import Terms
from detectors.verdict import Breach

CARD = Card(
    name="keep_consent",
    version=1,
    promise="What the buyer agreed to wait for is dispatched by the agreed day, or cancelled with a good notice.",
    rules=("R-31",),
    holder="seller",
    needs=(("consent.given",), ("order.in_transit",), ("notice.sent",)),
    keys={"consent_stage": "paid", "tts_sla": "paid", "notice_before": "cancel"},
    codes={
        "V-37": Code(
            "WAIT_CONSENT_BREACH",
            "The buyer of order {order} agreed to wait until {due}; by then it was neither {step} nor cancelled"
            " with a notice.",
            about="order",
        )
    },
    severity="medium",
    first_look="Read the buyer's consent; he may have agreed to wait longer in a message.",
    clock="days",
    gaps=("Only consent.given counts: words in a message are no consent.",),
    innocents=("Consent given after the dispatch limit promises nothing new.", "Cancelled with a good notice."),
)

_STEP = {READY: "ready", HANDOVER: "handed over"}


def _cases(order: Order, terms: Terms) -> Iterator[Case]:
    assert order.clock is not None
    stage = terms.market.at("consent_stage", order.clock.at)
    deadline = dispatch(order, stage, terms)
    if deadline.consent is not None and not sellers_turn(order):
        yield _case(order, stage, deadline, terms)


def _case(order: Order, stage: str, deadline: Deadline, terms: Terms) -> Case:
    assert order.clock is not None
    assert order.placed is not None
    assert deadline.consent is not None
    opened, gone = deadline.consent, taken_off(order)
    facts = (*dict.fromkeys((order.placed.fact, order.clock.fact, opened.fact)),)
    left = lines_owed(order, gone, deadline.due, stage)
    done, void = all_reached(left, stage), _told(order, nothing_left(order, gone), terms)
    cure = earliest(done, void)
    shown = (
        *proof(left, gone, stage, cure.at if cure else deadline.due),
        *((void.fact,) if void is not None and cure is void else ()),
    )
    breach = Breach(
        code="V-37",
        holder="seller",
        severity="medium",
        subject=("order", order.id),
        facts=(*dict.fromkeys((*facts, *shown)),),
        numbers={"step": _STEP[stage], **({"late_ms": cure.at - deadline.due} if cure else {})},
        due=deadline.due,
        cleared=cure.at if cure else None,
    )
    return Case(
        key=("",),
        opened=opened.at,
        due=deadline.due,
        facts=facts,
        segments=lambda: [{"from": opened.at, "to": deadline.due, "kind": "counted", "why": f"consent {opened.fact}"}],
        met=done,
        void=void,
        breaches=lambda: (breach,),
    )


def _told(order: Order, gone: Moment | None, terms: Terms) -> Moment | None:
    """When the cancellation stood with its good notice; a seller's without one is none, others' need no notice."""
    cancel = next((c for c in order.cancels if gone is not None and c.fact == gone.fact), None)
    if cancel is None or cancel.initiator != "seller":
        return gone
    notice = well_told(order, cancel, terms)
    if notice is None or gone is None:
        return None
    return max(gone, notice, key=lambda m: m.at)


DUTY = Duty(CARD, lambda order: paid(order) and bool(order.consents), _cases, eventful=True)
