"""R-02 … R-05: the seller answers a request in time; silence means yes, and the platform carries it out."""

from collections.abc import Iterator

from detectors.card import Card, Code
from detectors.clock import HOUR
from detectors.deadline import Deadline
from detectors.decision import SELLER_DECIDES, decide
from detectors.duty import Case, Duty, elapsed
from detectors.order import Order
from detectors.parts import Moment, Request
from detectors.requests import (
    answer,
    approved,
    buyers_requests,
    earliest,
    ended_otherwise,
    grounds,
    has_request,
    shown,
)
from detectors.terms import Terms
from detectors.verdict import Breach, NotApplicable

CARD = Card(
    name="answer_request",
    version=1,
    promise="The seller approves or rejects a buyer's request before its limit.",
    rules=("R-03", "R-02", "R-04", "R-05"),
    holder="seller",
    needs=(("cancellation.decided",),),
    keys={"response_sla": "request", "response_warnings": "request", "seller_ships_to_reject": "request"},
    codes={
        "V-01": Code(
            "SELLER_RESPONSE_OVERDUE",
            "Request {cancellation} was due an answer by {due}, {allowed_h} hours after it was made, and had none.",
        )
    },
    severity="medium",
    directives=("approve_cancellation",),
    first_look="Look at the seller's other open requests; a seller who never answers may have left.",
    clock="days",
    innocents=("An answer at the very limit.", "Withdrawn, or cancelled on another path (A-27)."),
    gaps=("An answer given outside the feed is not seen.",),
)

EXECUTE_CARD = Card(
    name="execute_approval",
    version=1,
    promise="When the seller stayed silent, the platform approves within fifteen minutes.",
    rules=("R-04",),
    holder="platform",
    needs=CARD.needs,
    keys={"execute_approval": "request"},
    codes={
        "V-04": Code(
            "AUTO_APPROVAL_NOT_EXECUTED",
            "The seller let request {cancellation} pass; the platform had to approve it by {due} and did not.",
        )
    },
    severity="high",
    first_look="On-call: the directive was issued at due + settle; find out why the order service did not act.",
    clock="elapsed",
    innocents=("The seller's late answer came first (A-26).",),
)


def _limit(request: Request, terms: Terms) -> Deadline:
    if request.respond_by is not None:
        return Deadline(request.at, request.respond_by, "respond_by")
    length = terms.market.at("response_sla", request.at)
    due = terms.market.calendar.due(length, request.at)
    return Deadline(request.at, due, "response_sla", length)


def _answered(order: Order, request: Request, terms: Terms) -> tuple[Moment | None, Moment | None]:
    """(met, void): the seller's answer, and what took the question away."""
    met = answer(order, request)
    void = earliest(request.withdrawn, ended_otherwise(order, request), _shipped(order, request, terms))
    return met, void


def _shipped(order: Order, request: Request, terms: Terms) -> Moment | None:
    """Where the market reads it so, making the order ready rejects the request."""
    if not terms.market.at("seller_ships_to_reject", request.at):
        return None
    lines = order.chosen(request.lines) or order.chosen(())
    return earliest(*(line.ready for line in lines if line.ready and line.ready.at >= request.at))


def _cases(order: Order, terms: Terms) -> Iterator[Case | NotApplicable]:
    for request in buyers_requests(order):
        row = decide(order, request, terms)
        if not row.number:
            yield NotApplicable(CARD.rules[0], row.missing)
        elif row.number == SELLER_DECIDES:
            yield _case(order, request, terms)


def _case(order: Order, request: Request, terms: Terms) -> Case:
    limit = _limit(request, terms)
    met, void = _answered(order, request, terms)
    ended = earliest(met, void)
    in_time = ended is not None and ended.at <= limit.due
    warnings = (limit.due - w.n for w in terms.market.at("response_warnings", request.at))
    return Case(
        key=(request.id,),
        opened=request.at,
        due=limit.due,
        facts=grounds(order, request),
        segments=lambda: limit.segments(terms),
        met=met,
        void=void,
        directed=None if in_time else limit.due,
        overtaken=ended.at if ended else None,
        cancellation=request.id,
        breaches=lambda: (_overdue(order, request, limit, ended),),
        marks=tuple(mark for mark in warnings if mark >= request.at),
    )


def _overdue(order: Order, request: Request, limit: Deadline, ended: Moment | None) -> Breach:
    late = {"late_ms": ended.at - limit.due} if ended else {}
    return Breach(
        code="V-01",
        holder="seller",
        severity="medium",
        subject=("cancellation", request.id),
        facts=grounds(order, request) + shown(order, request, ended),
        numbers={
            "cancellation": request.id,
            "allowed_h": (limit.due - request.at) // HOUR,
            **late,
        },
        due=limit.due,
        cleared=ended.at if ended else None,
    )


def _execution(order: Order, terms: Terms) -> Iterator[Case | NotApplicable]:
    for request in buyers_requests(order):
        if decide(order, request, terms).number != SELLER_DECIDES:
            continue
        asked = _case(order, request, terms)
        if not asked.ended():
            yield _execute(order, request, asked, terms)


def _execute(order: Order, request: Request, asked: Case, terms: Terms) -> Case:
    due = asked.due + terms.market.ms("execute_approval", request.at)
    done = approved(order, request)
    late_answer = asked.met
    if late_answer is not None and done is not None and done.at >= late_answer.at:
        done = None
    granted = done or approved(order, request)
    return Case(
        key=(request.id,),
        opened=asked.due,
        due=due,
        facts=asked.facts,
        segments=elapsed(asked.due, due),
        met=done,
        excused=late_answer,
        void=request.withdrawn,
        cancellation=request.id,
        breaches=lambda: (_not_executed(request, due, asked.facts + shown(order, request, granted), granted),),
        appears=asked.due + terms.market.ms("grace", request.at),
    )


def _not_executed(request: Request, due: int, facts: tuple[str, ...], granted: Moment | None) -> Breach:
    late = {"late_ms": granted.at - due} if granted else {}
    return Breach(
        code="V-04",
        holder="platform",
        severity="high",
        subject=("cancellation", request.id),
        facts=facts,
        numbers={"cancellation": request.id, **late},
        due=due,
        cleared=granted.at if granted else None,
    )


DUTY = Duty(CARD, has_request, _cases, directive=CARD.directives[0], directive_rule="R-04", eventful=True)
EXECUTE = Duty(EXECUTE_CARD, has_request, _execution, eventful=True)
