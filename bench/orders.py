"""Many open orders of five facts each: one seller's are stepped, and the packed rows are those of all others too."""

from collections.abc import Iterable, Iterator
from random import Random
from typing import Any

from bench.events import PARTITIONS
from detectors.clock import MINUTE, SECOND
from detectors.facts import VERSION, Fact, Tick
from detectors.rulebook import Rulebook
from detectors.step import step
from detectors.store import Store, clock_key
from streams.brokers import partition_of

START, A_SELLER = 1_772_416_800_000, 20
TICKED = START + SECOND
Rows = dict[str, dict[bytes, bytes]]
"""By table."""


def five_facts(n: int, seller: str, order: str) -> list[Fact]:
    """Placed, paid, a message, a new estimate, a request: within the hour, so that nothing is concluded yet."""
    told: list[tuple[str, dict[str, Any]]] = [
        ("order.placed", {"buyer": f"b{n % 9973}", "lines": [{"line": "1", "sku": f"k{n % 50}"}], "currency": "EUR"}),
        ("order.paid", {"amount": "10.00", "currency": "EUR", "method": "card"}),
        ("message.sent", {"conversation": order, "from": "buyer", "hits": [], "listed": True}),
        ("order.estimate_changed", {"deliver_by": "2026-03-20"}),
        ("cancellation.requested", {"cancellation": f"c{n}", "by": "buyer", "reason": "no_longer_needed"}),
    ]
    return [_fact(kind, START + n, f"{order}-{i}", seller, order, data) for i, (kind, data) in enumerate(told)]


def next_facts(n: int) -> list[Fact]:
    """What happens next to the order of that number: refused to cancel, and shipped."""
    seller, order = seller_of(n), f"o{n % A_SELLER}"
    no = {"cancellation": f"c{n % A_SELLER}", "decision": "reject", "by": "seller", "reason": "product_packed"}
    return [
        _fact("cancellation.decided", TICKED + MINUTE, f"{order}-5", seller, order, no),
        _fact("order.in_transit", TICKED + MINUTE + 1, f"{order}-6", seller, order, {}),
    ]


def _fact(kind: str, at: int, name: str, seller: str, order: str, data: dict[str, Any]) -> Fact:
    return Fact(VERSION, kind, at, at, "shop", name, seller, "DE", order, name.zfill(16), ("bench", 0, 0), data)


def seller_of(n: int) -> str:
    """Whose order that is; all sellers' names are of one length."""
    return f"s{n // A_SELLER:06d}"


def together(parts: Iterable[Rows]) -> Rows:
    """The rows of all parts."""
    gathered: Rows = {"orders": {}, "sellers": {}}
    for part in parts:
        for table, rows in part.items():
            gathered[table].update(rows)
    return gathered


class Orders:
    """So many orders, as the rows of each partition."""

    def __init__(self, rules: Rulebook, number: int) -> None:
        store = Store({}, {})
        for fact in (fact for n in range(A_SELLER) for fact in five_facts(n, seller_of(0), f"o{n}")):
            step(store, rules, fact)
        step(store, rules, Tick(VERSION, TICKED, rules.policies.hash))
        store.flush()
        self.number = number
        self._clock = store.sellers.pop(clock_key(0))
        self._rows = {"orders": store.orders, "sellers": store.sellers}
        own = seller_of(0).encode()
        assert not any(own in row for rows in self._rows.values() for row in rows.values())

    def rows(self, partition: int, of: Iterable[int] | None = None) -> Iterator[Rows]:
        """The rows of the partition, a seller at a time, its clock's first. `of`: of these orders' sellers only."""
        yield {"orders": {}, "sellers": {clock_key(partition): self._clock}}
        own = seller_of(0).encode()
        for name in dict.fromkeys(map(seller_of, range(0, self.number, A_SELLER) if of is None else of)):
            seller = name.encode()
            if partition_of(seller, PARTITIONS) == partition:
                yield {
                    table: {key.replace(own, seller, 1): row for key, row in rows.items()}
                    for table, rows in self._rows.items()
                }

    def some(self, number: int, seed: int = 1) -> list[int]:
        """So many of them, each once, by chance."""
        return Random(seed).sample(range(self.number), number)
