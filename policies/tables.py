"""Whether calendars, phrases and the reasons can be used. PolicyError names the file, the row and the way out."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from detectors.policy import PolicyError

_YEAR = {"holidays", "make_up", "estimate"}
_REASON = {"who", "fault", "sfcr", "code", "markets", "when", "other_fault", "other_sfcr", "signal", "offered_not"}
_WORDS = {
    "who": ("buyer", "seller", "system", "operator", "reject"),
    "fault": ("B", "S", "P", "L", "U"),
    "other_fault": ("B", "S", "P", "L", "U"),
    "sfcr": ("Y", "N", "L"),
    "other_sfcr": ("Y", "N", "L"),
    "when": ("late", "evidence", "dispatched_late"),
}
_ALWAYS = ("who", "fault", "sfcr")
_OTHERWISE = ("other_fault", "other_sfcr")


def check_calendar(file: str, table: Mapping[str, Any]) -> None:
    """A calendar: years without a gap, each with its holidays and make-up working days as dates of that year."""
    where = f"calendars/{file}"
    years = table.get("years")
    if not isinstance(years, dict) or not years or not all(re.fullmatch(r"\d{4}", year) for year in years):
        raise PolicyError(f"{where}: it needs a table [years.2026] for every year; calendars/JP.toml shows one")
    for year in range(int(min(years)), int(max(years))):
        if str(year) not in years:
            raise PolicyError(f"{where}: the year {year} is missing; a year without holidays still needs its table")
    for year, days in years.items():
        _check_year(f"{where}, [years.{year}]", int(year), days)


def _check_year(where: str, year: int, days: Any) -> None:
    if not isinstance(days, dict) or not isinstance(days.get("holidays"), dict) or not days.keys() <= _YEAR:
        raise PolicyError(f"{where}: a year is a table of holidays, make_up and estimate, holidays always")
    if not isinstance(days.get("make_up", []), list):
        raise PolicyError(f'{where}: make_up must be a list of days like ["2026-02-14"]')
    for day in (*days["holidays"], *days.get("make_up", ())):
        if not _is_day(day, year):
            raise PolicyError(f"{where}: {day!r} is no day of {year}; write it like {year}-01-31")
    for day, name in days["holidays"].items():
        if not isinstance(name, str) or not name:
            raise PolicyError(f"{where}: {day} needs a name")


def _is_day(day: Any, year: int) -> bool:
    try:
        return date.fromisoformat(day).year == year
    except (TypeError, ValueError):
        return False


def check_phrases(file: str, table: Mapping[str, Any]) -> None:
    """The head of a phrase list; the phrases themselves are checked where they are compiled."""
    where = f"phrases/{file}"
    if type(table.get("version")) is not int:
        raise PolicyError(f"{where}: version must be a whole number, raised with every change of the list")
    for name in ("stems", "spaced"):
        words = table.get(name)
        if not isinstance(words, list) or not all(isinstance(word, str) and word for word in words):
            raise PolicyError(f'{where}: {name} must be a list of words, like ["cancel", "refund"]')


def check_reasons(table: Mapping[str, Any]) -> None:
    """reasons.toml: rows of known words, each (who, code) once for a market, aliases that lead to a row."""
    rows = table.get("reasons")
    if not isinstance(rows, list) or not rows:
        raise PolicyError("reasons.toml: reasons must be a list of rows; the packaged reasons.toml shows them")
    seen: set[tuple[str, str, str]] = set()
    for row in rows:
        _check_reason(row)
        for market in row.get("markets", [""]):
            once = (row["who"], row["code"], market)
            if once in seen:
                place = f" for {market}" if market else ""
                raise PolicyError(f'reasons.toml, "{row["code"]}": it stands twice{place}; keep one row')
            seen.add(once)
    for alias, code in table.get("aliases", {}).items():
        if code not in {known for _, known, _ in seen}:
            raise PolicyError(f'reasons.toml, alias "{alias}": there is no row for "{code}"')


def _check_reason(row: Any) -> None:
    if not isinstance(row, dict) or not isinstance(row.get("code"), str) or not row["code"]:
        raise PolicyError("reasons.toml: every row needs a code")
    where = f'reasons.toml, "{row["code"]}"'
    needed = _ALWAYS + (_OTHERWISE if "when" in row else ())
    for name in (*needed, *row):
        if name not in row:
            raise PolicyError(f"{where}: {name} is missing; it may be {', '.join(_WORDS[name])}")
        if name not in _REASON:
            raise PolicyError(f'{where}: a reason has no "{name}", only {", ".join(sorted(_REASON))}')
        _check_cell(where, name, row[name])


def _check_cell(where: str, name: str, value: Any) -> None:
    if name in _WORDS and value not in _WORDS[name]:
        raise PolicyError(f"{where}: {name} may be {', '.join(_WORDS[name])}, not {value!r}")
    if name in {"markets", "offered_not"} and (not isinstance(value, list) or not value):
        raise PolicyError(f'{where}: {name} must be a list of markets, like ["DE", "FR"]')
    if name == "signal" and not re.fullmatch(r"V-\d\d", value):
        raise PolicyError(f'{where}: signal must be a code like "V-10", not {value!r}')
