"""A marketplace of a few days under watch, for the tests that look at what came of it."""

import json
from functools import cache
from typing import NamedTuple

from detectors.facts import Fact
from detectors.outcomes import Outcome
from detectors.rulebook import Rulebook
from policies import lexicon, load
from streams.board import Board
from streams.embedded import Embedded
from streams.ingest import DeadLetter, Ingest, Raw
from streams.simulator import Simulation, simulate


class Monitor:
    """Ingest, the embedded step and a board; keeps facts and dead letters."""

    def __init__(self) -> None:
        self.rules, self._ingest = rulebook(), Ingest(load(), lexicon(), "log")
        self.embedded = Embedded(self.rules)
        self.board = Board(self.embedded)
        self.facts: list[Fact] = []
        self.dead: list[DeadLetter] = []

    def take(self, event: dict) -> list[Outcome]:
        raw = Raw(json.dumps(event).encode(), b"", (), "test", 0, len(self.facts), 0)
        read = self._ingest.read(raw)
        if isinstance(read, DeadLetter):
            self.dead.append(read)
            return []
        self.facts.append(read)
        return self._heard(list(self.embedded.accept(read)))

    def tick(self, at: int) -> list[Outcome]:
        return self._heard(self.embedded.tick(at))

    def _heard(self, said: list[Outcome]) -> list[Outcome]:
        for outcome in said:
            self.board.hear(outcome)
        return said


class Watched(NamedTuple):
    monitor: Monitor
    simulation: Simulation


@cache
def rulebook() -> Rulebook:
    return Rulebook(load())


@cache
def watched(days: int, seed: int, forgets: int = 0) -> Watched:
    monitor = Monitor()
    return Watched(monitor, simulate(15, days, seed, monitor, forgets))
