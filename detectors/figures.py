"""Figures of sellers, read from their windows and counts: M-01r, and the rates of a daily run (R-29; rulebook §5).

A figure is never a finding.
"""

from collections import Counter
from typing import NamedTuple

from detectors.clock import DAY, utc_day
from detectors.policy import Market
from detectors.rates import Advice, Rate, RateRow, Run, latency, order_limit, points, rates, tier
from detectors.rulebook import Rulebook
from detectors.store import Store, day_key, rates_key, seller_of
from detectors.window import Day, Entry, between


class Figure(NamedTuple):
    """M-01r: seller-fault cancellations over orders paid in the window; a figure, never a finding."""

    num: int
    den: int
    tier: str


NONE = Figure(0, 0, "none")


def figure(paid: list[Entry], at: int, market: Market) -> Figure:
    """The rate over the trailing window at `at`; tier none, low_volume, ok, target, T1, T2, ..."""
    within = between(paid, at - market.ms("sfcr_window", at) + 1, at)
    num, den = sum(entry.flag > 0 for entry in within), len(within)
    return Figure(num, den, tier(num, den, at, market))


def figure_of(store: Store, rules: Rulebook, seller: str, at: int) -> Figure:
    """M-01r of the seller over the trailing window at `at` (ms UTC); tier "none" for one who sold nothing in it."""
    last = utc_day(at)
    newest = next((day for back in range(_reach(rules, at)) if (day := _day(store, seller, last - back))), None)
    if newest is None:
        return NONE
    market = rules.terms(newest.market).market
    numbers = range(utc_day(at - market.ms("sfcr_window", at)), last + 1)
    paid = [entry for number in numbers if (day := _day(store, seller, number)) for entry in day.paid]
    return figure(paid, at, market)


def tiers(store: Store, rules: Rulebook, at: int) -> dict[str, int]:
    """How many sellers stand in each tier of M-01r at `at` (ms UTC)."""
    return dict(Counter(figure_of(store, rules, seller, at).tier for seller in _sellers(store)))


def _sellers(store: Store) -> set[str]:
    return {seller_of(key) for key in _rows(store)} - {""}


def _rows(store: Store) -> list[bytes]:
    """The keys of what is kept of sellers, as it is now."""
    store.flush()
    return list(store.sellers)


class Census:
    """How many sellers of a store stand in each tier, counted one row after another, round after round: to find all
    sellers among two million rows takes seconds, in which nothing would be said of any.
    """

    def __init__(self) -> None:
        self.counted: dict[str, int] = {}
        self._left: list[bytes] = []
        self._met = {""}
        self._found = Counter[str]()

    def go_on(self, store: Store, rules: Rulebook) -> bool:
        """Looks at one more row; whether a round has ended, and `counted` says what it found."""
        if not self._left:
            self._left, self._met, self._found = _rows(store), {""}, Counter()
        if self._left and (seller := seller_of(self._left.pop())) not in self._met:
            self._met.add(seller)
            self._found[figure_of(store, rules, seller, store.ticked).tier] += 1
        if not self._left:
            self.counted = dict(self._found)
        return not self._left


class Standing(NamedTuple):
    """A seller at one daily run: every rate, half and 95 % of his answers took at most (ms), what is advised."""

    market: str
    day: int
    rates: list[Rate]
    latency_p50: int | None
    latency_p95: int | None
    limit: Advice | None
    points: int


def standing(store: Store, rules: Rulebook, seller: str, day: int | None = None, at: int = 0) -> Standing | None:
    """The seller at the daily run of the local `day` (None: the day of `at`, ms UTC); None for one without counts."""
    row = store.get(rates_key(seller), RateRow)
    if row is None:
        return None
    terms = rules.terms(row.market)
    number = terms.market.calendar.day(at) if day is None else day
    run = Run(seller, row, number, terms.market, lambda _first, _last: [])
    told = list(rates(run, terms))
    return Standing(
        row.market, number, told, latency(row, run, 50), latency(row, run, 95), order_limit(run), points(run)
    )


def _reach(rules: Rulebook, at: int) -> int:
    """How many UTC days, the present one included, the longest window of any market touches."""
    longest = max(rules.terms(name).market.ms("sfcr_window", at) for name in rules.policies.markets)
    return longest // DAY + 2


def _day(store: Store, seller: str, number: int) -> Day | None:
    return store.get(day_key(seller, number), Day)
