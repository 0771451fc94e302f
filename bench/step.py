"""Decode and step in one process, beside the floor, in one run; then what an open order costs in memory.

    .venv/bin/python -m bench.step [--feeds FILE] [--events N] [FILE…]

Without files it makes a history of its own: forty simulated shops for a week, all event types, all feeds on.

The gate comes first: the same facts are stepped twice and must say the same, and every fact must be accounted for.
Floor and job take turns, five rounds; the medians count. Rates of different runs are not to be compared; ratios are.
"""

import argparse
import gc
import resource
import tempfile
import time
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from statistics import median

from bench.floor import floor
from bench.history import simulated
from bench.orders import five_facts
from detectors.facts import Fact, decode, encode
from detectors.feeds import Feeds
from detectors.rulebook import Rulebook
from detectors.store import order_key
from policies import lexicon, load
from streams.embedded import Embedded
from streams.history import FileReader
from streams.ingest import Ingest
from streams.settings import load_feeds

ROUNDS, OPEN_ORDERS = 5, 50_000


def stepped(rules: Rulebook, log: Iterable[bytes]) -> tuple[int, int, float]:
    """(outcomes, accepted facts, CPU seconds) of decoding and stepping the log."""
    embedded, said, accepted = Embedded(rules), 0, 0
    started = time.process_time()
    for raw in log:
        for one in embedded.accept(decode(raw)):  # type: ignore[arg-type]
            said += 1
            accepted += one.type == "fact.accepted"
    return said, accepted, time.process_time() - started


def measure(paths: list[Path], feeds: Path | None, events: int | None) -> str:
    """The table for these files."""
    policies = load()
    rules = Rulebook(policies, load_feeds(feeds) if feeds else Feeds())
    read = FileReader(paths, Ingest(policies, lexicon(), "log"))
    log = [encode(one) for one in islice(read, events) if isinstance(one, Fact)]
    gc.freeze()
    first, second = stepped(rules, log), stepped(rules, log)
    if first[:2] != second[:2]:
        raise SystemExit(f"wrong: the same facts said {first[:2]} and {second[:2]} (outcomes, accepted)")
    floors, jobs = [], []
    for _ in range(ROUNDS):
        count, seconds = floor(paths)
        floors.append(count / seconds)
        jobs.append(len(log) / stepped(rules, log)[2])
    least, ours = median(floors), median(jobs)
    return (
        f"facts {len(log):,} of {len({decode(raw).type for raw in log})} types, accepted {first[1]:,},"
        f" outcomes {first[0]:,}\n"
        f"floor          {least:>10,.0f} events a CPU second (read and decode the lines)\n"
        f"decode + step  {ours:>10,.0f} facts a CPU second\n"
        f"ratio          {ours / least:>10.3f}"
    )


def memory(orders: int = OPEN_ORDERS) -> str:
    """What an open order of five facts costs: bytes of its row, and of the whole process."""
    rules = Rulebook(load())
    embedded = Embedded(rules)
    before = _resident()
    for n in range(orders):
        for fact in five_facts(n, f"s{n % 200}", f"o{n}"):
            list(embedded.accept(fact))
    embedded.store.flush()
    grown = _resident() - before
    rows = embedded.store.orders
    own = sum(len(key) + len(row) for key, row in rows.items()) / len(rows)
    assert order_key("s0", "o0") in rows
    shops = sum(len(key) + len(row) for key, row in embedded.store.sellers.items()) / len(rows)
    return (
        f"open orders    {len(rows):>10,}, five facts each\n"
        f"row and key    {own:>10,.0f} bytes an order, and {shops:,.0f} of its seller's windows\n"
        f"process        {grown / len(rows):>10,.0f} bytes an order, wheel and tables included"
    )


def _resident() -> int:
    """The memory that the process holds now, in bytes (Linux)."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def main() -> None:
    """Reads the command line and prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--feeds", type=Path)
    parser.add_argument("--events", type=int, help="the first so many only")
    given = parser.parse_args()
    gc.set_threshold(50_000, 20, 1000)
    held = memory()  # first: later the process has memory to spare
    with tempfile.TemporaryDirectory() as folder:
        files = given.files or [simulated(Path(folder))]
        print(measure(files, given.feeds, given.events))
    print(held)


if __name__ == "__main__":
    main()
