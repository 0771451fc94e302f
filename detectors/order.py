"""An order is its facts, sorted and folded; its lines included (design §4.1).

Folding knows no present and forgives any order of arrival: the same facts give the same order. Instants are
ms UTC; None means that no fact says so.
"""

from bisect import insort
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec

from detectors.aftersales import FOLDS, AfterSales
from detectors.facts import Fact
from detectors.parts import Cancel, Consent, Decision, Estimate, Line, Message, Moment, Notice, Parcel, Request, Scan

UNPAID, ON_HOLD, AWAITING_SHIPMENT = 10, 20, 30
AWAITING_COLLECTION, IN_TRANSIT, DELIVERED, COMPLETED = 40, 50, 60, 70
RANKS = {"awaiting_collection": AWAITING_COLLECTION, "in_transit": IN_TRANSIT, "delivered": DELIVERED}

_AT_ONE_INSTANT = (
    ("order.placed",),
    ("order.paid",),
    (),  # what is named nowhere here: status, payment_failed, estimate, consent, message, identity
    ("cancellation.requested",),
    ("cancellation.decided",),
    ("cancellation.withdrawn",),
    ("order.ready",),
    ("order.in_transit",),
    ("order.delivered",),
    ("order.completed",),
    ("order.cancelled",),
    ("refund.started", "refund.completed"),
    ("notice.sent",),
    ("order.scanned",),
    ("order.refused",),
    ("order.returned_to_sender",),
    ("order.lost",),
    ("return.requested", "return.decided", "return.shipped", "return.received", "return.closed"),
    ("dispute.opened", "dispute.resolved"),
    ("complaint.filed", "review.posted"),
)
_RANK = {kind: rank for rank, kinds in enumerate(_AT_ONE_INSTANT) for kind in kinds}
_BUYERS_WISH = "buyer_request"  # the seller's codes that say the buyer asked for it
_MERE_STATUS = "order.status_changed"
_STATUS = {
    "UNPAID": "order.placed",
    "ON_HOLD": "order.paid",
    "AWAITING_SHIPMENT": "order.paid",
    "AWAITING_COLLECTION": "order.ready",
    "IN_TRANSIT": "order.in_transit",
    "DELIVERED": "order.delivered",
    "COMPLETED": "order.completed",
    "CANCEL": "order.cancelled",
    "CANCELLED": "order.cancelled",
}
_MOVES_NOTHING = frozenset({"PARTIALLY_SHIPPING"})


class OrderFact(msgspec.Struct, gc=False, array_like=True):
    """A fact as an order's row keeps it: without what the whole order shares."""

    at: int
    type: str
    source: str
    id: str
    body: str
    data: dict[str, Any]

    @classmethod
    def of(cls, fact: Fact) -> "OrderFact":
        """The fact without seller, market, subject, log time and origin."""
        return cls(fact.at, fact.type, fact.source, fact.id, fact.body, fact.data)

    def place(self) -> tuple[int, int, str, str]:
        """Where the fact stands among the order's: by time, lifecycle rank, source, id."""
        return self.at, _RANK.get(self.type, 2), self.source, self.id


class Row(NamedTuple):
    """The row of §3.4 that judges a request (0: none can) and the fact or feed that was missing."""

    number: int
    missing: str = ""


class Order(msgspec.Struct, gc=False):
    """What the facts so far say of one order.

    `clock`: from when the paid clocks run: paid, for cash on delivery (`cod`) placed; `grounds`: the facts that say
    when it was placed and when they began. `terms`: the fields of `order.placed`; by them the platform carries the
    parcel (`platform_ships`), or stores the goods (`platform_stores`). `after`: refunds and returns, None when no fact
    tells of any. `rows` keeps which row of §3.4 judged each request.

    A mere status says that something happened, not what: `hinted` names what no better fact tells yet, `hint` is the
    cancellation that a status told. `unasked`: approvals of what nobody was seen to ask for.
    """

    seller: str
    market: str
    id: str
    placed: Moment | None = None
    paid: Moment | None = None
    clock: Moment | None = None
    grounds: tuple[str, ...] = ()
    cod: bool = False
    completed: Moment | None = None
    terms: dict[str, Any] = {}
    kind: str = "regular"
    platform_ships: bool = False
    platform_stores: bool = False
    method: str = ""
    lines: dict[str, Line] = {}
    packages: dict[str, tuple[str, ...]] = {}
    parcels: dict[str, Parcel] = {}
    scans: list[Scan] = []
    estimates: list[Estimate] = []
    requests: dict[str, Request] = {}
    cancels: list[Cancel] = []
    notices: list[Notice] = []
    consents: list[Consent] = []
    messages: list[Message] = []
    identities: list[tuple[int, str, str, str]] = []
    after: AfterSales | None = None
    amount: str = ""
    currency: str = ""
    oddities: list[str] = []
    rows: dict[str, Row] = {}
    hinted: set[str] = set()
    hint: Cancel | None = None
    unasked: list[str] = []

    @property
    def eventful(self) -> bool:
        """Whether more was done than order, pay, ship and talk: asked, cancelled, agreed, refunded, returned."""
        return bool(self.requests or self.cancels or self.consents or self.after)

    def term(self, name: str, default: Any = None) -> Any:
        """A field of `order.placed`."""
        return self.terms.get(name, default)

    def chosen(self, lines: Sequence[str]) -> list[Line]:
        """The named lines, all of them when none is named."""
        return [self.lines[name] for name in lines or self.lines if name in self.lines]


def fold(seller: str, market: str, order: str, facts: Iterable[OrderFact]) -> Order:
    """The order that the facts, already in their place, tell."""
    state = Order(seller, market, order, lines={"": Line("")})
    for fact in facts:
        kind = fact.type
        if kind == _MERE_STATUS:
            status = str(fact.data["status"]).upper()
            kind = _STATUS.get(status, kind)
            if status not in _STATUS and status not in _MOVES_NOTHING:
                state.oddities.append("unknown_status")
        apply = _APPLY.get(kind)
        if apply is not None:
            apply(state, fact)
        elif kind in FOLDS:
            state.after = state.after or AfterSales()
            FOLDS[kind](state.after, Moment(fact.at, fact.id), fact.data)
    _settle_hints(state)
    state.cod = bool(state.terms.get("cod"))
    state.clock = state.placed if state.cod else state.paid
    beginnings = [moment.fact for moment in (state.placed, state.clock) if moment is not None]
    state.grounds = tuple(dict.fromkeys(beginnings))
    return state


def _text(data: dict[str, Any], name: str) -> str:
    """An optional text field without the white space that is no content."""
    return str(data.get(name) or "").strip()


def _told_before(order: Order, step: str, known: bool, fact: OrderFact) -> bool:
    """Whether the step was told by a fact as good as this one; a mere status gives way to the event itself."""
    if known and (step not in order.hinted or fact.type == _MERE_STATUS):
        return True
    (order.hinted.add if fact.type == _MERE_STATUS else order.hinted.discard)(step)
    return False


def _placed(order: Order, fact: OrderFact) -> None:
    if _told_before(order, "placed", order.placed is not None, fact):
        return
    order.placed = Moment(fact.at, fact.id)
    order.terms = terms = fact.data
    order.kind = terms.get("kind") or "regular"
    order.platform_ships = terms.get("shipping") == "platform"
    order.platform_stores = terms.get("fulfilment") == "platform"
    if "deliver_by" in fact.data:
        order.estimates.append(Estimate(fact.at, fact.id, fact.data["deliver_by"]))
    whole = order.lines[""]
    names = [str(line["line"]) for line in fact.data.get("lines", ())]
    if names:
        order.lines = {
            name: order.lines.get(name) or Line(name, whole.ready, whole.transit, whole.delivered) for name in names
        }


def _paid(order: Order, fact: OrderFact) -> None:
    if not _told_before(order, "paid", order.paid is not None, fact):
        order.paid = Moment(fact.at, fact.id)
        order.method = _text(fact.data, "method")
        order.amount, order.currency = _text(fact.data, "amount"), _text(fact.data, "currency")


def _moved(step: str) -> Any:
    """The fold of a fact that moves lines on: the first of each kind counts."""

    def apply(order: Order, fact: OrderFact) -> None:
        package = _text(fact.data, "package")
        names = tuple(fact.data.get("lines") or order.packages.get(package, ()))
        if package and names:
            order.packages[package] = names
        _parcel(order, step, fact, package, names)
        if order.placed is None:
            for name in names:
                order.lines.setdefault(name, Line(name))
        for line in order.chosen(names) or order.chosen(()):
            if getattr(line, step) is None:
                setattr(line, step, Moment(fact.at, fact.id))
        if order.hint is not None or (order.cancels and not order.cancels[-1].lines):
            order.oddities.append("moved_after_cancel")

    return apply


def _parcel(order: Order, step: str, fact: OrderFact, package: str, names: tuple[str, ...]) -> None:
    """What was made ready, and the carrier's scans: in transit and delivered are scans too (duties §3)."""
    told = Moment(fact.at, fact.id)
    if step == "ready":
        order.parcels.setdefault(package, Parcel(package, told, _text(fact.data, "tracking"), names))
    else:
        order.scans.append(Scan(fact.at, fact.id, package))


def _scanned(order: Order, fact: OrderFact) -> None:
    order.scans.append(Scan(fact.at, fact.id, _text(fact.data, "package")))


def _completed(order: Order, fact: OrderFact) -> None:
    order.completed = order.completed or Moment(fact.at, fact.id)


def _requested(order: Order, fact: OrderFact) -> None:
    data = fact.data
    name = str(data["cancellation"])
    lines = tuple(data.get("lines") or ())
    if name in order.requests:
        _complete(order, order.requests[name], fact, lines)
        return
    order.requests[name] = Request(
        name, fact.at, fact.id, data["by"], _text(data, "reason"), lines, data.get("respond_by"), []
    )


def _complete(order: Order, request: Request, fact: OrderFact, lines: tuple[str, ...]) -> None:
    """A request told again, by another source: what the first left out is filled in, and nothing else is changed."""
    data, reason = fact.data, _text(fact.data, "reason")
    same = data["by"] == request.by and all(
        not old or not new or old == new
        for old, new in ((request.reason, reason), (request.lines, lines), (request.respond_by, data.get("respond_by")))
    )
    if not same:
        order.oddities.append("request_repeated")
        return
    if (
        (reason and not request.reason)
        or (lines and not request.lines)
        or (data.get("respond_by") and not request.respond_by)
    ):
        request.reason, request.lines = request.reason or reason, request.lines or lines
        request.respond_by = request.respond_by or data.get("respond_by")
        request.more = (*request.more, fact.id)


def _decided(order: Order, fact: OrderFact) -> None:
    request = order.requests.get(str(fact.data["cancellation"]))
    data = fact.data
    if request is None:
        order.unasked.append(data["decision"])
        return
    request.decisions.append(Decision(fact.at, fact.id, data["decision"], data["by"], _text(data, "reason")))


def _withdrawn(order: Order, fact: OrderFact) -> None:
    request = order.requests.get(str(fact.data["cancellation"]))
    if fact.data.get("closed"):
        order.oddities.append("closed_without_decision")
    if request is not None and request.withdrawn is None:
        request.withdrawn = Moment(fact.at, fact.id)


def _pending(order: Order, at: int) -> Request | None:
    """The buyer's latest request by then that was neither withdrawn nor refused nor carried out already."""
    done = {cancel.request.id for cancel in order.cancels if cancel.request is not None}
    for request in reversed(order.requests.values()):
        refused = request.decisions and not request.decisions[-1].approves
        over = request.withdrawn is not None or refused or request.id in done
        if request.by == "buyer" and not over and request.at <= at:
            return request
    return None


def _carried_out(order: Order, at: int, by: str, name: str, reason: str) -> Request | None:
    """The buyer's request that a cancellation carries out: named, or pending when nobody else gives a reason.

    A seller or platform that states a reason of its own cancels on its own account, whatever was asked before.
    """
    request = order.requests.get(name) if name or by == "seller" else _pending(order, at)
    if request is None or request.by != "buyer":
        return None
    own_reason = by != "buyer" and reason not in {"", request.reason} and _BUYERS_WISH not in reason.casefold()
    return None if own_reason else request


def _cancelled(order: Order, fact: OrderFact) -> None:
    data = fact.data
    by, name = str(data.get("by", "unknown")), _text(data, "cancellation")
    lines, reason = tuple(data.get("lines") or ()), _text(data, "reason")
    if fact.type == _MERE_STATUS:
        if order.hint is None:
            request = _carried_out(order, fact.at, by, name, reason)
            order.hint = Cancel(fact.id, fact.at, fact.id, by, reason, (), request)
        return
    if not _lines_left(order):
        order.oddities.append("cancelled_again")
        return
    request = _carried_out(order, fact.at, by, name, reason)
    order.cancels.append(Cancel(name or fact.id, fact.at, fact.id, by, reason, lines, request))


def _lines_left(order: Order) -> set[str]:
    """The lines that no cancellation names."""
    left = set(order.lines)
    for cancel in order.cancels:
        left -= set(cancel.lines or left)
    return left


def _settle_hints(order: Order) -> None:
    """A cancellation that only a status tells stands for the lines that nothing better tells of."""
    left = _lines_left(order)
    if order.hint is not None and left:
        order.hint.lines = tuple(sorted(left)) if order.cancels else ()
        insort(order.cancels, order.hint, key=lambda cancel: cancel.at)
    for decision in order.unasked:
        if decision == "reject" or not order.cancels:
            order.oddities.append("decision_without_request")


def _noticed(order: Order, fact: OrderFact) -> None:
    data = fact.data
    order.notices.append(
        Notice(
            fact.at,
            fact.id,
            data["to"],
            data["channel"],
            _text(data, "locale"),
            data["about"],
            bool(data.get("reason_given")),
            _text(data, "cancellation"),
        )
    )


def _consented(order: Order, fact: OrderFact) -> None:
    order.consents.append(Consent(fact.at, fact.id, fact.data["until"]))


def _estimated(order: Order, fact: OrderFact) -> None:
    order.estimates.append(Estimate(fact.at, fact.id, fact.data["deliver_by"]))


def _messaged(order: Order, fact: OrderFact) -> None:
    data = fact.data
    facts = (data["card"], fact.id) if "card" in data else (fact.id,)
    order.messages.append(
        Message(fact.at, fact.id, data["from"], data.get("hits", ()), bool(data.get("listed", True)), facts)
    )


def _identified(order: Order, fact: OrderFact) -> None:
    data = fact.data
    order.identities.append((fact.at, data["party_id"], f"{data['kind']}:{data['hash']}", fact.id))


_APPLY = {
    "order.placed": _placed,
    "order.paid": _paid,
    "order.ready": _moved("ready"),
    "order.in_transit": _moved("transit"),
    "order.delivered": _moved("delivered"),
    "order.scanned": _scanned,
    "order.completed": _completed,
    "order.cancelled": _cancelled,
    "order.estimate_changed": _estimated,
    "cancellation.requested": _requested,
    "cancellation.decided": _decided,
    "cancellation.withdrawn": _withdrawn,
    "notice.sent": _noticed,
    "consent.given": _consented,
    "message.sent": _messaged,
    "identity.seen": _identified,
}
READ = frozenset({*_APPLY, *FOLDS, _MERE_STATUS})
"""The types of facts that an order is folded from; the others tell nothing of it."""
