"""Which refunds belong to a cancellation or a return, and what is owed (duties §3, Refunds and amounts)."""

from collections.abc import Sequence
from decimal import Decimal

from detectors.aftersales import Refund, Return
from detectors.order import Order
from detectors.parts import Cancel, Moment
from detectors.requests import named


def paid_cancels(order: Order) -> list[Cancel]:
    """The cancellations of what had been paid: money is to go back."""
    paid = order.paid
    return [] if paid is None else [cancel for cancel in order.cancels if paid.at <= cancel.at]


def of_cancel(order: Order, cancel: Cancel) -> list[Refund]:
    """The refunds of one cancellation: those that name it, and those that name nothing when it was the latest."""
    return [refund for refund in _refunds(order) if _about(order, cancel, refund)]


def of_return(order: Order, wanted: Return) -> list[Refund]:
    """The refunds that name the return, or nothing while the order had no cancellation."""
    nameless = not order.cancels and len(order.after.returns if order.after else ()) == 1
    return [r for r in _refunds(order) if r.return_ == wanted.id or (nameless and not r.return_ and not r.cancellation)]


def first_start(refunds: Sequence[Refund]) -> Moment | None:
    """When the first of them was started."""
    return min((refund.started for refund in refunds), key=lambda m: m.at, default=None)


def last_completion(refunds: Sequence[Refund]) -> Moment | None:
    """When the last of them was completed; None while one is not."""
    done = [refund.completed for refund in refunds if refund.completed is not None]
    return max(done, key=lambda m: m.at) if done and len(done) == len(refunds) else None


def owed(order: Order, cancel: Cancel) -> Decimal | None:
    """What the buyer gets back: what he paid for the whole order, else the amounts of the lines; None: not known.

    What an earlier cancellation took off is not owed again.
    """
    before = order.cancels[: order.cancels.index(cancel)]
    gone = {name for one in before for name in one.lines or order.lines}
    lines = [name for name in cancel.lines or order.lines if name not in gone]
    if set(order.lines) <= set(lines):
        return Decimal(order.amount) if order.amount else None
    amounts = {str(line["line"]): line.get("amount") for line in order.term("lines", ())}
    wanted = [amounts.get(name) for name in lines]
    return None if None in wanted else sum((Decimal(str(amount)) for amount in wanted), Decimal())


def _refunds(order: Order) -> list[Refund]:
    return list(order.after.refunds.values()) if order.after is not None else []


def _about(order: Order, cancel: Cancel, refund: Refund) -> bool:
    told = named(order, refund.cancellation) if refund.cancellation else []
    if told:
        return cancel in told
    if refund.return_:
        return False
    before = [c for c in order.cancels if c.at <= refund.started.at]
    return cancel is (before[-1] if before else order.cancels[0])
