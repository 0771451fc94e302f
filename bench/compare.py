"""Engines on one job, one broker, in one run: `make bench`. JOB.md says the job and the gate.

    .venv/bin/python -m bench.compare [--events N] [--only NAME…] [--no-crash] [--write]

The broker runs on core 0, the engine on core 1. CPU seconds are those of the engine's whole process tree, from the first record
until the last outcome stands in the topic. `--write` also writes the plot and the rows of RESULTS.md.
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
from bench.peers.report import Row, plot, results, table
from bench.peers.runs import Drained, Failed, Process, Watcher, drain, finish, read_through
from bench.reference import reference
from tests.kafka.broker import Broker

SHORT, KILL_AT = 100_000, 0.4
_COMMIT_MS, _CRASH_COMMIT_MS = 1000, 100  # in the crash run more often, so that a short input has commits before the kill


@dataclass(frozen=True)
class Input:
    """A loaded topic and what must be said of it."""

    topic: str
    records: int
    want: dict[str, list[int]]


class Bench:
    """The broker and its inputs; each run has topics, a group and a folder of its own."""

    def __init__(self, folder: Path) -> None:
        os.sched_setaffinity(0, {0})
        self._folder, self._numbers, self._inputs = folder, count(1), dict[int, Input]()
        self._broker = Broker(folder / "broker").start()

    def close(self) -> None:
        """Stops the broker."""
        self._broker.stop()

    def row(self, engine: Engine, most: int, *, crash: bool) -> Row:
        """The engine's clean run and, if asked for, its crash; a row that says why not where it fails."""
        given = self._input(min(most, engine.most))
        try:
            drained = self._clean(engine, given)
        except (Failed, FileNotFoundError) as why:
            return Row(engine.name, None, None, str(why))
        if not (crash and engine.crash):
            return Row(engine.name, drained, None)
        try:
            return Row(engine.name, drained, self._crashed(engine, given, drained))
        except Failed as why:
            return Row(engine.name, drained, None, f"after the crash: {why}")

    def _input(self, size: int) -> Input:
        if size not in self._inputs:
            topic, made = f"in-{size}", list(events.records(size))
            records = load(self._broker.address, topic, made)
            self._inputs[size] = Input(topic, records, reference(job.decode(value) for _, _, value in made))
        return self._inputs[size]

    def _clean(self, engine: Engine, given: Input) -> Drained:
        environment = self._setting(given, _COMMIT_MS, warm=engine.warm)
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

    def _crashed(self, engine: Engine, given: Input, clean: Drained) -> tuple[int, int, int]:
        """(missing, doubled, wrong) after a SIGKILL at about 40 % of the input and a restart."""
        environment = self._setting(given, _CRASH_COMMIT_MS, warm=False)
        process = self._start(engine, environment)
        process.wait("first")
        time.sleep(clean.wall * KILL_AT)
        process.end(signal.SIGKILL)
        process = self._start(engine, environment)
        watcher = Watcher(self._broker.address, environment["BENCH_OUT"], given.want)
        try:
            seen = finish(process, watcher)
        finally:
            watcher.close()
            process.end(signal.SIGKILL)
        return seen.missing(), seen.doubled(), len(seen.wrong)

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


def main() -> None:
    """Reads the command line, runs the engines in turn and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=SHORT)
    parser.add_argument("--only", nargs="*", default=[""], help="engines whose name contains this")
    parser.add_argument("--no-crash", action="store_true")
    parser.add_argument("--keep", type=Path, help="a folder for logs and topics, kept")
    parser.add_argument("--write", action="store_true", help="write docs/bench.png and bench/RESULTS.md")
    given = parser.parse_args()
    console = Console(stderr=True)
    with tempfile.TemporaryDirectory(prefix="bench-") as made:
        bench = Bench(given.keep or Path(made))
        try:
            rows = []
            for engine in (one for one in ENGINES if any(part.lower() in one.name.lower() for part in given.only)):
                with console.status(engine.name):
                    rows.append(bench.row(engine, given.events, crash=not given.no_crash))
                console.print(f"{engine.name}: {rows[-1].short()}")
        finally:
            bench.close()
    Console(width=None if sys.stdout.isatty() else 150).print(table(rows))
    if given.write:
        plot(rows)
        results(rows, given.events)


if __name__ == "__main__":
    main()
