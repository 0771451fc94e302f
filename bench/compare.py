"""Engines on one job, one broker, in one run: `make bench`. JOB.md says the job and the gate.

    .venv/bin/python -m bench.compare [--events N] [--passes N] [--commit-ms N] [--only NAME…] [--no-crash] [--write]

The broker runs on core 0, the engine on core 1. CPU seconds are those of the engine's whole process tree, from the
first record until the last outcome stands in the topic. `--write` also writes the plot and the rows of RESULTS.md.
"""

import argparse
import os
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from rich.console import Console

from bench import events, job
from bench.peers.engines import ENGINES, FLOOR, Engine
from bench.peers.loaded import create, load
from bench.peers.report import Crash, Row, plot, results, table
from bench.peers.runs import Drained, FailedError, Process, Watcher, drain, finish, read_through
from bench.reference import reference
from tests.kafka.broker import Broker

SHORT, COMMIT_MS, KILL_AT = 100_000, 1000, 0.4


@dataclass(frozen=True)
class Input:
    """A loaded topic and what must be said of it."""

    topic: str
    records: int
    want: dict[str, list[int]]


class Bench:
    """The broker and its inputs; each run has topics, a group and a folder of its own."""

    def __init__(self, folder: Path, commit_ms: int) -> None:
        os.sched_setaffinity(0, {0})
        self._commit_ms = commit_ms
        self._folder, self._numbers, self._inputs = folder, count(1), dict[int, Input]()
        self._broker = Broker(folder / "broker").start()

    def close(self) -> None:
        """Stops the broker."""
        self._broker.stop()

    def clean(self, engine: Engine, most: int) -> Drained | str:
        """A clean run; why it does not count, where it does not."""
        try:
            return self._clean(engine, self._input(min(most, engine.most)))
        except (FailedError, FileNotFoundError) as why:
            return str(why)

    def crashed(self, engine: Engine, most: int, clean: Drained) -> Crash | str:
        """A run that is killed at about 40 % of the input and started again; why there is none, where there is none."""
        try:
            return self._crashed(engine, self._input(min(most, engine.most)), clean)
        except FailedError as why:
            return str(why)

    def _input(self, size: int) -> Input:
        if size not in self._inputs:
            topic, made = f"in-{size}", list(events.records(size))
            records = load(self._broker.address, topic, made)
            self._inputs[size] = Input(topic, records, reference(job.decode(value) for _, _, value in made))
        return self._inputs[size]

    def _clean(self, engine: Engine, given: Input) -> Drained:
        environment = self._setting(given, self._commit_ms, warm=engine.warm)
        process = self._start(engine, environment)
        try:
            if engine is FLOOR:
                return read_through(process, given.records)
            watcher = Watcher(self._broker.address, environment["BENCH_OUT"], given.want)
            try:
                return drain(process, watcher, given.records)
            finally:
                watcher.close()
        finally:
            process.end(signal.SIGKILL)

    def _crashed(self, engine: Engine, given: Input, clean: Drained) -> Crash:
        often_ms = int(min(self._commit_ms, max(clean.wall * 100, 50)))  # some commits before the kill
        environment = self._setting(given, often_ms, warm=False)
        process = self._start(engine, environment)
        try:
            process.wait("first")
            time.sleep(clean.wall * KILL_AT)
        finally:
            process.end(signal.SIGKILL)
        process = self._start(engine, environment)
        watcher = Watcher(self._broker.address, environment["BENCH_OUT"], given.want)
        try:
            seen = finish(process, watcher)
        finally:
            watcher.close()
            process.end(signal.SIGKILL)
        return Crash(seen.missing(), seen.doubled(), len(seen.wrong))

    def _start(self, engine: Engine, environment: dict[str, str]) -> Process:
        return Process(engine.command(), environment, self._folder / f"{environment['BENCH_GROUP']}.log")

    def _setting(self, given: Input, commit_ms: int, *, warm: bool) -> dict[str, str]:
        group = f"run-{next(self._numbers)}"
        folder = self._folder / group
        folder.mkdir()
        create(self._broker.address, f"{group}-out", *([f"{group}-out-warm"] if warm else []))
        return {
            "BENCH_BROKER": self._broker.address,
            "BENCH_IN": given.topic,
            "BENCH_OUT": f"{group}-out",
            "BENCH_GROUP": group,
            "BENCH_FOLDER": str(folder),
            "BENCH_COMMIT_MS": str(commit_ms),
            "BENCH_WARM": str(given.records if warm else 0),
        }


def compare(bench: Bench, engines: list[Engine], most: int, passes: int, *, crash: bool) -> list[Row]:
    """The engines take turns; the pass with the median rate counts. Then each is killed once."""
    console = Console(stderr=True)
    runs: dict[str, list[Drained | str]] = {engine.name: [] for engine in engines}
    for engine in (one for _ in range(passes) for one in engines):
        with console.status(engine.name):
            runs[engine.name].append(bench.clean(engine, most))
        console.print(f"{engine.name}: {runs[engine.name][-1]}")
    rows = []
    for engine in engines:
        drained = _median(runs[engine.name])
        killed: Crash | str = ""
        if crash and engine.crash and isinstance(drained, Drained):
            with console.status(f"{engine.name}, killed"):
                killed = bench.crashed(engine, most, drained)
            console.print(f"{engine.name}, killed: {killed}")
        rows.append(Row(engine.name, drained, killed))
    return rows


def _median(runs: list[Drained | str]) -> Drained | str:
    """The run with the median rate; a run that does not count takes the others with it."""
    failed = [run for run in runs if isinstance(run, str)]
    drained = sorted((run for run in runs if isinstance(run, Drained)), key=lambda run: run.rate)
    return failed[0] if failed else drained[len(drained) // 2]


def main() -> None:
    """Reads the command line, runs the engines and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=SHORT)
    parser.add_argument("--passes", type=int, default=1, help="clean runs of each engine; the median counts")
    parser.add_argument("--commit-ms", type=int, default=COMMIT_MS, help="between changelog commits or snapshots")
    parser.add_argument("--only", nargs="*", default=[""], help="engines whose name contains this")
    parser.add_argument("--no-crash", action="store_true")
    parser.add_argument("--keep", type=Path, help="a folder for logs and topics, kept")
    parser.add_argument("--write", action="store_true", help="write docs/bench.png and the rows of bench/RESULTS.md")
    given = parser.parse_args()
    engines = [one for one in ENGINES if any(part.lower() in one.name.lower() for part in given.only)]
    with tempfile.TemporaryDirectory(prefix="bench-") as made:
        bench = Bench(given.keep or Path(made), given.commit_ms)
        try:
            rows = compare(bench, engines, given.events, given.passes, crash=not given.no_crash)
        finally:
            bench.close()
    Console(width=None if sys.stdout.isatty() else 150).print(table(rows))
    if given.write:
        plot(rows)
        results(rows)


if __name__ == "__main__":
    main()
