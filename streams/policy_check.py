"""`countermand policy check`: whether a policy folder can be used, and what in it is an estimate."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from detectors.policy import Policies
from policies import PACKAGED, Tables, lexicon, phrases, read


def check_policies(folder: Path | None = None) -> Iterator[str]:
    """Reads everything, phrases compiled, and says so in a line; a second line lists the years that are estimates.

    Raises PolicyError, one sentence, for the first thing that is wrong.
    """
    tables = read(folder)
    policies, lists = Policies.of(*tables), len(phrases(folder))
    lexicon(folder)
    keys = sum(1 for table in tables.default.values() if isinstance(table, dict))
    yield (
        f"{folder or PACKAGED}: good; {len(tables.markets)} markets, {keys} keys, {len(tables.calendars)} calendars,"
        f" {lists} phrase lists, {len(tables.reasons['reasons'])} reasons; hash {policies.hash}"
    )
    estimates = "; ".join(_estimates(tables))
    yield f"estimated years: {estimates or 'none'}"


def _estimates(tables: Tables) -> Iterator[str]:
    for name, calendar in tables.calendars.items():
        years = [int(year) for year, days in sorted(calendar["years"].items()) if days.get("estimate")]
        if years:
            yield f"{name} {', '.join(_ranges(years))}"


def _ranges(years: Sequence[int]) -> Iterator[str]:
    """Years that follow each other as one range."""
    start = before = years[0]
    for year in (*years[1:], 0):
        if year != before + 1:
            yield str(start) if start == before else f"{start} to {before}"
            start = year
        before = year
