"""Writes policies/calendars/*.toml with the holidays library; `--check` fails on drift.

    .venv/bin/python -m policies.build_calendars [--check]

National public holidays, 2010-2027, days in lieu included (UK: England; US: federal; DE ES IT MY: nationwide). Where
a government proclaims its days year by year, a year not yet proclaimed when this was made is marked as an estimate;
where the law itself fixes them, it is not.
"""

import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import holidays

FOLDER = Path(__file__).with_name("calendars")
YEARS = range(2010, 2028)
PROCLAIMED_UP_TO = 2026
_FIXED_BY_LAW = frozenset({"US", "UK", "IE", "DE", "FR", "IT", "ES", "JP", "MX", "BR"})
_COUNTRY = {"UK": ("GB", "ENG")}
MARKETS = ("US", "UK", "IE", "DE", "FR", "IT", "ES", "JP", "SG", "MY", "PH", "TH", "VN", "ID", "MX", "BR", "CN")


def calendar(market: str) -> str:
    """The market's calendar as TOML."""
    country, part = _COUNTRY.get(market, (market, None))
    days = holidays.country_holidays(country, subdiv=part, years=YEARS, language="en_US")
    head = f"# Public holidays of {market}, made by policies/build_calendars.py with holidays {version('holidays')}."
    return "\n".join([head, "# Do not edit; put a correction into build_calendars.py.", *_years(market, days)]) + "\n"


def _years(market: str, days: holidays.HolidayBase) -> Iterator[str]:
    for year in YEARS:
        named = sorted((day, name) for day, name in days.items() if day.year == year)
        yield f"\n[years.{year}]"
        if _is_estimate(market, year, [name for _, name in named]):
            yield "estimate = true"
        make_up = sorted(day for day in getattr(days, "weekend_workdays", ()) if day.year == year)
        if make_up:
            yield "make_up = [" + ", ".join(f'"{day}"' for day in make_up) + "]"
        yield f"\n[years.{year}.holidays]"
        yield from (f"{day} = {_quoted(name)}" for day, name in named)


def _is_estimate(market: str, year: int, names: list[str]) -> bool:
    unproclaimed = year > PROCLAIMED_UP_TO and market not in _FIXED_BY_LAW
    return unproclaimed or any("estimated" in name for name in names)


def _quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def main(check: bool) -> None:
    """Writes all calendars, or says which one differs."""
    FOLDER.mkdir(exist_ok=True)
    for market in MARKETS:
        path, text = FOLDER / f"{market}.toml", calendar(market)
        if not check:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            sys.exit(f"{path.name} is not what the holidays library says; run python -m policies.build_calendars")


if __name__ == "__main__":
    main("--check" in sys.argv)
