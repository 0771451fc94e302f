"""What comes after the sale: refunds, returns, parcels that came back. Folded with the order; instants are ms UTC."""

from collections.abc import Callable
from typing import Any

import msgspec

from detectors.parts import Decision, Moment


class Refund(msgspec.Struct, gc=False):
    """Money on its way back. `cancellation` and `return_` name what it is for ("" = not said).

    `amount` and `currency` are as sent, "" when they never came; those of the completion count.
    """

    id: str
    cancellation: str
    return_: str
    started: Moment
    completed: Moment | None = None
    amount: str = ""
    currency: str = ""
    method: str = ""

    @property
    def facts(self) -> tuple[str, ...]:
        """The facts that tell of it."""
        return (self.started.fact, *((self.completed.fact,) if self.completed is not None else ()))


class Return(msgspec.Struct, gc=False):
    """A return, refund or replacement asked for after delivery. `lines` empty: all of them."""

    id: str
    asked: Moment
    kind: str
    lines: tuple[str, ...]
    respond_by: int | None
    decisions: list[Decision]
    received: Moment | None = None
    closed: Moment | None = None


class AfterSales(msgspec.Struct, gc=False):
    """All of it, by id; `back`: when the parcel was refused or came back to the sender."""

    refunds: dict[str, Refund] = {}
    returns: dict[str, Return] = {}
    back: Moment | None = None


def _text(data: dict[str, Any], name: str) -> str:
    return str(data.get(name) or "").strip()


def _refund(told: Moment, data: dict[str, Any]) -> Refund:
    cancellation, back = _text(data, "cancellation"), _text(data, "return")
    terms = (_text(data, field) for field in ("amount", "currency", "method"))
    return Refund(str(data["refund"]), cancellation, back, told, None, *terms)


def _refund_started(after: AfterSales, told: Moment, data: dict[str, Any]) -> None:
    after.refunds.setdefault(str(data["refund"]), _refund(told, data))


def _refund_completed(after: AfterSales, told: Moment, data: dict[str, Any]) -> None:
    """The first completion counts; it proves a start that nobody reported."""
    done = _refund(told, data)
    known = after.refunds.setdefault(done.id, done)
    if known.completed is not None:
        return
    known.completed = told
    for field in ("cancellation", "return_", "amount", "currency", "method"):
        setattr(known, field, getattr(done, field) or getattr(known, field))


def _return_requested(after: AfterSales, told: Moment, data: dict[str, Any]) -> None:
    name, lines = str(data["return"]), tuple(data.get("lines") or ())
    after.returns.setdefault(name, Return(name, told, data["kind"], lines, data.get("respond_by"), []))


def _return_decided(after: AfterSales, told: Moment, data: dict[str, Any]) -> None:
    known = after.returns.get(str(data["return"]))
    if known is not None:
        known.decisions.append(Decision(told.at, told.fact, data["decision"], data["by"], _text(data, "reason")))


def _return_received(after: AfterSales, told: Moment, data: dict[str, Any]) -> None:
    known = after.returns.get(str(data["return"]))
    if known is not None:
        known.received = known.received or told


def _return_closed(after: AfterSales, told: Moment, data: dict[str, Any]) -> None:
    known = after.returns.get(str(data["return"]))
    if known is not None:
        known.closed = known.closed or told


def _came_back(after: AfterSales, told: Moment, data: dict[str, Any]) -> None:  # noqa: ARG001 - one shape for all
    after.back = after.back or told


FOLDS: dict[str, Callable[[AfterSales, Moment, dict[str, Any]], None]] = {
    "refund.started": _refund_started,
    "refund.completed": _refund_completed,
    "return.requested": _return_requested,
    "return.decided": _return_decided,
    "return.received": _return_received,
    "return.closed": _return_closed,
    "order.refused": _came_back,
    "order.returned_to_sender": _came_back,
}
