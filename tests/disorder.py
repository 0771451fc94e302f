"""The ways in which a history reaches the log: late, repeated, in another order of arrival."""

from collections.abc import Sequence
from random import Random

import msgspec

from detectors.facts import Fact

_replace = msgspec.structs.replace


def delayed(facts: Sequence[Fact], rng: Random, longest: int, percent: int = 40) -> list[Fact]:
    """Some facts arrive late, by up to and including `longest` ms; facts of one log time in any order."""
    spans = (0, 1, longest // 2, longest - 1, longest)
    late = [
        _replace(fact, arrived=fact.at + (rng.choice(spans) if rng.randrange(100) < percent else 0)) for fact in facts
    ]
    rng.shuffle(late)
    return sorted(late, key=lambda fact: fact.arrived)


def repeated(facts: Sequence[Fact], rng: Random, percent: int = 15) -> list[Fact]:
    """Some facts come a second time, within a day."""
    again = [
        _replace(fact, arrived=fact.arrived + rng.choice((0, 1, 5_000, 80_000_000)))
        for fact in facts
        if rng.randrange(100) < percent
    ]
    return sorted([*facts, *again], key=lambda fact: fact.arrived)


def contradicted(facts: Sequence[Fact], rng: Random, percent: int = 8) -> list[Fact]:
    """Some facts come again with another body: the first in the log wins."""
    again = [
        _replace(fact, arrived=fact.arrived + rng.choice((0, 1, 5_000)), body="f" * 16, at=fact.at + 1, data={})
        for fact in facts
        if rng.randrange(100) < percent
    ]
    return sorted([*facts, *again], key=lambda fact: fact.arrived)
