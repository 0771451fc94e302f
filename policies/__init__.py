"""The numbers: default.toml, one file a market, calendars, reasons, phrases. People who own policy edit them."""

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from detectors.policy import Policies, PolicyError
from detectors.text import Lexicon
from policies.checks import check_default, check_market
from policies.tables import check_calendar, check_phrases, check_reasons

PACKAGED = Path(__file__).parent
_WAY_OUT = "a policy folder replaces the packaged policies/ as a whole, so start from a copy of it"


class Tables(NamedTuple):
    """The policy files as they are written, checked: default.toml, markets and calendars by name, reasons.toml."""

    default: dict[str, Any]
    markets: dict[str, dict[str, Any]]
    calendars: dict[str, dict[str, Any]]
    reasons: dict[str, Any]


def load(folder: Path | None = None) -> Policies:
    """The policies of the folder, by default those that ship. Raises PolicyError, one sentence with the way out."""
    return Policies.of(*read(folder))


def read(folder: Path | None = None) -> Tables:
    """The same as tables, with every source and how sure it is. Raises PolicyError as `load` does."""
    root = folder or PACKAGED
    measure = _table(PACKAGED / "default.toml")
    default = _table(root / "default.toml")
    check_default(default, measure)
    markets = {}
    for path in _files(root / "markets"):
        markets[path.stem] = _table(path)
        check_market(path.name, path.stem, markets[path.stem], measure)
    calendars = {name: _calendar(root, name) for name in sorted({m["calendar"] for m in markets.values()})}
    reasons = _table(root / "reasons.toml")
    check_reasons(reasons)
    return Tables(default, markets, calendars, reasons)


def lexicon(folder: Path | None = None) -> Lexicon:
    """The phrase lists of the folder, by default those that ship. Raises PolicyError, one sentence with the way out."""
    try:
        return Lexicon.of(phrases(folder))
    except ValueError as e:
        raise PolicyError(f"phrases: {e}") from None
    except (KeyError, AttributeError, TypeError) as e:
        raise PolicyError(f"phrases: a list lacks or misspells {e}; phrases/en.toml shows all parts") from None


def phrases(folder: Path | None = None) -> dict[str, dict[str, Any]]:
    """The phrase lists as they are written, by language; their patterns are not compiled. PolicyError as above."""
    tables = {path.stem: _table(path) for path in _files((folder or PACKAGED) / "phrases")}
    for name, table in tables.items():
        check_phrases(f"{name}.toml", table)
    return tables


def _calendar(root: Path, name: str) -> dict[str, Any]:
    table = _table(root / "calendars" / f"{name}.toml")
    check_calendar(f"{name}.toml", table)
    return table


def _files(folder: Path) -> Sequence[Path]:
    found = sorted(folder.glob("*.toml"))
    if not found:
        raise PolicyError(f"{folder} holds no .toml file; {_WAY_OUT}")
    return found


def _table(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PolicyError(f"{path} is missing; {_WAY_OUT}") from None
    except OSError as e:
        raise PolicyError(f"{path} cannot be read: {e.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
        raise PolicyError(f"{path} is not TOML: {e}") from None


def sources(folder: Path | None = None) -> dict[str, dict[str, str]]:
    """The documents behind the numbers by their code: title and link. A folder without sources.toml has none."""
    path = (folder or PACKAGED) / "sources.toml"
    return _table(path) if path.exists() else {}
