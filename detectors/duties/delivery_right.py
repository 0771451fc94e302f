"""R-13, R-14: a buyer whose parcel is long overdue may cancel, whoever carries it."""

from collections.abc import Iterator

from detectors.card import Card, Code
from detectors.decision import DELIVERY_RIGHT, decide, right_opens
from detectors.duty import Case, Duty
from detectors.order import Order
from detectors.parts import Moment, Request
from detectors.requests import approved, buyers_requests, grounds, has_request, rejection, shown
from detectors.terms import Terms
from detectors.verdict import Breach, NotApplicable

CARD = Card(
    name="delivery_right",
    version=1,
    promise="A request after the latest estimate and its grace is granted.",
    rules=("R-13", "R-14"),
    holder="platform",
    needs=(("cancellation.decided", "order.cancelled"),),
    keys={"delivery_right_sla": "request", "edd_grace_local": "request", "edd_grace_cross_border": "request"},
    codes={
        "V-21": Code(
            "EDD_RIGHT_DENIED",
            "Request {cancellation} came after the right to cancel a late parcel opened, and {how} by {due}.",
        )
    },
    severity="high",
    first_look="Look for the delivery: a scan that proves it before the right opened withdraws the finding.",
    clock="elapsed",
    dated=True,
    gaps=("Without an estimate nobody knows when the right opens.", "Not known to be local counts as cross-border."),
    innocents=("Delivered before the right opened.", "Approved within the limit."),
)


def _cases(order: Order, terms: Terms) -> Iterator[Case | NotApplicable]:
    for request in buyers_requests(order):
        row = decide(order, request, terms)
        if row.number == DELIVERY_RIGHT:
            yield _case(order, request, terms)
        elif row.missing:
            yield NotApplicable(CARD.rules[0], row.missing)


def _case(order: Order, request: Request, terms: Terms) -> Case:
    calendar, length = terms.market.calendar, terms.market.at("delivery_right_sla", request.at)
    due = calendar.due(length, request.at)
    granted = approved(order, request)
    return Case(
        key=(request.id,),
        opened=request.at,
        due=due,
        facts=grounds(order, request),
        segments=lambda: list(calendar.segments(length, request.at, due)),
        met=granted,
        void=request.withdrawn,
        cancellation=request.id,
        breaches=lambda: (_denied(order, request, due, granted, terms),),
    )


def _denied(order: Order, request: Request, due: int, granted: Moment | None, terms: Terms) -> Breach:
    refused = rejection(request)
    if refused is not None and refused.at > due:
        refused = None
    facts = grounds(order, request) + ((refused.fact,) if refused else ())
    opened = right_opens(order, request.at, terms)
    return Breach(
        code="V-21",
        holder="seller" if refused and refused.by == "seller" else "platform",
        severity="high",
        subject=("cancellation", request.id),
        facts=facts + shown(order, request, granted),
        numbers={
            "cancellation": request.id,
            "open_at": opened or 0,
            "how": "was rejected" if refused else "was not granted",
            **({"late_ms": granted.at - due} if granted else {}),
        },
        due=due,
        cleared=granted.at if granted else None,
    )


DUTY = Duty(CARD, has_request, _cases, eventful=True)
