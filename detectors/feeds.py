"""What the sources deliver. A feed that is not there is not a silent seller (design §3)."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from functools import cache
from typing import NamedTuple


class Feed(NamedTuple):
    """One row of feeds.toml; "*" and "order.*" are patterns."""

    source: str
    markets: tuple[str, ...]
    types: tuple[str, ...]


class Feeds:
    """Which event types arrive in which market. No rows: every type, everywhere."""

    def __init__(self, rows: Sequence[Feed] = ()) -> None:
        self._rows = tuple(rows)
        self.delivers = cache(self._delivers)
        self.missing = cache(self._missing)

    def _delivers(self, kind: str, market: str) -> bool:
        return not self._rows or any(
            any(fnmatchcase(market, m) for m in row.markets) and any(fnmatchcase(kind, t) for t in row.types)
            for row in self._rows
        )

    def _missing(self, market: str, needs: tuple[tuple[str, ...], ...]) -> str:
        """The first need that no feed delivers ("order.ready or order.in_transit"); "" when all are met.

        Each need is a list of alternatives.
        """
        for alternatives in needs:
            if not any(self.delivers(kind, market) for kind in alternatives):
                return " or ".join(alternatives)
        return ""
