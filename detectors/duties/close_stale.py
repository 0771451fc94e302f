"""R-46: an order that was neither shipped nor refunded for 150 days is closed (CN)."""

from collections.abc import Iterator

from detectors.card import Card, Code
from detectors.deadline import HANDOVER
from detectors.duty import Case, Duty
from detectors.leftover import all_reached, lines_owed, nothing_left, proof, taken_off
from detectors.order import Order
from detectors.refunding import first_start
from detectors.requests import earliest
from detectors.terms import Terms
from detectors.verdict import Breach

CARD = Card(
    name="close_stale",
    version=1,
    promise="An order that is neither shipped nor refunded is closed at its limit.",
    rules=("R-46",),
    holder="platform",
    needs=(("order.in_transit",),),
    keys={"stale_orders_close": "placed", "close_stale": "placed", "close_stale_grace": "placed"},
    codes={
        "V-39": Code(
            "CN_STALE_ORDER",
            "Order {order} was neither shipped nor refunded and had to be closed by {due}.",
            about="order",
        )
    },
    severity="low",
    directives=("close_stale",),
    first_look="On-call: the directive was issued at the deadline + settle; find out why nothing was closed.",
    clock="days",
    gaps=("An order that was never paid lapses long before.",),
    innocents=("Shipped, cancelled or refunded in part or whole before the limit.",),
)


def _cases(order: Order, terms: Terms) -> Iterator[Case]:
    assert order.placed is not None
    calendar, length = terms.market.calendar, terms.market.at("close_stale", order.placed.at)
    deadline = calendar.due(length, order.placed.at)
    due = deadline + terms.market.ms("close_stale_grace", order.placed.at)
    yield _case(order, deadline, due, lambda: list(calendar.segments(length, _start(order), deadline)))


def _known(order: Order, terms: Terms) -> bool:
    return order.placed is not None and bool(terms.market.at("stale_orders_close", order.placed.at))


def _start(order: Order) -> int:
    return order.placed.at if order.placed is not None else 0


def _case(order: Order, deadline: int, due: int, clock: object) -> Case:
    assert order.placed is not None
    assert callable(clock)
    gone = taken_off(order)
    left, cancelled = lines_owed(order, gone, due, HANDOVER), nothing_left(order, gone)
    refunded = first_start(list(order.after.refunds.values())) if order.after is not None else None
    met = earliest(all_reached(left, HANDOVER), refunded, cancelled)
    ended = met.at if met is not None else None
    shown = proof(left, gone, HANDOVER, due if ended is None else ended)
    breach = Breach(
        code="V-39",
        holder="platform",
        severity="low",
        subject=("order", order.id),
        facts=(
            *dict.fromkeys((order.placed.fact, *shown, *((met.fact,) if met is not None and met is refunded else ()))),
        ),
        numbers={"late_ms": met.at - due} if met else {},
        due=due,
        cleared=ended,
    )
    return Case(
        key=("",),
        opened=order.placed.at,
        due=due,
        facts=(order.placed.fact,),
        segments=lambda: [
            *clock(),
            {"from": deadline + 1, "to": due, "kind": "counted", "why": "time for the platform to act"},
        ],
        met=met,
        directed=deadline if ended is None or ended > deadline else None,
        overtaken=ended,
        breaches=lambda: (breach,),
    )


DUTY = Duty(CARD, lambda order: order.placed is not None, _cases, directive=CARD.directives[0], applies=_known)
