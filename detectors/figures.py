"""Figures of sellers, read from their windows: M-01r, the rate of cancellations by a seller's own fault (R-29)."""

from collections import Counter
from typing import NamedTuple

from detectors.clock import DAY, utc_day
from detectors.policy import Market
from detectors.rates import tier
from detectors.rulebook import Rulebook
from detectors.store import Store, day_key, is_order, parts
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
    sellers = {parts(key)[0] for key in store.sellers if not is_order(key)} - {""}
    return dict(Counter(figure_of(store, rules, seller, at).tier for seller in sorted(sellers)))


def _reach(rules: Rulebook, at: int) -> int:
    """How many UTC days, the present one included, the longest window of any market touches."""
    longest = max(rules.terms(name).market.ms("sfcr_window", at) for name in rules.policies.markets)
    return longest // DAY + 2


def _day(store: Store, seller: str, number: int) -> Day | None:
    return store.get(day_key(seller, number), Day)
