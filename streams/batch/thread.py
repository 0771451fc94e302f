"""The thread that talks to the brokers for the consumer."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from aiokafka.errors import ConsumerStoppedError
from faust.transport.drivers import aiokafka as driver

from streams.batch.fetching import Fetched, fetched

FETCH_WAIT_MS = 50
"""How long a request for records may lie with a broker. There is one at a time, and what was not yet taken when it went
out is not in it: with Faust's 1.5 s a worker that was once a moment late asked for its idle partitions alone, waited
them out, was late again, and stayed two seconds behind for good, half idle.
"""


class Thread(driver.AIOKafkaConsumerThread):  # type: ignore[misc]
    """Faust's own, but for what it commits and what it fetches."""

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS  # noqa: SLF001  no setting of Faust
        return consumer

    async def _commit(self, offsets: Mapping[Any, int]) -> bool:
        """A commit of partitions that a rebalance has just taken is none; empty, it would crash the worker."""
        held = {tp: offset for tp, offset in offsets.items() if tp in self.assignment()}
        return bool(await super()._commit(held)) if held else False

    async def seek_to_committed(self) -> Mapping[Any, int]:
        """Goes to where the group's commits say; nowhere, where a rebalance has just taken all partitions."""
        return dict(await self.call_thread(self._seek_to_committed))

    async def _seek_to_committed(self) -> Mapping[Any, int]:
        return await self._ensure_consumer().seek_to_committed() if self.assignment() else {}

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
        with fetcher._subscriptions.fetch_context():  # noqa: SLF001
            return await fetched(fetcher, active_partitions, timeout)
