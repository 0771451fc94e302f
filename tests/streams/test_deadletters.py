"""Dead letters as lines of a file and as records of Kafka; and `countermand check`, which only tells them."""

import base64
import hashlib
import json
from pathlib import Path

import pytest
from contract_samples import TIME_MS, event, ingest, policies, raw
from jsonschema import Draft202012Validator

from detectors.facts import Fact, decode
from streams import check as checking
from streams.deadletters import conflicting, file_line, record
from streams.ingest import DeadLetter, Raw
from streams.schemas_build import schemas
from streams.topics import LARGEST_EVENT, LARGEST_LETTER

SCHEMA = Draft202012Validator(schemas()["countermand.deadletters.schema.json"])
HEADERS = (("trace", b"\xff\x00"), ("countermand.reason", b"too_old"), ("__streams.errors.topic", b"elsewhere"))


LARGEST = 4 << 10


def letter() -> DeadLetter:
    read = ingest().read(raw(b'{"a', TIME_MS, HEADERS))
    assert isinstance(read, DeadLetter)
    return read


def fact() -> Fact:
    read = ingest().read(raw(event()))
    assert isinstance(read, Fact)
    return read


SENTENCE = "The event is not JSON (it ends too early); expected one CloudEvents JSON object."
CONFLICT = '"id" is "e-1" of source "shop", which another event had before; expected the same event or another id.'


def test_a_line_keeps_the_bytes_the_key_and_the_headers() -> None:
    line = file_line(letter())
    assert line == {
        "reason": "not_json",
        "path": "",
        "sentence": SENTENCE,
        "file": "orders",
        "line": 42,
        "key": "s-1",
        "headers": [[name, base64.b64encode(value).decode()] for name, value in HEADERS],
        "bytes": base64.b64encode(b'{"a').decode(),
    }
    assert [error.message for error in SCHEMA.iter_errors(line)] == []


def test_a_conflict_has_the_fact_and_where_the_original_lies() -> None:
    line = file_line(conflicting(fact()))
    told = json.loads(json.dumps(line))
    assert decode(json.dumps(told.pop("fact"), separators=(",", ":")).encode()) == fact()
    assert told == {
        "reason": "conflicting_duplicate",
        "path": "id",
        "sentence": CONFLICT,
        "file": "orders",
        "line": 42,
        "partition": 3,
        "key": "s-1",
        "headers": [],
    }
    assert [error.message for error in SCHEMA.iter_errors(json.loads(json.dumps(line)))] == []


def test_a_record_keeps_the_original_and_says_why_once() -> None:
    assert record(letter(), LARGEST) == (
        b"s-1",
        b'{"a',
        [
            ("trace", b"\xff\x00"),
            ("countermand.reason", b"not_json"),
            ("countermand.path", b""),
            ("countermand.sentence", SENTENCE.encode()),
            ("__streams.errors.exception", b"countermand.not_json"),
            ("__streams.errors.message", SENTENCE.encode()),
            ("__streams.errors.topic", b"orders"),
            ("__streams.errors.partition", b"3"),
            ("__streams.errors.offset", b"42"),
        ],
    )


@pytest.mark.parametrize("part", ["key", "value", "headers", "many headers", "path"])
def test_a_record_is_never_too_large(part: str) -> None:
    huge = b"a" * 5 * LARGEST
    whole = raw(b"{no json", TIME_MS, HEADERS)
    changed: dict[str, Raw] = {
        "key": whole._replace(key=huge),
        "value": whole._replace(value=huge),
        "headers": whole._replace(headers=(*HEADERS, ("h", huge), ("last", b"1"))),
        "many headers": whole._replace(headers=(("h", b"1"),) * LARGEST),
        "path": whole._replace(headers=(("content-type", b"a/b"), ("ce_" + "p" * 9 * LARGEST, b"\xff"))),
    }
    read = ingest().read(changed[part])
    assert isinstance(read, DeadLetter)
    key, value, headers = record(read, LARGEST)
    ours = [one for one in headers if one[0].startswith(("countermand.", "__streams."))]
    rest = [one for one in headers if one not in ours]
    assert len(key) + len(value) + sum(len(name) + len(text) for name, text in rest) <= LARGEST
    assert sum(len(name) + len(text) for name, text in ours) < LARGEST_LETTER - LARGEST_EVENT
    assert read.raw.key.startswith(key)
    assert read.raw.value.startswith(value)
    assert set(rest) <= set(read.raw.headers)
    told = dict(headers)
    assert told["countermand.bytes"] == str(len(read.raw.value)).encode()
    assert told["countermand.sha256"] == hashlib.sha256(read.raw.value).hexdigest().encode()
    assert told["__streams.errors.offset"] == b"42"
    if part == "headers":
        assert (told["trace"], told["last"], "h" in told) == (b"\xff\x00", b"1", False)


def test_a_record_of_a_conflict_is_the_fact() -> None:
    key, value, headers = record(conflicting(fact()), LARGEST)
    assert (key, decode(value)) == (b"s-1", fact())
    assert dict(headers)["countermand.sentence"] == CONFLICT.encode()
    assert dict(headers)["__streams.errors.offset"] == b"42"


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """The two markets of the samples in place of the packaged policies."""
    monkeypatch.setattr(checking, "load", lambda _folder: policies())
    monkeypatch.setattr(checking, "lexicon", lambda _folder: ingest()._lexicon)


@pytest.mark.usefixtures("small")
def test_check_tells_each_bad_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = tmp_path / "good.jsonl", tmp_path / "bad.jsonl"
    good.write_text(json.dumps(event()) + "\n")
    bad.write_text("\n".join([json.dumps(event()), "{", json.dumps(event(market="XX"))]))
    assert checking.check([good], as_json=False) == 0
    assert capsys.readouterr().out == "1 events, 0 of them bad.\n"
    assert checking.check([good, bad], as_json=False) == 1
    assert capsys.readouterr().out == (
        f"{bad}:2: event: {SENTENCE}\n"
        f'{bad}:3: market: "market" is "XX"; expected one of JP, UK.\n'
        "4 events, 2 of them bad (not_json 1, unknown_market 1).\n"
    )


@pytest.mark.usefixtures("small")
def test_check_for_a_program(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text("{\n")
    assert checking.check([bad], as_json=True) == 1
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [
        {"file": str(bad), "line": 1, "reason": "not_json", "path": "", "sentence": SENTENCE},
        {"events": 1, "bad": 1, "reasons": {"not_json": 1}},
    ]


@pytest.mark.usefixtures("small")
def test_check_of_a_file_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    absent = tmp_path / "absent.jsonl"
    assert checking.check([absent], as_json=False) == 2
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", f"There is no file {absent}; check the name.\n")
