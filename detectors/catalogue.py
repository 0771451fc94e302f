"""What is judged: every duty, act and pattern, by name. Nothing that is not listed here is ever said."""

from detectors import directive
from detectors.act import Act
from detectors.card import Card
from detectors.duties import (
    allow_return,
    answer_return,
    approve_at_once,
    auto_cancel,
    close_stale,
    delivery_right,
    dispatch,
    finish_refund,
    honest_rejection,
    keep_consent,
    lapse_unpaid,
    late_shipment_claim,
    notify_buyer,
    notify_seller,
    refund_amount,
    refuse_after_shipment,
    rejection_reason,
    seller_cancellation,
    seller_response,
    settle_refused_parcel,
    start_refund,
)
from detectors.duty import Duty
from detectors.patterns import (
    cancellation_anomaly,
    cancellation_rate,
    fake_orders,
    fake_tracking,
    high_frequency_cancellation,
    product_hotspot,
    serial_cancellation,
    solicited_cancellation,
    suspected_solicitation,
    unfavourable_terms,
)

DUTIES: tuple[Duty, ...] = (
    lapse_unpaid.DUTY,
    approve_at_once.DUTY,
    seller_response.DUTY,
    seller_response.EXECUTE,
    refuse_after_shipment.DUTY,
    notify_buyer.DUTY,
    dispatch.DISPATCH_READY,
    dispatch.DISPATCH_HANDOVER,
    auto_cancel.DUTY,
    delivery_right.DUTY,
    honest_rejection.DUTY,
    start_refund.DUTY,
    finish_refund.DUTY,
    keep_consent.DUTY,
    notify_seller.DUTY,
    close_stale.DUTY,
    answer_return.DUTY,
    allow_return.DUTY,
    settle_refused_parcel.DUTY,
)
ACTS: tuple[Act, ...] = (
    seller_cancellation.ACT,
    rejection_reason.ACT,
    late_shipment_claim.ACT,
    refund_amount.ACT,
    *solicited_cancellation.ACTS,
    fake_tracking.ACT,
)
PATTERNS: tuple[Card, ...] = (
    high_frequency_cancellation.CARD,
    cancellation_rate.CARD,
    cancellation_anomaly.CARD,
    product_hotspot.CARD,
    serial_cancellation.CARD,
    suspected_solicitation.CARD,
    fake_orders.CARD,
    unfavourable_terms.CARD,
)

CARDS: dict[str, Card] = {
    card.name: card for card in (*(d.card for d in DUTIES), *(a.card for a in ACTS), *PATTERNS, directive.CARD)
}
DUTY_RULES = tuple(dict.fromkeys(duty.card.rules[0] for duty in DUTIES))
CODES = tuple(dict.fromkeys(code for card in CARDS.values() for code in card.codes))
DIRECTIVE_KINDS = tuple(dict.fromkeys(kind for card in CARDS.values() for kind in card.directives))
NOTES = (
    "cancelled_again",
    "closed_without_decision",
    "decision_without_request",
    "moved_after_cancel",
    "no_reason",
    "paid_after_limit",
    "reason_not_offered",
    "request_repeated",
    "unknown_reason",
    "unknown_status",
)
