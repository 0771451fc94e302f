"""`countermand demo`: a simulated marketplace, faster than real time, watched by the embedded monitor.

It goes the way of real events: through ingest, as facts, through the step. The page and the metrics are on loopback.
"""

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple

import msgspec
from fastapi import FastAPI
from rich.console import Console

from detectors.figures import tiers
from detectors.outcomes import Outcome
from detectors.policy import Policies
from detectors.rulebook import Rulebook
from detectors.text import Lexicon
from policies import lexicon, load
from streams.board import Board
from streams.demo_lines import DemoLines
from streams.embedded import Embedded
from streams.events import EVENTS
from streams.ingest import DeadLetter, Ingest, Raw
from streams.metrics import Metrics
from streams.page import build
from streams.server import Server, address, listen
from streams.settings import Settings
from streams.simulation.places import DAY, HOUR
from streams.simulation.world import Event
from streams.simulator import STEP, Marketplace

FRAME = 0.05
FORGETS = 40


class Plan(NamedTuple):
    """How the demo runs: the days pass in so many real seconds, then an hour a second, or it ends.

    `listen_on`: host and port of the page, the next free one when that is taken; None: no page.
    """

    days: int = 7
    seconds: float = 24.0
    seed: int = 1
    ends: bool = False
    listen_on: tuple[str, int] | None = ("127.0.0.1", 9464)


class Watch:
    """The monitor of the demo: ingest, step, page and metrics, told of the same outcomes."""

    def __init__(self, policies: Policies, phrases: Lexicon) -> None:
        self.rules = Rulebook(policies)
        self._ingest = Ingest(policies, phrases, "log")
        self._embedded = Embedded(self.rules)
        self.board = Board(self._embedded)
        self.metrics = Metrics(self.rules)
        store = self._embedded.store
        self.metrics.watch(store.earliest, lambda: tiers(store, self.rules, store.ticked), store.count_orders)
        self._taken = 0

    def take(self, event: Event) -> Iterator[Outcome]:
        """Takes one event in, as a record of its topic."""
        self._taken += 1
        topic = EVENTS[event["type"]].topic
        raw = Raw(msgspec.json.encode(event), str(event["seller"]).encode(), (), topic, 0, self._taken, 0)
        read = self._ingest.read(raw)
        self.metrics.ingested(topic, read)
        if isinstance(read, DeadLetter):
            raise ValueError(f"the simulation sent an event that ingest refuses: {read.path} {read.sentence}")
        started = time.perf_counter()
        said = list(self._embedded.accept(read))
        self.metrics.stepped(time.perf_counter() - started)
        return self._told(said, None)

    def tick(self, at: int) -> Iterator[Outcome]:
        """Concludes everything decidable strictly before `at` (ms UTC)."""
        said = self._embedded.tick(at)
        self.metrics.ticked(at, self._embedded.store.silence.silent)
        return self._told(said, at)

    def _told(self, said: list[Outcome], tick: int | None) -> Iterator[Outcome]:
        self.metrics.said(said, tick)
        for outcome in said:
            self.board.hear(outcome)
            yield outcome


class Pace:
    """Which simulated instant it is after so many real seconds."""

    def __init__(self, plan: Plan, start: int) -> None:
        self._plan, self._start = plan, start
        self.end = start + plan.days * DAY

    def at(self, passed: float) -> int:
        """The instant (ms UTC), a whole number of steps from the start."""
        quick = self._plan.seconds
        if passed < quick:
            return self._start + round((self.end - self._start) * passed / quick) // STEP * STEP
        return self.end if self._plan.ends else self.end + round((passed - quick) * HOUR) // STEP * STEP

    def over(self, now: int) -> bool:
        """Whether the demo ends by itself now."""
        return self._plan.ends and now >= self.end


def demo(settings: Settings, plan: Plan | None = None) -> int:
    """The demo as a person starts it: policies and address by the settings; with DEMO_EXIT=1 it ends by itself.

    Returns the exit code.
    """
    plan = plan or Plan(ends=os.environ.get("DEMO_EXIT", "") not in {"", "0"})
    plan = plan._replace(listen_on=settings.metrics)
    lines = DemoLines(Console(highlight=False))
    return run(load(settings.policies), lexicon(settings.policies), plan, lines)


def run(policies: Policies, phrases: Lexicon, plan: Plan, lines: DemoLines) -> int:
    """Runs the demo until its days are over, or until Ctrl-C; the exit code: 0, or 1 when it accused an honest seller
    or missed a bad one in the days it had.
    """
    watch, market = Watch(policies, phrases), Marketplace(seed=plan.seed, forgets=FORGETS)
    pace = Pace(plan, market.world.start)
    with _served(build(watch.board, watch.metrics.registry), plan, lines):
        lines.begin(len(market.world.shops), plan.days)
        try:
            _play(market, watch, pace, lines)
        except KeyboardInterrupt:
            lines.interrupted()
        return lines.end(market, complete=market.world.now >= pace.end)


def _served(app: FastAPI, plan: Plan, lines: DemoLines) -> AbstractContextManager[object]:
    if plan.listen_on is None:
        return nullcontext()
    bound = listen(*plan.listen_on)
    lines.address(address(bound), taken=bound.getsockname()[1] != plan.listen_on[1])
    return Server(app, bound)


def _play(market: Marketplace, watch: Watch, pace: Pace, lines: DemoLines) -> None:
    started = time.monotonic()
    while not pace.over(market.world.now):
        until = pace.at(time.monotonic() - started)
        with watch.board.lock:
            said: Iterable[Outcome] = list(market.run(watch, until))
        for outcome in said:
            lines.hear(outcome, time.monotonic() - started)
        time.sleep(FRAME)
