"""The monitor: a batch of records of one partition of the facts log in, messages out. It knows no Faust."""

import time
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from typing import NamedTuple

from detectors.facts import Fact, Tick, decode, is_tick
from detectors.figures import tiers
from detectors.outcomes import Outcome
from detectors.rulebook import Rulebook
from detectors.step import step
from detectors.store import Store, clock_key, seller_of
from streams.brokers import partition_of
from streams.deadletters import conflicting
from streams.messages import Message, Post
from streams.metrics import Metrics

Rows = MutableMapping[bytes, bytes]


class Record(NamedTuple):
    """A record of the facts log."""

    partition: int
    value: bytes


class Monitor:
    """Steps each partition in a store of its own, over the rows that belong to it.

    The stores are caches: `forget` them when partitions change hands, and they are built anew from the rows.
    """

    def __init__(
        self, rules: Rulebook, post: Post, metrics: Metrics, tables: tuple[Rows, Rows], partitions: int
    ) -> None:
        """`tables`: the rows of all partitions, orders and sellers."""
        self._rules, self._post, self._metrics = rules, post, metrics
        self._tables, self._partitions = tables, partitions
        self._stores: dict[int, Store] = {}
        self._tiers: dict[int, Mapping[str, int]] = {}
        self._earliest: int | None = None

    def __call__(self, batch: Sequence[Record]) -> list[Message]:
        """What is to be sent because of these records of one partition, in order; the rows are changed."""
        store = self._store(batch[0].partition)
        messages = [message for record in batch for message in self._one(store, decode(record.value))]
        store.flush()
        return messages

    def stands_under(self, record: Record) -> str:
        """The hash of the policies it stands under: a tick's own, a fact the last applied tick's; "" before any."""
        if is_tick(record.value):
            tick = decode(record.value)
            assert isinstance(tick, Tick)
            return tick.policies
        return self._store(record.partition).policies

    def forget(self) -> None:
        """Drops the stores: the rows may have changed under them."""
        self._stores.clear()
        self._tiers.clear()

    def look(self) -> None:
        """Takes the figures that `/metrics` shows; call it now and then from where the monitor is called."""
        waits = [at for store in self._stores.values() if (at := store.wheel.earliest()) is not None]
        self._earliest = min(waits, default=None)
        self._tiers = {p: tiers(store, self._rules, store.ticked) for p, store in self._stores.items() if store.ticked}

    @property
    def earliest(self) -> int | None:
        """The least instant (ms UTC) that waited for a conclusion at the last look."""
        return self._earliest

    def sellers(self) -> dict[str, int]:
        """How many sellers stood in each tier at the last look."""
        counted: dict[str, int] = {}
        for one in self._tiers.values():
            for tier, count in one.items():
                counted[tier] = counted.get(tier, 0) + count
        return counted

    def _store(self, partition: int) -> Store:
        store = self._stores.get(partition)
        if store is None:
            orders, sellers = (PartitionRows(table, partition, self._partitions) for table in self._tables)
            store = self._stores[partition] = Store(orders, sellers, partition)
            store.rebuild(iter([*orders, *sellers]))
        return store

    def _one(self, store: Store, record: Fact | Tick) -> Iterator[Message]:
        """A tick under other policies than these is passed over: the next one of these concludes what it would have."""
        if isinstance(record, Tick) and record.policies != self._rules.policies.hash:
            return iter(())
        started = time.perf_counter()
        outcomes = step(store, self._rules, record)
        self._metrics.stepped(time.perf_counter() - started)
        if isinstance(record, Tick):
            self._metrics.ticked(store.ticked, store.silence.silent)
            self._metrics.said(outcomes, record.at)
            return self._post.said(outcomes)
        self._metrics.said(outcomes)
        return self._of_fact(record, outcomes)

    def _of_fact(self, fact: Fact, outcomes: Sequence[Outcome]) -> Iterator[Message]:
        if any(outcome.type == "fact.conflicting_duplicate" for outcome in outcomes):
            yield self._post.dead_letter(conflicting(fact))
        yield from self._post.said(outcomes)


class PartitionRows(Rows):
    """The rows of one partition of a table. Reading, writing and deleting go through the table."""

    def __init__(self, table: Rows, partition: int, partitions: int) -> None:
        self._table, self._partition, self._partitions = table, partition, partitions

    def __getitem__(self, key: bytes) -> bytes:
        return self._table[key]

    def __setitem__(self, key: bytes, row: bytes) -> None:
        self._table[key] = row

    def __delitem__(self, key: bytes) -> None:
        del self._table[key]

    def __iter__(self) -> Iterator[bytes]:
        return (key for key in list(self._table) if owner(key, self._partitions) == self._partition)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def owner(key: bytes, partitions: int) -> int:
    """The partition a row belongs to: its seller's, or, of a partition's clock, that partition."""
    seller = seller_of(key)
    if not seller:
        return next(p for p in range(partitions) if clock_key(p) == key)
    return partition_of(seller.encode(), partitions)
