"""The thread that talks to the brokers for the consumer."""

import asyncio
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from aiokafka.errors import ConsumerStoppedError
from faust.transport.drivers import aiokafka as driver

from streams.batch.fetching import Fetched, fetched


class Thread(driver.AIOKafkaConsumerThread):  # type: ignore[misc]
    """Faust's own, but for what it commits and what it fetches."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._called = asyncio.Event()

    def call(self) -> None:
        """Ends the waiting for records, from the loop of the worker: another partition can take some now."""
        if not self.thread_loop.is_closed():
            self.thread_loop.call_soon_threadsafe(self._called.set)

    async def _commit(self, offsets: Mapping[Any, int]) -> bool:
        """A commit of partitions that a rebalance has just taken is none; empty, it would crash the worker."""
        held = {tp: offset for tp, offset in offsets.items() if tp in self.assignment()}
        return bool(await super()._commit(held)) if held else False

    async def _fetch_records(
        self,
        consumer: Any,
        active_partitions: AbstractSet[Any],
        timeout: float = 0,  # noqa: ASYNC109
        max_records: int | None = None,  # noqa: ARG002
    ) -> Fetched:
        """What has come of these partitions, all of it: batches are cut by who works them off."""
        if not self.consumer.flow_active:
            return {}
        fetcher = consumer._fetcher  # noqa: SLF001
        if consumer._closed or fetcher._closed:  # noqa: SLF001
            raise ConsumerStoppedError
        try:
            with fetcher._subscriptions.fetch_context():  # noqa: SLF001
                return await fetched(fetcher, active_partitions, timeout, self._called)
        finally:
            self._called.clear()
