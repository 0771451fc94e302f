"""The facts that a finding on many orders lists: all of them, unless they are too many for one record."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from detectors.window import Entry


class Evidence(NamedTuple):
    """The facts, and what the finding's numbers say of them."""

    facts: tuple[str, ...]
    numbers: dict[str, int]


def limited(orders: Iterable[Entry], limit: int) -> Evidence:
    """The facts of the orders. More than `limit`: only those of cancelled orders, as many as fit, and how many not."""
    kept = list(orders)
    facts = tuple(dict.fromkeys(fact for one in kept for fact in (*one.facts, *one.ends)))
    if len(facts) <= limit:
        return Evidence(facts, {})
    told = tuple(dict.fromkeys(fact for one in kept if one.ends for fact in (*one.facts, *one.ends)))[:limit]
    return Evidence(told, {"facts_left_out": len(facts) - len(told)})


def nth(instants: Sequence[int], n: int) -> int:
    """The n-th of the instants (from 1) in time; 0 when none is needed."""
    return instants[n - 1] if n else 0
