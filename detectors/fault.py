"""Whose fault a cancellation is, by (market, code) of rulebook §4. The table is data; the conditions are here."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

BUYER, SELLER, PLATFORM, LOGISTICS, UNDECIDED = "B", "S", "P", "L", "U"


class Reason(NamedTuple):
    """One row of the taxonomy.

    `sfcr`: Y counts in the seller-fault cancellation rate, L only in the extended one, N never. `when` names
    the condition under which the row holds ("" = always), `other_fault` and `other_sfcr` what holds otherwise.
    """

    code: str
    who: str
    fault: str
    sfcr: str
    markets: frozenset[str]
    when: str
    other_fault: str
    other_sfcr: str
    signal: str
    offered_not: frozenset[str]


class Reasons:
    """The taxonomy: looked up exactly, by alias, without a known suffix, then without regard to case."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        self._suffixes = tuple(table.get("suffixes", ()))
        self._aliases = {k.casefold(): v for k, v in table.get("aliases", {}).items()}
        self._rows: dict[tuple[str, str], list[Reason]] = {}
        for row in table.get("reasons", ()):
            reason = _reason(row)
            self._rows.setdefault((reason.who, reason.code), []).append(reason)
            folded = (reason.who, reason.code.casefold())
            if folded[1] != reason.code:
                self._rows.setdefault(folded, []).append(reason)

    def find(self, who: str, market: str, code: str) -> Reason | None:
        """The row for that code in that market; None when the taxonomy does not know it."""
        for spelling in self._spellings(code):
            for row in self._rows.get((who, spelling), ()):
                if not row.markets or market in row.markets:
                    return row
        return None

    def _spellings(self, code: str) -> Iterator[str]:
        folded = code.casefold()
        bare = [code, *(code[: -len(suffix)] for suffix in self._suffixes if folded.endswith(suffix.casefold()))]
        for spelling in bare:
            yield spelling
            yield self._aliases.get(spelling.casefold(), spelling)
        yield from (spelling.casefold() for spelling in bare)


def _reason(row: Mapping[str, Any]) -> Reason:
    return Reason(
        row["code"],
        row["who"],
        row["fault"],
        row["sfcr"],
        frozenset(row.get("markets", ())),
        row.get("when", ""),
        row.get("other_fault", row["fault"]),
        row.get("other_sfcr", row["sfcr"]),
        row.get("signal", ""),
        frozenset(row.get("offered_not", ())),
    )
