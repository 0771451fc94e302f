"""`countermand policy show`: what a market's policy says on one of its local days, with where each number is from."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from policies import Tables
from policies.groups import Group
from streams.report import console, table, widths_of

_DOCUMENT = re.compile(r"\b[OCT]\d+\b")
_HEADERS = ("key", "value", "holds", "of", "sure", "source")
_WEEK = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class UnknownMarketError(LookupError):
    """No market of that name; the message is one sentence."""


class Held(NamedTuple):
    """A key's value on a day. `since` and `until`: its first and last local day, None: from the beginning, for ever.

    `of`: whose value it is, the market's own or "default"; `sure`: how sure its source is.
    """

    key: str
    value: Any
    since: date | None
    until: date | None
    of: str
    sure: str
    source: str


class Days(NamedTuple):
    """A month's holidays, its make-up working days, and whether its year is an estimate."""

    holidays: dict[str, str]
    make_up: list[str]
    estimate: bool


class Profile(NamedTuple):
    """A market on a day: its head, the days of that month that are not as the week says, and every key by group.

    `days`: what the calendar says of the day's year, None when it does not hold it; `years`: those it holds.
    """

    market: str
    day: date
    tz: str
    languages: list[str]
    weekend: list[str]
    calendar: str
    years: tuple[str, str]
    days: Days | None
    groups: list[tuple[str, list[Held]]]


def profile(tables: Tables, groups: Sequence[Group], market: str, day: date) -> Profile:
    """The market's policy on its local day. UnknownMarketError names the markets there are."""
    own = tables.markets.get(market)
    if own is None:
        raise UnknownMarketError(f'there is no market "{market}" in these policies, only {", ".join(tables.markets)}')
    years = tables.calendars[own["calendar"]]["years"]
    return Profile(
        market,
        day,
        own["tz"],
        own["languages"],
        [_WEEK[i] for i in own["weekend"]],
        own["calendar"],
        (min(years), max(years)),
        _days(years.get(str(day.year)), f"{day:%Y-%m}-"),
        [(one.heading, [holds(tables, market, key, day) for key in one.keys]) for one in groups],
    )


def _days(year: Mapping[str, Any] | None, month: str) -> Days | None:
    if year is None:
        return None
    holidays = {day: name for day, name in sorted(year["holidays"].items()) if day.startswith(month)}
    make_up = [day for day in year.get("make_up", ()) if day.startswith(month)]
    return Days(holidays, make_up, bool(year.get("estimate")))


def holds(tables: Tables, market: str, key: str, day: date) -> Held:
    """The key's value that holds on the local day in the market; "default" for what markets fall to."""
    own = tables.markets.get(market, {}).get(key)
    rows = (own or tables.default[key])["values"]
    index = max(i for i, row in enumerate(rows) if i == 0 or row["from"] <= day)
    row, last = rows[index], None
    if index + 1 < len(rows):
        last = rows[index + 1]["from"] - timedelta(days=1)
    sure = str(row.get("sure", "default"))
    return Held(key, row["value"], row.get("from"), last, market if own else "default", sure, row["source"])


def written(value: Any) -> str:
    """A policy value in plain words."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{name} {word}" for name, word in sorted(value.items())) or "none"
    return str(value)


def span_of_days(since: date | None, until: date | None) -> str:
    """From which to which day something holds."""
    if since is None:
        return f"until {until}" if until else "always"
    return f"{since} to {until}" if until else f"since {since}"


def show(found: Profile, documents: Mapping[str, Mapping[str, str]]) -> None:
    """Prints the profile, and the title and link of every document that it names."""
    out = console()
    out.print(f"Policy of {found.market} on {found.day}\n")
    for name, text in _head(found):
        out.print(f"{name:<20}  {text}", soft_wrap=True)
    rows = [(heading, [_row(one) for one in held]) for heading, held in found.groups]
    widths = widths_of(_HEADERS, [row for _, several in rows for row in several])
    for heading, several in rows:
        out.print(f"\n{heading}\n")
        out.print(table(_HEADERS, several, widths, out.width))
    named = {code for _, held in found.groups for one in held for code in _DOCUMENT.findall(one.source)}
    if named & documents.keys():
        out.print("\n# Documents\n")
    for code in (code for code in documents if code in named):
        out.print(f"{code:<4} {documents[code]['title']}\n     {documents[code]['link']}", soft_wrap=True)


def _head(found: Profile) -> Iterator[tuple[str, str]]:
    yield "time zone", found.tz
    yield "languages", written(found.languages)
    yield "weekend", written(found.weekend)
    yield "calendar", f"{found.calendar}, {' to '.join(found.years)}"
    if found.days is None:
        yield "holidays", f"unknown: no working day is counted in {found.day.year}, which the calendar does not hold"
        return
    label = f"holidays in {found.day:%Y-%m}"
    named = [f"{day} {name}" for day, name in found.days.holidays.items()] or ["none"]
    yield label, named[0] + (" (this year is an estimate)" if found.days.estimate else "")
    yield from (("", holiday) for holiday in named[1:])
    if found.days.make_up:
        yield "working days in lieu", ", ".join(found.days.make_up)


def _row(one: Held) -> tuple[str, ...]:
    return one.key, written(one.value), span_of_days(one.since, one.until), one.of, one.sure, one.source


def as_data(found: Profile) -> dict[str, Any]:
    """The profile for programs: days as YYYY-MM-DD, null for none."""
    keys = [{"group": heading, **_plain(one)} for heading, held in found.groups for one in held]
    days = found.days._asdict() if found.days else None
    head = {name: value for name, value in found._asdict().items() if name != "groups"}
    return {**head, "day": str(found.day), "days": days, "keys": keys}


def _plain(one: Held) -> dict[str, Any]:
    days = {name: str(day) if day else None for name, day in (("since", one.since), ("until", one.until))}
    return {**one._asdict(), **days}
