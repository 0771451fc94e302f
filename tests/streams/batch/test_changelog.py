"""Who may write a partition of the changelog, in the six cases in which a paused owner writes late (a zombie)."""

from collections.abc import Iterable
from typing import NamedTuple

import pytest

from streams.batch.changelog import CLAIM, MARK, Fold, Marker, Record, batch, claim

TABLE = "t"


class Kept(NamedTuple):
    key: bytes
    value: bytes | None


class Believing(Fold):
    """A reader that believes what is void."""

    def _mark(self, marker: Marker) -> None:
        super()._mark(marker)
        self._valid = True


def _writes(token: str, start: int, position: int, **rows: bytes | None) -> list[Record]:
    return batch(Marker(token, start, position), {TABLE: {key.encode(): row for key, row in rows.items()}})


def _read(log: Iterable[Record], reader: type[Fold] = Fold) -> Fold:
    fold = reader([TABLE])
    fold.take([Kept(*record) for record in log])
    return fold


# A owned the partition, worked off 0 to 10, prepared the batch from 10 to 20 and fell asleep; B claimed.
BEFORE = [claim("A"), *_writes("A", 0, 10, x=b"10", y=b"10"), claim("B")]
LATE = _writes("A", 10, 20, x=b"20", z=b"20")
FURTHER = _writes("A", 10, 40, x=b"40", y=b"40", z=b"40")
ONCE = _writes("B", 10, 30, x=b"30", z=b"30")
AGAIN = _writes("B", 30, 50, y=b"50")

CASES = {
    "late, after B wrote on": ([*BEFORE, *ONCE, *LATE], {b"x": b"30", b"y": b"10", b"z": b"30"}, 30),
    "and B wrote again": ([*BEFORE, *ONCE, *LATE, *AGAIN], {b"x": b"30", b"y": b"50", b"z": b"30"}, 50),
    "late, before B's first write": ([*BEFORE, *LATE], {b"x": b"10", b"y": b"10"}, 10),
    "and then B wrote": ([*BEFORE, *LATE, *AGAIN], {b"x": b"10", b"y": b"50"}, 50),
    "late and further on than B": ([*BEFORE, *ONCE, *FURTHER], {b"x": b"30", b"y": b"10", b"z": b"30"}, 30),
    "and B wrote again ": ([*BEFORE, *ONCE, *FURTHER, *AGAIN], {b"x": b"30", b"y": b"50", b"z": b"30"}, 50),
}


@pytest.mark.parametrize("case", CASES)
def test_what_the_last_owner_did_not_write_is_void(case: str) -> None:
    log, rows, position = CASES[case]
    fold = _read(log)
    assert (fold.owner, fold.rows[TABLE], fold.position, fold.voided) == ("B", rows, position, 1)
    assert fold.void[TABLE] >= {b"x", b"z"}
    again = _read([*log, *_writes("B", position, position, x=rows[b"x"], z=rows.get(b"z"))])
    assert (again.rows, again.void[TABLE] & {b"x", b"z"}) == (fold.rows, set()), "what is written again is void no more"
    assert _read(log, Believing).rows[TABLE] != rows


def test_a_row_that_is_gone_is_gone() -> None:
    log = [claim("A"), *_writes("A", 0, 10, x=b"1", y=b"2"), *_writes("A", 10, 20, x=None, w=None)]
    assert _read(log).rows[TABLE] == {b"y": b"2"}


def test_compaction_that_took_the_claims_before_leaves_the_same_rows() -> None:
    log = [claim("A"), *_writes("A", 0, 10, x=b"1", y=b"2"), claim("B"), *_writes("B", 10, 20, x=b"3")]
    last = {key: n for n, (key, _) in enumerate(log)}
    compacted = [record for n, record in enumerate(log) if last[record[0]] == n]
    assert len(compacted) == 4
    whole, left = _read(log), _read(compacted)
    assert (left.rows, left.position, left.owner) == (whole.rows, whole.position, whole.owner)


def test_the_marker_is_first_and_keys_of_its_own_keep_the_last_of_each() -> None:
    records = _writes("A", 0, 10, x=b"1")
    assert [key for key, _ in records] == [MARK, b"t/x"]
    assert claim("A")[0] == CLAIM
    assert not any(key.startswith(TABLE.encode()) for key in (MARK, CLAIM))
