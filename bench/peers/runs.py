"""One run of one engine: started as a process of its own on core 1, watched from core 0, beside the broker."""

import os
import signal
import subprocess
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from kafka import KafkaConsumer, TopicPartition

from bench.events import PARTITIONS
from bench.job import Outcome
from bench.peers.setting import say

ROOT = Path(__file__).parents[2]
_TICKS = os.sysconf("SC_CLK_TCK")
_START_S, _QUIET_S, _LIMIT_S = 200.0, 20.0, 400.0
_decode = msgspec.json.Decoder(Outcome).decode


class FailedError(RuntimeError):
    """The run does not count; the message says why."""


@dataclass
class Outcomes:
    """What stands in the outcomes topic, seen by a consumer that reads only what is committed."""

    want: dict[str, list[int]]
    seen: Counter[str] = field(default_factory=Counter)
    wrong: set[str] = field(default_factory=set)

    def add(self, value: bytes) -> None:
        """One record of the topic."""
        one = _decode(value)
        self.seen[one.id] += 1
        if self.want.get(one.id) != one.numbers:
            self.wrong.add(one.id)

    def missing(self) -> int:
        """How many of what must be said are not there, right or wrong."""
        return len(self.want.keys() - self.seen.keys())

    def doubled(self) -> int:
        """How many are there more than once."""
        return sum(count > 1 for count in self.seen.values())


class Watcher:
    """Reads the outcomes topic from its beginning, without end."""

    def __init__(self, broker: str, topic: str, want: dict[str, list[int]]) -> None:
        self.outcomes = Outcomes(want)
        self._consumer = KafkaConsumer(
            bootstrap_servers=broker, group_id=None, enable_auto_commit=False, isolation_level="read_committed"
        )
        parts = [TopicPartition(topic, n) for n in range(PARTITIONS)]
        self._consumer.assign(parts)
        for part in parts:
            self._consumer.seek(part, 0)

    def poll(self) -> int:
        """How many records came within a tenth of a second."""
        batches = self._consumer.poll(timeout_ms=100, max_records=10_000).values()
        for record in (one for batch in batches for one in batch):
            self.outcomes.add(record.value)
        return sum(map(len, batches))

    def close(self) -> None:
        """Ends the consumer."""
        self._consumer.close()


class Process:
    """The engine's process tree."""

    def __init__(self, command: list[str], environment: dict[str, str], log: Path, cores: str = "1") -> None:
        self.words: dict[str, tuple[float, float]] = {}  # word -> (seconds since the start, CPU seconds so far)
        self.started = time.monotonic()
        with log.open("ab") as errors:
            self._root = subprocess.Popen(
                ["taskset", "-c", cores, *command],
                cwd=ROOT,
                env={**os.environ, **environment},
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                start_new_session=True,
            )
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self._root.stdout is not None
        for line in self._root.stdout:
            self.words.setdefault(line.strip(), (time.monotonic() - self.started, self.cpu()))

    def wait(self, word: str, limit: float = _START_S) -> tuple[float, float]:
        """When it said the word, and its CPU seconds then."""
        give_up = time.monotonic() + limit
        while word not in self.words:
            if not self.alive() or time.monotonic() > give_up:
                raise FailedError(f"the process never said {word!r}")
            time.sleep(0.01)
        return self.words[word]

    def alive(self) -> bool:
        """Whether it runs."""
        return self._root.poll() is None

    def cpu(self) -> float:
        """User and system seconds of the tree so far."""
        return sum(sum(map(int, stat[11:15])) for stat in self._tree().values()) / _TICKS

    def peak_mb(self) -> float:
        """The peaks of resident memory of the tree's processes, added."""
        return sum(_peak_kb(pid) for pid in self._tree()) / 1024

    def end(self, sign: signal.Signals) -> None:
        """Signals the whole tree and waits; kills what does not go."""
        for one in (sign, signal.SIGKILL):
            try:
                os.killpg(self._root.pid, one)
                self._root.wait(10)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                continue

    def _tree(self) -> dict[int, list[str]]:
        """The session of the engine: pid -> the fields of its stat behind the name."""
        stats = {int(path.name): stat for path in Path("/proc").glob("[0-9]*") if (stat := _stat(path))}
        return {pid: stat for pid, stat in stats.items() if int(stat[3]) == self._root.pid}


def _stat(process: Path) -> list[str]:
    try:
        return (process / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _peak_kb(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")), 0)


@dataclass(frozen=True)
class Drained:
    """What a clean run measured. Seconds count from the first record; start-up is what was before."""

    events: int
    cpu: float
    wall: float
    startup: float
    peak_mb: float
    repeated: int = 0

    @property
    def rate(self) -> float:
        """Events a CPU second."""
        return self.events / self.cpu

    def __str__(self) -> str:
        return f"{self.rate:,.0f} events a CPU second, {self.wall:.1f} s"


def read_through(process: Process, events: int) -> Drained:
    """The floor's run: it has no outcomes and says itself when it is through."""
    started, before = process.wait("first")
    ended, after = process.wait("last", _LIMIT_S)
    peak = process.peak_mb()
    process.end(signal.SIGKILL)
    return Drained(events, after - before, ended - started, started, peak)


def drain(process: Process, watcher: Watcher, events: int) -> Drained:
    """A clean run, until everything that must be said stands in the topic; FailedError when the gate does not open."""
    startup, before = process.wait("first")
    _until_said(process, watcher)
    wall, after = time.monotonic() - process.started - startup, process.cpu()
    peak = process.peak_mb()
    process.end(signal.SIGTERM)
    while watcher.poll():
        pass
    seen = watcher.outcomes
    if seen.missing() or seen.wrong:
        raise FailedError(f"{seen.missing()} outcomes missing, {len(seen.wrong)} wrong")
    return Drained(events, after - before, wall, startup, peak, seen.doubled())


def finish(process: Process, watcher: Watcher) -> Outcomes:
    """The run after a crash, until nothing more comes: right or wrong."""
    process.wait("first")
    _until_said(process, watcher)
    process.end(signal.SIGTERM)
    while watcher.poll():
        pass
    return watcher.outcomes


def _until_said(process: Process, watcher: Watcher) -> None:
    """Everything said, or silence for long."""
    last = time.monotonic()
    give_up = last + _LIMIT_S
    while watcher.outcomes.missing() and time.monotonic() < min(last + _QUIET_S, give_up):
        if watcher.poll():
            last = time.monotonic()
        if not process.alive():
            say("the engine's process ended by itself")
            return
