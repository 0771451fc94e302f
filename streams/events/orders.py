"""Topic `orders`: an order from placed to delivered or lost."""

from typing import Annotated, Literal

from pydantic import Field

from streams.events.shapes import (
    Actor,
    Amount,
    Currency,
    Data,
    DayOrInstant,
    Flag,
    Id,
    Ids,
    Instant,
    Locale,
    Number,
    Quantity,
    Word,
)

OrderKind = Literal[
    "regular",
    "preorder",
    "made_to_order",
    "back_order",
    "virtual",
    "perishable",
    "sample",
    "replacement",
    "exchange",
]


class Line(Data):
    """One line of an order."""

    line: Id
    sku: Id
    product: Id | None = None
    quantity: Quantity | None = None
    amount: Amount | None = None


class OrderPlaced(Data):
    """`order.placed`: the buyer ordered."""

    buyer: Id
    lines: Annotated[list[Line], Field(fail_fast=True, description="a list of lines, each an object")]
    buyer_locale: Locale | None = None
    currency: Currency | None = None
    cross_border: Flag | None = None
    category: Word | None = None
    fulfilment: Literal["seller", "platform"] | None = None
    shipping: Literal["seller", "platform"] | None = None
    kind: OrderKind | None = None
    cod: Flag | None = None
    region: Word | None = None
    ready_by: Instant | None = None
    hand_over_by: Instant | None = None
    auto_cancel_at: Instant | None = None
    pay_by: Instant | None = None
    deliver_by: DayOrInstant | None = None


class OrderPaid(Data):
    """`order.paid`: the payment was captured. `method` is a kind, or `kind:hash`."""

    amount: Amount
    currency: Currency
    method: Word | None = None


class OrderPaymentFailed(Data):
    """`order.payment_failed`."""

    reason: Word | None = None
    stage: Literal["capture", "risk_review", "chargeback"] | None = None


class OrderReady(Data):
    """`order.ready`: the seller arranged shipment (AWAITING_COLLECTION)."""

    package: Id | None = None
    tracking: Id | None = None
    carrier: Word | None = None
    lines: Ids | None = None


class OrderInTransit(Data):
    """`order.in_transit`: the carrier has it."""

    package: Id | None = None
    lines: Ids | None = None


class OrderScanned(Data):
    """`order.scanned`: any carrier scan."""

    package: Id | None = None
    place: Word | None = None
    weight: Number | None = None


class OrderDelivered(Data):
    """`order.delivered`."""

    package: Id | None = None


class OrderCompleted(Data):
    """`order.completed`."""

    package: Id | None = None


class OrderRefused(Data):
    """`order.refused`: the buyer refused the parcel (拒收)."""

    package: Id | None = None


class OrderReturnedToSender(Data):
    """`order.returned_to_sender`."""

    package: Id | None = None


class OrderLost(Data):
    """`order.lost`."""

    package: Id | None = None


class OrderEstimateChanged(Data):
    """`order.estimate_changed`: another latest delivery estimate."""

    deliver_by: DayOrInstant


class OrderCancelled(Data):
    """`order.cancelled`: the order, or `lines` of it, ended."""

    by: Actor
    reason: Word | None = None
    cancellation: Id | None = None
    lines: Ids | None = None


class OrderStatusChanged(Data):
    """`order.status_changed`: for feeds that know only the status (rulebook §3.1)."""

    status: Word
