"""`countermand policy diff A B`: what differs between two policy folders: numbers by market and day, days, reasons."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, NamedTuple

from policies import Tables
from streams.policy_show import Held, holds, span_of_days, written
from streams.policy_tables import differing_calendars, differing_phrases, differing_reasons
from streams.report import console, table

DEFAULT = "default"
_HEADERS = ("market", "what", "holds", "A", "B", "source")
_HEAD = ("version", "tz", "languages", "weekend", "calendar")
_NOTHING = "-"


class Change(NamedTuple):
    """One difference: in which markets, what, from which to which local day, from what to what, by which source."""

    markets: tuple[str, ...]
    what: str
    holds: str
    before: str
    after: str
    source: str = ""


class Folder(NamedTuple):
    """One side: its tables and its phrase lists."""

    tables: Tables
    phrases: dict[str, dict[str, Any]]


def differences(a: Folder, b: Folder) -> dict[str, list[Change]]:
    """Every difference by part; a change that many markets share is one. Empty parts are left out."""
    parts = {
        "Markets": list(_heads(a.tables, b.tables)),
        "Numbers": _together(_numbers(a.tables, b.tables)),
        "Days": [Change(*one) for one in differing_calendars(a.tables, b.tables)],
        "Reasons": [Change(*one) for one in differing_reasons(a.tables.reasons, b.tables.reasons)],
        "Phrases": [Change(*one) for one in differing_phrases(a.phrases, b.phrases)],
    }
    return {part: changes for part, changes in parts.items() if changes}


def _heads(a: Tables, b: Tables) -> Iterator[Change]:
    for market in sorted(a.markets.keys() | b.markets.keys()):
        old, new = a.markets.get(market), b.markets.get(market)
        if old is None or new is None:
            yield Change((market,), "market", "always", _there(old), _there(new))
            continue
        for name in _HEAD:
            if old[name] != new[name]:
                yield Change((market,), name, "always", written(old[name]), written(new[name]))
    for key in b.default:
        yield from _explanations(key, a.default[key], b.default[key])


def _explanations(key: str, old: Any, new: Any) -> Iterator[Change]:
    """What default.toml says of a key beside its values; `version` is a word by itself."""
    old, new = (one if isinstance(one, dict) else {"": one} for one in (old, new))
    for name in sorted((old.keys() | new.keys()) - {"values"}):
        before, after = old.get(name, _NOTHING), new.get(name, _NOTHING)
        if before != after:
            yield Change((DEFAULT,), f"{key} {name}".strip(), "always", written(before), written(after))


def _there(market: Any) -> str:
    return _NOTHING if market is None else "there"


def _numbers(a: Tables, b: Tables) -> Iterator[Change]:
    keys = [key for key, row in a.default.items() if isinstance(row, dict)]
    for key in keys:
        for market in (DEFAULT, *sorted(a.markets.keys() & b.markets.keys())):
            yield from _pieces(a, b, market, key)


def _pieces(a: Tables, b: Tables, market: str, key: str) -> Iterator[Change]:
    """The stretches of days on which the key differs, in value, source or sureness."""
    day: date | None = date.min
    while day is not None:
        old, new = holds(a, market, key, day), holds(b, market, key, day)
        last = min((one.until for one in (old, new) if one.until is not None), default=None)
        if (old.value, old.source, old.sure) != (new.value, new.source, new.sure):
            since = None if day == date.min else day
            yield Change(
                (market,), key, span_of_days(since, last), written(old.value), written(new.value), _sources(old, new)
            )
        day = last + timedelta(days=1) if last is not None else None


def _sources(old: Held, new: Held) -> str:
    before, after = (f"{one.source} ({one.sure})" for one in (old, new))
    return before if before == after else f"{before} -> {after}"


def _together(changes: Iterator[Change]) -> list[Change]:
    """Changes that differ only by market as one."""
    markets: dict[Change, tuple[str, ...]] = {}
    for change in changes:
        same = change._replace(markets=())
        markets[same] = (*markets.get(same, ()), *change.markets)
    return [change._replace(markets=named) for change, named in markets.items()]


def markets_in_words(markets: tuple[str, ...], everything: frozenset[str]) -> str:
    """The markets, or "all" of everything, or all but the few that are missing."""
    missing = sorted(everything - set(markets))
    if not missing:
        return "all"
    return f"all but {', '.join(missing)}" if len(missing) < min(4, len(markets)) else ", ".join(markets)


def show_differences(a: Folder, b: Folder, parts: dict[str, list[Change]]) -> None:
    """Prints what differs, or plainly that nothing does."""
    out = console()
    if not parts:
        out.print("nothing differs")
        return
    everything = frozenset({DEFAULT, *(a.tables.markets.keys() & b.tables.markets.keys())})
    for part, changes in parts.items():
        out.print(f"{part}: {len(changes):,}\n")
        rows = [(markets_in_words(one.markets, everything), *one[1:]) for one in changes]
        out.print(table(_HEADERS, rows, room=out.width))
        out.print("")
