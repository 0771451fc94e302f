"""Messages go in order, in batches that the producer takes; where it gives up waiting, they are handed over again."""

import asyncio
from typing import Any

from aiokafka.errors import KafkaTimeoutError

from streams.batch.sending import Sending
from tests.streams.batch.said import Said


class Batch:
    """Takes two records."""

    def __init__(self) -> None:
        self.values: list[bytes] = []
        self.closed = False

    def append(self, value: bytes, **_: Any) -> object | None:
        if len(self.values) == 2:
            return None
        self.values.append(value)
        return object()

    def close(self) -> None:
        self.closed = True


class Producer:
    """Lets one wait at a time; gives up on the first `refused` tries."""

    def __init__(self, refused: int = 0) -> None:
        self.taken: list[tuple[str, int, list[bytes]]] = []
        self._refused, self._waiting = refused, 0

    def create_batch(self) -> Batch:
        return Batch()

    async def send_batch(self, batch: Batch, topic: str, partition: int) -> "asyncio.Future[None]":
        assert batch.closed, "or stray records could join it"
        self._waiting += 1
        assert self._waiting == 1, "who waits with others may be given up on"
        await asyncio.sleep(0)
        self._waiting -= 1
        if self._refused:
            self._refused -= 1
            raise KafkaTimeoutError
        self.taken.append((topic, partition, batch.values))
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done


def _words(n: int) -> list[Said]:
    return [Said("out", 3, b"k", b"%d" % i) for i in range(n)]


def test_each_partition_keeps_its_order_over_full_batches() -> None:
    producer = Producer()
    asyncio.run(Sending()(producer, _words(5)))
    assert producer.taken == [("out", 3, [b"0", b"1"]), ("out", 3, [b"2", b"3"]), ("out", 3, [b"4"])]


def test_what_the_producer_gave_up_on_is_handed_over_again() -> None:
    producer = Producer(refused=3)
    asyncio.run(Sending()(producer, _words(2)))
    assert producer.taken == [("out", 3, [b"0", b"1"])]


def test_cuts_of_many_partitions_take_turns() -> None:
    async def many() -> None:
        await asyncio.gather(*(sending(producer, _words(2)) for _ in range(5)))

    producer, sending = Producer(), Sending()
    asyncio.run(many())
    assert len(producer.taken) == 5
