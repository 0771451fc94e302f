"""R-08: after shipment a cancellation is refused; the buyer is shown the way to a return (§3.4 row 7)."""

from collections.abc import Iterator

from detectors.card import Card, Code
from detectors.decision import REFUSE, decide
from detectors.duty import Case, Duty, elapsed
from detectors.order import Order
from detectors.parts import Moment, Request
from detectors.requests import buyers_requests, earliest, grounds, has_request, rejection
from detectors.terms import Terms
from detectors.verdict import Breach, NotApplicable

CARD = Card(
    name="refuse_after_shipment",
    version=1,
    promise="A request after shipment is refused.",
    rules=("R-08",),
    holder="platform",
    needs=(),
    keys={
        "buyer_cancel_until": "request",
        "buyer_cancel_until_platform_shipped": "request",
        "edd_grace_local": "request",
        "edd_grace_cross_border": "request",
    },
    codes={
        "V-05": Code(
            "CANCEL_AFTER_SHIP",
            "Request {cancellation} on order {order} came after shipment and was granted all the same.",
            about="cancellation",
        )
    },
    severity="medium",
    directives=("refuse_cancellation",),
    first_look="Look at the carrier's facts: a wrong scan withdraws the finding when it is corrected.",
    clock="none",
    dated=True,
    gaps=("Without a delivery estimate the late-delivery right (R-13) cannot be seen.",),
    innocents=("Shipped and asked at the same instant: the request wins (A-28).",),
)


def _cases(order: Order, terms: Terms) -> Iterator[Case | NotApplicable]:
    for request in buyers_requests(order):
        row = decide(order, request, terms)
        if not row.number:
            yield NotApplicable(CARD.rules[0], row.missing)
        elif row.number == REFUSE:
            yield _case(order, request)


def _granted(order: Order, request: Request) -> Moment | None:
    """An approval, or the buyer's cancellation going through; a parcel lost or refused later is neither."""
    decided = next((Moment(d.at, d.fact) for d in request.decisions if d.approves), None)
    through = (c for c in order.cancels if c.request is request and (c.by == "buyer" or c.id == request.id))
    return earliest(decided, next((Moment(c.at, c.fact) for c in through), None))


def _case(order: Order, request: Request) -> Case:
    refused = rejection(request)
    met = Moment(refused.at, refused.fact) if refused else None
    granted = _granted(order, request)
    facts = grounds(order, request)
    breach = Breach(
        code="V-05",
        holder="platform",
        severity="medium",
        subject=("order", order.id),
        facts=facts + ((granted.fact,) if granted else ()),
        numbers={"cancellation": request.id},
    )
    return Case(
        key=(request.id,),
        opened=request.at,
        due=request.at,
        facts=facts,
        segments=elapsed(request.at, request.at),
        met=met,
        void=request.withdrawn,
        timeless=True,
        breached=granted,
        directed=request.at,
        overtaken=min((m.at for m in (met, request.withdrawn, granted) if m is not None), default=None),
        cancellation=request.id,
        breaches=lambda: (breach,),
    )


DUTY = Duty(CARD, has_request, _cases, directive=CARD.directives[0], eventful=True)
