"""Bad input never stops the stream: each case has its reason, its path and a whole sentence."""

import json
from typing import Any

import pytest
from contract_samples import DATA, TIME_MS, binary, event, ingest, raw

from streams.ingest import DeadLetter

ID = "an id: text of 1 to 256 characters without control characters"
INSTANT = "an instant with offset like 2026-03-01T10:00:00Z, of the years 1970 to 9998"
OBJECT = "one CloudEvents JSON object"
PAID = json.dumps(event()).encode()


def read(value: Any, arrived: int = TIME_MS) -> tuple[str, str, str]:
    """Reason, path and sentence of what must be a dead letter that keeps its raw record."""
    record = raw(value, arrived)
    letter = ingest().read(record)
    assert isinstance(letter, DeadLetter), letter
    assert letter.raw is record
    return letter.reason, letter.path, letter.sentence


BYTES = {
    "empty": (b"", "not_json", f"The event is not JSON (it ends too early); expected {OBJECT}."),
    "truncated": (PAID[:-20], "not_json", f"The event is not JSON (it ends too early); expected {OBJECT}."),
    "two objects": (
        b"{} {}",
        "not_json",
        f"The event is not JSON (trailing characters at byte 4); expected {OBJECT}.",
    ),
    "no JSON": (b"hello", "not_json", f"The event is not JSON (invalid character at byte 0); expected {OBJECT}."),
    "NaN": (
        b'{"a":NaN}',
        "not_json",
        f"The event is not JSON (invalid character at byte 5); expected {OBJECT}.",
    ),
    "NUL byte": (
        PAID.replace(b"e-1", b"e\x00-1"),
        "not_json",
        f"The event is not JSON (invalid character at byte 31); expected {OBJECT}.",
    ),
    "invalid UTF-8": (
        PAID.replace(b"e-1", b"e-\xff"),
        "not_json",
        f"The event is not UTF-8; expected {OBJECT} in UTF-8.",
    ),
    "lone surrogate": (
        PAID.replace(b"e-1", rb"\ud800"),
        "not_json",
        f"The event is not JSON (unexpected end of escaped utf-16 surrogate pair at byte 36); expected {OBJECT}.",
    ),
    "lone low surrogate": (
        PAID.replace(b"e-1", rb"\udc00"),
        "not_json",
        f"The event is not JSON (invalid utf-16 surrogate pair at byte 36); expected {OBJECT}.",
    ),
    "deep nesting": (
        b'{"a":' * 100_000,
        "not_json",
        f"The event is nested deeper than 64 levels; expected {OBJECT} of fewer levels.",
    ),
    "nested 65 deep": (
        b"[" * 65 + b"]" * 65,
        "not_json",
        f"The event is nested deeper than 64 levels; expected {OBJECT} of fewer levels.",
    ),
    "number beyond any float": (
        PAID.replace(b'"e-1"', b"1e999"),
        "bad_value",
        "A number in the event is out of range; expected a 64-bit number.",
    ),
    "integer of 5,000 digits": (
        PAID.replace(b'"e-1"', b"9" * 5000),
        "bad_value",
        "A number in the event is out of range; expected a 64-bit number.",
    ),
    "2 MB": (
        b'{"a":"' + b"x" * (2 << 20) + b'"}',
        "too_large",
        "The event has 2097160 bytes; expected at most 1048576 (1 MiB).",
    ),
    "a list": (b"[1]", "not_cloudevent", f"The event is a list; expected {OBJECT}."),
    "a number": (b"17", "not_cloudevent", f"The event is 17; expected {OBJECT}."),
    "null": (b"null", "not_cloudevent", f"The event is null; expected {OBJECT}."),
}


@pytest.mark.parametrize(("value", "reason", "sentence"), BYTES.values(), ids=BYTES)
def test_bytes_that_are_no_event(value: bytes, reason: str, sentence: str) -> None:
    assert read(value) == (reason, "", sentence)


ENVELOPES: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "no specversion": (
        event(specversion=None),
        "not_cloudevent",
        "specversion",
        '"specversion" is missing; expected in every CloudEvent.',
    ),
    "another version": (
        event(specversion="0.3"),
        "not_cloudevent",
        "specversion",
        '"specversion" is "0.3"; expected "1.0".',
    ),
    "no id": (event(id=None), "not_cloudevent", "id", '"id" is missing; expected in every CloudEvent.'),
    "no source": (event(source=None), "not_cloudevent", "source", '"source" is missing; expected in every CloudEvent.'),
    "no type": (event(type=None), "not_cloudevent", "type", '"type" is missing; expected in every CloudEvent.'),
    "unknown type": (
        event(type="order.teleported"),
        "unknown_type",
        "type",
        '"type" is "order.teleported"; expected an event type of the contract.',
    ),
    "type is a number": (
        event(type=7),
        "unknown_type",
        "type",
        '"type" is 7; expected an event type of the contract.',
    ),
    "unknown market": (
        event(market="XX"),
        "unknown_market",
        "market",
        '"market" is "XX"; expected one of JP, UK.',
    ),
    "market in lower case": (
        event(market="jp"),
        "unknown_market",
        "market",
        '"market" is "jp"; expected one of JP, UK.',
    ),
    "market is a list": (event(market=["JP"]), "bad_value", "market", f'"market" is a list; expected {ID}.'),
    "no market": (event(market=None), "missing_field", "market", '"market" is missing; expected in every event.'),
    "no seller": (event(seller=None), "missing_field", "seller", '"seller" is missing; expected in every event.'),
    "no time": (event(time=None), "missing_field", "time", '"time" is missing; expected in every event.'),
    "no data": (event(data=None), "missing_field", "data", '"data" is missing; expected in every event.'),
    "no subject": (
        event(subject=None),
        "missing_field",
        "subject",
        '"subject" is missing; expected in every order.paid.',
    ),
    "data is a number": (event(data=5), "bad_value", "data", '"data" is 5; expected an object.'),
    "data is a list": (event(data=[]), "bad_value", "data", '"data" is a list; expected an object.'),
    "data is text": (event(data="{}"), "bad_value", "data", '"data" is "{}"; expected an object.'),
    "id is empty": (event(id=""), "bad_value", "id", f'"id" is ""; expected {ID}.'),
    "id is a number": (event(id=17), "bad_value", "id", f'"id" is 17; expected {ID}.'),
    "id is 257 long": (
        event(id="x" * 257),
        "bad_value",
        "id",
        f'"id" is "{"x" * 40}…" (257 characters); expected {ID}.',
    ),
    "NUL in the id": (event(id="a\0b"), "bad_value", "id", f'"id" is "a\\u0000b"; expected {ID}.'),
    "separator in the seller": (
        event(seller="s\x1f1"),
        "bad_value",
        "seller",
        f'"seller" is "s\\u001f1"; expected {ID}.',
    ),
    "empty subject": (event(subject=""), "bad_value", "subject", f'"subject" is ""; expected {ID}.'),
    "recordedtime without offset": (
        event(recordedtime="2026-03-01T10:00:00"),
        "bad_value",
        "recordedtime",
        f'"recordedtime" is "2026-03-01T10:00:00"; expected {INSTANT}.',
    ),
}


@pytest.mark.parametrize(("given", "reason", "path", "sentence"), ENVELOPES.values(), ids=ENVELOPES)
def test_envelopes(given: dict[str, Any], reason: str, path: str, sentence: str) -> None:
    assert read(given) == (reason, path, sentence)


BAD_TIMES = (
    "2026-03-01T10:00:00",
    "2026-03-01 10:00:00Z",
    "2026-03-01",
    "2026-02-30T10:00:00Z",
    "2026-03-01T24:00:00Z",
    "2026-03-01T10:00:60Z",
    "2026-03-01T10:00:61Z",
    "2026-03-01T10:00Z",
    "20260301T100000Z",
    "2026-W09-7T10:00:00Z",
    "2026-03-01T10:00:00+0900",
    "2026-03-01T10:00:00+09",
    "2026-03-01T10:00:00+24:00",
    "2026-03-01T10:00:00,5Z",
    "2026-03-01T10:00:00.Z",
    "\uff12\uff10\uff12\uff16-03-01T10:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "1969-12-31T23:59:59Z",
    "",
    "now",
)


@pytest.mark.parametrize("time", BAD_TIMES)
def test_a_time_that_is_no_instant_with_offset(time: str) -> None:
    assert read(event(time=time)) == ("bad_value", "time", f'"time" is "{time}"; expected {INSTANT}.')


@pytest.mark.parametrize(("time", "shown"), [(1772359200, "1772359200"), (True, "true"), ({}, "an object")])
def test_a_time_of_another_type(time: Any, shown: str) -> None:
    assert read(event(time=time)) == ("bad_value", "time", f'"time" is {shown}; expected {INSTANT}.')


def test_the_first_wrong_thing_is_told_in_the_order_of_the_checks() -> None:
    wrong = event("order.paid", specversion="9", market="XX", seller=None, time="now", data={})
    wrong["type"] = "x"
    fixes: list[tuple[str, Any, str]] = [
        ("specversion", "1.0", "specversion"),
        ("type", "order.paid", "type"),
        ("market", "JP", "market"),
        ("seller", "s-1", "seller"),
        ("time", "2026-03-01T11:00:00Z", "time"),
        ("time", "2026-03-01T10:00:00Z", "time"),
        ("data", DATA["order.paid"], "data.amount"),
    ]
    reasons = []
    for field, value, path in fixes:
        told = read(wrong)
        assert told[1] == path
        reasons.append(told[0])
        wrong[field] = value
    assert reasons == [
        "not_cloudevent",
        "unknown_type",
        "unknown_market",
        "missing_field",
        "bad_value",
        "future_time",
        "missing_field",
    ]
    assert not isinstance(ingest().read(raw(wrong)), DeadLetter)


def late(time: str, arrived: str, limit: str) -> str:
    return f'"time" is {time}, but the event arrived at {arrived}; expected {limit}.'


FUTURE = "2026-03-01T10:05:00.001Z"


def test_five_minutes_after_arrival_is_the_last_instant() -> None:
    assert read(event(time=FUTURE)) == (
        "future_time",
        "time",
        late("2026-03-01T10:05:00.001Z", "2026-03-01T10:00:00.000Z", "at most 5 minutes after arrival"),
    )
    assert not isinstance(ingest().read(raw(event(time="2026-03-01T10:05:00.000Z"))), DeadLetter)


def test_forget_after_before_arrival_is_the_first_instant() -> None:
    last = TIME_MS + 180 * 86_400_000
    assert not isinstance(ingest().read(raw(event(), last)), DeadLetter)
    assert read(event(), last + 1) == (
        "too_old",
        "time",
        late("2026-03-01T10:00:00.000Z", "2026-08-28T10:00:00.001Z", "at most 180 days before arrival"),
    )


def test_exactly_one_mebibyte_is_read() -> None:
    padded = json.dumps(event()).encode()
    whole = padded + b" " * ((1 << 20) - len(padded))
    assert not isinstance(ingest().read(raw(whole)), DeadLetter)
    assert read(whole + b" ")[0] == "too_large"


def test_64_levels_are_read() -> None:
    nested: Any = 1
    for _ in range(62):
        nested = [nested]
    assert not isinstance(ingest().read(raw(event(data={**DATA["order.paid"], "extra": nested}))), DeadLetter)
    assert read(event(data={**DATA["order.paid"], "extra": [nested]}))[0] == "not_json"


def test_binary_mode_is_told_the_same_way() -> None:
    letter = ingest().read(binary(event(market="XX")))
    assert isinstance(letter, DeadLetter)
    assert (letter.reason, letter.path) == ("unknown_market", "market")
    truncated = ingest().read(binary(event())._replace(value=b'{"amount"'))
    assert isinstance(truncated, DeadLetter)
    assert (truncated.reason, truncated.sentence) == (
        "not_json",
        "The event is not JSON (it ends too early); expected the event's data as one JSON object.",
    )
    header = binary(event())
    unreadable = header._replace(headers=(*header.headers, ("ce_seller", b"\xff")))
    letter = ingest().read(unreadable)
    assert isinstance(letter, DeadLetter)
    assert (letter.reason, letter.path, letter.sentence) == (
        "bad_value",
        "seller",
        '"seller" is no UTF-8 in its header; expected UTF-8.',
    )
