"""Whose fault one cancellation is, and whether it counts (rulebook §4): the taxonomy's row and its condition."""

from typing import NamedTuple

from detectors.deadline import dispatch, reached, sellers_stages, sellers_turn
from detectors.fault import BUYER, SELLER, UNDECIDED, Reason
from detectors.leftover import lines_owed, taken_off
from detectors.order import Order
from detectors.parts import Cancel, Message, Moment
from detectors.terms import Terms

COUNTS, EXTENDED, NEVER = "Y", "L", "N"


class Attribution(NamedTuple):
    """`fault`: B S P L U. `sfcr`: Y counts in the seller-fault cancellation rate, L in the extended one, N never.

    `known`: the taxonomy has the code (a blank one it cannot have).
    """

    fault: str
    sfcr: str
    known: bool
    reason: Reason | None = None


def attribute(order: Order, cancel: Cancel, terms: Terms) -> Attribution:
    """The fault of one cancellation."""
    code = cancel.reason or (cancel.request.reason if cancel.request else "")
    who = cancel.initiator
    reason = _row(who, order.market, code, terms) if code else None
    if reason is None:
        return _unlisted(order, cancel, known=False)
    holds = _CONDITIONS.get(reason.when)
    if holds is None or holds(order, cancel, terms):
        fault, counts = reason.fault, reason.sfcr
    else:
        fault, counts = reason.other_fault, reason.other_sfcr
    return Attribution(fault, counts if was_paid(order, cancel) else NEVER, True, reason)


def _row(who: str, market: str, code: str, terms: Terms) -> Reason | None:
    kinds = ("system", "operator") if who in {"system", "operator", "unknown"} else (who,)
    found = (terms.reasons.find(kind, market, code) for kind in kinds)
    return next((row for row in found if row is not None), None)


def _unlisted(order: Order, cancel: Cancel, known: bool) -> Attribution:
    """A seller's other or blank reason on a paid order is his fault; anybody else's is undecided."""
    if cancel.initiator == "seller":
        return Attribution(SELLER, COUNTS if was_paid(order, cancel) else NEVER, known)
    return Attribution(BUYER if cancel.initiator == "buyer" else UNDECIDED, NEVER, known)


def was_paid(order: Order, cancel: Cancel) -> bool:
    """Whether the order was paid when it was cancelled; only then it was ever confirmed."""
    return order.clock is not None and order.clock.at <= cancel.at


def asked_by_buyer(order: Order, cancel: Cancel, terms: Terms) -> Moment | None:
    """The buyer's own request, or his message asking to cancel, within reach before the cancellation (V-12).

    A message in a language without a phrase list counts for the seller.
    """
    first = cancel.at - terms.market.ms("buyer_request_reach", cancel.at)
    for request in order.requests.values():
        if request.by == "buyer" and first <= request.at <= cancel.at:
            return Moment(request.at, request.fact)
    for message in order.messages:
        if message.sender == "buyer" and first <= message.at <= cancel.at and _asks(message):
            return Moment(message.at, message.fact)
    return None


def _asks(message: Message) -> bool:
    return bool(message.hits) or not message.listed


def _late_claim(order: Order, cancel: Cancel, terms: Terms) -> bool:
    """Whether a claim of late shipment is true at the request: the dispatch limit had passed unmet (R-12)."""
    at = cancel.request.at if cancel.request else cancel.at
    return dispatch_missed(order, at, terms)


def _dispatched_late(order: Order, cancel: Cancel, terms: Terms) -> bool:
    return dispatch_missed(order, cancel.at, terms)


def dispatch_missed(order: Order, at: int, terms: Terms) -> bool:
    """Whether a dispatch limit of the seller's had passed at the instant, and a line was not dispatched in time."""
    for stage in [] if sellers_turn(order) else sellers_stages(order, terms):
        due = dispatch(order, stage, terms, known_at=at).due
        done = [reached(line, stage) for line in lines_owed(order, taken_off(order), due, stage)]
        if at > due and any(moment is None or moment.at > due for moment in done):
            return True
    return False


_CONDITIONS = {
    "late": _late_claim,
    "evidence": lambda order, cancel, terms: asked_by_buyer(order, cancel, terms) is not None,
    "dispatched_late": _dispatched_late,
}
