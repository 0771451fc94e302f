"""What one order adds to its seller's daily counts, from which the rates are made (rulebook §5).

A count is one number: the local day times 64 plus the place of its name in NAMES; so an order's row stays short.
"""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from detectors.attribution import COUNTS, EXTENDED, attribute, was_paid
from detectors.clock import Calendar, day_of
from detectors.deadline import READY, dispatch
from detectors.decision import decide
from detectors.duties import dispatch as dispatching
from detectors.duties import notify_buyer, seller_response
from detectors.order import Order
from detectors.parts import Cancel
from detectors.requests import answer
from detectors.terms import Terms
from detectors.verdict import DUTY, Obligation, Verdict
from detectors.window import gone_entirely, sold

NAMES = (
    "placed",
    "unpaid_seller_cancels",
    "paid",
    "fault",
    "extended",
    "cancelled",
    "instant",
    "after_limit",
    "auto_cancelled",
    "asked",
    "answered",
    "auto_approved",
    "dispatch_due",
    "dispatched_late",
    "delivery_due",
    "delivered_on_time",
    "seller_cancels",
    "well_told",
)
One = TypeVar("One", int, str)
PLACE = {name: place for place, name in enumerate(NAMES)}
_DAY = 64
_AT_ONCE_AFTER_PAYMENT = 2  # the row of §3.4 that R-01 gives
_AUTO_CANCELLED = frozenset({"system_cancel_order_reason_shipping_timeout", "system_cancel_order_untracked"})
_DISPATCH = (dispatching.READY_CARD.name, dispatching.HANDOVER_CARD.name)
_ANSWERED = {"met": ("answered",), "breached": ("auto_approved",)}  # silence means yes
_ANSWER, _NOTICE = seller_response.CARD.name, notify_buyer.CARD.name


def split(count: int) -> tuple[int, int]:
    """The local day of a count and the place of its name."""
    return divmod(count, _DAY)


def counted(order: Order, terms: Terms, verdicts: Sequence[Verdict]) -> list[int]:
    """All counts of the order, sorted; what the platform stores, and what is no sale, has none.

    `verdicts`: those on the order; a duty's end is what the rates of answers, dispatch and notices count.
    """
    if not sold(order) or order.platform_stores:
        return []
    day = terms.market.calendar.day
    counts = [*_placed(order), *_paid(order, terms), *_duties(verdicts), *_delivery(order, terms)]
    return sorted([day(at) * _DAY + PLACE[name] for at, name in counts])


def _placed(order: Order) -> Iterator[tuple[int, str]]:
    assert order.placed is not None
    yield order.placed.at, "placed"
    if any(c.initiator == "seller" and not was_paid(order, c) for c in order.cancels):
        yield order.placed.at, "unpaid_seller_cancels"


def _paid(order: Order, terms: Terms) -> Iterator[tuple[int, str]]:
    """The paid order and how it was cancelled, all on the day of payment."""
    if order.clock is None:
        return
    at = order.clock.at
    yield at, "paid"
    ended = [cancel for cancel in order.cancels if was_paid(order, cancel)]
    if not ended:
        return
    given = [attribute(order, cancel, terms) for cancel in ended]
    reasons = {one.reason.code for one in given if one.reason is not None}
    holds = {
        "fault": any(one.sfcr == COUNTS for one in given),
        "extended": any(one.sfcr in {COUNTS, EXTENDED} for one in given),
        "cancelled": gone_entirely(order, ended) > 0,
        "instant": gone_entirely(order, [c for c in ended if _at_once(order, c, terms)]) > 0,
        "after_limit": any(_after_limit(order, c, terms) for c in ended),
        "auto_cancelled": bool(reasons & _AUTO_CANCELLED),
    }
    yield from ((at, name) for name, true in holds.items() if true)


def _at_once(order: Order, cancel: Cancel, terms: Terms) -> bool:
    request = cancel.request
    return request is not None and decide(order, request, terms).number == _AT_ONCE_AFTER_PAYMENT


def _after_limit(order: Order, cancel: Cancel, terms: Terms) -> bool:
    """Whether the buyer cancelled after the dispatch deadline (M-04)."""
    asked = cancel.request.at if cancel.request else cancel.at
    return cancel.initiator == "buyer" and asked > dispatch(order, READY, terms, known_at=asked).due


def _duties(verdicts: Sequence[Verdict]) -> Iterator[tuple[int, str]]:
    """Answers on the day of the request, dispatch on the day of its limit, notices on the day of the cancellation."""
    duties = [v for v in verdicts if v.kind == DUTY]
    late: dict[int, bool] = {}
    for duty in duties:
        state, clock = duty.steps[-1][1], duty.content()
        assert isinstance(clock, Obligation)
        if state == "void":
            continue
        if duty.name == _ANSWER:
            yield clock.opened, "asked"
            yield from ((clock.opened, name) for name in _ANSWERED.get(state, ()))
        elif duty.name == _NOTICE:
            yield clock.opened, "seller_cancels"
            yield from ((clock.opened, "well_told") for _ in range(state == "met"))
        elif duty.name in _DISPATCH:
            late[clock.due] = late.get(clock.due, False) or state == "breached"
    if late:
        yield max(late), "dispatch_due"
        if any(late.values()):
            yield max(late), "dispatched_late"


def _delivery(order: Order, terms: Terms) -> Iterator[tuple[int, str]]:
    """The first estimate that the buyer saw, and whether every line came by it (M-08)."""
    if order.clock is None or not order.estimates or gone_entirely(order, order.cancels):
        return
    limit = _end(order.estimates[0].until, terms.market.calendar)
    yield limit, "delivery_due"
    came = [line.delivered for line in order.lines.values()]
    if all(moment is not None and moment.at <= limit for moment in came):
        yield limit, "delivered_on_time"


def _end(until: str | int, calendar: Calendar) -> int:
    return calendar.eod(day_of(until)) if isinstance(until, str) else until


def answered(order: Order, terms: Terms, verdicts: Sequence[Verdict]) -> list[tuple[int, int]]:
    """(local day of the request, ms until the seller's answer) of every request that he had to answer and did."""
    if not order.requests:
        return []
    asked = {v.key[0] for v in verdicts if v.kind == DUTY and v.name == _ANSWER and v.steps[-1][1] != "void"}
    day = terms.market.calendar.day
    given = ((request, answer(order, request)) for name, request in order.requests.items() if name in asked)
    return sorted((day(request.at), end.at - request.at) for request, end in given if end is not None)


def changed(old: Sequence[One], new: Sequence[One]) -> list[tuple[One, int]]:
    """(what is counted, 1 for one more or -1 for one fewer), for what differs."""
    more: list[One] = list(new)
    differs: list[tuple[One, int]] = []
    for count in old:
        if count in more:
            more.remove(count)
        else:
            differs.append((count, -1))
    differs.extend((count, 1) for count in more)
    return differs
