"""A busy day in pages, against a day that is kept in one piece."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors import pages
from detectors.clock import MINUTE
from detectors.store import Store, day_key
from detectors.window import CANCELLED, PAID, PLACED, Day, Entry
from streams.topics import LARGEST_BATCH

NUMBER, KEY = 20_514, day_key("s", 20_514)
ENTRIES = st.builds(
    Entry,
    at=st.integers(0, 4 * MINUTE).map(lambda ms: NUMBER * 86_400_000 + ms),
    order=st.sampled_from(["a", "b", "c"]),
    kind=st.sampled_from([PLACED, PAID, CANCELLED]),
)


@given(st.lists(st.tuples(st.sampled_from(["put", "take", "pack", "open"]), ENTRIES), max_size=60))
def test_a_day_in_pages_is_the_day(steps):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pages, "MOST", 4)
        rows: dict[bytes, bytes] = {}
        store, whole = Store({}, rows), Day("UK", NUMBER)
        for what, entry in steps:
            if what in {"put", "take"}:
                day = store.day("s", NUMBER) or Day("UK", NUMBER)
                for one in (day, whole):
                    getattr(one, what)(entry)
                store.put(KEY, day, None)
                continue
            store.flush()
            if what == "open":
                store = Store({}, rows)
        found = store.day("s", NUMBER) or Day("UK", NUMBER)
        assert msgspec.structs.replace(found, pages=[], touched=set()) == whole
        store.put(KEY, found, None)
        store.flush()
        count = sum(map(len, (whole.placed, whole.paid, whole.cancelled)))
        minutes = {e.at // MINUTE for kind in (PLACED, PAID, CANCELLED) for e in whole.entries(kind)}
        assert len(rows) == 1 + (len(minutes) if count > 4 else 0)
        store.drop(KEY)
        store.flush()
        assert rows == {}


def test_an_order_more_of_a_busy_seller_writes_one_minute():
    rows: dict[bytes, bytes] = {}
    store, day = Store({}, rows), Day("UK", NUMBER)
    for n in range(65_000):
        order = f"{n:08d}-1234-1234-1234-123456789012"
        day.paid.append(Entry(NUMBER * 86_400_000 + n * 1_300, order, PAID, facts=(order[::-1], order)))
    store.put(KEY, day, None)
    store.flush()
    assert sum(map(len, rows.values())) > LARGEST_BATCH
    before = dict(rows)
    late = Entry(NUMBER * 86_400_000 + 30_000 * 1_300 + 1, "late", PAID)
    day.put(late)
    store.put(KEY, day, None)
    store.flush()
    written = {key: row for key, row in rows.items() if before.get(key) != row}
    assert len(written) == 1
    assert sum(map(len, written.values())) < 10_000
    again = Store({}, rows).day("s", NUMBER)
    assert again is not None
    assert again.paid == day.paid
    assert late in again.paid
