"""Which declared feeds have fallen silent (design §3): measured over all sellers, for a few of them are silent anyway.

When each watched feed was last heard is told by what arrives; how long it may be silent by the policy `feed_quiet`.
"""

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from functools import cache

from detectors.facts import Fact
from detectors.feeds import Pair
from detectors.rulebook import Rulebook

Heard = list[tuple[str, str, int]]
Moments = Iterator[tuple[int, tuple[Pair, ...]]]


class Hearing:
    """When each watched feed was last heard, in log time (ms UTC), and which are silent at an instant."""

    def __init__(self, rules: Rulebook) -> None:
        self._rules = rules
        self._heard: dict[Pair, int] = {}
        markets = rules.policies.markets
        self.watched: tuple[Pair, ...] = tuple(
            sorted(
                {
                    (feed.source, name)
                    for feed in rules.feeds.declared
                    for name, market in markets.items()
                    if market.watches(feed.source) and any(fnmatchcase(name, m) for m in feed.markets)
                }
            )
        )
        self._of = cache(self._feeds_of)

    def _feeds_of(self, source: str, market: str) -> tuple[Pair, ...]:
        return tuple(pair for pair in self.watched if pair[1] == market and fnmatchcase(source, pair[0]))

    def told_by(self, facts: Iterable[Fact]) -> Heard:
        """Which watched feeds these facts show to be there, each with the last log time."""
        if not self.watched:
            return []
        last: dict[Pair, int] = {}
        for fact in facts:
            for pair in self._of(fact.source, fact.market):
                last[pair] = max(last.get(pair, 0), fact.arrived)
        return [(*pair, at) for pair, at in sorted(last.items())]

    def hear(self, heard: Iterable[tuple[str, str, int]]) -> None:
        """Takes in what was heard; what is not watched is passed over."""
        for source, market, at in heard:
            pair = (source, market)
            if pair in self.watched:
                self._heard[pair] = max(self._heard.get(pair, 0), at)

    def begin(self, at: int) -> None:
        """A feed that was never heard counts as heard at `at`: somebody begins to listen."""
        for pair in self.watched:
            self._heard.setdefault(pair, at)

    def all(self) -> Heard:
        """When each was last heard."""
        return [(*pair, at) for pair, at in sorted(self._heard.items())]

    def ticks(self, after: int, at: int, ended: bool) -> Moments:
        """The instants to tick up to `at`, each with the feeds that are silent then.

        Those between at which one falls silent come first, so that it does not matter how often time is ticked.
        `ended`: nothing more is to come, so no feed is silent, and what waited for one is concluded before the end.
        """
        if not self._heard:
            yield at, ()
            return
        if ended and self.silent(after + 1):
            yield after + 1, ()
        turns = {turn for turn in map(self._turn, self._heard) if turn is not None and after < turn < at}
        for turn in () if ended else sorted(turns):
            yield turn, self.silent(turn)
        yield at, () if ended else self.silent(at)

    def silent(self, at: int) -> tuple[Pair, ...]:
        """The feeds that are silent at the instant."""
        turns = ((pair, self._turn(pair)) for pair in sorted(self._heard))
        return tuple(pair for pair, turn in turns if turn is not None and turn <= at)

    def _turn(self, pair: Pair) -> int | None:
        """The first instant at which the feed is silent; None when it never is."""
        source, market = pair
        last = self._heard[pair]
        longest = self._rules.terms(market).market.quiet_after(source, last)
        return None if longest is None else last + longest + 1
