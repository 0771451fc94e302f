"""Bad fields of data: each case has its path and a whole sentence; no sentence holds what people wrote."""

from typing import Any

import pytest
from contract_samples import DATA, event, ingest, raw

from streams.events import EVENTS
from streams.ingest import DeadLetter

ID = "an id: text of 1 to 256 characters without control characters"
INSTANT = "an instant with offset like 2026-03-01T10:00:00Z, of the years 1970 to 9998"
AMOUNT = 'an amount of at least 0 as decimal text like "19.80"'
QUANTITY = "a whole number from 1 to 1000000000"
KINDS = "regular, preorder, made_to_order, back_order, virtual, perishable, sample, replacement, exchange"


def read(given: dict[str, Any]) -> tuple[str, str, str]:
    """Reason, path and sentence of what must be a dead letter."""
    letter = ingest().read(raw(given))
    assert isinstance(letter, DeadLetter), letter
    return letter.reason, letter.path, letter.sentence


def with_data(kind: str, /, **fields: Any) -> dict[str, Any]:
    return event(kind, data={**DATA[kind], **fields})


FIELDS: dict[str, tuple[str, dict[str, Any], str, str]] = {
    "negative amount": ("order.paid", {"amount": "-1"}, "data.amount", f'is "-1"; expected {AMOUNT}'),
    "amount as a number": ("order.paid", {"amount": 1980}, "data.amount", f"is 1980; expected {AMOUNT}"),
    "amount NaN": ("order.paid", {"amount": "NaN"}, "data.amount", f'is "NaN"; expected {AMOUNT}'),
    "amount with exponent": ("order.paid", {"amount": "1e3"}, "data.amount", f'is "1e3"; expected {AMOUNT}'),
    "amount with comma": ("order.paid", {"amount": "1,50"}, "data.amount", f'is "1,50"; expected {AMOUNT}'),
    "amount in other digits": ("order.paid", {"amount": "١٢"}, "data.amount", f'is "١٢"; expected {AMOUNT}'),
    "amount of 19 digits": (
        "order.paid",
        {"amount": "1" * 19},
        "data.amount",
        f'is "{"1" * 19}"; expected {AMOUNT}',
    ),
    "currency in lower case": (
        "order.paid",
        {"currency": "jpy"},
        "data.currency",
        'is "jpy"; expected a currency code of ISO 4217 like "JPY"',
    ),
    "method is a list": (
        "order.paid",
        {"method": []},
        "data.method",
        "is a list; expected text of at most 1000 characters without NUL; unknown values are kept as they are",
    ),
    "lines is an object": (
        "order.placed",
        {"lines": {}},
        "data.lines",
        "is an object; expected a list of lines, each an object",
    ),
    "a line is text": ("order.placed", {"lines": ["1"]}, "data.lines[0]", 'is "1"; expected an object'),
    "quantity 0": (
        "order.placed",
        {"lines": [{"line": "1", "sku": "k"}, {"line": "2", "sku": "k", "quantity": 0}]},
        "data.lines[1].quantity",
        f"is 0; expected {QUANTITY}",
    ),
    "quantity as text": (
        "order.placed",
        {"lines": [{"line": "1", "sku": "k", "quantity": "3"}]},
        "data.lines[0].quantity",
        f'is "3"; expected {QUANTITY}',
    ),
    "quantity with a point": (
        "order.placed",
        {"lines": [{"line": "1", "sku": "k", "quantity": 1.0}]},
        "data.lines[0].quantity",
        f"is 1.0; expected {QUANTITY}",
    ),
    "quantity of 30 digits": (
        "order.placed",
        {"lines": [{"line": "1", "sku": "k", "quantity": 10**30}]},
        "data.lines[0].quantity",
        f"is 1.000e+30; expected {QUANTITY}",
    ),
    "NUL in a sku": (
        "order.placed",
        {"lines": [{"line": "1", "sku": "\0"}]},
        "data.lines[0].sku",
        f'is "\\u0000"; expected {ID}',
    ),
    "an unknown kind": (
        "order.placed",
        {"kind": "gift"},
        "data.kind",
        f'is "gift"; expected one of {KINDS}',
    ),
    "cod is 1": ("order.placed", {"cod": 1}, "data.cod", "is 1; expected true or false"),
    "pay_by without offset": (
        "order.placed",
        {"pay_by": "2026-03-01T10:00:00"},
        "data.pay_by",
        f'is "2026-03-01T10:00:00"; expected {INSTANT}',
    ),
    "pay_by is a date": (
        "order.placed",
        {"pay_by": "2026-03-01"},
        "data.pay_by",
        f'is "2026-03-01"; expected {INSTANT}',
    ),
    "deliver_by is no day": (
        "order.placed",
        {"deliver_by": "2026-02-30"},
        "data.deliver_by",
        f'is "2026-02-30"; expected a date like 2026-03-01, of the years 1970 to 9998; or {INSTANT}',
    ),
    "locale is a sentence": (
        "order.placed",
        {"buyer_locale": "in English"},
        "data.buyer_locale",
        'is "in English"; expected a language tag of BCP 47 like "pt-BR"',
    ),
    "cancelled by a robot": (
        "order.cancelled",
        {"by": "robot"},
        "data.by",
        'is "robot"; expected one of buyer, seller, system, operator',
    ),
    "null among lines": ("order.cancelled", {"lines": [None]}, "data.lines[0]", f"is null; expected {ID}"),
    "an unknown decision": (
        "cancellation.decided",
        {"decision": "maybe"},
        "data.decision",
        'is "maybe"; expected one of approve, reject, auto_approve',
    ),
    "return is empty": ("refund.started", {"return": ""}, "data.return", f'is ""; expected {ID}'),
    "notice by fax": (
        "notice.sent",
        {"channel": "fax"},
        "data.channel",
        'is "fax"; expected one of in_app, seller_center, email, sms, push',
    ),
    "a check that is text": (
        "shop.closed",
        {"checks": {"deposit_paid": "yes"}},
        "data.checks.deposit_paid",
        'is "yes"; expected true or false',
    ),
    "a negative stock": (
        "stock.changed",
        {"quantity": -1},
        "data.quantity",
        "is -1; expected a whole number from 0 to 1000000000",
    ),
    "a case that is a number": (
        "ruling.made",
        {"case": 5},
        "data.case",
        f"is 5; expected {ID}",
    ),
}


@pytest.mark.parametrize(("kind", "fields", "path", "said"), FIELDS.values(), ids=FIELDS)
def test_fields_of_data(kind: str, fields: dict[str, Any], path: str, said: str) -> None:
    assert read(with_data(kind, **fields)) == ("bad_value", path, f'"{path}" {said}.')


REQUIRED = [
    (name, info.alias or field)
    for name, kind in EVENTS.items()
    for field, info in kind.data.model_fields.items()
    if info.is_required()
]


@pytest.mark.parametrize(("kind", "field"), REQUIRED)
def test_every_required_field(kind: str, field: str) -> None:
    said = ("missing_field", f"data.{field}", f'"data.{field}" is missing; expected in every {kind}.')
    absent = {name: value for name, value in DATA[kind].items() if name != field}
    assert read(event(kind, data=absent)) == said
    assert read(event(kind, data={**absent, field: None})) == said


def test_a_missing_field_is_told_before_a_bad_one() -> None:
    told = read(event("order.paid", data={"amount": "-1"}))
    assert told == ("missing_field", "data.currency", '"data.currency" is missing; expected in every order.paid.')


SECRET = "Please cancel, I am at 5 Rue Cler"


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        ("message.sent", "text"),
        ("cancellation.requested", "text"),
        ("notice.sent", "reason"),
        ("consent.given", "message"),
        ("ruling.made", "comment"),
    ],
)
def test_no_sentence_holds_what_people_wrote(kind: str, field: str) -> None:
    told = read(with_data(kind, **{field: [SECRET]}))
    assert told == ("bad_value", f"data.{field}", f'"data.{field}" is a list; expected text.')
