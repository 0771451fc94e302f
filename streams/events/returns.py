"""Topic `returns`: returns and disputes."""

from typing import Literal

from pydantic import Field

from streams.events.shapes import Actor, Answer, Data, Id, Ids, Instant, Word


class _OfReturn(Data):
    """About one return."""

    return_: Id = Field(alias="return")


class ReturnRequested(_OfReturn):
    """`return.requested`."""

    kind: Literal["refund", "return_and_refund", "replacement"]
    reason: Word | None = None
    lines: Ids | None = None
    respond_by: Instant | None = None


class ReturnDecided(_OfReturn):
    """`return.decided`."""

    decision: Answer
    by: Actor
    reason: Word | None = None


class ReturnShipped(_OfReturn):
    """`return.shipped`."""


class ReturnReceived(_OfReturn):
    """`return.received`."""


class ReturnClosed(_OfReturn):
    """`return.closed`."""


class _OfDispute(Data):
    """About one dispute."""

    dispute: Id
    by: Word | None = None
    outcome: Word | None = None


class DisputeOpened(_OfDispute):
    """`dispute.opened`."""


class DisputeResolved(_OfDispute):
    """`dispute.resolved`."""
