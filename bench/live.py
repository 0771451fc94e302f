"""The real worker on a real broker beside `replay` in memory, on the same facts, with the whole rule set.

    .venv/bin/python -m bench.live [--feeds FILE] [--events N] [--workers 1 2] [FILE…]

Without files it makes a history of its own: forty simulated shops for a week, all event types, all feeds on.

Two rows a number of workers. `facts`: the monitor's hop alone, the facts log (ticks included) copied to a new topic;
beside it decode, step and writing of the same log in memory. `events`: both hops, from the raw topics that `load`
fills; beside it `replay` of the file. CPU seconds of the workers' whole process trees, from the first record loaded
until nothing is unread and the tick at the end of time is done; they have their partitions before. The gate: the facts
log has the facts of every line, and what the topics hold is what the memory says of that run's facts log, byte for
byte and seller by seller.
"""

import argparse
import gc
import gzip
import os
import tempfile
import time
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.gate import agree, facts_of
from bench.history import simulated
from bench.peers.loaded import fill
from bench.workers import Cost, Scene, Stage, broker
from detectors.feeds import Feeds
from detectors.rulebook import Rulebook
from policies import lexicon, load
from streams.embedded import END_OF_TIME
from streams.history import FileReader
from streams.ingest import Ingest
from streams.load import load as load_history
from streams.outputs import OutputFolder
from streams.replay import replay
from streams.settings import load_feeds

HEADS = ("", "workers", "records", "a CPU second", "in memory", "ratio", "wall s", "peak MB")


class Play:
    """One history, in memory and on the stage."""

    def __init__(self, files: Sequence[Path], feeds: Path | None, folder: Path) -> None:
        policies = load()
        self.rules = Rulebook(policies, load_feeds(feeds) if feeds else Feeds())
        self._files, self._folder = files, folder
        self._ingest = Ingest(policies, lexicon(), "log")
        gc.freeze()
        started = time.process_time()
        with OutputFolder(folder / "replayed", "ended") as out:
            reader = FileReader(files, self._ingest)
            summary = replay(self.rules, reader, out, END_OF_TIME)
        self.received = summary["events"]["received"]
        self.replayed = self.received / (time.process_time() - started)
        dead = summary["dead_letters"]
        self.facts = self.received - sum(dead.values()) + dead.get("conflicting_duplicate", 0)

    def load(self, scene: Scene) -> None:
        """Sends the history."""
        sent = load_history(scene.settings, self._ingest, self._files, END_OF_TIME).sent
        if sent != self.received:
            raise SystemExit(f"wrong: {sent} of {self.received} events were sent")

    def check(self, scene: Scene) -> tuple[list[Any], float]:
        """The run's facts log, and how many facts a CPU second it takes in memory; stops where the gate is shut."""
        log = facts_of(scene, self.facts)
        return log, self.facts / agree(scene, self.rules, log, self._folder / "memory")


def copy(log: Iterable[Any], scene: Scene) -> None:
    """Appends the records to the scene's facts log."""
    records = ((record.partition, record.key, record.value) for record in log)
    fill(scene.settings.bootstrap[0], scene.names.facts, records)


def measure(play: Play, stage: Stage, numbers: Sequence[int], cores: str) -> Table:
    """A row for each hop and number of workers."""
    table = Table(title="the worker on a broker beside replay in memory, the same facts", caption=f"cores {cores}")
    for head in HEADS:
        table.add_column(head, justify="right" if head else "left")
    for number in numbers:
        both, alone = stage.scene(), stage.scene()
        cost = both.drain(play.load, number, cores)
        log, stepped = play.check(both)
        table.add_row(*_cells("events", number, play.received, cost, play.replayed))
        cost = alone.drain(partial(copy, log), number, cores)
        again = play.check(alone)[1]
        table.add_row(*_cells("facts", number, play.facts, cost, max(stepped, again)))
    return table


def _cells(name: str, workers: int, count: int, cost: Cost, memory: float) -> list[str]:
    rate = count / cost.cpu
    speed = [f"{rate:,.0f}", f"{memory:,.0f}", f"{rate / memory:.2f}"]
    return [name, str(workers), f"{count:,}", *speed, f"{cost.wall:.1f}", f"{cost.peak_mb:,.0f}"]


def prepared(files: Sequence[Path], events: int | None, folder: Path) -> list[Path]:
    """The files, or the first events of each; a history of our own where none is given."""
    if not files:
        files = [simulated(folder)]
    if events is None:
        return list(files)
    return [_first(path, events, folder) for path in files]


def _first(path: Path, events: int, folder: Path) -> Path:
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as lines:
        (folder / path.stem).write_bytes(b"".join(islice(lines, events)))
    return folder / path.stem


def main() -> None:
    """Reads the command line and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--feeds", type=Path)
    parser.add_argument("--events", type=int, help="the first so many only")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--cores", default="1", help="of the workers; the broker has core 0")
    parser.add_argument("--keep", type=Path, help="a folder for logs and topics, kept")
    given = parser.parse_args()
    os.sched_setaffinity(0, {0})
    gc.set_threshold(50_000, 20, 1000)
    with tempfile.TemporaryDirectory(prefix="bench-") as made:
        folder = given.keep or Path(made)
        folder.mkdir(exist_ok=True)
        play = Play(prepared(given.files, given.events, folder), given.feeds, folder)
        feeds = {"feeds": str(given.feeds.resolve())} if given.feeds else {}
        with broker(folder) as address:
            table = measure(play, Stage(address, folder, clock="log", **feeds), given.workers, given.cores)
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
