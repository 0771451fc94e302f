"""What a changelog must be: checked by a slow fold that shares no code with the seam.

At every marker the rows must be those of a store that was stepped over the facts log up to its position. Where a tick
stands there, whose work may be cut, they may be those after its next piece: a batch ends with each.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from detectors.facts import Fact, Tick, decode
from detectors.rulebook import Rulebook
from detectors.step import Piece, steps
from detectors.store import Store
from tests.live.crashing import LIMIT

Rows = dict[bytes, bytes | None]


class Seen(NamedTuple):
    """What was in the logs: claims, batches that count, batches that do not, and pieces of a tick that goes on."""

    claims: int
    batches: int
    void: int
    cut_ticks: int

    def __add__(self, other: Any) -> "Seen":
        return Seen(*(a + b for a, b in zip(self, other, strict=True)))


class Touched(dict[bytes, bytes]):
    """Rows that remember which of them were touched."""

    def __init__(self, name: str, touched: set[bytes]) -> None:
        super().__init__()
        self._name, self._touched = name.encode() + b"/", touched

    def __setitem__(self, key: bytes, row: bytes) -> None:
        self._touched.add(self._name + key)
        super().__setitem__(key, row)

    def pop(self, key: bytes, *default: Any) -> Any:
        self._touched.add(self._name + key)
        return super().pop(key, *default)


class Facts:
    """A store stepped over one partition of the facts log, as far as it is asked for."""

    def __init__(self, rules: Rulebook, partition: int, log: list[Any]) -> None:
        self.touched: set[bytes] = set()
        self._tables = {name: Touched(name, self.touched) for name in ("orders", "sellers")}
        self._store = Store(self._tables["orders"], self._tables["sellers"], partition)
        self._rules, self._log, self._at = rules, log, 0
        self._pieces: Iterator[Piece] | None = None

    def step_to(self, position: int) -> None:
        """Over all that stands before."""
        while self._at < len(self._log) and self._log[self._at].offset < position:
            for _ in self._begun():
                pass
            self._at, self._pieces = self._at + 1, None
        self._store.flush()

    def go_on(self) -> bool:
        """By the next piece of the record that stands next; whether it is not the last: that moves the position."""
        piece = next(self._begun())
        self._store.flush()
        return not piece.done

    def _begun(self) -> Iterator[Piece]:
        if self._pieces is None:
            self._pieces = steps(self._store, self._rules, decode(self._log[self._at].value), LIMIT)
        return self._pieces

    def row(self, key: bytes) -> bytes | None:
        table, _, name = key.partition(b"/")
        return self._tables[table.decode()].get(name)

    def differing(self, rows: Rows, changed: Iterable[bytes]) -> set[bytes]:
        """Which of those that changed, here or there, are not the same."""
        return {key for key in self.touched.union(changed) if rows.get(key) != self.row(key)}

    def at_a_tick(self) -> bool:
        return self._at < len(self._log) and isinstance(decode(self._log[self._at].value), Tick)


def check(rules: Rulebook, facts: list[Any], changelog: list[Any], believe: bool = False) -> Seen:
    """AssertionError where a log is not as it must be. `believe`: takes void batches for good, as nobody may."""
    by_partition: dict[int, tuple[list[Any], list[Any]]] = defaultdict(lambda: ([], []))
    for n, records in enumerate((facts, changelog)):
        for record in records:
            by_partition[record.partition][n].append(record)
    seen = [_check(Facts(rules, p, logs[0]), logs[0], logs[1], believe) for p, logs in sorted(by_partition.items())]
    return sum(seen[1:], seen[0])


def _check(facts: Facts, log: list[Any], changelog: list[Any], believe: bool) -> Seen:
    owner, position = "", 0
    claims = valid = void = cut_ticks = 0
    rows: Rows = {}
    for kind, marker, batch in _batches(changelog):
        if kind == "claim":
            owner, claims = marker, claims + 1
            continue
        token, start, end = marker
        if token != owner:
            void += 1
            if not believe:
                continue
        valid += 1
        assert start == position or believe, f"a batch begins at {start}, the one before ended at {position}"
        position = end
        rows.update(batch)
        facts.step_to(position)
        differ = facts.differing(rows, batch)
        if differ and facts.at_a_tick() and facts.go_on():
            cut_ticks += 1
            differ = facts.differing(rows, batch)
        assert not differ, f"at {position} {len(differ)} rows are not what the facts say, {sorted(differ)[:3]}"
        facts.touched.clear()
    assert not _new_from(position, log), "facts are left over"
    return Seen(claims, valid, void, cut_ticks)


def _new_from(position: int, log: list[Any]) -> list[Any]:
    """What no record before tells, from there on: ingest may repeat some, as they are, when the last workers leave."""
    known, ticked, new = set[bytes](), 0, list[Any]()
    for record in log:
        told = decode(record.value)
        if isinstance(told, Fact):
            if record.offset >= position and record.value not in known:
                new.append(told)
            known.add(record.value)
        elif told.at > ticked:
            if record.offset >= position:
                new.append(told)
            ticked = told.at
    return new


def _batches(changelog: Iterable[Any]) -> Iterable[tuple[str, Any, Rows]]:
    """Claims, and batches: their marker and their rows."""
    marker, rows = None, Rows()
    for record in changelog:
        if record.key in {b"\0mark", b"\0claim"} and marker is not None:
            yield "batch", marker, rows
            marker, rows = None, {}
        if record.key == b"\0claim":
            yield "claim", record.value.decode(), {}
        elif record.key == b"\0mark":
            marker = json.loads(record.value)
        else:
            rows[record.key] = record.value
    if marker is not None:
        yield "batch", marker, rows
