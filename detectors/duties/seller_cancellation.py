"""R-20: a seller may cancel until the carrier has the parcel, not after."""

from collections.abc import Iterator

from detectors.act import Act, Deed
from detectors.card import Card, Code
from detectors.decision import line_rank
from detectors.order import AWAITING_COLLECTION, DELIVERED, IN_TRANSIT, RANKS, Order
from detectors.parts import Cancel, Moment
from detectors.terms import Terms
from detectors.verdict import Breach, NotApplicable, Note

CARD = Card(
    name="seller_cancellation",
    version=1,
    promise="A seller cancels before the carrier has the parcel, or not at all.",
    rules=("R-20",),
    holder="seller",
    needs=(("order.in_transit",),),
    keys={"seller_cancel_until": "cancel"},
    codes={
        "V-06": Code(
            "SELLER_CANCEL_TOO_LATE",
            "The seller cancelled order {order} when it was {state} already.",
        )
    },
    severity="high",
    first_look="Compare the carrier's scan with the cancellation; ask who has the parcel.",
    clock="window",
    gaps=("Until the carrier reports the parcel nobody knows that it left.",),
    innocents=("Approving a buyer's request.", "Cancelling lines that had not left."),
)

_STATE = {AWAITING_COLLECTION: "awaiting collection", IN_TRANSIT: "in transit", DELIVERED: "delivered"}


def _sellers(order: Order) -> Iterator[Cancel]:
    return (cancel for cancel in order.cancels if cancel.initiator == "seller")


def _deeds(order: Order, terms: Terms) -> Iterator[Deed | NotApplicable | Note]:
    for cancel in _sellers(order):
        last = RANKS[terms.market.at("seller_cancel_until", cancel.at)]
        rank, proof = _furthest(order, cancel, terms)
        if proof is not None and rank >= last:
            yield _deed(order, cancel, rank, proof)


def _furthest(order: Order, cancel: Cancel, terms: Terms) -> tuple[int, Moment | None]:
    """The highest rank of the cancelled lines at the cancellation, an equal instant included, and its fact."""
    best: tuple[int, Moment | None] = (0, None)
    for line in order.chosen(cancel.lines) or order.chosen(()):
        rank = line_rank(line, cancel.at, 0, terms, inclusive=True)
        proof = {DELIVERED: line.delivered, IN_TRANSIT: line.transit, AWAITING_COLLECTION: line.ready}.get(rank)
        if proof is not None and rank > best[0]:
            best = (rank, proof)
    return best


def _deed(order: Order, cancel: Cancel, rank: int, proof: Moment) -> Deed:
    breach = Breach(
        code="V-06",
        holder="seller",
        severity="high",
        subject=("order", order.id),
        facts=(*((order.placed.fact,) if order.placed else ()), proof.fact, cancel.fact),
        numbers={"cancellation": cancel.id, "state": _STATE[rank], "after_ms": cancel.at - proof.at},
    )
    return Deed(cancel.at, (cancel.id,), breach)


ACT = Act(CARD, lambda order: any(True for _ in _sellers(order)), _deeds, eventful=True)
