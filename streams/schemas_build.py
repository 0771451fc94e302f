"""The JSON Schemas of the contract, one file a topic, made from the models: `python -m streams.schemas_build`.

With `--check` nothing is written; files that differ from the models are named and the exit code is 1.
"""

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema
from pydantic_core import core_schema

from streams.events import EVENTS, TOPICS
from streams.events.envelope import Envelope
from streams.events.outgoing import OUTCOMES, DeadLetterLine, OutgoingEnvelope

FOLDER = Path(__file__).with_name("schemas")
_DRAFT = "https://json-schema.org/draft/2020-12/schema"

Row = tuple[str, type[BaseModel], bool]


class _Published(GenerateJsonSchema):
    """An optional field is left out, not null: what is read tolerates null, what is published does not invite it."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - a title would only repeat the name
        return False


def schemas() -> dict[str, dict[str, Any]]:
    """Every schema by the name of its file."""
    built = {f"{topic}.schema.json": _incoming(topic) for topic in TOPICS}
    for topic in dict.fromkeys(topic for topic, _ in OUTCOMES.values()):
        built[f"{topic}.schema.json"] = _outgoing(topic)
    built["countermand.deadletters.schema.json"] = _dead_letters()
    return built


def text(schema: dict[str, Any]) -> str:
    """The schema as its file holds it."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def stale(folder: Path = FOLDER) -> list[str]:
    """The names of files that are missing, differ from the models, or belong to no topic."""
    built = {name: text(schema) for name, schema in schemas().items()}
    held = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.schema.json")}
    return sorted(name for name in built.keys() | held.keys() if built.get(name) != held.get(name))


def _incoming(topic: str) -> dict[str, Any]:
    rows = [(kind.name, kind.data, kind.bound) for kind in EVENTS.values() if kind.topic == topic]
    return _topic(topic, Envelope, rows)


def _outgoing(topic: str) -> dict[str, Any]:
    rows = [(name, model, False) for name, (where, model) in OUTCOMES.items() if where == topic]
    return _topic(topic, OutgoingEnvelope, rows)


def _dead_letters() -> dict[str, Any]:
    definitions = _definitions([DeadLetterLine])
    line = definitions.pop(DeadLetterLine.__name__)
    title = "countermand.deadletters"
    return {"$schema": _DRAFT, "title": title, **line, **({"$defs": definitions} if definitions else {})}


def _topic(topic: str, envelope: type[BaseModel], rows: Sequence[Row]) -> dict[str, Any]:
    """One event of the topic: the envelope, and for its type the data."""
    models = dict.fromkeys(model for _, model, _ in rows)
    return {
        "$schema": _DRAFT,
        "title": topic,
        "description": f"One event of the topic {topic}, as a CloudEvents 1.0 JSON object.",
        "allOf": [{"$ref": f"#/$defs/{envelope.__name__}"}],
        "oneOf": [_row(*row) for row in rows],
        "$defs": _definitions([envelope, *models]),
    }


def _row(name: str, model: type[BaseModel], bound: bool) -> dict[str, Any]:
    row: dict[str, Any] = {
        "title": name,
        "properties": {"type": {"const": name}, "data": {"$ref": f"#/$defs/{model.__name__}"}},
    }
    return {**row, "required": ["subject"]} if bound else row


def _definitions(models: Iterable[type[BaseModel]]) -> dict[str, Any]:
    _, schema = models_json_schema([(model, "validation") for model in models], schema_generator=_Published)
    definitions: dict[str, Any] = schema["$defs"]
    for definition in definitions.values():
        definition.pop("title", None)
    return definitions


def main(arguments: Sequence[str]) -> int:
    """Writes the schemas, or with `--check` compares them."""
    if arguments not in ([], ["--check"]):
        sys.stderr.write("The only option is --check.\n")
        return 2
    if arguments:
        wrong = stale()
        for name in wrong:
            sys.stdout.write(f"{name} is not what the models say; run python -m streams.schemas_build\n")
        return 1 if wrong else 0
    FOLDER.mkdir(exist_ok=True)
    for name in stale():
        (FOLDER / name).unlink(missing_ok=True)
    for name, schema in schemas().items():
        (FOLDER / name).write_text(text(schema), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
