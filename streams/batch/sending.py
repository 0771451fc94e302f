"""Sends what a cut has to say, and waits until the brokers have it."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from aiokafka.errors import KafkaTimeoutError

from streams.batch.agent import Message

log = logging.getLogger(__name__)


class Sending:
    """Hands messages to a producer in batches, those of one partition in order."""

    def __init__(self) -> None:
        self._turns: defaultdict[tuple[str, int], asyncio.Lock] = defaultdict(asyncio.Lock)

    async def __call__(self, producer: Any, messages: Sequence[Message]) -> None:
        """Returns when the brokers have all of it."""
        by_partition = defaultdict[tuple[str, int], list[Message]](list)
        for message in messages:
            by_partition[message.topic, message.partition].append(message)
        sent = [
            await self._queue(producer, batch, topic, partition)
            for (topic, partition), addressed in by_partition.items()
            for batch in _packed(producer, addressed)
        ]
        await asyncio.gather(*sent)

    async def _queue(self, producer: Any, batch: Any, topic: str, partition: int) -> "asyncio.Future[Any]":
        """Hands a batch to the producer; what is to be waited for. One at a time of each partition: where many wait
        for their turn, the producer gives up on some too early. Nothing of what it gave up on was taken.
        """
        async with self._turns[topic, partition]:
            while True:
                try:
                    future: asyncio.Future[Any] = await producer.send_batch(batch, topic, partition=partition)
                except KafkaTimeoutError:
                    log.warning("%s-%s takes nothing yet; waiting", topic, partition)
                else:
                    return future


def _packed(producer: Any, messages: Sequence[Message]) -> Iterator[Any]:
    """Messages of one partition in as few producer batches as take them."""
    batch = producer.create_batch()
    for message in messages:
        if _full(batch, message):
            batch.close()
            yield batch
            batch = producer.create_batch()
            _full(batch, message)
    batch.close()
    yield batch


def _full(batch: Any, message: Message) -> bool:
    """Whether the batch has no room for the message; it is in it otherwise."""
    headers = list(message.headers)
    return batch.append(timestamp=None, key=message.key, value=message.value, headers=headers) is None
