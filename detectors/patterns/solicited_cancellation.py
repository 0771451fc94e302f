"""V-10, V-12: a seller makes the buyer cancel, or says the buyer asked when nobody did."""

from collections.abc import Iterator

from detectors.act import Act, Deed
from detectors.attribution import asked_by_buyer, attribute
from detectors.card import Card, Code
from detectors.clock import HOUR
from detectors.order import Order
from detectors.parts import Cancel, Message, Moment, Request
from detectors.terms import Terms
from detectors.verdict import Breach, NotApplicable, Note

SOLICITED = Card(
    name="solicited_cancellation",
    version=1,
    promise="A seller who asks a buyer to cancel is put before an investigator.",
    rules=("R-27", "R-28"),
    holder="seller",
    needs=(),
    keys={"solicitation_reach": "request"},
    codes={
        "V-10": Code(
            "SELLER_SOLICITED_CANCEL",
            "Suspicion: the buyer cancelled order {order} after {evidence}.",
            about="order",
        )
    },
    severity="high",
    first_look="Read the message at the offset, in the thread, and who spoke first.",
    clock="window",
    gaps=("Phrases outside the lists, pictures, and calls are not seen.",),
    innocents=(
        "The buyer asked first.",
        "Negations, quotations and conditionals.",
        "No cancellation followed, or the buyer took his wish back.",
    ),
)

LAUNDERED = Card(
    name="fault_laundering",
    version=1,
    promise='A seller\'s "buyer requested" without any request is put before an investigator.',
    rules=("R-17", "R-29"),
    holder="seller",
    needs=(("cancellation.requested",), ("message.sent",)),
    keys={"buyer_request_reach": "cancel"},
    codes={
        "V-12": Code(
            "FAULT_LAUNDERING",
            'Suspicion: the seller cancelled order {order} as "buyer requested", and in the {reach_h} hours before'
            " no request and no message of the buyer asked for it.",
            about="cancellation",
        )
    },
    severity="medium",
    first_look="Ask the seller for the buyer's request; the order id must match.",
    clock="window",
    gaps=("A wish spoken on the telephone leaves no fact.",),
    innocents=("The buyer wrote so, in whatever language; one without a phrase list counts for the seller.",),
)

_SELLERS_SIDE = frozenset({"seller", "service", "robot"})


def buyers_acts(order: Order) -> Iterator[tuple[Moment, str]]:
    """When the buyer cancelled or asked to, and with which reason; a wish that he took back is none."""
    for request in order.requests.values():
        if request.by == "buyer" and request.withdrawn is None:
            yield Moment(request.at, request.fact), request.reason
    for cancel in order.cancels:
        if cancel.by == "buyer":
            yield Moment(cancel.at, cancel.fact), cancel.reason


def _solicited(order: Order, terms: Terms) -> Iterator[Deed | NotApplicable | Note]:
    """One suspicion an order: the earliest act of the buyer that a push explains."""
    for act, reason in sorted(buyers_acts(order), key=lambda item: (item[0].at, item[0].fact)):
        evidence = _testimony(order, reason, terms) or _push(order, act, terms)
        if evidence is not None:
            numbers, facts = evidence
            placed = (order.placed.fact,) if order.placed else ()
            breach = Breach("V-10", "seller", "high", ("order", order.id), (*placed, *facts, act.fact), numbers)
            yield Deed(act.at, ("",), breach)
            return


_Evidence = tuple[dict[str, object], tuple[str, ...]]


def _testimony(order: Order, code: str, terms: Terms) -> _Evidence | None:
    """The buyer's own reason says that the seller asked."""
    row = terms.reasons.find("buyer", order.market, code) if code else None
    if row is None or row.signal != "V-10":
        return None
    return {"reason": code, "evidence": "giving as reason that the seller asked for it"}, ()


def _push(order: Order, act: Moment, terms: Terms) -> _Evidence | None:
    """The latest message of the seller's side that asked to cancel, within reach before the buyer did."""
    first = act.at - terms.market.ms("solicitation_reach", act.at)
    told = [m for m in _asking(order) if first <= m.at <= act.at and not _buyer_asked_first(order, m, first)]
    if not told:
        return None
    message = told[-1]
    hit = message.says("solicit")
    assert hit is not None
    _, version, phrase, offset = hit
    numbers = {
        "before_ms": act.at - message.at,
        "sender": message.sender,
        "phrase": f"{version}:{phrase}",
        "offset": offset,
        "evidence": f"the {message.sender} asked for it in a message (phrase {version}:{phrase})",
    }
    return numbers, message.facts


def _asking(order: Order) -> Iterator[Message]:
    return (m for m in order.messages if m.sender in _SELLERS_SIDE and m.says("solicit"))


def pushes(order: Order, terms: Terms) -> Iterator[Message]:
    """The messages of the seller's side that ask to cancel although the buyer had not asked within reach before."""
    for message in _asking(order):
        first = message.at - terms.market.ms("solicitation_reach", message.at)
        if not _buyer_asked_first(order, message, first):
            yield message


def _buyer_asked_first(order: Order, push: Message, first: int) -> bool:
    """Whether the buyer had asked to cancel before the seller's side told how."""
    wished = (m.at for m in order.messages if m.sender == "buyer" and m.says("ask"))
    asked = (r.at for r in order.requests.values() if r.by == "buyer" and _open_at(r, push.at))
    return any(first <= at < push.at for at in (*wished, *asked))


def _open_at(request: Request, at: int) -> bool:
    """Whether the request was neither withdrawn nor refused by then."""
    refused = any(d.at <= at and not d.approves for d in request.decisions)
    return not refused and (request.withdrawn is None or request.withdrawn.at > at)


def _claimed(order: Order, terms: Terms) -> Iterator[tuple[Cancel, str]]:
    for cancel in order.cancels:
        row = attribute(order, cancel, terms).reason if cancel.initiator == "seller" and cancel.reason else None
        if row is not None and row.when == "evidence":
            yield cancel, row.code


def _laundered(order: Order, terms: Terms) -> Iterator[Deed | NotApplicable | Note]:
    for cancel, code in _claimed(order, terms):
        if asked_by_buyer(order, cancel, terms) is not None:
            continue
        reach = terms.market.ms("buyer_request_reach", cancel.at)
        facts = (*order.grounds, cancel.fact)
        numbers = {"cancellation": cancel.id, "reason": code, "reach_h": reach // HOUR}
        breach = Breach("V-12", "seller", "medium", ("order", order.id), facts, numbers)
        yield Deed(cancel.at, (cancel.id,), breach)


def _cancelled_by_seller(order: Order) -> bool:
    return any(cancel.initiator == "seller" for cancel in order.cancels)


ACTS = (
    Act(SOLICITED, lambda order: any(True for _ in buyers_acts(order)), _solicited, eventful=True),
    Act(LAUNDERED, _cancelled_by_seller, _laundered, eventful=True),
)
