"""The mapping file: CloudEvents whose types and fields have other names than the contract's.

A `[[event]]` table names the foreign `type` (and, if it matters, the `source`) and what it `becomes`. `[event.fields]`
says where in their data our fields stand, `[event.attributes]` where in their event our attributes stand; a path goes
inward at its dots. `[event.values]` translates the values of our fields, `[event.set]` gives values that never come.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from streams.events import EVENTS
from streams.settings import SettingError, toml

Event = dict[str, Any]

_ATTRIBUTES = frozenset({"subject", "seller", "market", "time", "recordedtime"})


class Renaming(msgspec.Struct, frozen=True):
    """One `[[event]]` of the file. `fields` and `attributes`: our names by their paths."""

    type: str
    becomes: str
    source: str = ""
    fields: dict[str, str] = {}
    attributes: dict[str, str] = {}
    values: dict[str, dict[str, str]] = {}
    set: dict[str, Any] = {}

    def apply(self, event: Event) -> Event:
        """The event under our names. What is not named in the file stays; what never came stays absent."""
        given = event.get("data")
        data = _renamed(given, self.fields) if isinstance(given, dict) else given
        if isinstance(data, dict):
            data |= {name: value for name, value in self.set.items() if name not in _ATTRIBUTES}
            data |= {
                name: table.get(str(data[name]), data[name]) for name, table in self.values.items() if name in data
            }
        told = {**event, "type": self.becomes, "data": data}
        found = {name: _as_text(value_at(event, path)) for path, name in self.attributes.items()}
        constant = {name: value for name, value in self.set.items() if name in _ATTRIBUTES}
        told |= {name: value for name, value in found.items() if value is not None} | constant
        return told


class Renamings:
    """The whole file; empty when there is none."""

    def __init__(self, rows: Iterable[Renaming] = ()) -> None:
        self._rows: dict[str, list[Renaming]] = {}
        for row in rows:
            self._rows.setdefault(row.type, []).append(row)

    def apply(self, event: Event) -> Event:
        """The event as the first row for its type and source has it; the event itself when there is none."""
        rows = self._rows.get(str(event.get("type")))
        if rows is None:
            return event
        row = next((row for row in rows if row.source in ("", event.get("source"))), None)
        return event if row is None else row.apply(event)


def _renamed(data: Event, fields: Mapping[str, str]) -> Event:
    """A copy of the data with our names. A path through a list renames in each of its objects."""
    renamed = dict(data)
    for path, name in sorted(fields.items(), key=lambda row: -row[0].count(".")):
        first, _, rest = path.partition(".")
        inner = renamed.get(first)
        if rest and isinstance(inner, list):
            renamed[first] = [_renamed(item, {rest: name}) if isinstance(item, dict) else item for item in inner]
        elif (value := value_at(renamed, path)) is not None:
            renamed[name] = value
    return renamed


def value_at(event: Event, path: str) -> Any:
    """The value at a path of objects, None when there is none."""
    value: Any = event
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def load_mapping(path: Path) -> Renamings:
    """The renamings of a mapping file. SettingError (one sentence) says why it cannot be read or used."""
    document = toml("the mapping file", path)
    rows = document.pop("event", None)
    if document or not isinstance(rows, list) or not rows:
        odd = f'"{next(iter(document))}"' if document else "nothing of use"
        raise SettingError(f"the mapping file {path} has {odd}; expected [[event]] tables with type and becomes")
    return Renamings(_row(row, f"the mapping file {path}, [[event]] number {n}") for n, row in enumerate(rows, 1))


def _row(row: Any, place: str) -> Renaming:
    try:
        read = msgspec.convert(row, Renaming)
    except msgspec.ValidationError as why:
        raise SettingError(f"{place}: {_words(why)}") from None
    odd = sorted(set(row) - set(Renaming.__struct_fields__))
    if odd:
        raise SettingError(f'{place}: "{odd[0]}" is not known; expected {", ".join(Renaming.__struct_fields__)}')
    if read.becomes not in EVENTS:
        raise SettingError(f'{place}: becomes is "{read.becomes}", which is no event type of the contract')
    wrong = sorted(set(read.attributes.values()) - _ATTRIBUTES)
    if wrong:
        raise SettingError(f'{place}: attributes has "{wrong[0]}"; expected {", ".join(sorted(_ATTRIBUTES))}')
    return read


def _words(why: msgspec.ValidationError) -> str:
    """What is wrong, as a person says it: `Expected str, got int - at $.becomes`."""
    told, _, place = str(why).partition(" - at ")
    return f"{place.strip('`').removeprefix('$.')}: {told}" if place else told
