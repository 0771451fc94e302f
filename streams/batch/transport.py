"""Faust's transport with an idempotent producer and a consumer of batches."""

from typing import Any

from faust.transport.drivers import aiokafka as driver

from streams.batch.consumer import Consumer


class Producer(driver.Producer):  # type: ignore[misc]
    """A producer whose retries write nothing twice."""

    def _settings_extra(self) -> dict[str, Any]:
        return {"acks": "all", "enable_idempotence": True}


class Transport(driver.Transport):  # type: ignore[misc]
    """The transport with that consumer and producer."""

    Consumer, Producer = Consumer, Producer
