"""Exact after any crash: workers killed, paused and joined, brokers killed, on a real Kafka; then the logs are checked.

Nothing lost, nothing doubled: every prefix of the changelog is what a store says of the facts, and what was said is
what `replay --facts` says, byte for byte. `make crash` runs thirty schedules, and every named point must have been hit;
CRASHES says how many, FIRST the seed of the first.
"""

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from tests.kafka.broker import Broker
from tests.live.crashing import POINTS
from tests.live.crowd import Crowd, crowd
from tests.live.scene import Scene

LONG = "CRASHES" in os.environ
STEPS = 5 if LONG else 3
FIRST = int(os.environ.get("FIRST", "0"))
SCHEDULES = range(FIRST, FIRST + int(os.environ.get("CRASHES", "3")))
ENOUGH = 30
HITS: list[Counter[str]] = []
"""The points that each schedule of this run struck."""


@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", SCHEDULES)
def test_nothing_is_lost_and_nothing_doubled(
    seed: int, staged: Callable[[], Scene], own_broker: Broker, tmp_path: Path
) -> None:
    rng, scene = Random(seed), staged()
    with crowd(scene.environ, tmp_path, seed) as workers, told(seed, workers):
        for number in range(STEPS):
            worker = workers.working()
            time.sleep(rng.uniform(0.1, 1.5))
            what = rng.random()
            if seed % 3 == 2 and number == STEPS // 2:
                workers.lose(own_broker)
            elif number == 0 or what < 0.45:
                workers.meet()
            elif what < 0.6:
                workers.kill(worker)
            elif what < 0.7:
                workers.pause(worker)
            elif what < 0.85:
                workers.leave(worker)
            elif len(workers.alive) < 3:
                workers.join_as_wished()
        workers.settle()
        scene.wait(workers.alive)
        workers.end()
        seen = scene.check()
        workers.done.update({"void batches": seen.void, "claims": seen.claims})


@contextmanager
def told(seed: int, workers: Crowd) -> Iterator[None]:
    """One line about the schedule, however it ends."""
    verdict, started = "WRONG", time.monotonic()
    try:
        yield
        verdict = "right"
    finally:
        HITS.append(workers.struck())
        done = ", ".join(f"{count} {what}" for what, count in workers.done.items())
        struck = ", ".join(f"{point} {count}" for point, count in sorted(HITS[-1].items()))
        seconds = time.monotonic() - started
        what = f"{STEPS} steps: {done}; struck at {struck or 'no point'}"
        print(f"\nschedule {seed}: {verdict}, {seconds:.0f} s, {what}", end=" ", flush=True)


@pytest.mark.long
@pytest.mark.skipif(len(SCHEDULES) < ENOUGH, reason="fewer schedules cannot hit them all")
def test_every_named_point_was_hit() -> None:
    """By the thirty schedules together."""
    hits = sum(HITS, Counter[str]())
    print("", *(f"{hits[point]:4} struck at {point}" for point in POINTS), sep="\n")
    assert {point for point in POINTS if not hits[point]} == set()
