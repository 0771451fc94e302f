"""Exact after any crash: workers killed, paused and joined, brokers killed, on a real Kafka; then the logs are checked.

Nothing lost, nothing doubled: every prefix of the changelog is what a store says of the facts, and what was said is
what `replay --facts` says, byte for byte. `make crash` runs thirty schedules; CRASHES says how many.
"""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace as changed
from pathlib import Path
from random import Random
from typing import Any

import pytest

from detectors.facts import Fact, decode
from detectors.rulebook import Rulebook
from policies import lexicon
from policies import load as load_policies
from streams.brokers import admin
from streams.embedded import END_OF_TIME
from streams.facts import dump
from streams.history import FileReader
from streams.ingest import Ingest
from streams.load import load
from streams.outputs import OutputFolder
from streams.replay import replay_facts
from streams.settings import Settings
from streams.topics import Names, apply
from tests.kafka.broker import Broker
from tests.live.crashing import POINTS, SESSION_S
from tests.live.folding import Seen, check
from tests.live.history import write
from tests.live.reading import records
from tests.live.test_live_is_replay import OUT, _by_seller, _lines, _live, _wait_until_done
from tests.live.workers import Worker

LONG = "CRASHES" in os.environ
EVENTS, STEPS = 4_000, 6 if LONG else 4
SCHEDULES = range(int(os.environ.get("CRASHES", "3")))
PROGRAM = ("-m", "tests.live.crashing")


class Crowd:
    """Workers that come and go."""

    def __init__(self, environ: dict[str, str], folder: Path, rng: Random) -> None:
        self._environ, self._folder, self._rng, self._started = environ, folder, rng, 0
        self.alive: list[Worker] = []
        self.events: list[str] = []

    def join(self, wish: str = "") -> Worker:
        self._started += 1
        environ = {**self._environ, "CRASH_AT": wish}
        worker = Worker(environ, self._folder / f"worker-{self._started}.log", PROGRAM)
        self.alive.append(worker)
        self.events.append(f"join {self._started} {wish}")
        return worker

    def working(self) -> Worker:
        """One that has partitions, as soon as there is one; those that have ended are forgotten."""
        give_up = time.monotonic() + 120
        while True:
            self.alive = [worker for worker in self.alive if worker.process.poll() is None]
            while len(self.alive) < 2:
                self.join(_wish(self._rng))
            ready = [worker for worker in self.alive if worker.ready()]
            if ready:
                return self._rng.choice(ready)
            assert time.monotonic() < give_up, self.alive[0].end_of_log()
            time.sleep(0.2)

    def kill(self, worker: Worker) -> None:
        self.events.append("kill")
        worker.process.kill()
        worker.process.wait()

    def pause(self, worker: Worker) -> None:
        """Longer than its session; others take its partitions, and then it goes on."""
        self.events.append("pause")
        worker.process.send_signal(signal.SIGSTOP)
        time.sleep(SESSION_S * 2)
        worker.process.send_signal(signal.SIGCONT)

    def settle(self) -> None:
        """Ends whoever may still crash, and lets two go on that do not."""
        for worker in self.alive:
            if worker.process.poll() is None:
                worker.process.send_signal(signal.SIGCONT)
                self.kill(worker)
        self.alive = []
        for _ in range(2):
            self.join()

    def end(self) -> None:
        for worker in self.alive:
            worker.process.send_signal(signal.SIGCONT)
            assert worker.stop() == 0, worker.end_of_log()


@contextmanager
def crowd(environ: dict[str, str], folder: Path, rng: Random) -> Iterator[Crowd]:
    gathered = Crowd(environ, folder, rng)
    try:
        yield gathered
    finally:
        for worker in gathered.alive:
            if worker.process.poll() is None:
                worker.process.kill()
                worker.process.wait()


class Scene:
    """One history on its way through one set of topics, and what must hold of it at the end."""

    def __init__(self, settings: Settings, environ: dict[str, str], folder: Path) -> None:
        self.settings = changed(settings, clock="log", ledger="all")
        self.environ = {**environ, "COUNTERMAND_CLOCK": "log", "COUNTERMAND_LEDGER": "all"}
        self.folder, self.names = folder, Names(self.settings)
        policies = load_policies()
        self.rules, self.ingest = Rulebook(policies), Ingest(policies, lexicon(), "log")

    def load(self, history: Path) -> None:
        self.history = history
        load(self.settings, self.ingest, [history], END_OF_TIME)

    def wait(self, workers: list[Worker]) -> None:
        _wait_until_done(self.settings, workers)

    def check(self, believe: bool = False) -> Seen:
        facts = records(self.settings, self.names.facts)
        self._every_event_is_a_fact(facts)
        seen = check(self.rules, facts, records(self.settings, self.names.changelog), believe)
        self._said_is_replayed()
        return seen

    def _every_event_is_a_fact(self, facts: list[Any]) -> None:
        told = {(fact.source, fact.id) for fact in map(decode, (one.value for one in facts)) if isinstance(fact, Fact)}
        read = FileReader([self.history], self.ingest)
        assert told == {(item.source, item.id) for item in read if isinstance(item, Fact)}

    def _said_is_replayed(self) -> None:
        log, again = self.folder / "facts.jsonl", self.folder / "again"
        dump(self.settings, log)
        with OutputFolder(again, "all") as out:
            replay_facts(self.rules, log, out)
        for kind in OUT:
            live = _live(self.settings, getattr(self.names, kind))
            assert _by_seller(live) == _by_seller(_lines(again / f"{kind}.jsonl")), kind


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first days of a simulated week, with what goes wrong."""
    week = tmp_path_factory.mktemp("history") / "week.jsonl"
    write(week, EVENTS)
    days = week.with_name("days.jsonl")
    days.write_bytes(b"".join(week.read_bytes().splitlines(keepends=True)[:EVENTS]))
    return days


@pytest.fixture
def scene(own_broker: Broker, environ: dict[str, str], tmp_path: Path) -> Scene:
    """On a broker of its own, that may be killed too."""
    environ["COUNTERMAND_BROKERS"] = own_broker.address
    settings = Settings.from_env(environ)
    with admin(settings) as client:
        assert apply(client, settings)[1] == []
    return Scene(settings, environ, tmp_path)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", SCHEDULES)
def test_nothing_is_lost_and_nothing_doubled(
    seed: int, scene: Scene, history: Path, own_broker: Broker, tmp_path: Path
) -> None:
    rng = Random(seed)
    scene.load(history)
    with crowd(scene.environ, tmp_path, rng) as workers:
        for number in range(STEPS):
            worker = workers.working()
            time.sleep(rng.uniform(0.1, 1.5))
            what = rng.random()
            if seed % 3 == 2 and number == STEPS // 2:
                workers.events.append("broker")
                own_broker.kill()
                own_broker.start()
            elif what < 0.4:
                workers.kill(worker)
            elif what < 0.6:
                workers.pause(worker)
            elif len(workers.alive) < 3:
                workers.join(_wish(rng))
        workers.settle()
        scene.wait(workers.alive)
        workers.end()
        seen = scene.check()
    print(f"schedule {seed}: {seen}, {workers.events}")


def _wish(rng: Random) -> str:
    return f"{rng.choice(POINTS)}:{rng.randrange(1, 12)}:KILL" if rng.random() < 0.7 else ""


@pytest.mark.timeout(400)
def test_one_that_slept_writes_what_nobody_believes(scene: Scene, history: Path, tmp_path: Path) -> None:
    """It falls asleep when its outcomes are out and its rows are not, and wakes when others have its partitions."""
    scene.load(history)
    with crowd(scene.environ, tmp_path, Random(99)) as workers:
        sleeper = workers.join("sent:20:STOP")
        _until(lambda: _state(sleeper) == "T", "it does not fall asleep", sleeper)
        before = _claims(scene)
        heir = workers.join()
        _until(lambda: _claims(scene) > before and heir.ready(), "nobody takes its partitions", heir)
        time.sleep(1)
        sleeper.process.send_signal(signal.SIGCONT)
        scene.wait(workers.alive)
        workers.end()
        seen = scene.check()
        assert seen.void > 0, "it did not write: this test proves nothing"
        with pytest.raises(AssertionError, match=r"rows are not what the facts say"):
            check(
                scene.rules,
                records(scene.settings, scene.names.facts),
                records(scene.settings, scene.names.changelog),
                believe=True,
            )


def _claims(scene: Scene) -> int:
    return sum(record.key == b"\0claim" for record in records(scene.settings, scene.names.changelog))


def _state(worker: Worker) -> str:
    """The state of the process as Linux has it: T for stopped."""
    return Path(f"/proc/{worker.process.pid}/stat").read_text().rpartition(")")[2].split()[0]


def _until(true: Any, what: str, worker: Worker) -> None:
    give_up = time.monotonic() + 60
    while not true():
        assert time.monotonic() < give_up, f"{what}\n{worker.end_of_log()}"
        time.sleep(0.2)
