"""R-06: a seller who rejects a request says why, with a reason that the platform knows."""

from collections.abc import Iterator

from detectors.act import Act, Deed
from detectors.card import Card, Code
from detectors.order import Order
from detectors.parts import Decision, Request
from detectors.requests import buyers_requests
from detectors.terms import Terms
from detectors.verdict import Breach, NotApplicable, Note

CARD = Card(
    name="rejection_reason",
    version=1,
    promise="A rejection carries a reason that the platform knows.",
    rules=("R-06",),
    holder="seller",
    needs=(("cancellation.decided",),),
    keys={},
    codes={
        "V-29": Code(
            "INVALID_REJECTION",
            "The seller rejected request {cancellation} {how}.",
        )
    },
    severity="medium",
    first_look="Read the reason as sent; an unknown code may be new: then it belongs into policies/reasons.toml.",
    clock="none",
    gaps=("Whether the reason is true is honest_rejection's question.",),
    innocents=("A known reason with a market's suffix or in other case.",),
)


def _rejections(order: Order) -> Iterator[tuple[Request, Decision]]:
    for request in buyers_requests(order):
        for decision in request.decisions:
            if decision.by == "seller" and not decision.approves:
                yield request, decision
                break


def _deeds(order: Order, terms: Terms) -> Iterator[Deed | NotApplicable | Note]:
    for request, decision in _rejections(order):
        if decision.reason and terms.reasons.find("reject", order.market, decision.reason):
            continue
        if decision.reason:
            yield Note("unknown_reason")
        yield _deed(order, request, decision)


def _deed(order: Order, request: Request, decision: Decision) -> Deed:
    how = f'with the unknown reason "{decision.reason}"' if decision.reason else "without a reason"
    breach = Breach(
        code="V-29",
        holder="seller",
        severity="medium",
        subject=("cancellation", request.id),
        facts=(*((order.placed.fact,) if order.placed else ()), request.fact, decision.fact),
        numbers={"cancellation": request.id, "reason": decision.reason, "how": how},
    )
    return Deed(decision.at, (request.id,), breach)


ACT = Act(CARD, lambda order: any(True for _ in _rejections(order)), _deeds, eventful=True)
