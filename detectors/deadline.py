"""Until when an order must be made ready, handed over or cancelled: what the order says, else the policy."""

from typing import NamedTuple

from detectors.clock import Span, day_of
from detectors.order import Order
from detectors.parts import Consent, Line, Moment
from detectors.terms import Terms

READY, HANDOVER = "ready", "handover"


class Deadline(NamedTuple):
    """A last instant on time and how it came about, so that it can be drawn and checked with a pencil."""

    start: int
    due: int
    key: str
    length: Span | None = None
    consent: Consent | None = None
    original: int = 0

    def segments(self, terms: Terms) -> list[dict[str, object]]:
        """The pieces of the clock: {from, to, kind (counted, skipped, paused), why}; ms UTC."""
        end = self.original or self.due
        if self.length is None:
            pieces: list[dict[str, object]] = [
                {"from": self.start, "to": end, "kind": "counted", "why": f"{self.key} of the event"}
            ]
        else:
            pieces = list(terms.market.calendar.segments(self.length, self.start, end))
        if self.consent is not None:
            why = f"consent {self.consent.fact}"
            pieces.append({"from": end + 1, "to": self.due, "kind": "paused", "why": why})
        return pieces


def stated(order: Order, field: str, key: str, start: int, terms: Terms) -> Deadline:
    """The instant that the order states in `field`, else `start` plus the policy's span `key`."""
    said = order.term(field)
    if isinstance(said, int):
        return Deadline(start, said, field)
    length = terms.market.at(key, start)
    return Deadline(start, terms.market.calendar.due(length, start), key, length)


def with_consent(deadline: Deadline, order: Order, terms: Terms, known_at: int | None = None) -> Deadline:
    """The deadline as the buyer's consent moves it (R-31): the latest given at or before the original due.

    `known_at`: only what was given by then counts.
    """
    if not order.consents:
        return deadline
    last = deadline.due if known_at is None else min(known_at, deadline.due)
    given = [consent for consent in order.consents if consent.at <= last]
    if not given:
        return deadline
    until = given[-1].until
    calendar = terms.market.calendar
    end = calendar.eod(day_of(until) if isinstance(until, str) else calendar.day(until))
    if end <= deadline.due:
        return deadline
    return deadline._replace(due=end, consent=given[-1], original=deadline.due)


_DISPATCH = {READY: ("ready_by", "rts_sla"), HANDOVER: ("hand_over_by", "tts_sla")}
_FROM_ABROAD = "_cross_border"


def dispatch(order: Order, stage: str, terms: Terms, known_at: int | None = None) -> Deadline:
    """The dispatch deadline of one stage (R-44, R-45). The order must have a paid clock."""
    return with_consent(_undisturbed(order, stage, terms), order, terms, known_at)


def _undisturbed(order: Order, stage: str, terms: Terms) -> Deadline:
    """The dispatch deadline as no consent moved it."""
    assert order.clock is not None
    field, key = _DISPATCH[stage]
    if order.term("cross_border") is True and terms.market.at("dispatch_cross_border", order.clock.at):
        key += _FROM_ABROAD
    return stated(order, field, key, order.clock.at, terms)


def auto_cancel(order: Order, stage: str, terms: Terms) -> tuple[Deadline, ...]:
    """The auto-cancel deadline of one stage (R-44), the last of the pieces; before it the dispatch deadline where it
    starts there, as kinds of orders do that the seller makes or gets first.
    """
    assert order.clock is not None
    market, start = terms.market, order.clock.at
    length: Span | None = market.at("auto_cancel_after_dispatch", start).get(order.kind)
    if length is None or isinstance(order.term("auto_cancel_at"), int):
        own = stated(order, "auto_cancel_at", f"auto_cancel_{stage}", start, terms)
        return (with_consent(own, order, terms),)
    judged = market.at("dispatch_stages", start)
    first = _undisturbed(order, stage if stage in judged else judged[0], terms)
    due = market.calendar.due(length, first.due)
    own = Deadline(first.due, due, "auto_cancel_after_dispatch", length)
    return (first, with_consent(own, order, terms))


def sellers_turn(order: Order) -> str:
    """Why the seller has nothing to ship; "" when he has."""
    if order.platform_stores:
        return "stored by the platform"
    return "virtual goods" if order.kind == "virtual" else ""


def sellers_stages(order: Order, terms: Terms) -> list[str]:
    """The stages of dispatch that the market judges and that are the seller's; none before the paid clock runs."""
    if order.clock is None:
        return []
    stages = terms.market.at("dispatch_stages", order.clock.at)
    carried = order.platform_ships and not terms.market.at("handover_always", order.clock.at)
    return [stage for stage in stages if not (carried and stage == HANDOVER)]


def reached(line: Line, stage: str) -> Moment | None:
    """When the line was ready or handed over; a later step proves an earlier one that nobody reported."""
    transit, ready = _first(line.transit, line.delivered), line.ready
    return transit if stage == HANDOVER else _first(ready, transit)


def _first(one: Moment | None, other: Moment | None) -> Moment | None:
    if one is None or other is None:
        return one or other
    return one if one.at <= other.at else other
