"""Design §6.1 and §6.2 on a real Kafka: two workers, four partitions, and what `replay` says of the same history."""

import time
from collections import Counter, defaultdict
from collections.abc import Container, Iterable
from dataclasses import replace as changed
from pathlib import Path
from typing import Any

import pytest
from msgspec.json import decode

from detectors.catalogue import CODES, DUTIES
from detectors.rulebook import Rulebook
from policies import lexicon
from policies import load as load_policies
from streams.embedded import END_OF_TIME
from streams.facts import dump
from streams.history import FileReader
from streams.ingest import Ingest
from streams.load import load
from streams.outputs import OutputFolder
from streams.replay import replay, replay_facts
from streams.settings import Settings
from streams.topics import Names
from streams.watermark import Watermark
from tests.final_view import difference, final_view
from tests.live.history import write
from tests.live.reading import records
from tests.live.workers import Worker, workers

EVENTS = 100_000
LIMIT_S = 600.0
OUT = ("directives", "findings", "ledger")


@pytest.mark.timeout(1200)
def test_two_workers_say_what_replay_says(applied: Settings, environ: dict[str, str], tmp_path: Path) -> None:
    settings = changed(applied, clock="log", ledger="all")
    history = tmp_path / "history.jsonl"
    lines = write(history, EVENTS)
    assert lines >= EVENTS
    policies = load_policies()
    rules, ingest = Rulebook(policies), Ingest(policies, lexicon(), "log")
    with OutputFolder(tmp_path / "replayed", "all") as out:
        summary = replay(rules, FileReader([history], ingest), out, END_OF_TIME)

    with workers({**environ, "COUNTERMAND_CLOCK": "log", "COUNTERMAND_LEDGER": "all"}, 2, tmp_path) as running:
        started = time.monotonic()
        told = load(settings, ingest, [history], END_OF_TIME)
        loaded = time.monotonic() - started
        _wait_until_done(settings, running)
        print(f"{lines:,} lines loaded in {loaded:.0f} s, done after {time.monotonic() - started:.0f} s")
    assert (told.sent, told.unread, told.too_large) == (lines, 0, 0)

    names = Names(settings)
    dead = Counter(
        dict(record.headers)["countermand.reason"].decode() for record in records(settings, names.deadletters)
    )
    assert dict(dead) == summary["dead_letters"]
    live = {kind: _live(settings, getattr(names, kind)) for kind in OUT}
    replayed = {kind: _lines(tmp_path / "replayed" / f"{kind}.jsonl") for kind in OUT}
    assert difference(_view(live), _view(replayed)) == []
    assert _codes(replayed) == set(CODES) - {"V-40"}  # a directive is overtaken by late facts only
    assert _duties(replayed) == {duty.card.name for duty in DUTIES}

    log = tmp_path / "facts.jsonl"
    assert dump(settings, log) == len(records(settings, names.facts))
    with OutputFolder(tmp_path / "again", "all") as out:
        again = replay_facts(rules, log, out)
    assert (
        again["events"]["received"]
        == summary["events"]["accepted"] + summary["events"]["duplicates"] + dead["conflicting_duplicate"]
    )
    for kind in OUT:
        assert _by_seller(live[kind]) == _by_seller(_lines(tmp_path / "again" / f"{kind}.jsonl"))


def _wait_until_done(settings: Settings, running: list[Worker]) -> None:
    """Until the tick at the end of time is applied everywhere: nothing is unread in the facts log behind it."""
    names = Names(settings)
    topics, end = [*names.raw.values(), names.facts], f'[1,"tick",{END_OF_TIME + 1},'.encode()
    give_up = time.monotonic() + LIMIT_S
    with Watermark(settings, names.app, topics) as mark:
        while True:
            left = sum(offsets.end - offsets.start for offsets in mark.unread().values())
            if left == 0:
                ended = {r.partition for r in records(settings, names.facts) if r.value.startswith(end)}
                if len(ended) == settings.partitions:
                    return
            assert time.monotonic() < give_up, f"{left} records left\n{running[0].end_of_log()}"
            assert all(worker.process.poll() is None for worker in running), running[0].end_of_log()
            time.sleep(1)


def _live(settings: Settings, topic: str, forgotten: Container[str] = ()) -> list[bytes]:
    """A topic's values in order, repeats by envelope id removed: they stand under the same key."""
    told = records(settings, topic)
    places = {decode(record.value)["id"]: (record.partition, record.key) for record in told}
    assert all(places[decode(record.value)["id"]] == (record.partition, record.key) for record in told)
    return once((record.value for record in told), forgotten)


def once(events: Iterable[bytes], forgotten: Container[str] = ()) -> list[bytes]:
    """The events in order, repeats by envelope id removed: they are the same, byte for byte.

    `forgotten`: sellers of whom something was told again after it was forgotten, which may be said at another time.
    """
    first: dict[str, bytes] = {}
    for event in events:
        told = decode(event)
        same = first.setdefault(told["id"], event)
        what = f"the same id, but not the same bytes:\n{same.decode()}\n{event.decode()}"
        assert event == same or told["seller"] in forgotten, what
    return list(first.values())


def _lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines()


def _by_seller(lines: Iterable[bytes]) -> dict[str, list[bytes]]:
    found: defaultdict[str, list[bytes]] = defaultdict(list)
    for line in lines:
        found[decode(line)["seller"]].append(line)
    return dict(found)


def _view(said: dict[str, list[bytes]]) -> dict[str, tuple[Any, ...]]:
    return final_view(decode(line) for lines in said.values() for line in lines)


def _duties(said: dict[str, list[bytes]]) -> set[str]:
    told = (decode(line) for line in said["ledger"])
    return {event["data"]["name"] for event in told if event["type"] == "duty.changed"}


def _codes(said: dict[str, list[bytes]]) -> set[str]:
    return {decode(line)["data"]["code"] for line in said["findings"]}
