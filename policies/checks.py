"""Whether a policy folder can be used: every number in its place, of its unit, under a date, with a source.

The packaged default.toml is the measure: it names the keys that rules read, their units, the words they
understand ("words") and whether a span may be stated in days at all ("only"). Each function raises PolicyError with one
sentence that names the file, the key and the way out.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from difflib import get_close_matches
from typing import Any
from zoneinfo import ZoneInfo

from detectors.clock import span
from detectors.policy import PolicyError

_UNITS: dict[str, Any] = {
    "span": str,
    "spans": list,
    "set": list,
    "word": str,
    "flag": bool,
    "count": int,
    "word_by_name": dict,
    "span_by_name": dict,
}
_EVERY_OTHER = "*"
_BINDS = ("placed", "paid", "request", "cancel", "day")
_KEY = {"about", "unit", "binds", "names", "words", "only", "values"}
_ROW = {"value", "source", "from", "sure"}
_SURE = ("official", "copy", "third party", "default")
_ONLY = {"elapsed": 'hours, minutes or seconds, like "5 min"', "calendar": 'calendar days, like "3 calendar days"'}
_HEAD = {"name": str, "version": str, "tz": str, "languages": list, "weekend": list, "calendar": str}

Table = Mapping[str, Any]


def check_default(default: Table, measure: Table) -> None:
    """A default.toml: every key that a rule reads (those of `measure`), and no other."""
    if not isinstance(default.get("version"), str):
        raise PolicyError('default.toml: version is missing; write the day of the change, like version = "2026-11-24"')
    for key in measure:
        if key not in default:
            raise PolicyError(f"default.toml: [{key}] is missing; copy it from the packaged default.toml")
    for key, table in default.items():
        if key != "version":
            known_key("default.toml", key, measure)
            _check_key(f"default.toml, [{key}]", table, measure[key])


def _check_key(where: str, table: Any, measure: Table) -> None:
    if not isinstance(table, dict) or not table.keys() <= _KEY:
        raise PolicyError(f"{where}: a key is a table of {', '.join(sorted(_KEY))}")
    if measure.get("unit") not in _UNITS or table.get("unit") != measure["unit"]:
        raise PolicyError(f"{where}: unit must be {measure.get('unit')}, as in the packaged default.toml")
    if measure.get("binds") not in _BINDS or table.get("binds") != measure["binds"]:
        raise PolicyError(f"{where}: binds must be {measure.get('binds')}, as in the packaged default.toml")
    if not table.get("about"):
        raise PolicyError(f"{where}: about must say in a sentence what the number is")
    check_values(where, table, measure)


def known_key(where: str, key: str, measure: Table) -> None:
    """The key is one that a rule reads."""
    if key not in measure:
        near = get_close_matches(key, measure, 1)
        hint = f"did you mean [{near[0]}]?" if near else "the keys stand in default.toml"
        raise PolicyError(f"{where}: no rule reads [{key}]; {hint}")


def check_values(where: str, table: Any, measure: Table) -> None:
    """The dated values of one key, in rising order; the first holds from the beginning."""
    rows = table.get("values") if isinstance(table, dict) else None
    if not isinstance(rows, list) or not rows:
        raise PolicyError(f"{where}: values must be a list of at least one {{ value = ..., source = ... }}")
    before: date | None = None
    for row in rows:
        _check_row(where, row)
        _check_from(where, row.get("from"), before, first=row is rows[0])
        before = row.get("from")
        _check_value(where, row["value"], measure)


def _check_row(where: str, row: Any) -> None:
    if not isinstance(row, dict) or "value" not in row:
        raise PolicyError(f"{where}: every value is written {{ value = ..., source = ... }}")
    if not isinstance(row.get("source"), str) or not row["source"]:
        raise PolicyError(f'{where}: every value names its source, like source = "R-03; O2"')
    for name in row:
        if name not in _ROW:
            raise PolicyError(f'{where}: a value has no "{name}", only value, from, source and sure')
    if row.get("sure", "default") not in _SURE:
        raise PolicyError(f"{where}: sure must be one of {', '.join(_SURE)}")


def _check_from(where: str, since: Any, before: date | None, first: bool) -> None:
    if first:
        if since is not None:
            raise PolicyError(f"{where}: the first value takes no from; write before it what held until {since}")
    elif type(since) is not date or (before is not None and since <= before):
        raise PolicyError(f"{where}: from must be a local date like 2026-01-26, without quotes, in rising order")


def _check_value(where: str, value: Any, measure: Table) -> None:
    unit = measure["unit"]
    if type(value) is not _UNITS[unit] or (unit == "count" and value < 0):
        raise PolicyError(f"{where}: {value!r} is no {unit}; the packaged default.toml shows one")
    parts = value if isinstance(value, list) else [value]
    if unit in {"span", "spans"}:
        for text in parts:
            _check_span(where, text, measure.get("only"))
    elif unit in {"word", "set"}:
        _check_words(where, parts, measure.get("words"))
    elif unit == "span_by_name":
        for text in value.values():
            _check_span(where, text, measure.get("only"))
    elif unit == "word_by_name":
        _check_names(where, value, measure)


def _check_span(where: str, text: Any, only: str | None) -> None:
    try:
        length = span(text)
    except (ValueError, TypeError):
        hint = _ONLY.get(only or "", '"48 h", "2 working days" or "3 calendar days"')
        raise PolicyError(f"{where}: {text!r} is no span; write {hint}") from None
    if only and length.kind != only:
        raise PolicyError(f'{where}: "{text}" must be in {_ONLY[only]}')


def _check_words(where: str, parts: Sequence[Any], words: Sequence[str] | None) -> None:
    for part in parts:
        if words is not None and part not in words:
            raise PolicyError(f"{where}: {part!r} is unknown; it may be {', '.join(words)}")
    if len({type(part) for part in parts}) > 1 or len(set(map(str, parts))) < len(parts):
        raise PolicyError(f"{where}: a set holds different values of one kind")


def _check_names(where: str, value: Table, measure: Table) -> None:
    names, words = measure.get("names", ()), measure.get("words", ())
    for name, word in value.items():
        if name not in names:
            raise PolicyError(f"{where}: there is no {name!r}; it may be {', '.join(names)}")
        if word not in words:
            raise PolicyError(f"{where}: {name} is {word!r}; it may be {', '.join(words)}")
    if _EVERY_OTHER not in value:
        raise PolicyError(f'{where}: "{_EVERY_OTHER}" is missing, which says what holds for every other name')


def check_market(file: str, stem: str, table: Table, measure: Table) -> None:
    """One market's file; `stem` is its name without .toml."""
    where = f"markets/{file}"
    for name, kind in _HEAD.items():
        if type(table.get(name)) is not kind:
            raise PolicyError(f"{where}: {name} is missing or of the wrong kind; markets/JP.toml shows it")
    if table["name"] != stem:
        raise PolicyError(f'{where}: the name "{table["name"]}" must be that of the file, {stem}')
    try:
        ZoneInfo(table["tz"])
    except (OSError, ValueError, KeyError):
        raise PolicyError(f'{where}: "{table["tz"]}" is no time zone; write it like Asia/Tokyo') from None
    if not all(isinstance(word, str) and word.isalpha() and word.islower() for word in table["languages"]):
        raise PolicyError(f'{where}: languages are primary subtags like ["en", "es"]')
    if not set(table["weekend"]) <= set(range(7)):
        raise PolicyError(f"{where}: weekend holds days from 0 (Monday) to 6 (Sunday), like [5, 6]")
    for key, rows in table.items():
        if key not in _HEAD:
            known_key(where, key, measure)
            check_values(f"{where}, [{key}]", rows, measure[key])
