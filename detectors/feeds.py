"""What the sources deliver. A feed that is not there is not a silent seller (design §3)."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from typing import NamedTuple


class Feed(NamedTuple):
    """One row of feeds.toml; "*" and "order.*" are patterns."""

    source: str
    markets: tuple[str, ...]
    types: tuple[str, ...]


Pair = tuple[str, str]
"""A declared feed in a market: (source, market)."""
NEVER = (1 << 62) - 1


class Silence(NamedTuple):
    """Which declared feeds are silent, and from when on (ms UTC) those talk again that were."""

    silent: tuple[Pair, ...] = ()
    back: tuple[tuple[str, str, int], ...] = ()

    def now(self, silent: tuple[Pair, ...], at: int) -> "Silence":
        """The silence after a tick at `at` that names these feeds as silent."""
        back = [one for one in self.back if one[:2] not in silent]
        back += [(*pair, at) for pair in self.silent if pair not in silent]
        return Silence(silent, tuple(back))


class Feeds:
    """Which event types arrive in which market. No rows: every type, everywhere."""

    def __init__(self, rows: Sequence[Feed] = ()) -> None:
        self._rows = tuple(rows)
        self.delivers = cache(self._delivers)
        self.missing = cache(self._missing)
        self.talk_from = lru_cache(4096)(self._talk_from)

    def _delivers(self, kind: str, market: str) -> bool:
        return not self._rows or any(
            any(fnmatchcase(market, m) for m in row.markets) and any(fnmatchcase(kind, t) for t in row.types)
            for row in self._rows
        )

    @property
    def declared(self) -> tuple[Feed, ...]:
        """The rows of feeds.toml."""
        return self._rows

    def _talk_from(self, silence: Silence, market: str, needs: tuple[tuple[str, ...], ...]) -> int:
        """From when on (ms UTC) it means something that a needed event is not there; NEVER while its feeds are silent.

        One feed that talks is enough for each need.
        """
        since = dict.fromkeys(silence.silent, NEVER) | {(one[0], one[1]): one[2] for one in silence.back}
        heard = [
            min((since.get((row.source, market), 0) for row in self._rows if _brings(row, need, market)), default=0)
            for need in needs
        ]
        return max(heard, default=0)

    def _missing(self, market: str, needs: tuple[tuple[str, ...], ...]) -> str:
        """The first need that no feed delivers ("order.ready or order.in_transit"); "" when all are met.

        Each need is a list of alternatives.
        """
        for alternatives in needs:
            if not any(self.delivers(kind, market) for kind in alternatives):
                return " or ".join(alternatives)
        return ""


def _brings(row: Feed, need: tuple[str, ...], market: str) -> bool:
    return any(fnmatchcase(market, m) for m in row.markets) and any(
        fnmatchcase(kind, pattern) for kind in need for pattern in row.types
    )
