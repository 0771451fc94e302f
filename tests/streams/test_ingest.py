"""Events become facts: both modes, reduction, arrival, the body's hash; and whatever comes is accounted for."""

import copy
import hashlib
import json
from typing import Any

import pytest
from contract_samples import DATA, INSTANT, INSTANT_MS, LEXICON, TIME_MS, binary, event, ingest, policies, raw
from hypothesis import given
from hypothesis import strategies as st

from detectors.facts import Fact, decode, encode
from streams.ingest import DeadLetter, Ingest, Raw

REASONS = {
    "not_json",
    "not_cloudevent",
    "unknown_type",
    "unknown_market",
    "missing_field",
    "bad_value",
    "future_time",
    "too_large",
    "too_old",
}
_WALL, _LOG = ingest(), ingest("log")


def fact(record: Raw, by: Ingest = _WALL) -> Fact:
    read = by.read(record)
    assert isinstance(read, Fact), read
    return read


def test_a_whole_fact() -> None:
    given = event("order.paid", time="2026-03-01T19:00:00.1239+09:00")
    canonical = json.dumps(given, sort_keys=True, separators=(",", ":"))
    assert fact(raw(given, TIME_MS + 2000)) == Fact(
        v=1,
        type="order.paid",
        at=TIME_MS + 123,
        arrived=TIME_MS + 2000,
        source="shop",
        id="e-1",
        seller="s-1",
        market="JP",
        subject="o-1",
        body=hashlib.blake2b(canonical.encode(), digest_size=8).hexdigest(),
        origin=("orders", 3, 42),
        data={"amount": "1980", "currency": "JPY", "method": "card:9f2c"},
    )


REDUCED: dict[str, dict[str, Any]] = {
    "order.placed": dict.fromkeys(("ready_by", "hand_over_by", "auto_cancel_at", "pay_by"), INSTANT_MS),
    "order.estimate_changed": {"deliver_by": INSTANT_MS},
    "cancellation.requested": {
        "text": None,
        "respond_by": INSTANT_MS,
        "hits": [["ask", "en@1", "cancel-mine", 0]],
        "listed": False,
    },
    "notice.sent": {"reason": None, "reason_given": True},
    "consent.given": {"message": None},
    "return.requested": {"respond_by": INSTANT_MS},
    "message.sent": {"text": None, "hits": [["solicit", "en@1", "please-cancel", 0]], "listed": True},
    "complaint.filed": {"text": None, "hits": [], "listed": True},
    "review.posted": {"text": None, "hits": [], "listed": True},
    "ticket.opened": {"respond_by": INSTANT_MS},
    "ruling.made": {"comment": None},
}


@pytest.mark.parametrize("kind", DATA)
def test_every_type_reduced(kind: str) -> None:
    expected = {**DATA[kind], **REDUCED.get(kind, {})}
    read = fact(raw(event(kind)))
    assert read.type == kind
    assert read.data == {name: value for name, value in expected.items() if value is not None}
    assert decode(encode(read)) == read


@pytest.mark.parametrize("kind", DATA)
def test_binary_mode_means_the_same_fact(kind: str) -> None:
    given = event(kind, traceparent="00-1", sequence=7)
    assert fact(binary(given)) == fact(raw(given))


def test_structured_mode_with_a_content_type() -> None:
    headers = (("content-type", b"application/cloudevents+json; charset=UTF-8"), ("ce_id", b"other"))
    assert fact(raw(event(), headers=headers)) == fact(raw(event()))


def test_headers_without_a_version_are_no_binary_mode() -> None:
    assert fact(raw(event(), headers=(("ce_id", b"other"), ("x", b"\xff")))) == fact(raw(event()))


def test_what_stays_out_of_a_fact_for_absence() -> None:
    given = {"conversation": "v-1", "from": "buyer", "locale": None, "later": {"any": ["thing"]}}
    read = fact(raw(event("message.sent", data=given, subject=None)))
    assert read.data == {"conversation": "v-1", "from": "buyer", "hits": [], "listed": False}
    assert read.subject == ""
    quiet = fact(raw(event("cancellation.requested", data={"cancellation": "c", "by": "system"})))
    assert quiet.data == {"cancellation": "c", "by": "system"}


@pytest.mark.parametrize(("reason", "given"), [(None, False), ("", False), (" \t\n\u3000", False), ("sold out", True)])
def test_white_space_is_no_reason(reason: str | None, given: bool) -> None:
    data = {**DATA["notice.sent"], "reason": reason}
    assert fact(raw(event("notice.sent", data=data))).data["reason_given"] is given


def test_text_is_listed_by_its_locale_or_the_markets_languages() -> None:
    def listed(market: str, **data: str) -> Any:
        told = {"conversation": "v", "from": "buyer", "text": "hello", **data}
        return fact(raw(event("message.sent", data=told, market=market))).data["listed"]

    assert (listed("UK"), listed("JP"), listed("JP", locale="en"), listed("UK", locale="ja")) == (
        True,
        False,
        True,
        False,
    )


def test_no_text_of_people_in_any_fact() -> None:
    for kind, data in DATA.items():
        told = encode(fact(raw(event(kind)))).decode()
        for field in ("text", "comment", "message"):
            assert data.get(field, "\0") not in told
    assert "We are sold out." not in encode(fact(raw(event("notice.sent")))).decode()


@pytest.mark.parametrize(
    ("time", "at"),
    [
        ("2026-03-01T10:00:00Z", TIME_MS),
        ("2026-03-01t10:00:00z", TIME_MS),
        ("2026-03-01T10:00:00-00:00", TIME_MS),
        ("2026-03-01T23:59:00.0009999999999+13:59", TIME_MS),
        ("2026-03-01T10:00:00.9999Z", TIME_MS + 999),
        ("2025-12-31T23:59:60Z", 1_767_225_600_000),
        ("2026-01-01t08:59:60.5+09:00", 1_767_225_600_500),
    ],
)
def test_times(time: str, at: int) -> None:
    assert fact(raw(event(time=time))).at == at


def test_arrival_by_the_wall_and_by_the_log() -> None:
    later = "2026-03-01T10:00:30Z"
    given = event(recordedtime=later)
    assert fact(raw(given, TIME_MS + 5)).arrived == TIME_MS + 5
    assert fact(raw(given, 0), _LOG).arrived == TIME_MS + 30_000
    assert fact(raw(event(), 0), _LOG).arrived == TIME_MS


def test_under_the_log_clock_the_future_begins_five_minutes_after_recordedtime() -> None:
    assert fact(raw(event(recordedtime="2026-03-01T09:55:00Z")), _LOG).arrived == TIME_MS - 300_000
    letter = _LOG.read(raw(event(recordedtime="2026-03-01T09:54:59.999Z")))
    expected = "expected at most 5 minutes after arrival."
    assert isinstance(letter, DeadLetter)
    assert (letter.reason, letter.path, letter.sentence) == (
        "future_time",
        "time",
        f'"time" is 2026-03-01T10:00:00.000Z, but the event arrived at 2026-03-01T09:54:59.999Z; {expected}',
    )


def test_the_body_is_everything_but_recordedtime_in_any_order() -> None:
    given = event(traceparent="00-1")
    same = [
        dict(reversed(given.items())),
        {**given, "recordedtime": "2026-03-01T10:00:01Z"},
        {**given, "datacontenttype": "application/json"},
        {**given, "dataschema": None},
    ]
    other = [
        {**given, "traceparent": "00-2"},
        {**given, "time": "2026-03-01T10:00:00.000Z"},
        {**given, "data": {**given["data"], "new": 1}},
        {**given, "data": {**given["data"], "method": None}},
    ]
    body = fact(raw(given)).body
    assert {fact(raw(one)).body for one in same} == {body}
    assert len({body, *(fact(raw(one)).body for one in other)}) == 5


def test_deadlines_do_not_move_arrival() -> None:
    assert fact(raw(event("order.placed", data={**DATA["order.placed"], "pay_by": INSTANT}))).arrived == TIME_MS


def accounted(record: Raw) -> None:
    """A fact or a dead letter with a reason of the list and a sentence; the same one every time."""
    for by in (_WALL, _LOG):
        read = by.read(record)
        assert read == Ingest(policies(), LEXICON, "wall" if by is _WALL else "log").read(record)
        if isinstance(read, Fact):
            assert decode(encode(read)) == read
        else:
            assert read.reason in REASONS
            assert read.sentence.endswith(".")
            assert len(read.sentence) < 1000
            read.sentence.encode()
            assert read.raw is record


@given(st.binary(max_size=200))
def test_any_bytes_are_accounted_for(value: bytes) -> None:
    accounted(raw(value))


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)


def _places(value: Any) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, inner in items for place in ((key,), *((key, *rest) for rest in _places(inner)))]


@given(st.data())
def test_a_valid_event_with_one_field_changed_is_accounted_for(data: st.DataObject) -> None:
    changed = event(data.draw(st.sampled_from(sorted(DATA))))
    *way, last = data.draw(st.sampled_from(_places(changed)))
    holder: Any = changed
    for part in way:
        holder = holder[part]
    if isinstance(holder, dict) and data.draw(st.booleans()):
        del holder[last]
    else:
        holder[last] = data.draw(ANY)
    accounted(raw(json.dumps(changed).encode()))


@given(st.data())
def test_a_valid_event_with_some_bytes_changed_is_accounted_for(data: st.DataObject) -> None:
    whole = bytearray(json.dumps(event(data.draw(st.sampled_from(sorted(DATA))))).encode())
    for _ in range(data.draw(st.integers(1, 3))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    accounted(raw(bytes(whole[: data.draw(st.integers(1, len(whole)))])))


@given(
    st.lists(st.tuples(st.sampled_from(["ce_specversion", "ce_id", "ce_time", "ce_type", "x"]), st.binary(max_size=9)))
)
def test_any_headers_are_accounted_for(headers: list[tuple[str, bytes]]) -> None:
    accounted(binary(event())._replace(headers=tuple(headers)))
    accounted(raw(event(), headers=tuple(headers)))


@given(st.data())
def test_binary_mode_of_a_changed_event_gives_the_same_answer(data: st.DataObject) -> None:
    changed = copy.deepcopy(event(data.draw(st.sampled_from(sorted(DATA)))))
    changed[data.draw(st.sampled_from(["id", "source", "type", "time", "seller", "market", "subject"]))] = data.draw(
        st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
    )
    one, other = _WALL.read(raw(changed)), _WALL.read(binary(changed))
    if isinstance(one, Fact):
        assert other == one
    else:
        assert isinstance(other, DeadLetter)
        assert (other.reason, other.path, other.sentence) == (one.reason, one.path, one.sentence)
