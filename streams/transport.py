"""Faust's transport with two repairs: an idempotent producer, and a commit that a rebalance may overtake."""

from collections.abc import Mapping
from typing import Any

import faust
from faust.transport.drivers import aiokafka as driver
from yarl import URL

from streams.settings import Settings


class Thread(driver.AIOKafkaConsumerThread):  # type: ignore[misc]
    """The thread that talks to the brokers for the consumer."""

    async def _commit(self, offsets: Mapping[Any, int]) -> bool:
        """A commit of partitions that a rebalance has just taken is none; empty, it would crash the worker."""
        held = {tp: offset for tp, offset in offsets.items() if tp in self.assignment()}
        return bool(await super()._commit(held)) if held else False


class Consumer(driver.Consumer):  # type: ignore[misc]
    """The consumer with that thread."""

    def _new_consumer_thread(self) -> Thread:
        return Thread(self, loop=self.loop, beacon=self.beacon)


class Producer(driver.Producer):  # type: ignore[misc]
    """A producer whose retries write nothing twice."""

    def _settings_extra(self) -> Mapping[str, Any]:
        return {"acks": "all", "enable_idempotence": True}


class Transport(driver.Transport):  # type: ignore[misc]
    """The transport with that consumer and producer."""

    Consumer, Producer = Consumer, Producer


def connect(app: faust.App, settings: Settings) -> None:
    """Makes the app use this transport."""
    urls = [URL(f"kafka://{host}:{port}") for host, port in settings.brokers]
    app.transport = app.producer_transport = Transport(urls, app)
