"""What differs between two folders beside the numbers: calendars, reasons, phrase lists.

Each difference is (markets, what, holds, before, after); "-" stands for what is not there.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from policies import Tables

_NOTHING = "-"
Difference = tuple[tuple[str, ...], str, str, str, str]


def differing_calendars(a: Tables, b: Tables) -> Iterator[Difference]:
    """Holidays and make-up working days that differ, by day; a year or calendar of one side only is one difference."""
    for name in sorted(a.calendars.keys() | b.calendars.keys()):
        markets = tuple(sorted({m for t in (a, b) for m, head in t.markets.items() if head["calendar"] == name}))
        old, new = (t.calendars.get(name, {}).get("years", {}) for t in (a, b))
        if not old or not new:
            held = f"{min(old or new)} to {max(old or new)}"
            yield markets, f"calendar {name}", held, *(("there", _NOTHING) if old else (_NOTHING, "there"))
            continue
        for year in sorted(old.keys() | new.keys()):
            yield from ((markets, *one) for one in _days(old.get(year), new.get(year), year))


def _days(
    old: Mapping[str, Any] | None, new: Mapping[str, Any] | None, year: str
) -> Iterator[tuple[str, str, str, str]]:
    if old is None or new is None:
        before, after = (_NOTHING if days is None else f"{len(days['holidays'])} holidays" for days in (old, new))
        yield "year", year, before, after
        return
    yield from (("holiday", *one) for one in _changed(old["holidays"], new["holidays"]))
    yield from (("working day in lieu", *one) for one in _changed(_make_up(old), _make_up(new)))
    before, after = ("an estimate" if days.get("estimate") else "fixed" for days in (old, new))
    if before != after:
        yield "year", year, before, after


def _make_up(days: Mapping[str, Any]) -> dict[str, str]:
    return dict.fromkeys(days.get("make_up", ()), "works")


def differing_reasons(a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[Difference]:
    """Reasons whose meaning differs, aliases that lead elsewhere, other suffixes, another order of the rows."""
    old, new = _rows(a), _rows(b)
    for row, before, after in _changed(old, new):
        yield row[2] or ("all",), f"{row[0]} {row[1]}", "always", before, after
    if old == new and list(old) != list(new):
        yield ("all",), "order of the rows", "always", "as it was", "another"
    for alias, before, after in _changed(a.get("aliases", {}), b.get("aliases", {})):
        yield ("all",), f"alias {alias}", "always", before, after
    before, after = (", ".join(table.get("suffixes", ())) or _NOTHING for table in (a, b))
    if before != after:
        yield ("all",), "suffixes", "always", before, after


def _rows(table: Mapping[str, Any]) -> dict[tuple[str, str, tuple[str, ...]], str]:
    return {(row["who"], row["code"], tuple(row.get("markets", ()))): _meaning(row) for row in table["reasons"]}


def _meaning(row: Mapping[str, Any]) -> str:
    told = ((name, value) for name, value in row.items() if name not in {"who", "code", "markets"})
    return ", ".join(f"{name} {' '.join(value) if isinstance(value, list) else value}" for name, value in told)


def differing_phrases(a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[Difference]:
    """Phrases and word classes that were added, changed or removed, by language."""
    for language in sorted(a.keys() | b.keys()):
        old, new = (dict(_flat(lists.get(language, {}))) for lists in (a, b))
        for name, before, after in _changed(old, new):
            yield ("all",), f"{language} {name}", "always", before, after


def _flat(table: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{name}.")
        else:
            yield above + name, str(value)


def _changed(old: Mapping[Any, str], new: Mapping[Any, str]) -> Iterator[tuple[Any, str, str]]:
    """What differs: (key, before, after), those of the old first."""
    for key in dict.fromkeys((*old, *new)):
        before, after = old.get(key, _NOTHING), new.get(key, _NOTHING)
        if before != after:
            yield key, before, after
