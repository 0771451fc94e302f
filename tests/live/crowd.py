"""Workers that come and go by a seed: killed, struck at a point of their own, paused, asked to leave."""

import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from random import Random

from tests.kafka.broker import Broker
from tests.live.crashing import POINTS, SESSION_S, STRUCK
from tests.live.workers import Worker

PROGRAM = ("-m", "tests.live.crashing")
PATIENCE_S = 120.0
MEET_S = 5.0
FEW = {"revoked": 1, "claimed": 4, "restoring": 3, "restored": 4}
OFTEN = 7
NOBODY_THERE = "streams.brokers.UnreachableError"
SLOW_S = 0.03
"""So that there is work left at the end of a schedule."""


class Crowd:
    """`done` counts what happened to them, `struck` the points they were struck at."""

    def __init__(self, environ: dict[str, str], folder: Path, rng: Random, seed: int = 0) -> None:
        self._environ, self._folder, self._rng = environ, folder, rng
        self._wishes = wishes(seed, rng)
        self._started: list[Worker] = []
        self._wishing: list[Worker] = []
        self._doomed, self._killed, self._asked = set[Worker](), set[Worker](), set[Worker]()
        self._beginning: set[Worker] = set()
        self.alive: list[Worker] = []
        self.done: Counter[str] = Counter()

    def join(self, wish: str = "", breaks: str = "", slow_s: float = 0.02) -> Worker:
        """A worker that wishes to be struck ("point:n:signal"), and breaks a promise of the seam."""
        environ = {**self._environ, "CRASH_AT": wish, "BREAK": breaks, "SLOW": str(slow_s)}
        worker = Worker(environ, self._folder / f"worker-{len(self._started)}.log", PROGRAM)
        self._started.append(worker)
        if wish:
            self._wishing.append(worker)
        if wish.endswith("KILL"):
            self._doomed.add(worker)
        self.alive.append(worker)
        return worker

    def join_as_wished(self) -> None:
        """One of the schedule's wishes; now and then none."""
        self.join(next(self._wishes) if self._rng.random() < 0.8 else "", slow_s=SLOW_S)

    def working(self) -> Worker:
        """One that has partitions, as soon as there is one. There are two at least; those that sleep are woken."""
        give_up = time.monotonic() + PATIENCE_S
        while True:
            self.nobody_ends_by_himself()
            self.alive = [worker for worker in self.alive if worker.process.poll() is None]
            while len(self.alive) < 2:
                self.join_as_wished()
            if asleep := [worker for worker in self.alive if is_asleep(worker)]:
                self._wake(asleep[0])
            if ready := [worker for worker in self.alive if worker.ready()]:
                return self._rng.choice(ready)
            assert time.monotonic() < give_up, self.alive[0].end_of_log()
            time.sleep(0.2)

    def meet(self) -> None:
        """Waits a while until one of those that wish it is struck."""
        before, give_up = self.struck(), time.monotonic() + MEET_S
        while any(one in self.alive and one.process.poll() is None for one in self._wishing):
            if self.struck() != before or time.monotonic() > give_up:
                return
            time.sleep(0.1)

    def kill(self, worker: Worker) -> None:
        """At random, wherever it is."""
        if worker.process.poll() is None:
            self.done["killed"] += 1
            self._killed.add(worker)
            worker.process.kill()
        worker.process.wait()

    def pause(self, worker: Worker) -> None:
        """Longer than its session; others take its partitions, and then it goes on."""
        self.done["paused"] += 1
        worker.process.send_signal(signal.SIGSTOP)
        self._wake(worker)

    def _wake(self, worker: Worker) -> None:
        time.sleep(SESSION_S * 2)
        worker.process.send_signal(signal.SIGCONT)

    def leave(self, worker: Worker) -> None:
        """It is asked to; what becomes of it meanwhile is left to the next steps."""
        self.done["left"] += 1
        self._asked.add(worker)
        worker.process.send_signal(signal.SIGTERM)

    def lose(self, broker: Broker) -> None:
        """It is killed, and starts again: all wait for it, but who has only begun may say that nobody is there."""
        self.done["brokers killed"] += 1
        self._beginning.update(worker for worker in self.alive if not worker.ready())
        broker.kill()
        broker.start()

    def settle(self) -> None:
        """Ends whoever may still crash, and lets two go on that do not."""
        for worker in self.alive:
            self.kill(worker)
        self.alive = []
        for _ in range(2):
            self.join(slow_s=0)

    def end(self) -> None:
        """All are asked to leave, and do: one that has only begun would be killed by that."""
        for worker in self.alive:
            until(worker.ready, "it gets no partitions", worker)
        for worker in self.alive:
            self._asked.add(worker)
            assert worker.stop() == 0, worker.end_of_log()
        self.nobody_ends_by_himself()

    def nobody_ends_by_himself(self) -> None:
        """AssertionError with the end of the log of one who did, be it by an error or with exit code 0."""
        for worker in self._started:
            code = worker.process.poll()
            assert code is None or self._may_end(worker, code), f"{worker.log} ended: {code}\n{worker.end_of_log()}"

    def _may_end(self, worker: Worker, code: int) -> bool:
        """Killed by us or at the point that it wished, or well when asked to leave, or before it had begun."""
        if worker in self._beginning and worker.end_of_log().splitlines()[-1].startswith(NOBODY_THERE):
            return True
        if code == -signal.SIGKILL:
            return worker in self._killed or (worker in self._doomed and bool(struck_at(worker)))
        return code == 0 and worker in self._asked

    def struck(self) -> Counter[str]:
        """How many of all that ever joined were struck at which point."""
        return Counter(point for worker in self._started for point in struck_at(worker))

    def clear(self) -> None:
        """Nobody is left, however it ended."""
        for worker in self._started:
            if worker.process.poll() is None:
                worker.process.kill()
            worker.process.wait()


@contextmanager
def crowd(environ: dict[str, str], folder: Path, seed: int = 0) -> Iterator[Crowd]:
    """A crowd of which nobody is left afterwards."""
    gathered = Crowd(environ, folder, Random(seed), seed)
    try:
        yield gathered
    finally:
        gathered.clear()


def wishes(seed: int, rng: Random) -> Iterator[str]:
    """The points in turn, each schedule beginning elsewhere; most to be killed at, some to fall asleep at."""
    first = 5 * seed % len(POINTS)
    for point in cycle(POINTS[first:] + POINTS[:first]):
        visit = rng.randint(1, FEW.get(point, OFTEN))
        yield f"{point}:{visit}:{'KILL' if rng.random() < 0.8 else 'STOP'}"


def struck_at(worker: Worker) -> list[str]:
    """The points that it told."""
    lines = worker.log.read_text(errors="replace").splitlines()
    return [line.removeprefix(STRUCK) for line in lines if line.startswith(STRUCK)]


def is_asleep(worker: Worker) -> bool:
    """Whether the process is stopped, as Linux has it."""
    stat = Path(f"/proc/{worker.process.pid}/stat")
    return worker.process.poll() is None and stat.read_text().rpartition(")")[2].split()[0] == "T"


def until(true: Callable[[], object], what: str, worker: Worker) -> None:
    """Waits for it; AssertionError with the end of the worker's log after a minute."""
    give_up = time.monotonic() + 60
    while not true():
        assert time.monotonic() < give_up, f"{what}\n{worker.end_of_log()}"
        time.sleep(0.1)
