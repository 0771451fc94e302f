"""What should follow a buyer's request: the decision table of rulebook §3.4, the first row that matches."""

from detectors.clock import day_of
from detectors.deadline import READY, dispatch
from detectors.order import (
    AWAITING_COLLECTION,
    AWAITING_SHIPMENT,
    COMPLETED,
    DELIVERED,
    IN_TRANSIT,
    ON_HOLD,
    RANKS,
    UNPAID,
    Order,
    Row,
)
from detectors.parts import Line, Request
from detectors.terms import Terms

AT_ONCE = frozenset({1, 2, 3, 4})
SELLER_DECIDES, DELIVERY_RIGHT, REFUSE = 5, 6, 7

SHIPPING_FEEDS = (("order.ready", "order.in_transit"),)


def decide(order: Order, request: Request, terms: Terms) -> Row:
    """The row that judges the request, by the facts at its own instant and never again.

    A shipment at the very instant of the request counts after it (A-28).
    """
    if request.id not in order.rows:
        order.rows[request.id] = _decide(order, request, terms)
    return order.rows[request.id]


def _decide(order: Order, request: Request, terms: Terms) -> Row:
    if order.placed is None:
        return Row(0, "order.placed")
    at, clock = request.at, order.clock
    if clock is None or clock.at > at:
        missing = terms.feeds.missing(order.market, (("order.paid",),))
        return Row(0, f"no feed: {missing}") if missing else Row(1)
    missing = terms.feeds.missing(order.market, SHIPPING_FEEDS)
    if missing:
        return Row(0, f"no feed: {missing}")
    lines = order.chosen(request.lines) or order.chosen(())
    rank = max(line_rank(line, at, paid=clock.at, terms=terms) for line in lines)
    if order.completed is not None and order.completed.at < at:
        rank = COMPLETED
    return _paid_rows(order, at, rank, clock.at, terms)


def _paid_rows(order: Order, at: int, rank: int, paid: int, terms: Terms) -> Row:
    market = terms.market
    if rank < AWAITING_COLLECTION and at <= paid + market.ms("instant_cancel", at):
        return Row(2)
    if rank < _free_until(order, at, terms):
        return Row(3)
    cut = ship_cut(order, at, terms)
    if rank < _post_sla_cut(cut, at, terms) and _past_dispatch(order, at, terms):
        return Row(4)
    if rank < cut:
        return Row(SELLER_DECIDES)
    if AWAITING_COLLECTION <= rank <= IN_TRANSIT:
        opens = right_opens(order, at, terms)
        if opens is None:
            return Row(REFUSE, "deliver_by")
        if at >= opens:
            return Row(DELIVERY_RIGHT)
    return Row(REFUSE)


def line_rank(line: Line, at: int, paid: int, terms: Terms, inclusive: bool = False) -> int:
    """How far the line was just before `at` (with `inclusive`: at `at`)."""
    last = at if inclusive else at - 1
    steps = ((line.delivered, DELIVERED), (line.transit, IN_TRANSIT), (line.ready, AWAITING_COLLECTION))
    for moment, rank in steps:
        if moment is not None and moment.at <= last:
            return rank
    if paid > at:
        return UNPAID
    return ON_HOLD if at <= paid + terms.market.ms("instant_cancel", paid) else AWAITING_SHIPMENT


def ship_cut(order: Order, at: int, terms: Terms) -> int:
    """The rank from which on a buyer can no longer cancel (exclusive)."""
    key = "buyer_cancel_until_platform_shipped" if order.platform_ships else "buyer_cancel_until"
    return RANKS[terms.market.at(key, at)]


def _free_until(order: Order, at: int, terms: Terms) -> int:
    """The rank below which no review is needed (row 3); 0 where the market has no such right."""
    word = terms.market.at("free_until_platform_shipped", at)
    excluded = order.kind in terms.market.at("free_until_excludes", at)
    return RANKS[word] if order.platform_ships and word in RANKS and not excluded else 0


def _post_sla_cut(cut: int, at: int, terms: Terms) -> int:
    if not terms.market.at("post_sla_auto_approve", at):
        return 0
    return RANKS.get(terms.market.at("post_sla_cut", at), cut)


def _past_dispatch(order: Order, at: int, terms: Terms) -> bool:
    due = dispatch(order, READY, terms, known_at=at).due
    delay = terms.market.at("post_sla_delay", at)
    return at > (terms.market.calendar.due(delay, due) if delay.n else due)


def right_opens(order: Order, at: int, terms: Terms) -> int | None:
    """When the late-delivery right opens (R-13, R-14), by the latest estimate known at `at`; None: no estimate.

    A later estimate does not take away a right that was open when it came.
    """
    opened: int | None = None
    for estimate in order.estimates:
        if estimate.at > at or (opened is not None and estimate.at >= opened):
            break
        opened = _opens(order, estimate.until, at, terms)
    return opened


def _opens(order: Order, until: str | int, at: int, terms: Terms) -> int:
    local = order.term("cross_border") is False
    calendar = terms.market.calendar
    day = day_of(until) if isinstance(until, str) else calendar.day(until)
    return calendar.opens(day, terms.market.at("edd_grace_local" if local else "edd_grace_cross_border", at))
