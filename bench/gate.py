"""What a facts log says in memory, and whether the topics say the same."""

import gc
import time
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from bench.workers import Scene
from detectors.facts import decode
from detectors.rulebook import Rulebook
from detectors.step import step
from detectors.store import Store
from streams.outputs import Ledger, OutputFolder
from tests.live.reading import records

OUT = ("directives", "findings", "ledger")
UNPACKED = 16_384  # as `replay` keeps them unpacked


Stores = dict[int, Store]
"""By partition."""


def agree(scene: Scene, rules: Rulebook, log: list[Any], folder: Path, stores: Stores | None = None) -> float:
    """CPU seconds of the log in memory, from these rows on or from none.

    Stops unless the topics hold the same, byte for byte and seller by seller.
    """
    gc.freeze()  # the log
    started = time.process_time()
    in_memory(rules, log, folder, scene.settings.ledger, stores or empty(scene.settings.partitions))
    seconds = time.process_time() - started
    for kind in OUT:
        told = dict.fromkeys(record.value for record in records(scene.settings, getattr(scene.names, kind)))
        if _by_seller(told) != _by_seller((folder / f"{kind}.jsonl").read_bytes().splitlines()):
            raise SystemExit(f"wrong: the {kind} are not what the facts log says in memory")
    return seconds


def empty(partitions: int) -> Stores:
    """Stores without a row."""
    return {n: Store({}, {}, n, UNPACKED) for n in range(partitions)}


def in_memory(rules: Rulebook, log: Iterable[Any], folder: Path, ledger: Ledger, stores: Stores) -> None:
    """Decodes and steps the log, each partition in its store, and writes what is said, as `replay` does."""
    with OutputFolder(folder, ledger) as out:
        for record in log:
            for outcome in step(stores[record.partition], rules, decode(record.value)):
                out.write(outcome)


def _by_seller(lines: Iterable[bytes]) -> dict[str, list[bytes]]:
    found: defaultdict[str, list[bytes]] = defaultdict(list)
    for line in lines:
        found[msgspec.json.decode(line)["seller"]].append(line)
    return dict(found)


def facts_of(scene: Scene, expected: int) -> list[Any]:
    """The records of the facts log. Stops unless so many of them are facts."""
    log = records(scene.settings, scene.names.facts)
    facts = sum(not record.value.startswith(b'[1,"tick"') for record in log)
    if facts != expected:
        raise SystemExit(f"wrong: {facts} facts in {scene.names.facts}, expected {expected}")
    return log
