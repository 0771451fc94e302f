"""Topic `shops`: the seller's terms, deposit and closing; stock and prices; identities; campaigns; tickets."""

from typing import Annotated, Literal

from pydantic import Field

from streams.events.shapes import Amount, Count, Data, Flag, Id, Ids, Instant, Word


class ShopPolicyChanged(Data):
    """`shop.policy_changed`: the seller's own after-sales terms."""

    return_days: Count | None = None
    conditions: Word | None = None


class _OfDeposit(Data):
    """About one request to pay a deposit back."""

    request: Id
    scope: Literal["difference", "full"] | None = None


class ShopDepositRefundRequested(_OfDeposit):
    """`shop.deposit_refund_requested`."""


class ShopDepositRefundApproved(_OfDeposit):
    """`shop.deposit_refund_approved`."""


class ShopDepositRefundPaid(_OfDeposit):
    """`shop.deposit_refund_paid`."""


class _OfClosing(Data):
    """About the closing of a shop; `checks` by name (R-88)."""

    checks: Annotated[dict[Id, Flag], Field(description="an object of names with true or false")] | None = None


class ShopCloseRequested(_OfClosing):
    """`shop.close_requested`."""


class ShopNoticeStarted(_OfClosing):
    """`shop.notice_started`."""


class ShopClosed(_OfClosing):
    """`shop.closed`."""


class StockChanged(Data):
    """`stock.changed`."""

    sku: Id
    quantity: Count | None = None


class PriceChanged(Data):
    """`price.changed`."""

    sku: Id
    amount: Amount | None = None


class ListingChanged(Data):
    """`listing.changed`."""

    sku: Id
    listed: Flag | None = None


class IdentitySeen(Data):
    """`identity.seen`: a party used a device, address, payment means, phone or network address (hashed)."""

    party: Literal["buyer", "seller", "staff", "operator"]
    party_id: Id
    kind: Literal["device", "address", "payment", "phone", "ip"]
    hash: Id


class _OfScope(Data):
    """About a campaign or an outage: whom and what it touches."""

    scope: Word | None = None
    skus: Ids | None = None


class CampaignStarted(_OfScope):
    """`campaign.started`."""


class CampaignEnded(_OfScope):
    """`campaign.ended`."""


class OutageStarted(_OfScope):
    """`outage.started`."""


class OutageEnded(_OfScope):
    """`outage.ended`."""


class _OfTicket(Data):
    """About one ticket."""

    ticket: Id
    service: Word | None = None
    by: Word | None = None
    respond_by: Instant | None = None


class TicketOpened(_OfTicket):
    """`ticket.opened`."""


class TicketAnswered(_OfTicket):
    """`ticket.answered`."""


class TicketAgreed(_OfTicket):
    """`ticket.agreed`."""


class TicketApproved(_OfTicket):
    """`ticket.approved`."""


class TicketRejected(_OfTicket):
    """`ticket.rejected`."""
