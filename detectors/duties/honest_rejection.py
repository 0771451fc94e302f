"""R-06: a seller who rejects because the parcel is on its way has it on its way by the dispatch limit."""

from collections.abc import Iterator

from detectors.card import Card, Code
from detectors.deadline import HANDOVER, Deadline, dispatch
from detectors.duty import Case, Duty
from detectors.leftover import Gone, all_reached, lines_owed, nothing_left, proof, taken_off
from detectors.order import Order
from detectors.parts import Decision, Request
from detectors.requests import buyers_requests, earliest, rejection
from detectors.terms import Terms
from detectors.verdict import Breach

CARD = Card(
    name="honest_rejection",
    version=1,
    promise='A request rejected as "shipped" or "packed" is followed by the carrier by the dispatch limit.',
    rules=("R-06",),
    holder="seller",
    needs=(("cancellation.decided",), ("order.in_transit",)),
    keys={"shipped_reasons": "request", "tts_sla": "paid"},
    codes={
        "V-29": Code(
            "INVALID_REJECTION",
            'The seller rejected request {cancellation} with "{reason}", and the carrier did not have the parcel'
            " by {due}.",
        )
    },
    severity="medium",
    first_look="Look whether the carrier's feed is late; a scan in time withdraws the finding.",
    clock="days",
    pausable=True,
    gaps=("Whether the parcel was packed cannot be seen, only whether it left.",),
    innocents=("Cancelled or withdrawn after all.", "Rejected after the limit with the parcel already under way."),
)


def _claims(order: Order, terms: Terms) -> Iterator[tuple[Request, Decision]]:
    for request in buyers_requests(order):
        refused = rejection(request, by="seller")
        row = terms.reasons.find("reject", order.market, refused.reason) if refused and refused.reason else None
        if refused and row and row.code in terms.market.at("shipped_reasons", request.at):
            yield request, refused


def _cases(order: Order, terms: Terms) -> Iterator[Case]:
    if order.clock is None:
        return
    for request, refused in _claims(order, terms):
        yield _case(order, request, refused, terms)


def _case(order: Order, request: Request, refused: Decision, terms: Terms) -> Case:
    deadline = dispatch(order, HANDOVER, terms)
    due, gone = max(deadline.due, refused.at), taken_off(order)
    assert order.clock is not None
    assert order.placed is not None
    facts = (*dict.fromkeys((order.placed.fact, order.clock.fact, request.fact, refused.fact)),)
    return Case(
        key=(request.id,),
        opened=refused.at,
        due=due,
        facts=facts,
        segments=lambda: _clock(deadline, refused.at, terms),
        met=all_reached(lines_owed(order, gone, due, HANDOVER), HANDOVER),
        void=earliest(nothing_left(order, gone, due), request.withdrawn),
        cancellation=request.id,
        breaches=lambda: (_untrue(order, request, refused, deadline, due, facts, gone),),
    )


def _clock(deadline: Deadline, rejected: int, terms: Terms) -> list[dict[str, object]]:
    if rejected > deadline.due:
        return [{"from": rejected, "to": rejected, "kind": "counted", "why": "the dispatch limit had passed"}]
    return deadline.segments(terms)


def _untrue(
    order: Order,
    request: Request,
    refused: Decision,
    deadline: Deadline,
    due: int,
    facts: tuple[str, ...],
    gone: list[Gone],
) -> Breach:
    left = lines_owed(order, gone, due, HANDOVER)
    cure = earliest(all_reached(left, HANDOVER), nothing_left(order, gone), request.withdrawn)
    consent = (deadline.consent.fact,) if deadline.consent else ()
    shown = proof(left, gone, HANDOVER, cure.at if cure else due)
    ended = (cure.fact,) if cure is not None and cure is request.withdrawn else ()
    return Breach(
        code="V-29",
        holder="seller",
        severity="medium",
        subject=("cancellation", request.id),
        facts=(*dict.fromkeys((*facts, *consent, *shown, *ended)),),
        numbers={
            "cancellation": request.id,
            "reason": refused.reason,
            **({"late_ms": cure.at - due} if cure else {}),
        },
        due=due,
        cleared=cure.at if cure else None,
    )


DUTY = Duty(CARD, lambda order: any(r.decisions for r in buyers_requests(order)), _cases, eventful=True)
