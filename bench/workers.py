"""Real workers on a real broker: the topics of a run, its processes, and what they cost until nothing is unread."""

import signal
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from kafka import KafkaConsumer, TopicPartition

from bench.events import PARTITIONS
from bench.peers.runs import FailedError, Process
from streams.brokers import admin
from streams.embedded import END_OF_TIME
from streams.settings import Settings
from streams.topics import Names, apply
from streams.watermark import Watermark
from tests.kafka.broker import Broker, free_port

READY_S, DONE_S, PERIOD_S = 120.0, 900.0, 0.1
END = f'[1,"tick",{END_OF_TIME + 1},'.encode()
COUNTERMAND = Path(sys.executable).with_name("countermand")


@dataclass(frozen=True)
class Cost:
    """What workers cost from the first record sent until nothing was unread: seconds, and the peaks of their memory."""

    cpu: float
    wall: float
    peak_mb: float


class Worker:
    """A `countermand worker`, with metrics on a port of its own."""

    def __init__(self, environ: dict[str, str], log: Path, cores: str) -> None:
        self._health, self._log = f"127.0.0.1:{free_port()}", log
        own = {"COUNTERMAND_METRICS": self._health, "COUNTERMAND_DATA": str(log.with_suffix(""))}
        self.process = Process([str(COUNTERMAND), "worker"], {**environ, **own}, log, cores)

    def ready(self) -> bool:
        """Whether it has its partitions. FailedError, with the end of its log, when it is gone."""
        if not self.process.alive():
            raise FailedError(f"a worker ended; the end of {self._log}:\n{self._log.read_text()[-4000:]}")
        try:
            with urllib.request.urlopen(f"http://{self._health}/health", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


class Scene:
    """Topics and a group of their own on the broker, and the workers that share them."""

    def __init__(self, environ: dict[str, str], folder: Path) -> None:
        self._environ, self._folder = environ, folder
        self.settings = Settings.from_env(environ)
        self.names = Names(self.settings)
        with admin(self.settings) as client:
            apply(client, self.settings)

    @contextmanager
    def workers(self, number: int, cores: str) -> Iterator[list[Process]]:
        """So many, each with its partitions; killed in the end, for nothing depends on how a worker ends."""
        with ExitStack() as ending:
            started = []
            for n in range(number):
                log = self._folder / f"{self.settings.prefix}{n}.log"
                started.append(Worker(self._environ, log, cores))
                ending.callback(started[-1].process.end, signal.SIGKILL)
            wait(lambda: all(worker.ready() for worker in started), READY_S)
            yield [worker.process for worker in started]

    def drain(self, load: Callable[["Scene"], object], number: int, cores: str) -> Cost:
        """Loads, and lets so many workers do it all, up to the tick at the end of time. FailedError: they do not."""
        topics = [*self.names.raw.values(), self.names.facts]
        with self.workers(number, cores) as started, Watermark(self.settings, self.names.app, topics) as mark:
            began, before = time.monotonic(), sum(process.cpu() for process in started)
            load(self)
            wait(lambda: self._ended() and not mark.unread(), DONE_S)
            cpu, wall = sum(process.cpu() for process in started) - before, time.monotonic() - began
            return Cost(cpu, wall, sum(process.peak_mb() for process in started))

    def _ended(self) -> bool:
        """Whether the last record of every partition of the facts log is the tick at the end of time."""
        reader = KafkaConsumer(bootstrap_servers=self.settings.bootstrap, group_id=None, enable_auto_commit=False)
        try:
            tps = [TopicPartition(self.names.facts, n) for n in range(self.settings.partitions)]
            ends = reader.end_offsets(tps)
            reader.assign(tps)
            for tp in tps:
                reader.seek(tp, max(ends[tp] - 1, 0))
            found = reader.poll(timeout_ms=500)
            ended = [tp for tp, records in found.items() if records[-1].value.startswith(END)]
            return len(ended) == len(tps)
        finally:
            reader.close()


def wait(true: Callable[[], bool], limit: float) -> None:
    """Until it is true. FailedError when it is not in time."""
    give_up = time.monotonic() + limit
    while not true():
        if time.monotonic() > give_up:
            raise FailedError("the workers take too long; --keep a folder and see the logs in it")
        time.sleep(PERIOD_S)


@contextmanager
def broker(folder: Path) -> Iterator[str]:
    """host:port of a broker of our own."""
    one = Broker(folder / "broker").start()
    try:
        yield one.address
    finally:
        one.stop()


class Stage:
    """A scene for each run, on one broker."""

    def __init__(self, address: str, folder: Path, **environ: str) -> None:
        """`environ`: what holds for all runs, by the short name of the setting: `feeds="…"`."""
        self._folder, self._name, self._numbers = folder, f"bench-{uuid.uuid4().hex[:6]}", count(1)
        own = {"brokers": address, "partitions": str(PARTITIONS), **environ}
        self._environ = {f"COUNTERMAND_{name.upper()}": value for name, value in own.items()}

    def scene(self) -> Scene:
        """One that nobody has played on."""
        prefix = f"{self._name}-{next(self._numbers)}."
        return Scene({**self._environ, "COUNTERMAND_PREFIX": prefix}, self._folder)
