"""The words of TikTok Shop in all their spellings (rulebook §3.1, §3.3)."""

import re

from streams.sentences import bad, choice
from streams.sources.fields import Fields

ORDER_NUMBERS = {
    "100": "UNPAID",
    "105": "ON_HOLD",
    "111": "AWAITING_SHIPMENT",
    "114": "PARTIALLY_SHIPPING",
    "112": "AWAITING_COLLECTION",
    "121": "IN_TRANSIT",
    "122": "DELIVERED",
    "130": "COMPLETED",
    "140": "CANCELLED",
}
_FRONTS = (
    "CANCELLATION_REQUEST_",
    "RETURN_OR_REFUND_REQUEST_",
    "REFUND_OR_RETURN_REQUEST_",
    "REPLACEMENT_REQUEST_",
)
_LAST_WORDS = {
    "CANCEL": "CANCELLED",
    "CANCELED": "CANCELLED",
    "REFUND_SUCCESS": "SUCCESS",
    "AWAITING_SELLER_RESPONSE": "PENDING",
}
_ROLES = {"BUYER": "buyer", "SELLER": "seller", "OPERATOR": "operator", "SYSTEM": "system"}
_ROLES |= {"1": "buyer", "2": "seller", "3": "operator", "4": "system"}
_SENDERS = {
    "BUYER": "buyer",
    "SHOP": "seller",
    "SELLER": "seller",
    "CUSTOMER_SERVICE": "service",
    "SYSTEM": "system",
    "ROBOT": "robot",
}


def order_status(raw: str) -> str:
    """The Order API's word for an order's status; an unknown one stays as it is."""
    word = raw.upper()
    if word in {"CANCEL", "CANCELED"}:
        return "CANCELLED"
    return ORDER_NUMBERS.get(word, word)


def request_status(raw: str) -> str:
    """PENDING, REJECT, SUCCESS, COMPLETE or CANCELLED, whatever stands before it; an unknown one in capitals."""
    word = re.sub("_+", "_", raw.upper())
    for front in _FRONTS:
        word = word.removeprefix(front)
    return _LAST_WORDS.get(word, word)


def role(fields: Fields, *names: str) -> str:
    """Who: buyer, seller, system or operator. Unusable: missing_field, bad_value."""
    return _one(fields, _ROLES, names)


def some_role(fields: Fields, *names: str) -> str | None:
    """As `role`, None when nobody or somebody unknown is named."""
    return _ROLES.get(fields.word(*names))


def sender(fields: Fields) -> str:
    """Who wrote a message. Unusable: missing_field, bad_value."""
    return _one(fields, _SENDERS, ("role",))


def _one(fields: Fields, words: dict[str, str], names: tuple[str, ...]) -> str:
    raw = fields.need(*names)
    known = words.get(raw.upper())
    if known is None:
        raise bad(fields.at(names[0]), raw, choice([word for word in words if not word.isdecimal()]))
    return known
