"""Routine events, paced in real time: orders that go their way, each with messages, and some that nobody pays."""

import asyncio
import time
from collections.abc import Iterator
from typing import NamedTuple

from aiokafka import AIOKafkaProducer

from detectors.clock import rfc3339
from streams.brokers import partition_of
from streams.settings import Settings
from streams.topics import Names

SELLERS, UNPAID, PAY_MS = 1000, 50, 20_000
STEP_S = 0.01
MESSAGE = b'{"conversation":"c","from":"buyer","locale":"en","text":"Thank you, when will it be here?"}'
LIFE: tuple[tuple[str, bytes], ...] = (
    ("order.placed", b'{"buyer":"b%d","lines":[{"line":"1","sku":"k1"}],"currency":"GBP"%b}'),
    ("message.sent", MESSAGE),
    ("order.paid", b'{"amount":"10.00","currency":"GBP","method":"card"}'),
    ("message.sent", MESSAGE),
    ("message.sent", MESSAGE),
    ("order.in_transit", b"{}"),
    ("message.sent", MESSAGE),
    ("message.sent", MESSAGE),
    ("order.delivered", b"{}"),
    ("message.sent", MESSAGE),
)
RAMP_S = len(LIFE) - 1  # a second between two events of an order: from then on orders of every age are under way


class Event(NamedTuple):
    """What happens next to an order: the how-manieth event of its life."""

    order: int
    age: int

    def record(self, at: int) -> bytes:
        """The event as it is sent, at that instant (ms UTC)."""
        kind, data = LIFE[self.age]
        if not self.age:
            pay_by = b',"pay_by":"%b"' % rfc3339(at + PAY_MS).encode() if unpaid(self.order) else b""
            data %= (self.order, pay_by)
        head = b'{"specversion":"1.0","id":"e%d-%d","source":"bench","type":"%b","time":"%b","subject":"o%d"'
        about = head % (self.order, self.age, kind.encode(), rfc3339(at).encode(), self.order)
        return b'%b,"seller":"%b","market":"UK","data":%b}' % (about, self.seller, data)

    @property
    def seller(self) -> bytes:
        """The key."""
        return b"s%d" % (self.order % SELLERS)


def unpaid(order: int) -> bool:
    """Whether nobody pays this order: it is placed, and that is all."""
    return order % UNPAID == 0


def slots(lag: int) -> Iterator[list[Event]]:
    """For each order that is placed: that, and what happens to those placed `lag`, `2 lag`… before."""
    order = 0
    while True:
        events = (Event(order - age * lag, age) for age in range(len(LIFE)))
        yield [one for one in events if one.order >= 0 and not (one.age and unpaid(one.order))]
        order += 1


async def pour(settings: Settings, rate: int, seconds: float) -> int:
    """Sends `rate` events a second, after a ramp for so many seconds; how many it sent."""
    names, sent = Names(settings), 0
    a_second = rate / (len(LIFE) - (len(LIFE) - 1) / UNPAID)
    todo, done, started = slots(round(a_second)), 0, time.monotonic()
    producer = AIOKafkaProducer(bootstrap_servers=settings.bootstrap, enable_idempotence=True, max_batch_size=900_000)
    await producer.start()
    while (passed := time.monotonic() - started) < seconds + RAMP_S:
        due = int(passed * a_second)
        events = [event for _, slot in zip(range(due - done), todo, strict=False) for event in slot]
        done, sent = due, sent + len(events)
        await _send(producer, names, settings.partitions, events)
        await asyncio.sleep(STEP_S)
    await producer.stop()
    return sent


async def _send(producer: AIOKafkaProducer, names: Names, partitions: int, events: list[Event]) -> None:
    at, batches = int(time.time() * 1000), {}
    for event in events:
        topic = names.raw["messages" if LIFE[event.age][0] == "message.sent" else "orders"]
        to = topic, partition_of(event.seller, partitions)
        if to not in batches:
            batches[to] = producer.create_batch()
        batches[to].append(key=event.seller, value=event.record(at), timestamp=None)
    for (topic, partition), batch in batches.items():
        batch.close()
        await producer.send_batch(batch, topic, partition=partition)
