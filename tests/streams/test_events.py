"""The models against the contract's table, the published schemas against the models, and both against samples."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from contract_samples import DATA, event, ingest, raw
from jsonschema import Draft202012Validator, FormatChecker

from detectors.facts import Fact
from streams import schemas_build
from streams.events import EVENTS, TOPICS
from streams.events.orders import Line
from streams.events.outgoing import OUTCOMES
from streams.ingest import DeadLetter

CONTRACT = Path(__file__).parents[3] / "shared" / "contract.md"
SCHEMAS = schemas_build.schemas()


def schema(topic: str) -> Draft202012Validator:
    return Draft202012Validator(SCHEMAS[f"{topic}.schema.json"], format_checker=FormatChecker())


def test_every_type_has_one_sample_with_every_field() -> None:
    assert set(DATA) == set(EVENTS)
    shared = {"refund.completed", "shop.deposit_refund_paid", "shop.closed", "dispute.resolved"}
    for name, kind in EVENTS.items():
        fields = {info.alias or field for field, info in kind.data.model_fields.items()}
        assert set(DATA[name]) <= fields
        sibling = name in shared or name.startswith(("ticket.", "campaign.", "outage."))
        assert sibling or set(DATA[name]) == fields, name


def test_topics_and_bound_subjects() -> None:
    assert TOPICS == ("orders", "cancellations", "returns", "messages", "shops", "rulings")
    assert {name for name, kind in EVENTS.items() if not kind.bound} == {
        "message.sent",
        "complaint.filed",
        "review.posted",
        "identity.seen",
        "campaign.started",
        "campaign.ended",
        "outage.started",
        "outage.ended",
        "ruling.made",
    }
    for name, kind in EVENTS.items():
        read = ingest().read(raw(event(name, subject=None)))
        assert (read.path if isinstance(read, DeadLetter) else "") == ("subject" if kind.bound else "")


OURS = {"closed"}  # fields may be added to the contract: a source that says no more than that a request is over


@pytest.mark.shared
def test_the_models_hold_every_name_of_the_contracts_table() -> None:
    table = CONTRACT.read_text(encoding="utf-8").split("| topic (default name) |")[1].split("\n\n")[0]
    told = set(re.findall(r"`([a-z]+\.[a-z_]+)`", table)) | {
        "shop.deposit_refund_approved",
        "shop.deposit_refund_paid",
    }
    assert told == set(EVENTS)
    models = [kind.data for kind in EVENTS.values()] + [Line]
    fields = {info.alias or key for model in models for key, info in model.model_fields.items()}
    written = set(re.findall(r"`([a-z_]+)\*?`", table)) - set(TOPICS) - {"_approved", "_paid", "subject"}
    assert written | OURS == fields


def test_the_schemas_are_what_the_models_say(tmp_path: Path) -> None:
    assert schemas_build.stale() == []
    (tmp_path / "old.schema.json").write_text("{}")
    assert schemas_build.stale(tmp_path) == sorted([*SCHEMAS, "old.schema.json"])


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_schema_is_one(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])


def broken(kind: str) -> dict[str, Any]:
    """The sample with every field changed to an object where none is expected, one at a time."""
    wrong = {field: 5 if field == "checks" else {"no": "such"} for field in DATA[kind]}
    return {field: event(kind, data={**DATA[kind], field: value}) for field, value in wrong.items()}


@pytest.mark.parametrize("kind", DATA)
def test_schema_and_ingest_agree(kind: str) -> None:
    check = schema(EVENTS[kind].topic)
    assert [error.message for error in check.iter_errors(event(kind))] == []
    assert isinstance(ingest().read(raw(event(kind))), Fact)
    for field, given in broken(kind).items():
        letter = ingest().read(raw(given))
        assert isinstance(letter, DeadLetter)
        assert (letter.reason, letter.path) == ("bad_value", f"data.{field}")
        assert not check.is_valid(given), field


@pytest.mark.parametrize("name", ["specversion", "id", "source", "type", "time", "seller", "market", "data", "subject"])
def test_schema_and_ingest_agree_on_what_the_envelope_needs(name: str) -> None:
    given = {key: value for key, value in event().items() if key != name}
    letter = ingest().read(raw(given))
    assert isinstance(letter, DeadLetter)
    assert letter.path == name
    assert not schema("orders").is_valid(given)


UUID = "0b5f5f0e-6d0e-5c1a-9c3a-5a3b2c1d0e9f"
STAMP = "2026-03-03T10:00:30.000Z"
SAID: dict[str, dict[str, Any]] = {
    "directive.issued": {
        "directive": UUID,
        "revision": 1,
        "kind": "approve_cancellation",
        "order": "o-1",
        "cancellation": "c-1",
        "rule": "R-04",
        "due": STAMP,
        "at": STAMP,
        "facts": ["e-1"],
    },
    "finding.raised": {
        "finding": UUID,
        "revision": 1,
        "code": "V-01",
        "name": "NO_ANSWER",
        "rules": ["R-03"],
        "detector": "answer_request",
        "version": 1,
        "holder": "seller",
        "subject": {"kind": "cancellation", "id": "c-1"},
        "severity": "medium",
        "due": STAMP,
        "at": STAMP,
        "policy": {"profile": "JP", "version": "1", "clause": ["response_sla"]},
        "facts": ["e-1"],
        "numbers": {"n": 3, "stage": "ready", "rate": {"num": 1, "den": 3}},
        "message": "…",
        "summary": "…",
        "staged": False,
        "cleared": STAMP,
        "after_finality": True,
    },
    "duty.changed": {
        "duty": UUID,
        "revision": 2,
        "name": "answer_request",
        "state": "breached",
        "rule": "R-03",
        "holder": "seller",
        "order": "o-1",
        "opened": STAMP,
        "due": STAMP,
        "clock": [{"from": STAMP, "to": STAMP, "kind": "counted", "why": "elapsed time"}],
    },
}


@pytest.mark.parametrize("kind", SAID)
def test_what_goes_out(kind: str) -> None:
    given = {
        "specversion": "1.0",
        "id": UUID,
        "source": "countermand",
        "type": kind,
        "time": STAMP,
        "seller": "s-1",
        "market": "JP",
        "data": SAID[kind],
    }
    topic, model = OUTCOMES[kind]
    check = schema(topic)
    assert [error.message for error in check.iter_errors(given)] == []
    dumped = model.model_validate_json(json.dumps(SAID[kind])).model_dump(by_alias=True, exclude_none=True)
    assert dumped == SAID[kind]
    for field, info in model.model_fields.items():
        name = info.alias or field
        data = {key: value for key, value in SAID[kind].items() if key != name}
        assert check.is_valid({**given, "data": data}) is not info.is_required(), name
    assert not check.is_valid({**given, "data": {**SAID[kind], "text": "never"}})
    assert not check.is_valid({**given, "source": "other"})
    assert not check.is_valid({**given, "type": "directive.done"})
