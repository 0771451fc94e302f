"""The embedded monitor: the same step over one partition in memory, time following the log (design §8)."""

from collections.abc import Iterable, Iterator

from detectors.facts import VERSION, Fact, Tick
from detectors.outcomes import Outcome
from detectors.rulebook import Rulebook
from detectors.step import step
from detectors.store import Store
from streams.hearing import Hearing

_UNPACKED = 16_384
END_OF_TIME = 253_402_300_799_999  # 9999-12-31T23:59:59.999Z


class Embedded:
    """A store in memory. Before each fact it concludes everything decidable strictly before its log time."""

    def __init__(self, rules: Rulebook) -> None:
        self.rules, self.store = rules, Store({}, {}, unpacked=_UNPACKED)
        self.hearing = Hearing(rules)
        self.first: int | None = None
        self.last: int | None = None

    def tick(self, at: int) -> list[Outcome]:
        """Concludes everything decidable strictly before `at` (ms UTC)."""
        if at <= self.store.ticked:
            return []
        said: list[Outcome] = []
        for instant, quiet in self.hearing.ticks(self.store.ticked, at, at > END_OF_TIME):
            said += step(self.store, self.rules, Tick(VERSION, instant, self.rules.policies.hash, quiet=quiet))
        return said

    def accept(self, fact: Fact) -> Iterator[Outcome]:
        """Takes one fact in, at its log time; the outcomes of the time before it come first."""
        self.first = fact.arrived if self.first is None else self.first
        self.last = fact.arrived
        self.hearing.begin(fact.arrived)
        yield from self.tick(fact.arrived)
        self.hearing.hear(self.hearing.told_by((fact,)))
        yield from step(self.store, self.rules, fact)

    def close(self, until: int | None = None) -> list[Outcome]:
        """Concludes everything decidable up to and including `until` (default: the last log time)."""
        last = self.last if until is None else until
        return [] if last is None else self.tick(last + 1)


def run(rules: Rulebook, facts: Iterable[Fact], until: int | None = None) -> list[Outcome]:
    """Everything that is said of these facts, in order; `until` as in `Embedded.close`."""
    embedded = Embedded(rules)
    said: list[Outcome] = []
    for fact in facts:
        said.extend(embedded.accept(fact))
    said.extend(embedded.close(until))
    return said
