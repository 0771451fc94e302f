"""A worker that starts over many open orders: until it has caught up, what its memory is, what an event costs then.

    .venv/bin/python -m bench.restart [--orders 10000 1000000 2000000]

Open orders of five facts each with all their duties, 20 a seller (`bench/orders.py`), stand in the changelog; a
backlog of facts about some of them waits in the facts log. `ready`: from the start of the process until it has its
rows, start-up included; `caught up`: until the backlog is done too, the wheel rebuilt on the way. Then facts about
other orders, picked by chance among all: `an event`, CPU microseconds of the monitor's hop. The gate: what the topics
hold is what the memory says, from the same rows.
"""

import argparse
import asyncio
import gc
import os
import tempfile
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from aiokafka.structs import TopicPartition
from rich.console import Console
from rich.table import Table

from bench.events import PARTITIONS, Record
from bench.gate import agree
from bench.orders import Orders, Rows, next_facts, seller_of, together
from bench.peers.loaded import fill
from bench.workers import DONE_S, Scene, Stage, broker, wait
from detectors.facts import encode
from detectors.rulebook import Rulebook
from detectors.store import Store
from policies import load
from streams.batch.appender import Appender
from streams.batch.changelog import Marker, batch
from streams.brokers import partition_of
from streams.topics import LARGEST_BATCH
from streams.watermark import Watermark
from tests.live.reading import records

BACKLOG, MEASURED = 2_000, 8_000  # orders; two facts each
SELLERS_A_BATCH = 100
HEADS = ("orders", "records", "ready s", "its CPU s", "caught up s", "peak MB", "an event, us")


async def write(scene: Scene, orders: Orders) -> int:
    """Writes the orders to the changelog, as a worker would have; how many records."""
    appender, written = Appender(scene.settings.bootstrap, LARGEST_BATCH), 0
    for partition in range(PARTITIONS):
        log = TopicPartition(scene.names.changelog, partition)
        for rows in _several(orders.rows(partition)):
            one = batch(Marker("bench", 0, 0), rows)
            await appender.append(log, one)
            written += len(one)
    await appender.stop()
    return written


def _several(parts: Iterator[Rows]) -> Iterator[Rows]:
    """The rows of some sellers at a time."""
    while some := list(islice(parts, SELLERS_A_BATCH)):
        yield together(some)


def told_of(chosen: Iterable[int]) -> Iterator[Record]:
    """The next facts of these orders."""
    for n in chosen:
        key = seller_of(n).encode()
        for fact in next_facts(n):
            yield partition_of(key, PARTITIONS), key, encode(fact)


def run(
    scene: Scene, rules: Rulebook, orders: Orders, folder: Path, backlog: int = BACKLOG, measured: int = MEASURED
) -> list[str]:
    """The cells of one row."""
    chosen = orders.some(backlog + measured)
    broker, facts = scene.settings.bootstrap[0], scene.names.facts
    written = asyncio.run(write(scene, orders))
    fill(broker, facts, told_of(chosen[:backlog]))
    with Watermark(scene.settings, scene.names.app, [facts]) as mark:
        started = time.monotonic()
        with scene.workers(1, "1") as (process,):
            ready, restoring = time.monotonic() - started, process.cpu()
            wait(lambda: not mark.unread(), DONE_S)
            caught_up, before = time.monotonic() - started, process.cpu()
            events = fill(broker, facts, told_of(chosen[backlog:]))
            wait(lambda: not mark.unread(), DONE_S)
            an_event, peak = (process.cpu() - before) / events * 1e6, process.peak_mb()
    stores = {n: _store(orders.rows(n, chosen), n) for n in range(PARTITIONS)}
    agree(scene, rules, records(scene.settings, facts), folder / "memory", stores)
    speed = [f"{ready:.1f}", f"{restoring:.1f}", f"{caught_up:.1f}", f"{peak:,.0f}", f"{an_event:.0f}"]
    return [f"{orders.number:,}", f"{written:,}", *speed]


def _store(parts: Iterator[Rows], partition: int) -> Store:
    rows = together(parts)
    store = Store(rows["orders"], rows["sellers"], partition)
    store.rebuild()
    return store


def main() -> None:
    """Reads the command line and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, nargs="+", default=[10_000, 1_000_000, 2_000_000])
    parser.add_argument("--keep", type=Path, help="a folder for logs and topics, kept")
    given = parser.parse_args()
    os.sched_setaffinity(0, {0})
    gc.set_threshold(50_000, 20, 1000)
    table, rules = Table(title="a worker starts over open orders", caption="worker on core 1"), Rulebook(load())
    for head in HEADS:
        table.add_column(head, justify="right")
    with tempfile.TemporaryDirectory(prefix="bench-") as made:
        folder = given.keep or Path(made)
        with broker(folder) as address:
            for number in given.orders:
                scene = Stage(address, folder, clock="log").scene()
                table.add_row(*run(scene, rules, Orders(rules, number), folder))
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
