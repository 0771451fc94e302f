"""R-01, R-10: a request that needs no seller is approved at once by the platform (§3.4 rows 1-4 and 6)."""

from collections.abc import Iterator

from detectors.card import Card, Code
from detectors.decision import AT_ONCE, DELIVERY_RIGHT, decide
from detectors.duty import Case, Duty, elapsed
from detectors.order import Order
from detectors.parts import Moment, Request
from detectors.requests import approved, buyers_requests, grounds, has_request, rejection, shown
from detectors.terms import Terms
from detectors.verdict import Breach, NotApplicable

CARD = Card(
    name="approve_at_once",
    version=1,
    promise="A request inside the buyer's free window is approved within two minutes.",
    rules=("R-01", "R-10"),
    holder="platform",
    needs=(("cancellation.decided", "order.cancelled"),),
    keys={
        "instant_cancel": "request",
        "instant_approval": "request",
        "free_until_platform_shipped": "request",
        "free_until_excludes": "request",
        "post_sla_auto_approve": "request",
        "post_sla_delay": "request",
        "post_sla_cut": "request",
    },
    codes={
        "V-03": Code(
            "INSTANT_CANCEL_DENIED",
            "Request {cancellation} had to be approved at once (row {row} of the decision table) and was not"
            " by {due}: {how}.",
        )
    },
    severity="high",
    directives=("approve_cancellation",),
    first_look="Look whether the order service got the directive; if the seller rejected, read his reason.",
    clock="elapsed",
    dated=True,
    gaps=("Row 6 finds nothing here: a denied late-delivery right is R-13's.",),
    innocents=("Approved within two minutes.", "Withdrawn by the buyer.", "Shipped at the same instant: A-28."),
)


def _cases(order: Order, terms: Terms) -> Iterator[Case | NotApplicable]:
    for request in buyers_requests(order):
        row = decide(order, request, terms)
        if not row.number:
            yield NotApplicable(CARD.rules[0], row.missing)
        elif row.number in AT_ONCE or row.number == DELIVERY_RIGHT:
            yield _case(order, request, row.number, terms)


def _case(order: Order, request: Request, row: int, terms: Terms) -> Case:
    due = request.at + terms.market.ms("instant_approval", request.at)
    granted = approved(order, request)
    found = row in AT_ONCE
    return Case(
        key=(request.id,),
        opened=request.at,
        due=due,
        facts=grounds(order, request),
        segments=elapsed(request.at, due),
        met=granted,
        void=request.withdrawn,
        directed=request.at,
        overtaken=min((m.at for m in (granted, request.withdrawn) if m is not None), default=None),
        cancellation=request.id,
        breaches=lambda: (_denied(order, request, row, due, granted),) if found else (),
    )


def _denied(order: Order, request: Request, row: int, due: int, granted: Moment | None) -> Breach:
    refused = rejection(request, by="seller")
    facts = grounds(order, request) + ((refused.fact,) if refused else ())
    late = {"late_ms": granted.at - due} if granted else {}
    return Breach(
        code="V-03",
        holder="seller" if refused else "platform",
        severity="high",
        subject=("cancellation", request.id),
        facts=facts + shown(order, request, granted),
        numbers={
            "cancellation": request.id,
            "row": row,
            "how": "the seller rejected it" if refused else "nobody approved it in time",
            **late,
        },
        due=due,
        cleared=granted.at if granted else None,
    )


DUTY = Duty(CARD, has_request, _cases, directive=CARD.directives[0], eventful=True)
