"""Reading the objects of foreign messages: ids as text or numbers, instants as seconds, nothing trusted.

Null, the empty text and, for instants, 0 count as absent: the platforms write them for "not known". Whatever is
wrong is raised as Unusable and names the field as the message writes it.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from detectors.clock import rfc3339
from streams.sentences import Unusable, bad, missing

_MILLISECONDS = 100_000_000_000  # as seconds: the year 5138; as ms: 1973
_LAST = 253_370_764_800_000  # 9999-01-01
_FLAGS = {True: True, False: False, "true": True, "false": False}  # 1 and 0 are equal to True and False


class Fields:
    """An object of a message. `path`: where it stands ("" = the message); `where`: what it is, for sentences."""

    def __init__(self, values: Mapping[str, Any], path: str, where: str) -> None:
        self.values, self.path, self.where = values, path, where

    def at(self, name: str) -> str:
        """The path of a field."""
        return f"{self.path}.{name}" if self.path else name

    def get(self, *names: str) -> Any:
        """The first of the fields that says something, else None."""
        return next((self.values[name] for name in names if self.values.get(name) not in (None, "")), None)

    def text(self, *names: str) -> str | None:
        """The first of the fields that says something, as text; numbers become text. Unusable: bad_value."""
        value = self.get(*names)
        if isinstance(value, bool) or not isinstance(value, str | int | None):
            raise bad(self._told(names), value, "text or a whole number")
        return None if value is None else str(value).strip() or None

    def need(self, *names: str) -> str:
        """As `text`. Unusable: missing_field when none says anything."""
        value = self.text(*names)
        if value is None:
            raise missing(self.at(names[0]), self.where)
        return value

    def word(self, *names: str) -> str:
        """The field as the platforms' codes are compared: in capitals, "" when absent."""
        return (self.text(*names) or "").upper()

    def instant(self, *names: str) -> int | None:
        """An instant in ms UTC. Documented are Unix seconds; what could only be milliseconds is read as such."""
        value = next((v for name in names if (v := self.get(name)) not in (None, 0, "0")), None)
        if value is None:
            return None
        digits = isinstance(value, str) and value.isascii() and value.isdecimal()
        at = int(value) if digits and len(value) < 20 else value
        if isinstance(at, bool) or not isinstance(at, int) or not 0 < at < _LAST:
            raise bad(self._told(names), value, "an instant in Unix seconds")
        return at if at >= _MILLISECONDS else at * 1000

    def time(self, *names: str) -> int:
        """As `instant`. Unusable: missing_field when there is none."""
        at = self.instant(*names)
        if at is None:
            raise missing(self.at(names[0]), self.where)
        return at

    def rfc(self, *names: str) -> str | None:
        """As `instant`, as the contract writes it."""
        at = self.instant(*names)
        return None if at is None else rfc3339(at)

    def flag(self, name: str) -> bool | None:
        """True, false, or None when absent or something else."""
        value = self.get(name)
        return _FLAGS.get(value) if isinstance(value, bool | str | int) else None

    def inside(self, name: str) -> "Fields":
        """The object in a field, also when it stands there as JSON text; empty when absent. Unusable: bad_value."""
        value = self.get(name)
        if isinstance(value, str):
            value = decoded(value)
        if value is None:
            value = {}
        if not isinstance(value, dict):
            raise Unusable("bad_value", self.at(name), f'"{self.at(name)}" is something else; expected an object.')
        return Fields(value, self.at(name), self.where)

    def items(self, name: str) -> list["Fields"]:
        """The objects of a list; none when it is absent. Unusable: bad_value."""
        value = self.get(name)
        rows = [] if value is None else value
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise Unusable("bad_value", self.at(name), f'"{self.at(name)}" is something else; expected objects.')
        return [Fields(row, f"{self.at(name)}[{n}]", self.where) for n, row in enumerate(rows)]

    def _told(self, names: tuple[str, ...]) -> str:
        return self.at(next((name for name in names if self.get(name) is not None), names[0]))


def decoded(text: str) -> Any:
    """The JSON value in a text, the text itself when there is none."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return text


def told(**fields: Any) -> dict[str, Any]:
    """The fields that say something; a trailing underscore is not part of the name."""
    return {name.rstrip("_"): value for name, value in fields.items() if value not in (None, "", [])}
