"""Every event type that is read: its topic, its data, and whether it needs a subject (contract §1)."""

from collections.abc import Mapping
from typing import NamedTuple

from streams.events import cancellations, messages, orders, returns, rulings, shops
from streams.events.shapes import Data


class EventType(NamedTuple):
    """One row of the contract's table. `bound`: the envelope's `subject` is required."""

    name: str
    topic: str
    data: type[Data]
    bound: bool


_ROWS: tuple[tuple[str, str, type[Data]], ...] = (
    ("orders", "order.placed", orders.OrderPlaced),
    ("orders", "order.paid", orders.OrderPaid),
    ("orders", "order.payment_failed", orders.OrderPaymentFailed),
    ("orders", "order.ready", orders.OrderReady),
    ("orders", "order.in_transit", orders.OrderInTransit),
    ("orders", "order.scanned", orders.OrderScanned),
    ("orders", "order.delivered", orders.OrderDelivered),
    ("orders", "order.completed", orders.OrderCompleted),
    ("orders", "order.refused", orders.OrderRefused),
    ("orders", "order.returned_to_sender", orders.OrderReturnedToSender),
    ("orders", "order.lost", orders.OrderLost),
    ("orders", "order.estimate_changed", orders.OrderEstimateChanged),
    ("orders", "order.cancelled", orders.OrderCancelled),
    ("orders", "order.status_changed", orders.OrderStatusChanged),
    ("cancellations", "cancellation.requested", cancellations.CancellationRequested),
    ("cancellations", "cancellation.decided", cancellations.CancellationDecided),
    ("cancellations", "cancellation.withdrawn", cancellations.CancellationWithdrawn),
    ("cancellations", "refund.started", cancellations.RefundStarted),
    ("cancellations", "refund.completed", cancellations.RefundCompleted),
    ("cancellations", "notice.sent", cancellations.NoticeSent),
    ("cancellations", "consent.given", cancellations.ConsentGiven),
    ("returns", "return.requested", returns.ReturnRequested),
    ("returns", "return.decided", returns.ReturnDecided),
    ("returns", "return.shipped", returns.ReturnShipped),
    ("returns", "return.received", returns.ReturnReceived),
    ("returns", "return.closed", returns.ReturnClosed),
    ("returns", "dispute.opened", returns.DisputeOpened),
    ("returns", "dispute.resolved", returns.DisputeResolved),
    ("messages", "message.sent", messages.MessageSent),
    ("messages", "complaint.filed", messages.ComplaintFiled),
    ("messages", "review.posted", messages.ReviewPosted),
    ("shops", "shop.policy_changed", shops.ShopPolicyChanged),
    ("shops", "shop.deposit_refund_requested", shops.ShopDepositRefundRequested),
    ("shops", "shop.deposit_refund_approved", shops.ShopDepositRefundApproved),
    ("shops", "shop.deposit_refund_paid", shops.ShopDepositRefundPaid),
    ("shops", "shop.close_requested", shops.ShopCloseRequested),
    ("shops", "shop.notice_started", shops.ShopNoticeStarted),
    ("shops", "shop.closed", shops.ShopClosed),
    ("shops", "stock.changed", shops.StockChanged),
    ("shops", "price.changed", shops.PriceChanged),
    ("shops", "listing.changed", shops.ListingChanged),
    ("shops", "identity.seen", shops.IdentitySeen),
    ("shops", "campaign.started", shops.CampaignStarted),
    ("shops", "campaign.ended", shops.CampaignEnded),
    ("shops", "outage.started", shops.OutageStarted),
    ("shops", "outage.ended", shops.OutageEnded),
    ("shops", "ticket.opened", shops.TicketOpened),
    ("shops", "ticket.answered", shops.TicketAnswered),
    ("shops", "ticket.agreed", shops.TicketAgreed),
    ("shops", "ticket.approved", shops.TicketApproved),
    ("shops", "ticket.rejected", shops.TicketRejected),
    ("rulings", "ruling.made", rulings.RulingMade),
)
_UNBOUND = frozenset({"message", "complaint", "review", "campaign", "outage", "identity", "ruling"})

EVENTS: Mapping[str, EventType] = {
    name: EventType(name, topic, data, name.partition(".")[0] not in _UNBOUND) for topic, name, data in _ROWS
}
TOPICS: tuple[str, ...] = tuple(dict.fromkeys(topic for topic, _, _ in _ROWS))
