"""Histories in files: log time, order, merging, what is left unread, and files that cannot be read."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from contract_samples import TIME_MS, event, ingest

from detectors.facts import Fact
from streams.history import FileReader, HistoryError, Item
from streams.ingest import DeadLetter

HOUR, DAY = 3_600_000, 86_400_000


def at(hour: int, name: str, recorded: int | None = None, **more: Any) -> bytes:
    """An order paid on the hour of 1 March 2026 (UTC), perhaps recorded at another."""
    told = None if recorded is None else f"2026-03-01T{recorded:02}:00:00Z"
    given = event(id=name, time=f"2026-03-01T{hour:02}:00:00Z", recordedtime=told, **more)
    return json.dumps(given).encode() + b"\n"


def write(path: Path, *lines: bytes) -> Path:
    path.write_bytes(b"".join(lines))
    return path


def read(*paths: Path, until: int | None = None) -> tuple[list[Item], FileReader]:
    reader = FileReader(paths, ingest("log"), until)
    return list(reader), reader


def told(items: list[Item]) -> list[tuple[str, int]]:
    """Ids of facts, reasons of dead letters, with the hour of their arrival."""
    return [
        (item.id, _hour(item.arrived)) if isinstance(item, Fact) else (item.reason, _hour(item.raw.arrived))
        for item in items
    ]


def _hour(ms: int) -> int:
    return (ms - TIME_MS) // HOUR + 10


def test_log_time_is_the_running_maximum_and_order_is_kept(tmp_path: Path) -> None:
    path = write(tmp_path / "h.jsonl", at(10, "a"), at(12, "b"), at(11, "late"), at(9, "c", recorded=14), at(13, "d"))
    items, _ = read(path)
    assert told(items) == [("a", 10), ("b", 12), ("late", 12), ("c", 14), ("d", 14)]
    assert [item.at for item in items if isinstance(item, Fact)] == [TIME_MS + h * HOUR for h in (0, 2, 1, -1, 3)]


def test_line_ends_empty_lines_and_the_byte_order_mark(tmp_path: Path) -> None:
    path = write(
        tmp_path / "h.jsonl", b"\xef\xbb\xbf", at(10, "a").replace(b"\n", b"\r\n"), b"\n \t\r\n", at(11, "b")[:-1]
    )
    items, _ = read(path)
    assert told(items) == [("a", 10), ("b", 11)]
    assert [item.origin for item in items if isinstance(item, Fact)] == [(str(path), 0, 1), (str(path), 0, 4)]


def test_bad_lines_are_told_in_their_place_and_move_no_time(tmp_path: Path) -> None:
    path = write(tmp_path / "h.jsonl", b"x\n", at(10, "a"), at(23, "b", market="XX"), b"{\n", at(11, "c"))
    items, _ = read(path)
    assert told(items)[1:] == [("a", 10), ("unknown_market", 10), ("not_json", 10), ("c", 11)]
    assert isinstance(items[0], DeadLetter)
    assert (items[0].raw.offset, items[0].raw.value, items[0].raw.topic) == (1, b"x", str(path))


def paid(time: str, name: str) -> bytes:
    return json.dumps(event(id=name, time=time)).encode() + b"\n"


def test_a_leap_of_more_than_400_days_is_the_future(tmp_path: Path) -> None:
    path = write(
        tmp_path / "h.jsonl",
        paid("2026-03-01T10:00:00Z", "first"),
        paid("2027-04-05T10:00:00.001Z", "leap"),
        paid("2026-03-02T10:00:00Z", "next"),
        paid("2027-04-06T10:00:00Z", "step"),
    )
    items, _ = read(path)
    assert [item.id if isinstance(item, Fact) else item.reason for item in items] == [
        "first",
        "future_time",
        "next",
        "step",
    ]
    assert isinstance(items[1], DeadLetter)
    assert items[1].sentence == (
        '"time" is 2027-04-05T10:00:00.001Z, but the line before it is of 2026-03-01T10:00:00.000Z; '
        "expected at most 400 days after it."
    )


def test_time_against_recordedtime(tmp_path: Path) -> None:
    items, _ = read(write(tmp_path / "h.jsonl", at(12, "a"), at(11, "b", recorded=10), at(11, "c", recorded=11)))
    assert told(items) == [("a", 12), ("future_time", 12), ("c", 12)]


def test_too_old_is_told_against_log_time(tmp_path: Path) -> None:
    new, edge, old = "2026-08-28T10:00:00Z", "2026-03-01T10:00:00Z", "2026-03-01T09:59:59.999Z"
    items, _ = read(write(tmp_path / "h.jsonl", paid(new, "a"), paid(edge, "b"), paid(old, "c")))
    assert [item.id if isinstance(item, Fact) else item.reason for item in items] == ["a", "b", "too_old"]


def test_files_are_merged_by_log_time_each_in_its_order(tmp_path: Path) -> None:
    one = write(tmp_path / "1.jsonl", at(10, "a1"), at(13, "a2"), at(11, "a3"), at(15, "a4"))
    two = write(tmp_path / "2.jsonl", at(10, "b1"), at(12, "b2"), at(13, "b3"), b"x\n", at(16, "b4"))
    items, _ = read(one, two)
    assert told(items) == [
        ("a1", 10),
        ("b1", 10),
        ("b2", 12),
        ("a2", 13),
        ("a3", 13),
        ("b3", 13),
        ("not_json", 13),
        ("a4", 15),
        ("b4", 16),
    ]


def test_what_arrives_after_until_is_left_unread_and_counted(tmp_path: Path) -> None:
    one = write(
        tmp_path / "1.jsonl", at(10, "a1"), at(12, "a2"), at(12, "a3", recorded=13), b"x\n", b"\n", at(10, "a4")
    )
    two = write(tmp_path / "2.jsonl", at(9, "b1"), at(14, "b2"))
    items, reader = read(one, two, until=TIME_MS + 2 * HOUR)
    assert told(items) == [("b1", 9), ("a1", 10), ("a2", 12)]
    assert reader.unread == 4
    assert told(list(reader)) == told(items)
    assert reader.unread == 4


def test_a_bad_line_later_than_until_ends_nothing(tmp_path: Path) -> None:
    path = write(tmp_path / "h.jsonl", at(10, "a"), at(20, "b", data={}), at(11, "c"))
    items, reader = read(path, until=TIME_MS + 2 * HOUR)
    assert told(items) == [("a", 10), ("missing_field", 10), ("c", 11)]
    assert reader.unread == 0


def test_packed_files_are_known_by_their_bytes(tmp_path: Path) -> None:
    path = tmp_path / "packed-without-suffix"
    path.write_bytes(gzip.compress(at(10, "a") + at(11, "b")))
    assert told(read(path)[0]) == [("a", 10), ("b", 11)]


def test_progress_ends_at_the_whole_size(tmp_path: Path) -> None:
    calls: list[tuple[int, int]] = []
    paths = [write(tmp_path / f"{n}.jsonl", *(at(10, f"{n}-{i}") for i in range(9000))) for n in (1, 2)]
    size = sum(path.stat().st_size for path in paths)
    count = sum(1 for _ in FileReader(paths, ingest("log"), progress=lambda done, of: calls.append((done, of))))
    assert count == 18_000
    assert calls == sorted(calls)
    assert calls[-1] == (size, size)
    assert len(calls) >= 4


def refusal(path: Path) -> str:
    with pytest.raises(HistoryError) as told:
        list(FileReader([path], ingest("log")))
    return str(told.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    absent, folder = tmp_path / "absent.jsonl", tmp_path / "folder"
    folder.mkdir()
    assert refusal(absent) == f"There is no file {absent}; check the name."
    assert refusal(folder) == f"{folder} is a folder; name the files in it."


def test_a_damaged_packed_file(tmp_path: Path) -> None:
    whole = gzip.compress(b"".join(at(10, f"e-{i}") for i in range(20_000)))
    cut, broken = tmp_path / "cut.gz", tmp_path / "broken.gz"
    cut.write_bytes(whole[: len(whole) // 2])
    assert refusal(cut).startswith(f"{cut} is damaged after line ")
    assert refusal(cut).endswith("; get a whole copy of it, or unpack it first.")
    broken.write_bytes(whole[:-8] + b"\0" * 8)
    assert refusal(broken).startswith(f"{broken} is damaged after line ")
    assert "(CRC check failed 0x0 != 0x" in refusal(broken)
