"""M-01r, the figure: G-13 of the rulebook, and that it never is a finding."""

import pytest

from bench.orders import Orders, together
from detectors.figures import Census, Figure, figure, tiers
from detectors.rulebook import Rulebook
from detectors.store import Store
from detectors.window import PAID, Entry
from policies import load

MARKETS = load().markets
NOW = 1_772_600_000_000
HOUR = 3_600_000


def paid(total, guilty, ages=None):
    """So many orders paid, the first of them cancelled by the seller's fault; a minute apart, up to now."""
    at = [NOW - 60_000 * i for i in range(total)] if ages is None else [NOW - age for age in ages]
    return sorted((Entry(t, f"o{i}", PAID, flag=int(i < guilty)) for i, t in enumerate(at)), key=lambda e: e.at)


@pytest.mark.parametrize(
    ("market", "total", "guilty", "tier"),
    [
        ("US", 120, 3, "ok"),
        ("JP", 120, 3, "target"),
        ("TH", 120, 3, "target"),
        ("US", 119, 3, "target"),
        ("JP", 121, 3, "ok"),
        ("JP", 40, 1, "low_volume"),
        ("JP", 19, 10, "low_volume"),
        ("JP", 20, 3, "T1"),
        ("JP", 30, 3, "T1"),
        ("JP", 31, 3, "target"),
        ("JP", 100, 30, "T2"),
        ("JP", 100, 50, "T3"),
        ("JP", 100, 75, "T3"),
        ("ID", 100, 75, "T4"),
        ("JP", 40, 0, "ok"),
        ("JP", 0, 0, "none"),
    ],
)
def test_tiers(market, total, guilty, tier):
    assert figure(paid(total, guilty), NOW, MARKETS[market]) == Figure(guilty, total, tier)


def test_the_window_is_168_hours_open_at_its_far_end():
    entries = paid(3, 3, ages=[0, 168 * HOUR - 1, 168 * HOUR])
    assert figure(entries, NOW, MARKETS["JP"])[:2] == (2, 2)


def test_a_census_goes_from_row_to_row_and_says_what_a_count_of_all_says():
    rules = Rulebook(load())
    rows = together(part for n in range(4) for part in Orders(rules, 60).rows(n))
    store = Store(rows["orders"], rows["sellers"])
    census, whole, number = Census(), tiers(store, rules, store.ticked), len(store.sellers)
    assert number > sum(whole.values()) == 3
    for _ in range(2):
        assert [census.go_on(store, rules) for _ in range(number)] == [False] * (number - 1) + [True]
        assert census.counted == whole
    assert Census().go_on(Store({}, {}), rules)
