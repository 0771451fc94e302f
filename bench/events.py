"""The input of JOB.md: the same seed gives the same bytes."""

import random
from collections.abc import Iterator
from heapq import merge

import msgspec

from bench.job import HOUR

PARTITIONS, DAYS, EVENTS_A_SELLER = 4, 10, 500
_START, _MINUTE = 1_772_409_600_000, 60_000
_encode = msgspec.json.Encoder().encode
Record = tuple[int, bytes, bytes]  # partition, key, value


def records(events: int, seed: int = 1) -> Iterator[Record]:
    """So many events in the order of arrival, and the ticks and reports among and after them."""
    chance = random.Random(seed)
    sellers = max(PARTITIONS, events // EVENTS_A_SELLER)
    told = sorted(_arrivals(chance, events, sellers))[:events]
    last = _hour_after(max(arrived for arrived, _, _, _ in told))
    ticks = ((at, 0, partition, _tick(at)) for at in range(_START, last + 1, HOUR) for partition in range(PARTITIONS))
    for _, _, owner, value in merge(ticks, told, key=lambda one: (one[0], one[1] > 0)):
        yield owner % PARTITIONS, b"s%d" % owner, value
    for seller in range(sellers):
        yield seller % PARTITIONS, b"s%d" % seller, _event("report", f"r{seller}", seller, "", last)
    for at in (last + HOUR, last + 2 * HOUR):
        for partition in range(PARTITIONS):
            yield partition, b"s%d" % partition, _tick(at)


def _arrivals(chance: random.Random, events: int, sellers: int) -> Iterator[tuple[int, int, int, bytes]]:
    """(arrival, number, seller, event) of more events than are asked for, in no order."""
    number = 0
    for n in range(events // 2):
        seller = chance.randrange(sellers)
        for kind, at, fault in _life(chance, bad=seller % 20 == 0):
            number += 1
            value = _event(kind, f"e{number}", seller, f"o{n}", at, fault=fault)
            yield at, number, seller, value
            if chance.random() < 0.02:
                yield at + chance.randrange(_MINUTE, 10 * _MINUTE), number, seller, value


def _life(chance: random.Random, *, bad: bool) -> Iterator[tuple[str, int, bool]]:
    """(kind, at, fault) of one order; a bad seller answers less and cancels more."""
    placed = _START + chance.randrange(DAYS * 24 * HOUR)
    if chance.random() < 0.995:
        yield "placed", placed, False
    if chance.random() < 0.95:
        yield "paid", placed + chance.randrange(_MINUTE, 30 * _MINUTE), False
    if chance.random() < 0.35:
        requested = placed + chance.randrange(HOUR, 40 * HOUR)
        yield "requested", requested, False
        if chance.random() < (0.6 if bad else 0.94):
            yield "answered", requested + chance.randrange(HOUR, 50 * HOUR), False
    if chance.random() < (0.4 if bad else 0.15):
        yield "cancelled", placed + chance.randrange(HOUR, 50 * HOUR), chance.random() < (0.9 if bad else 0.3)


def _event(kind: str, name: str, seller: int, order: str, at: int, *, fault: bool = False) -> bytes:
    line = {"sku": f"k{at % 997}", "quantity": 1 + at % 3, "title": "An article with a name of usual length"}
    data = {"buyer": f"b{at % 99_991}", "currency": "EUR", "total": f"{at % 20_000 / 100:.2f}", "lines": [line]}
    head = {"specversion": "1.0", "id": name, "kind": kind, "source": "/shops/bench", "seller": f"s{seller}"}
    return _encode({**head, "order": order, "market": "DE", "at": at, "fault": fault, "data": data})


def _tick(at: int) -> bytes:
    return _encode({"kind": "tick", "at": at})


def _hour_after(at: int) -> int:
    return (at // HOUR + 1) * HOUR
