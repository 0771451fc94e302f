"""Topic `cancellations`: requests, decisions, refunds, notices, consent."""

from typing import Literal

from pydantic import Field

from streams.events.shapes import (
    Actor,
    Amount,
    Answer,
    Currency,
    Data,
    DayOrInstant,
    Id,
    Ids,
    Instant,
    Locale,
    Spoken,
    Text,
    Word,
)


class CancellationRequested(Spoken):
    """`cancellation.requested`."""

    cancellation: Id
    by: Actor
    reason: Word | None = None
    lines: Ids | None = None
    respond_by: Instant | None = None


class CancellationDecided(Data):
    """`cancellation.decided`."""

    cancellation: Id
    decision: Answer
    by: Actor
    reason: Word | None = None


class CancellationWithdrawn(Data):
    """`cancellation.withdrawn`. `closed`: the source says that it is over, not whether it was withdrawn or refused."""

    cancellation: Id
    closed: bool | None = None


class Refund(Data):
    """A refund of a cancellation or of a return; without either, of the order's cancellation."""

    refund: Id
    cancellation: Id | None = None
    return_: Id | None = Field(None, alias="return")
    amount: Amount | None = None
    currency: Currency | None = None
    method: Word | None = None


class RefundStarted(Refund):
    """`refund.started`."""


class RefundCompleted(Refund):
    """`refund.completed`."""


class NoticeSent(Data):
    """`notice.sent`: buyer or seller was told. The reason's words never enter a fact, only whether there are any."""

    to: Literal["buyer", "seller"]
    channel: Literal["in_app", "seller_center", "email", "sms", "push"]
    about: Literal["seller_cancel", "platform_cancel", "buyer_cancel", "refund"]
    locale: Locale | None = None
    reason: Text | None = Field(None, exclude=True)
    cancellation: Id | None = None


class ConsentGiven(Data):
    """`consent.given`: the buyer expressly agrees to wait. What he wrote never enters a fact."""

    until: DayOrInstant
    message: Text | None = Field(None, exclude=True)
