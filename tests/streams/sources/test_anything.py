"""Whatever stands in a foreign message, it is facts or dead letters, never an exception and never nothing."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from detectors.facts import Fact
from streams.ingest import DeadLetter
from streams.sources import load_sources
from tests.streams.sources.reading import SOURCES, ingest, raw, sample
from tests.streams.sources.test_mapping import MAPPING, written

NAMES = sorted(path.stem for path in (Path(__file__).parent / "samples").glob("*.json"))
ODD: list[Any] = [
    None,
    "",
    "x",
    "\u0000",
    "9" * 30,
    0,
    -1,
    1e300,
    2**63,
    True,
    [],
    [1],
    [[]],
    {},
    {"id": []},
    "{",
    "[]",
]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in the value, itself left out."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in inner:
        yield (*path, name)
        yield from places(item, (*path, name))


def changed(value: Any, path: tuple[Any, ...], other: Any) -> Any:
    """A copy with another value at the place."""
    whole = copy.deepcopy(value)
    inner = whole
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = other
    return whole


@pytest.mark.parametrize("name", NAMES)
def test_any_value_at_any_place(name: str, tmp_path: Path) -> None:
    foreign = name.startswith("foreign")
    reader = ingest(load_sources(None, written(tmp_path, MAPPING)) if foreign else SOURCES)
    whole = sample(name)
    for path in places(whole):
        for other in ODD:
            message = changed(whole, path, other)
            items = list(reader.read_all(raw(message)))
            assert items, (path, other)
            for item in items:
                assert isinstance(item, Fact | DeadLetter)
                assert isinstance(item, Fact) or item.sentence.endswith("."), (path, other)


def test_every_sample_as_it_is_can_be_used(tmp_path: Path) -> None:
    for name in NAMES:
        foreign = name.startswith("foreign")
        reader = ingest(load_sources(None, written(tmp_path, MAPPING)) if foreign else SOURCES)
        assert all(isinstance(item, Fact) for item in reader.read_all(raw(sample(name)))), name
