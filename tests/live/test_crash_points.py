"""Crashes that a schedule meets by luck, on purpose; and promises broken, to see that the checks find out."""

import re
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.live.crowd import Crowd, crowd, is_asleep, struck_at, until
from tests.live.scene import Scene
from tests.live.workers import Worker

HALVES = ("piece_appended", "restoring", "piece_saying", "restored", "piece_halved", "restoring")
HALVES += ("piece_in_flight", "claimed")
IN_A_TICK = 4
"""At which piece of a tick that goes on a worker is struck: what was read before it stands in the changelog."""


@pytest.mark.long
@pytest.mark.timeout(400)
def test_half_a_tick_is_finished_by_the_heir_of_one_killed_in_its_restore(
    staged: Callable[..., Scene], tmp_path: Path
) -> None:
    """One after the other: killed within a tick, its heir while it takes over, and so on; the last one finishes."""
    scene = staged(partitions=1)
    with crowd(scene.environ, tmp_path) as workers:
        for point in HALVES:
            _struck(workers, point, IN_A_TICK if point.startswith("piece") else 1)
        _finish(scene, workers)
        scene.check()
    kinds = _kinds(scene)
    assert re.search("pcc", kinds), f"no half-done tick was taken over twice: {kinds}"


@pytest.mark.timeout(400)
def test_one_that_slept_writes_what_nobody_believes(staged: Callable[..., Scene], tmp_path: Path) -> None:
    """And one who takes it for good is found wrong."""
    scene = staged()
    with crowd(scene.environ, tmp_path) as workers:
        _oversleep(scene, workers)
        _finish(scene, workers)
    assert scene.check().void > 0, "it did not write: this test proves nothing"
    with pytest.raises(AssertionError, match=r"rows are not what the facts say"):
        scene.every_prefix_is_the_fold(believe=True)


@pytest.mark.long
@pytest.mark.timeout(400)
def test_the_heir_is_killed_while_it_writes_again_what_a_void_batch_overwrote(
    staged: Callable[..., Scene], tmp_path: Path
) -> None:
    scene = staged()
    with crowd(scene.environ, tmp_path) as workers:
        heir = _oversleep(scene, workers, "rewritten_halved:1:KILL")
        _until_killed(workers, heir, "rewritten_halved")
        _finish(scene, workers)
    assert scene.check().void > 0


@pytest.mark.long
@pytest.mark.timeout(400)
def test_workers_that_believe_what_one_wrote_who_slept_are_found_out(
    staged: Callable[..., Scene], tmp_path: Path
) -> None:
    scene = staged()
    with crowd(scene.environ, tmp_path) as workers:
        _oversleep(scene, workers, breaks="believe_void")
        _finish(scene, workers)
    with pytest.raises(AssertionError, match=r"a batch begins at|rows are not what the facts say"):
        scene.every_prefix_is_the_fold()


@pytest.mark.long
@pytest.mark.timeout(400)
def test_a_marker_that_goes_before_its_rows_is_found_out(staged: Callable[..., Scene], tmp_path: Path) -> None:
    scene = staged(partitions=1)
    with crowd(scene.environ, tmp_path) as workers:
        _struck(workers, "torn", 5, breaks="mark_before_rows")
        _finish(scene, workers)
    with pytest.raises(AssertionError, match=r"rows are not what the facts say"):
        scene.every_prefix_is_the_fold()
    with pytest.raises(AssertionError):
        scene.said_is_replayed()


@pytest.mark.long
@pytest.mark.timeout(400)
def test_a_tick_that_overtakes_facts_is_found_out(staged: Callable[..., Scene], tmp_path: Path) -> None:
    """Of a worker whose ingest says what it has read before it says what it read."""
    scene = staged()
    with crowd(scene.environ, tmp_path) as workers:
        worker = workers.join(breaks="commit_early")
        until(worker.ready, "it gets no partitions", worker)
        _finish(scene, workers)
    with pytest.raises(AssertionError, match=r"stands below a tick"):
        scene.no_tick_is_false()


@pytest.mark.long
@pytest.mark.timeout(400)
def test_a_worker_that_ends_by_itself_is_found_out(staged: Callable[..., Scene], tmp_path: Path) -> None:
    scene = staged(partitions=1)
    with crowd(scene.environ, tmp_path) as workers:
        worker = workers.join(breaks="give_up")
        until(lambda: worker.process.poll() is not None, "it goes on", worker)
        with pytest.raises(AssertionError, match=r"(?s)worker-0.log ended: 1\n.*it gives up"):
            workers.working()


def _struck(workers: Crowd, point: str, visit: int, breaks: str = "") -> None:
    """One worker, alone, until it has been killed at that point."""
    _until_killed(workers, workers.join(f"{point}:{visit}:KILL", breaks), point)


def _until_killed(workers: Crowd, worker: Worker, point: str) -> None:
    until(lambda: worker.process.poll() is not None, f"it never comes to {point}", worker)
    assert (worker.process.wait(), struck_at(worker)) == (-signal.SIGKILL, [point]), worker.end_of_log()
    workers.alive.remove(worker)


def _oversleep(scene: Scene, workers: Crowd, wish: str = "", breaks: str = "") -> Worker:
    """One falls asleep when its outcomes are out and its rows are not, and wakes when an heir has its partitions.

    The heir, who has that wish, is returned.
    """
    sleeper = workers.join("sent:20:STOP", breaks)
    until(lambda: is_asleep(sleeper), "it does not fall asleep", sleeper)
    before = scene.claims()
    heir = workers.join(wish, breaks)
    until(lambda: scene.claims() > before and heir.ready(), "nobody takes its partitions", heir)
    time.sleep(1)
    sleeper.process.send_signal(signal.SIGCONT)
    return heir


def _finish(scene: Scene, workers: Crowd) -> None:
    """Those that are alive do, or one who joins."""
    running: list[Worker] = workers.alive or [workers.join()]
    scene.wait(running)
    workers.end()


def _kinds(scene: Scene) -> str:
    """What stands in the changelog: c a claim, p a piece of a tick that goes on, b any other batch."""
    kinds = ""
    for record in scene.changelog():
        if record.key == b"\0claim":
            kinds += "c"
        elif record.key == b"\0mark":
            _, start, end = map(str, re.findall(rb'"\w+"|\d+', record.value))
            kinds += "p" if start == end else "b"
    return kinds
