"""`load` on a real broker: by type, by seller, in slices of log time, with the lateness the file had."""

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import policies
from detectors.clock import DAY, HOUR, rfc3339
from detectors.facts import Fact
from streams.brokers import partition_of
from streams.embedded import END_OF_TIME
from streams.history import FileReader
from streams.ingest import DeadLetter, Ingest, Raw
from streams.instants import instant
from streams.load import SLICE_LINES, load
from streams.settings import SettingError, Settings
from streams.topics import Names
from tests.live.reading import records

START = instant("2026-03-01T10:00:00Z")


@pytest.fixture(scope="module")
def ingest() -> Ingest:
    return Ingest(policies.load(), policies.lexicon(), "log")


def _event(n: int, at: int, kind: str = "order.paid", **more: Any) -> dict[str, Any]:
    data = {"order.paid": {"amount": "1", "currency": "EUR"}, "message.sent": {"conversation": "c", "from": "buyer"}}
    told = {"specversion": "1.0", "id": f"e-{n}", "source": "s", "type": kind, "time": rfc3339(at), "subject": f"o-{n}"}
    return {**told, "seller": f"s-{n % 7}", "market": "DE", "data": data[kind], **more}


def _file(path: Path, lines: Iterable[dict[str, Any] | str]) -> Path:
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
    return path


def _raw(record: Any) -> Raw:
    return Raw(record.value, record.key, (), record.topic, record.partition, record.offset, record.timestamp)


def test_a_line_goes_to_its_types_topic_and_its_sellers_partition(
    applied: Settings, ingest: Ingest, tmp_path: Path
) -> None:
    lines = [_event(n, START + n, "message.sent" if n % 2 else "order.paid") for n in range(20)]
    told = load(applied, ingest, [_file(tmp_path / "h.jsonl", lines)])
    names = Names(applied)
    found = {kind: records(applied, names.raw[kind]) for kind in names.raw}
    assert (told.sent, told.unread, told.too_large, told.slices) == (20, 0, 0, 0)
    assert {kind: len(read) for kind, read in found.items()} == {
        **dict.fromkeys(names.raw, 0),
        "orders": 10,
        "messages": 10,
    }
    for record in [*found["orders"], *found["messages"]]:
        event = json.loads(record.value)
        assert event in lines
        assert (record.key, record.partition) == (event["seller"].encode(), partition_of(event["seller"].encode(), 4))
    assert records(applied, names.clock) == []


def test_under_the_log_clock_each_slice_is_closed_by_its_end(applied: Settings, ingest: Ingest, tmp_path: Path) -> None:
    log = replace(applied, clock="log")
    names = Names(log)
    busy = [_event(n, START + n // 2) for n in range(SLICE_LINES + 100)]
    later = [_event(10_000 + n, START + n * 10 * HOUR) for n in range(1, 7)]
    told = load(log, ingest, [_file(tmp_path / "h.jsonl", [*busy, *later])], until=START + 50 * HOUR)
    clock = records(log, names.clock)
    ends = [int(record.value) for record in clock]
    assert ends == [START + SLICE_LINES // 2, START + 30 * HOUR, START + 50 * HOUR + 1]
    assert (told.sent, told.unread, told.slices) == (SLICE_LINES + 105, 1, 3)
    for record in records(log, names.raw["orders"]):
        at = instant(json.loads(record.value)["time"])
        before = [tick.timestamp for tick, end in zip(clock, ends, strict=True) if end <= at]
        after = [tick.timestamp for tick, end in zip(clock, ends, strict=True) if end > at]
        assert all(stamp <= record.timestamp for stamp in before)
        assert record.timestamp <= min(after)


def test_until_end_is_told_and_a_day_ends_a_slice(applied: Settings, ingest: Ingest, tmp_path: Path) -> None:
    log = replace(applied, clock="log")
    lines = [_event(n, START + n * DAY) for n in range(3)]
    load(log, ingest, [_file(tmp_path / "h.jsonl", lines)], until=END_OF_TIME)
    ends = [int(record.value) for record in records(log, Names(log).clock)]
    assert ends == [START + DAY, START + 2 * DAY, END_OF_TIME + 1]


def test_the_log_clock_sees_the_lateness_the_file_had(applied: Settings, ingest: Ingest, tmp_path: Path) -> None:
    log = replace(applied, clock="log")
    path = _file(
        tmp_path / "h.jsonl",
        [
            _event(1, START),
            _event(2, START - HOUR),
            _event(3, START - HOUR, recordedtime=rfc3339(START - HOUR)),
            _event(4, START + HOUR, recordedtime=rfc3339(START + 2 * HOUR)),
            _event(5, START + 500 * DAY),
            _event(6, START - 500 * DAY),
            _event(7, START + 3 * HOUR, recordedtime=rfc3339(START + 2 * HOUR)),
            "{no json",
            _event(8, START, market="XX"),
            _event(9, START + 3 * HOUR),
        ],
    )
    load(log, ingest, [path])
    replayed = list(FileReader([path], ingest))
    live = [ingest.read(_raw(record)) for record in records(log, *Names(log).raw.values())]
    assert _seen(live) == _seen(replayed)
    assert [letter.reason for letter in replayed if isinstance(letter, DeadLetter)] == [
        "future_time",
        "too_old",
        "future_time",
        "not_json",
        "unknown_market",
    ]


def _seen(items: Iterable[Fact | DeadLetter]) -> list[tuple[Any, ...]]:
    """What must not depend on the way in: facts but for their origin, dead letters but for their bytes' place."""
    return sorted(
        (str(item.id), item.at, item.arrived, item.body) if isinstance(item, Fact) else (item.reason, 0, 0, item.path)
        for item in items
    )


def test_without_topics_nothing_is_sent(settings: Settings, ingest: Ingest, tmp_path: Path) -> None:
    with pytest.raises(SettingError) as told:
        load(settings, ingest, [_file(tmp_path / "h.jsonl", [_event(1, START)])])
    orders = Names(settings).raw["orders"]
    assert str(told.value) == f"topic {orders} is missing; make it with countermand topics apply"
