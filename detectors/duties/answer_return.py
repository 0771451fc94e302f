"""R-05, R-59: a seller answers a return, and what comes back to him, within his limit; silence means yes."""

from collections.abc import Iterator

from detectors.aftersales import Return
from detectors.card import Card, Code
from detectors.duty import Case, Duty, elapsed
from detectors.order import Order
from detectors.parts import Moment
from detectors.refunding import first_start, of_return
from detectors.requests import earliest
from detectors.terms import Terms
from detectors.verdict import Breach, Segments

CARD = Card(
    name="answer_return",
    version=1,
    promise="A return, and the parcel that comes back, is answered within the seller's limit.",
    rules=("R-05", "R-59"),
    holder="seller",
    needs=(("return.requested",), ("return.decided",)),
    keys={"return_response": "request", "return_response_replacement": "request"},
    codes={
        "V-30": Code(
            "RETURN_RESPONSE_OVERDUE",
            "Return {return} was not answered ({step}) by {due}.",
            about="return",
            extra=1,
        )
    },
    severity="medium",
    directives=("approve_return",),
    first_look="Look whether the seller answered on another channel; the platform has approved meanwhile.",
    clock="days",
    gaps=("Prices that change the limit in US are not looked at: the longest limit is taken.",),
    innocents=("The buyer closed the return himself.", "A parcel that came back and was refunded."),
)


def _cases(order: Order, terms: Terms) -> Iterator[Case]:
    assert order.after is not None
    for wanted in order.after.returns.values():
        yield _request(order, wanted, terms)
        if wanted.received is not None:
            yield _receipt(order, wanted, wanted.received, terms)


def _limit(wanted: Return, start: int, terms: Terms) -> tuple[int, Segments]:
    key = "return_response_replacement" if wanted.kind == "replacement" else "return_response"
    calendar, length = terms.market.calendar, terms.market.at(key, start)
    due = calendar.due(length, start)
    return due, lambda: list(calendar.segments(length, start, due))


def _request(order: Order, wanted: Return, terms: Terms) -> Case:
    due, clock = _limit(wanted, wanted.asked.at, terms)
    if wanted.respond_by is not None:
        due, clock = wanted.respond_by, elapsed(wanted.asked.at, wanted.respond_by)
    answer = next((Moment(d.at, d.fact) for d in wanted.decisions), None)
    return _case(order, wanted, "request", wanted.asked, due, clock, answer)


def _receipt(order: Order, wanted: Return, received: Moment, terms: Terms) -> Case:
    due, clock = _limit(wanted, received.at, terms)
    later = next((Moment(d.at, d.fact) for d in wanted.decisions if d.at >= received.at), None)
    settled = earliest(later, first_start(of_return(order, wanted)))
    return _case(order, wanted, "receipt", received, due, clock, settled)


def _case(
    order: Order, wanted: Return, step: str, opened: Moment, due: int, clock: Segments, answer: Moment | None
) -> Case:
    facts = (*((order.placed.fact,) if order.placed else ()), wanted.asked.fact, opened.fact)
    facts = (*dict.fromkeys(facts),)
    cure = earliest(answer, wanted.closed)
    ended = cure.at if cure is not None else None
    breach = Breach(
        code="V-30",
        holder="seller",
        severity="medium",
        subject=("return", wanted.id),
        facts=facts + ((cure.fact,) if cure else ()),
        numbers={"return": wanted.id, "step": step, **({"late_ms": cure.at - due} if cure else {})},
        due=due,
        cleared=cure.at if cure else None,
    )
    return Case(
        key=(wanted.id, step),
        opened=opened.at,
        due=due,
        facts=facts,
        segments=clock,
        met=answer,
        void=wanted.closed,
        directed=due if ended is None or ended > due else None,
        overtaken=ended,
        breaches=lambda: (breach,),
    )


DUTY = Duty(
    CARD,
    lambda order: order.after is not None and bool(order.after.returns),
    _cases,
    directive=CARD.directives[0],
    eventful=True,
)
