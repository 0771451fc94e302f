"""The numbers: default.toml, one file a market, calendars, reasons, phrases. People who own policy edit them."""

import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from detectors.clock import span
from detectors.policy import Policies, PolicyError
from detectors.text import Lexicon

PACKAGED = Path(__file__).parent
_UNITS: dict[str, Any] = {"span": str, "spans": list, "set": list, "word": str, "flag": bool, "count": int}
_BINDS = ("placed", "paid", "request", "cancel", "day")
_HEAD = {"name": str, "version": str, "tz": str, "languages": list, "weekend": list, "calendar": str}


def load(folder: Path | None = None) -> Policies:
    """The policies of the folder, by default those that ship. Raises PolicyError, one sentence with the way out."""
    root = folder or PACKAGED
    default = _table(root / "default.toml")
    for key, table in default.items():
        if key != "version":
            _check_key(f"default.toml, [{key}]", table)
    markets = {}
    for path in _files(root / "markets"):
        table = _table(path)
        _check_market(path.name, table, default, root)
        markets[table["name"]] = table
    calendars = {
        name: _table(root / "calendars" / f"{name}.toml") for name in {m["calendar"] for m in markets.values()}
    }
    return Policies.of(
        default, dict(sorted(markets.items())), dict(sorted(calendars.items())), _table(root / "reasons.toml")
    )


def lexicon(folder: Path | None = None) -> Lexicon:
    """The phrase lists of the folder, by default those that ship. Raises PolicyError."""
    return Lexicon.of({path.stem: _table(path) for path in _files((folder or PACKAGED) / "phrases")})


def _files(folder: Path) -> Sequence[Path]:
    found = sorted(folder.glob("*.toml"))
    if not found:
        raise PolicyError(f"{folder} holds no .toml file; --policies names a folder like the packaged policies/")
    return found


def _table(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PolicyError(f"{path} is missing; --policies names a folder like the packaged policies/") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
        raise PolicyError(f"{path} is not TOML: {e}") from None


def _check_key(where: str, table: Mapping[str, Any]) -> None:
    if table.get("unit") not in _UNITS:
        raise PolicyError(f"{where}: unit must be one of {', '.join(_UNITS)}")
    if table.get("binds") not in _BINDS:
        raise PolicyError(f"{where}: binds must be one of {', '.join(_BINDS)}")
    if not table.get("about"):
        raise PolicyError(f"{where}: about must say in a sentence what the number is")
    _check_values(where, table["unit"], table.get("values"))


def _check_values(where: str, unit: str, rows: Any) -> None:
    if not isinstance(rows, list) or not rows:
        raise PolicyError(f"{where}: values must be a list of at least one {{ value = ..., source = ... }}")
    before = date.min
    for row in rows:
        if not isinstance(row, dict) or "value" not in row or "source" not in row:
            raise PolicyError(f"{where}: every value needs value and source")
        since = row.get("from", date.min)
        if not isinstance(since, date) or since < before:
            raise PolicyError(f"{where}: from must be a local date like 2026-01-26, in rising order")
        before = since
        _check_value(where, unit, row["value"])


def _check_value(where: str, unit: str, value: Any) -> None:
    if not isinstance(value, _UNITS[unit]) or isinstance(value, bool) != (unit == "flag"):
        raise PolicyError(f"{where}: {value!r} is no {unit}")
    try:
        if unit == "span":
            span(value)
        elif unit == "spans":
            tuple(map(span, value))
    except ValueError as e:
        raise PolicyError(f"{where}: {e}") from None


def _check_market(file: str, table: Mapping[str, Any], default: Mapping[str, Any], root: Path) -> None:
    for name, kind in _HEAD.items():
        if type(table.get(name)) is not kind:
            raise PolicyError(f"{file}: {name} is missing or of the wrong kind; see markets/JP.toml")
    try:
        ZoneInfo(table["tz"])
    except (OSError, ValueError):
        raise PolicyError(f'{file}: "{table["tz"]}" is no time zone; write it like Asia/Tokyo') from None
    if not (root / "calendars" / f"{table['calendar']}.toml").exists():
        raise PolicyError(f"{file}: there is no calendars/{table['calendar']}.toml")
    for key, rows in table.items():
        if key in _HEAD:
            continue
        if key not in default:
            raise PolicyError(f"{file}: [{key}] is no key of default.toml")
        _check_values(f"{file}, [{key}]", default[key]["unit"], rows.get("values"))
