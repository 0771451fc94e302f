"""What is judged: every duty, act and pattern, by name. Nothing that is not listed here is ever said."""

from detectors import directive
from detectors.act import Act
from detectors.card import Card
from detectors.duties import (
    approve_at_once,
    auto_cancel,
    dispatch,
    honest_rejection,
    lapse_unpaid,
    notify_buyer,
    refuse_after_shipment,
    seller_cancellation,
    seller_response,
)
from detectors.duty import Duty
from detectors.patterns import fake_orders, high_frequency_cancellation, solicited_cancellation

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
)
ACTS: tuple[Act, ...] = (seller_cancellation.ACT, honest_rejection.ACT, *solicited_cancellation.ACTS)
PATTERNS: tuple[Card, ...] = (high_frequency_cancellation.CARD, fake_orders.CARD)

CARDS: dict[str, Card] = {
    card.name: card for card in (*(d.card for d in DUTIES), *(a.card for a in ACTS), *PATTERNS, directive.CARD)
}
DUTY_RULES = tuple(dict.fromkeys(duty.card.rules[0] for duty in DUTIES))
CODES = tuple(dict.fromkeys(code for card in CARDS.values() for code in card.codes))
DIRECTIVE_KINDS = tuple(dict.fromkeys(kind for card in CARDS.values() for kind in card.directives))
NOTES = (
    "cancelled_again",
    "decision_without_request",
    "moved_after_cancel",
    "no_reason",
    "paid_after_limit",
    "reason_not_offered",
    "request_repeated",
    "unknown_reason",
)
