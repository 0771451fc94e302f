"""The changelog of one partition, and what every reader must make of it. Pure.

A batch is a marker (who wrote it, from which source offset to which) and the new value of every changed row. A claim
says who may write from there on: a batch of anybody else behind it is void, for every reader and for good. Claims and
markers have keys of their own, so that compaction keeps the last of each.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

MARK, CLAIM = b"\0mark", b"\0claim"
_SLASH = b"/"

Record = tuple[bytes, bytes | None]
Changes = Mapping[str, Mapping[bytes, bytes | None]]
"""By table: the new value of each changed key, None where the row is gone."""


class Read(Protocol):
    """A record as the brokers give it."""

    key: bytes
    value: bytes | None


class Marker(NamedTuple):
    """The head of a batch: the writer's token, and the source offsets that it leads from and to."""

    token: str
    start: int
    position: int


def claim(token: str) -> Record:
    """The record that makes `token` the only writer."""
    return CLAIM, token.encode()


def batch(marker: Marker, changes: Changes) -> list[Record]:
    """The records of a batch; the marker is first, so that a reader knows what to think of the rows."""
    records: list[Record] = [(MARK, json.dumps(marker).encode())]
    for table, rows in changes.items():
        name = table.encode() + _SLASH
        records += [(name + key, value) for key, value in rows.items()]
    return records


class Fold:
    """What the log says up to where it was read: the writer, the position, the rows, and what void batches touched.

    `position`: the source offset from which to go on, 0 before any batch. `void`: by table, keys whose last value in
    the log is a void one. `batches` and `voided` count both kinds.
    """

    def __init__(self, tables: Iterable[str]) -> None:
        self.rows: dict[str, dict[bytes, bytes]] = {table: {} for table in tables}
        self._tables = {table.encode(): rows for table, rows in self.rows.items()}
        self._names = {table.encode(): table for table in self.rows}
        self.owner: str | None = None
        self.position = 0
        self.void: dict[str, set[bytes]] = {table: set() for table in self.rows}
        self.batches = self.voided = self.read = 0
        self._valid = True

    def take(self, records: Sequence[Read]) -> None:
        """Reads on. A row is looked at once, by as little as can be: a restore reads millions."""
        self.read += len(records)
        tables, plain = self._tables, False
        for record in records:
            table, slash, name = record.key.partition(_SLASH)
            value = record.value
            if slash and plain and value is not None:
                tables[table][name] = value
            elif slash:
                self._row(table, name, value)
                plain = self._valid and not self.voided
            else:
                self._word(record.key, value or b"")
                plain = self._valid and not self.voided

    def _row(self, table: bytes, name: bytes, value: bytes | None) -> None:
        void = self.void[self._names[table]]
        if not self._valid:
            void.add(name)
            return
        void.discard(name)
        if value is None:
            self._tables[table].pop(name, None)
        else:
            self._tables[table][name] = value

    def _word(self, key: bytes, value: bytes) -> None:
        """What has no table: a claim or a marker."""
        if key == CLAIM:
            self.owner = value.decode()
        else:
            self._mark(Marker(*json.loads(value)))

    def _mark(self, marker: Marker) -> None:
        """Before any claim the writer is unknown: compaction has taken the first one, and kept what was good."""
        self._valid = self.owner is None or marker.token == self.owner
        if self._valid:
            self.position = marker.position
            self.batches += 1
        else:
            self.voided += 1
