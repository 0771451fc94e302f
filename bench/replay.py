"""`replay` beside the floor, on the same files, in one run: correctness first, then events a CPU second.

    .venv/bin/python -m bench.replay [--feeds FILE] [FILE…]

Without files it makes a history of its own: forty simulated shops for a week, all event types, all feeds on.

Prints how many events were accepted and dead (the gate: accepted + duplicates + dead letters = received), the
rate of each, and their ratio. Rates of different runs or machines are not to be compared; ratios are.
"""

import argparse
import tempfile
import time
from pathlib import Path

from bench.floor import floor
from bench.history import simulated
from detectors.feeds import Feeds
from detectors.rulebook import Rulebook
from policies import lexicon, load
from streams.history import FileReader
from streams.ingest import Ingest
from streams.outputs import OutputFolder
from streams.replay import replay
from streams.settings import load_feeds


def measure(paths: list[Path], feeds: Path | None) -> str:
    """The table for these files."""
    policies = load()
    rules = Rulebook(policies, load_feeds(feeds) if feeds else Feeds())
    count, floor_seconds = floor(paths)
    started = time.process_time()
    with tempfile.TemporaryDirectory() as folder, OutputFolder(Path(folder), "ended") as out:
        summary = replay(rules, FileReader(paths, Ingest(policies, lexicon(), "log")), out)
    seconds = time.process_time() - started
    events = summary["events"]
    accounted = events["accepted"] + events["duplicates"] + events["dead_letters"]
    if not events["received"] == accounted == count:
        raise SystemExit(f"wrong: {count} lines, {events['received']} received, {accounted} accounted for")
    ours, least = count / seconds, count / floor_seconds
    return (
        f"events {count:,}, accepted {events['accepted']:,}, dead letters {events['dead_letters']:,}\n"
        f"floor   {least:>10,.0f} events a CPU second\n"
        f"replay  {ours:>10,.0f} events a CPU second\n"
        f"ratio   {ours / least:>10.3f}"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--feeds", type=Path)
    parser.add_argument("files", type=Path, nargs="*")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        print(measure(given.files or [simulated(Path(made))], given.feeds))
