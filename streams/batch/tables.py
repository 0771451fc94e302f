"""Tables: declared as Faust's are, kept by the seam. All of an app share one changelog topic."""

from collections.abc import ItemsView, Iterator, Mapping, MutableMapping
from typing import Any

import faust
from faust.tables.manager import TableManager

_ABSENT = object()


class Rows(MutableMapping[bytes, bytes]):
    """One partition of a table: what the log holds, and over it what changed since."""

    __slots__ = ("_changed", "_kept")

    def __init__(self, kept: dict[bytes, bytes], changed: dict[bytes, bytes | None]) -> None:
        self._kept, self._changed = kept, changed

    def get(self, key: bytes, default: Any = None) -> Any:
        """The row of that key."""
        row = self._changed.get(key, _ABSENT) if self._changed else _ABSENT
        if row is _ABSENT:
            return self._kept.get(key, default)
        return default if row is None else row

    def __getitem__(self, key: bytes) -> bytes:
        row: bytes | None = self.get(key)
        if row is None:
            raise KeyError(key)
        return row

    def __setitem__(self, key: bytes, row: bytes) -> None:
        self._changed[key] = row

    def put(self, rows: Mapping[bytes, bytes | None]) -> None:
        """Many at once; None takes a row away, whether it is there or not."""
        self._changed.update(rows)

    def __delitem__(self, key: bytes) -> None:
        if self.get(key) is None:
            raise KeyError(key)
        self._changed[key] = None

    def __iter__(self) -> Iterator[bytes]:
        changed = self._changed
        yield from [key for key in self._kept if key not in changed] if changed else list(self._kept)
        yield from [key for key, row in changed.items() if row is not None]

    def items(self) -> ItemsView[bytes, bytes]:
        """The rows; those of the log itself while nothing changed."""
        return super().items() if self._changed else self._kept.items()

    def __len__(self) -> int:
        new = sum((row is not None) - (key in self._kept) for key, row in self._changed.items())
        return len(self._kept) + new


class Table(faust.Table):  # type: ignore[misc]
    """Declared by `app.Table`. Its rows are reached through a batch: `batch.rows(table)`."""

    def __len__(self) -> int:
        """How many rows the partitions of this process have. Any thread may ask."""
        return sum(len(part.kept(self.name)) for part in self.app.partitions())


class Tables(TableManager):  # type: ignore[misc]
    """Keeps the tables out of Faust's own recovery, which then has nothing to restore and only resumes the flow."""

    def __init__(self, app: Any, **kwargs: Any) -> None:
        super().__init__(app, **kwargs)
        self.names: list[str] = []

    def add(self, table: Any) -> Any:
        """Takes a table in. TypeError for one of another kind: it would be kept beside the batches, not in them."""
        if not isinstance(table, Table):
            raise TypeError(f"{table!r} is no table of batches; declare it with app.Table")
        self.names.append(table.name)
        return table
