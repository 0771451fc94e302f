"""The captured-looking samples, and an ingest that knows their shop."""

import json
from pathlib import Path
from typing import Any

import policies
from detectors.facts import Fact
from streams.ingest import DeadLetter, Ingest, Raw
from streams.sources import Sources
from streams.sources.shops import Shops

SHOP, ORDER = "7494049642642441621", "576486316948490001"
SOURCES = Sources(Shops({SHOP: "JP", "4463798": "CN"}))


def sample(name: str, **changes: Any) -> dict[str, Any]:
    """The sample, with other values of top-level fields."""
    read: dict[str, Any] = json.loads((Path(__file__).parent / "samples" / f"{name}.json").read_text())
    return read | changes


def with_data(name: str, **changes: Any) -> dict[str, Any]:
    """The sample, with other values in its data; None takes a field away."""
    whole = sample(name)
    kept = {field: value for field, value in (whole["data"] | changes).items() if value is not None}
    return whole | {"data": kept}


def ingest(sources: Sources = SOURCES) -> Ingest:
    """Reads by the log clock, with the policies as they ship."""
    return Ingest(policies.load(), policies.lexicon(), "log", sources)


def raw(message: Any, number: int = 1) -> Raw:
    """The message as a line of a file."""
    return Raw(json.dumps(message).encode(), b"", (), "hooks.jsonl", 0, number, 0)


def facts(*messages: Any) -> list[Fact]:
    """What the messages tell; fails on a dead letter."""
    reader, told = ingest(), list[Fact]()
    for number, message in enumerate(messages, 1):
        for item in reader.read_all(raw(message, number)):
            assert isinstance(item, Fact), item
            told.append(item)
    return told


def dead(message: Any, sources: Sources = SOURCES) -> tuple[str, str, str]:
    """Reason, path and sentence of the one dead letter that the message is."""
    (letter,) = ingest(sources).read_all(raw(message))
    assert isinstance(letter, DeadLetter), letter
    assert letter.raw == raw(message)
    return letter.reason, letter.path, letter.sentence
