"""The changelog of one partition, and what every reader must make of it. Pure.

A batch is a marker (who wrote it, from which source offset to which) and the new value of every changed row. A claim
says who may write from there on: a batch of anybody else behind it is void, for every reader and for good. Claims and
markers have keys of their own, so that compaction keeps the last of each.
"""

import json
from collections.abc import Iterable, Mapping
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

    `position`: the source offset from which to go on, 0 before any batch. `void`: by table, keys whose value in the
    log may be a void one. `batches` and `voided` count both kinds.
    """

    def __init__(self, tables: Iterable[str]) -> None:
        self.rows: dict[str, dict[bytes, bytes]] = {table: {} for table in tables}
        self.owner: str | None = None
        self.position = 0
        self.void: dict[str, set[bytes]] = {table: set() for table in self.rows}
        self.batches = self.voided = self.read = 0
        self._valid = True

    def take(self, records: Iterable[Read]) -> None:
        """Reads on."""
        for record in records:
            self.read += 1
            key = record.key
            if key == MARK:
                self._mark(Marker(*json.loads(record.value or b"[]")))
            elif key == CLAIM:
                self.owner = (record.value or b"").decode()
            else:
                table, _, name = key.partition(_SLASH)
                self._row(table.decode(), name, record.value)

    def _mark(self, marker: Marker) -> None:
        """Before any claim the writer is unknown: compaction has taken the first one, and kept what was good."""
        self._valid = self.owner is None or marker.token == self.owner
        if self._valid:
            self.position = marker.position
            self.batches += 1
        else:
            self.voided += 1

    def _row(self, table: str, key: bytes, value: bytes | None) -> None:
        if not self._valid:
            self.void[table].add(key)
        elif value is None:
            self.rows[table].pop(key, None)
        else:
            self.rows[table][key] = value
