"""What the agents do: one ingest for every raw topic, and the monitor.

An event is acknowledged by hand, when what follows from it is in Kafka: Faust's own way also acknowledges what an
agent failed on or was stopped at, and loses it. So a failure ends the worker, and the next one reads the event again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, TypeAlias

import faust

from detectors.facts import Fact
from streams.hearing import Hearing
from streams.ingest import Ingest, Raw
from streams.lock import Lock
from streams.messages import Message, Post
from streams.metrics import Metrics
from streams.monitor import Monitor, Record

BATCH = 500
WITHIN_S = 0.1

Stream: TypeAlias = Any  # faust.StreamT: Faust is untyped to mypy
Sent = Awaitable[Any]
Backlog = asyncio.Queue[tuple[Any, list[Sent]]]
Agent = Callable[[Stream], Awaitable[None]]


class Sending:
    """Appends messages and waits until the brokers have them."""

    def __init__(self, app: faust.App) -> None:
        self._app = app

    async def __call__(self, messages: Iterable[Message]) -> None:
        """Returns when the brokers have all of it."""
        await self.all(await self.start(messages))

    async def start(self, messages: Iterable[Message]) -> list[Sent]:
        """Hands the messages over, in order; what to wait for."""
        producer = self._app.producer
        return [await producer.send(m.topic, m.key, m.value, m.partition, None, list(m.headers)) for m in messages]

    async def all(self, sent: Sequence[Sent]) -> None:
        """Returns when the brokers have all of it. When they do not take it the worker ends, nothing acknowledged."""
        await self.ending(_gathered(sent))

    async def ending(self, work: Awaitable[None]) -> None:
        """Does the work; when it fails the worker ends, nothing acknowledged."""
        try:
            await work
        except Exception as why:
            await self._app.crash(why)
            raise

    async def changes(self) -> None:
        """Returns when the producer has the tables' queue of changes: one that never empties lets no commit by."""
        await self._app.producer.buffer.flush()


async def _gathered(sent: Sequence[Sent]) -> None:
    await asyncio.gather(*sent)


def ingesting(topic: str, ingest: Ingest, post: Post, metrics: Metrics, send: Sending, hearing: Hearing) -> Agent:
    """The agent of a raw topic: each record becomes facts or dead letters; of watched feeds it tells the ticker."""

    async def agent(stream: Stream) -> None:
        async for events in stream.noack_take(BATCH, within=WITHIN_S):
            read = [list(ingest.read_all(_raw(event.message))) for event in events]
            heard = hearing.told_by(item for items in read for item in items if isinstance(item, Fact))
            await send([*(post.read(item) for items in read for item in items), *post.heard(heard)])
            for items, event in zip(read, events, strict=True):
                for item in items:
                    metrics.ingested(topic, item)
                await stream.ack(event)

    return agent


def monitoring(monitor: Monitor, send: Sending, lock: Lock) -> Agent:
    """The agent of the facts log. Batches of one: stock tables take changes only from the current event.

    It goes on to the next event while the brokers take what it said of the last ones; these are acknowledged in order.
    """

    async def agent(stream: Stream) -> None:
        records, said = stream.noack(), Backlog(BATCH)
        acknowledging = asyncio.create_task(_acknowledge(records, said, send))
        try:
            async for event in records.events():
                record = Record(event.message.partition, event.message.value)
                await send.ending(lock.check(monitor, record))
                sent = await send.start(monitor([record]))
                await send.changes()
                await said.put((event, sent))
        finally:
            acknowledging.cancel()

    return agent


async def _acknowledge(stream: Stream, said: "Backlog", send: Sending) -> None:
    while True:
        event, sent = await said.get()
        await send.all(sent)
        await stream.ack(event)


def _raw(message: Any) -> Raw:
    headers: Sequence[tuple[str, bytes | None]] = message.headers or ()
    return Raw(
        message.value or b"",
        message.key or b"",
        tuple((name, value or b"") for name, value in headers),
        message.topic,
        message.partition,
        message.offset,
        round(message.timestamp * 1000),
    )
