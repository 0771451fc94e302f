"""Which lines of an order still have to move, and when the last of them did. Instants are ms UTC."""

from collections.abc import Sequence
from typing import NamedTuple

from detectors.deadline import reached
from detectors.order import Order
from detectors.parts import Cancel, Line, Moment
from detectors.requests import buyers_requests


class Gone(NamedTuple):
    """Lines cancelled (none named: all): the instant that counts with its fact, and all facts that show it."""

    moment: Moment
    lines: tuple[str, ...]
    facts: tuple[str, ...]


def taken_off(order: Order) -> list[Gone]:
    """Every cancellation and every granted request, when it was done."""
    if not (order.cancels or order.requests):
        return []
    done = [Gone(Moment(c.at, c.fact), c.lines, (c.fact,)) for c in order.cancels]
    return done + _granted(order, asked=False)


def asked_off(order: Order) -> list[Gone]:
    """Every cancellation and every granted request, when it was asked for: the buyer's request where there is one."""
    if not (order.cancels or order.requests):
        return []
    return [_asked(cancel) for cancel in order.cancels] + _granted(order, asked=True)


def _asked(cancel: Cancel) -> Gone:
    if cancel.request is None:
        return Gone(Moment(cancel.at, cancel.fact), cancel.lines, (cancel.fact,))
    return Gone(Moment(cancel.request.at, cancel.fact), cancel.lines, (cancel.request.fact, cancel.fact))


def _granted(order: Order, asked: bool) -> list[Gone]:
    gone = []
    for request in buyers_requests(order):
        approval = next((d for d in request.decisions if d.approves), None)
        if approval is not None:
            at = request.at if asked else approval.at
            gone.append(Gone(Moment(at, approval.fact), request.lines, (request.fact, approval.fact)))
    return gone


def lines_left(order: Order, gone: Sequence[Gone], until: int) -> list[Line]:
    """The lines that nobody cancelled up to and including `until`."""
    if not gone:
        return list(order.lines.values())
    off = {name for one in gone if one.moment.at <= until for name in one.lines or order.lines}
    return [line for name, line in order.lines.items() if name not in off]


def lines_owed(order: Order, gone: Sequence[Gone], until: int, stage: str) -> list[Line]:
    """The lines that nobody cancelled, up to and including `until`, before they had reached the stage."""
    if not gone:
        return list(order.lines.values())
    off = {
        name
        for one in gone
        if one.moment.at <= until
        for name in one.lines or order.lines
        if not _reached_by(order.lines.get(name), stage, one.moment.at)
    }
    return [line for name, line in order.lines.items() if name not in off]


def _reached_by(line: Line | None, stage: str, at: int) -> bool:
    done = reached(line, stage) if line is not None else None
    return done is not None and done.at <= at


def nothing_left(order: Order, gone: Sequence[Gone], until: int | None = None) -> Moment | None:
    """The cancellation after which no line was left, up to and including `until` (None: ever); None while one is."""
    for one in sorted(gone, key=lambda one: one.moment.at) if gone else ():
        if (until is None or one.moment.at <= until) and not lines_left(order, gone, one.moment.at):
            return one.moment
    return None


def all_reached(lines: Sequence[Line], stage: str) -> Moment | None:
    """When the last of the lines reached the stage; None while one has not."""
    last: Moment | None = None
    for line in lines:
        moment = reached(line, stage)
        if moment is None:
            return None
        if last is None or moment.at > last.at:
            last = moment
    return last


def proof(lines: Sequence[Line], gone: Sequence[Gone], stage: str, until: int) -> tuple[str, ...]:
    """The facts that say which lines were left, and when they reached the stage."""
    steps = [moment.fact for line in lines if (moment := reached(line, stage)) is not None]
    return (*dict.fromkeys([fact for one in gone if one.moment.at <= until for fact in one.facts] + steps),)
