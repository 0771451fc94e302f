"""What became of a buyer's request: answered, ended, withdrawn. Instants are ms UTC."""

from collections.abc import Iterator

from detectors.order import Order
from detectors.parts import Cancel, Decision, Moment, Request


def buyers_requests(order: Order) -> Iterator[Request]:
    """The requests that buyers made for something not cancelled yet; those of others open nothing (duties §3)."""
    return (r for r in order.requests.values() if r.by == "buyer" and not _cancelled_before(order, r))


def _cancelled_before(order: Order, request: Request) -> bool:
    wanted = set(request.lines or order.lines)
    for cancel in order.cancels:
        if cancel.at < request.at:
            wanted -= set(cancel.lines or order.lines)
    return not wanted


def has_request(order: Order) -> bool:
    """Whether a buyer asked for a cancellation."""
    return bool(order.requests) and any(True for _ in buyers_requests(order))


def earliest(*moments: Moment | None) -> Moment | None:
    """The first of the moments that happened."""
    first: Moment | None = None
    for moment in moments:
        if moment is not None and (first is None or moment.at < first.at):
            first = moment
    return first


def cancelled(order: Order, request: Request) -> Moment | None:
    """When the request was carried out, or the last of the requested lines cancelled on whatever path (A-27)."""
    wanted = {line.line for line in order.chosen(request.lines) or order.chosen(())}
    for cancel in order.cancels:
        wanted -= set(cancel.lines or wanted)
        if cancel.at >= request.at and (cancel.request is request or not wanted):
            return Moment(cancel.at, cancel.fact)
    return None


def shown(order: Order, request: Request, end: Moment | None) -> tuple[str, ...]:
    """The facts that show a request's end: the cancellation of the last line rests on those of the others."""
    if end is None:
        return ()
    last = next((cancel for cancel in order.cancels if cancel.fact == end.fact), None)
    if last is None or last.request is request or not last.lines:
        return (end.fact,)
    return tuple(cancel.fact for cancel in order.cancels if cancel.at <= end.at)


def approved(order: Order, request: Request) -> Moment | None:
    """The first approval by anybody, or the cancellation that proves it."""
    granted = (d for d in request.decisions if d.approves)
    return earliest(next((Moment(d.at, d.fact) for d in granted), None), cancelled(order, request))


def answer(order: Order, request: Request) -> Moment | None:
    """The seller's first answer, either way; a cancellation of his that carries out the request is one."""
    said = next((Moment(d.at, d.fact) for d in request.decisions if d.by == "seller"), None)
    done = (Moment(c.at, c.fact) for c in order.cancels if c.request is request and c.by == "seller")
    return earliest(said, next(done, None))


def ended_otherwise(order: Order, request: Request) -> Moment | None:
    """When somebody else than the seller ended the request: a decision, or the order cancelled (A-27)."""
    decided = next((Moment(d.at, d.fact) for d in request.decisions if d.by != "seller"), None)
    gone = cancelled(order, request)
    return earliest(decided, gone)


def named(order: Order, name: str) -> list[Cancel]:
    """The cancellations of that name, else those that carry out the request of that name; none for an unknown one."""
    own = [cancel for cancel in order.cancels if cancel.id == name]
    return own or [c for c in order.cancels if c.request is not None and c.request.id == name]


def rejection(request: Request, by: str = "") -> Decision | None:
    """The first rejection, by that party or by anybody."""
    return next((d for d in request.decisions if not d.approves and by in {"", d.by}), None)


def grounds(order: Order, request: Request) -> tuple[str, ...]:
    """The facts that say from when and in which state of the order the request must be judged."""
    moments = [order.placed, order.paid]
    later = [order.completed]
    for line in order.chosen(request.lines) or order.chosen(()):
        later += [line.ready, line.transit, line.delivered]
    moments += [m for m in later if m is not None and m.at <= request.at]
    terms = [e.fact for e in order.estimates if e.at <= request.at]
    terms += [c.fact for c in order.consents if c.at <= request.at]
    return (*dict.fromkeys([m.fact for m in moments if m is not None] + terms), request.fact, *request.more)
