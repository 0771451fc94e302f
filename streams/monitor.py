"""The monitor: a batch of records of one partition of the facts log in, cuts out. It knows no Kafka."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any
from weakref import WeakValueDictionary

from detectors.facts import Fact, Tick, decode
from detectors.figures import Census
from detectors.rulebook import Rulebook
from detectors.step import Piece, steps
from detectors.store import Store
from streams.batch import Batch, Cut
from streams.deadletters import conflicting
from streams.messages import Message, Post
from streams.metrics import Metrics

STORE = "store"
CENSUS_S = 0.02  # of a look: what is counted of many sellers must not hold up what is to be said of one


class Monitor:
    """Steps each partition in a store of its own, over the rows that belong to it.

    The stores are caches of the rows and live in the batches' cache: gone when the rows are not what they were.
    """

    def __init__(
        self,
        rules: Rulebook,
        post: Post,
        metrics: Metrics,
        tables: tuple[Any, Any],
        check: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`tables`: orders and sellers. `check` raises where a record stands under policies that hold no more.

        It is asked with their hash: a tick's own, for a fact the last applied tick's; "" before any.
        """
        self._rules, self._post, self._metrics = rules, post, metrics
        self._tables, self._check = tables, check
        self._stores: WeakValueDictionary[int, Store] = WeakValueDictionary()
        self._censuses: dict[int, Census] = {}
        self._earliest: int | None = None

    def __call__(self, batch: Batch) -> Iterator[Cut]:
        """Steps the records. Where the check raises, what stands before is cut first, and nothing of it is taken."""
        store, worked, started = self._store(batch), 0, time.perf_counter()
        messages: list[Message] = []
        position = batch.records[0].offset
        for record in batch.records:
            what = decode(record.value)
            try:
                self._check(what.policies if isinstance(what, Tick) else store.policies)
            except Exception:
                store.flush()
                yield Cut(position, messages)
                raise
            for piece in self._pieces(store, what, batch.limit):
                messages.extend(self._said(store, what, piece))
                worked += 1
                position = record.offset + piece.done
                if worked >= batch.limit or not piece.done:
                    yield self._cut(store, position, messages, (time.perf_counter() - started) / worked)
                    messages, worked, started = [], 0, time.perf_counter()
        if worked:
            yield self._cut(store, position, messages, (time.perf_counter() - started) / worked)

    def _cut(self, store: Store, position: int, messages: list[Message], step_s: float) -> Cut:
        store.flush()
        self._metrics.stepped(step_s)
        return Cut(position, messages)

    def look(self) -> None:
        """Takes the figures that `/metrics` shows; call it now and then from where the monitor is called."""
        stores = dict(self._stores)
        waits = [at for store in stores.values() if (at := store.earliest()) is not None]
        self._earliest = min(waits, default=None)
        self._censuses = {partition: self._censuses.get(partition) or Census() for partition in stores}
        for partition, store in stores.items():
            until = time.perf_counter() + CENSUS_S / len(stores)
            census = self._censuses[partition]
            while store.ticked and not census.go_on(store, self._rules) and time.perf_counter() < until:
                pass
        if not stores:
            self._metrics.ticked(0)

    def _reached(self) -> int:
        """The last instant (ms UTC) that every partition here is ticked to; one that has just come may not know it."""
        return min((store.ticked for store in list(self._stores.values()) if store.ticked), default=0)

    @property
    def earliest(self) -> int | None:
        """No row waited for a conclusion at an earlier instant (ms UTC) at the last look."""
        return self._earliest

    def sellers(self) -> dict[str, int]:
        """How many sellers stood in each tier when they were counted last."""
        counted = Counter[str]()
        for census in list(self._censuses.values()):
            counted.update(census.counted)
        return counted

    def _store(self, batch: Batch) -> Store:
        store: Store | None = batch.cache.get(STORE)
        if store is None:
            orders, sellers = (batch.rows(table) for table in self._tables)
            store = batch.cache[STORE] = self._stores[batch.partition] = Store(orders, sellers, batch.partition)
            store.rebuild()
        return store

    def _pieces(self, store: Store, record: Fact | Tick, limit: int) -> Iterator[Piece]:
        """A tick under other policies than these is passed over: the next one of these concludes what it would have."""
        if isinstance(record, Tick) and record.policies != self._rules.policies.hash:
            return iter((Piece([], True),))
        return steps(store, self._rules, record, limit)

    def _said(self, store: Store, record: Fact | Tick, piece: Piece) -> Iterator[Message]:
        if isinstance(record, Tick):
            self._metrics.said(piece.said, record.at)
            if piece.done:
                self._metrics.ticked(self._reached(), store.silence.silent)
        else:
            self._metrics.said(piece.said)
            if any(outcome.type == "fact.conflicting_duplicate" for outcome in piece.said):
                yield self._post.dead_letter(conflicting(record))
        yield from self._post.said(piece.said)
