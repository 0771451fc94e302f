"""One real Kafka for all live tests; settings of its own for each."""

import os
import re
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from kafka.errors import KafkaError

from streams.brokers import admin
from streams.settings import OF_TESTS, Settings
from streams.topics import apply
from tests.kafka.broker import Broker, missing


def pytest_itemcollected(item: pytest.Item) -> None:
    """Everything in this folder is live."""
    item.add_marker(pytest.mark.live)


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """host:port of a real Kafka: that of COUNTERMAND_TEST_KAFKA, else one started for this session."""
    given = os.environ.get(OF_TESTS)
    if given:
        yield given
        return
    _needed()
    broker = Broker(tmp_path_factory.mktemp("kafka")).start()
    _wait_for_groups(broker)
    yield broker.address
    broker.stop()


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[Broker]:
    """A broker of one test alone, that it may kill."""
    _needed()
    broker = Broker(tmp_path / "kafka").start()
    yield broker
    broker.stop()


def _needed() -> None:
    """Skips where no broker can be started; fails there under CI."""
    if why := missing():
        if os.environ.get("CI") == "true":
            pytest.fail(why)
        pytest.skip(why)


def _wait_for_groups(broker: Broker) -> None:
    """A broker's first question about a group makes it make the topic of offsets, which takes a moment."""
    with admin(Settings(brokers=(("127.0.0.1", broker.port),))) as client:
        give_up = time.monotonic() + 20
        while time.monotonic() < give_up:
            try:
                client.list_group_offsets("nobody")
                return
            except KafkaError:
                time.sleep(0.1)
    pytest.fail("the broker keeps no groups")


@pytest.fixture
def environ(kafka: str, request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """The environment of one test: topics and group that no other test has, four partitions."""
    own = re.sub(r"[^A-Za-z0-9]+", "-", request.node.name)[:40].strip("-") + "-" + uuid.uuid4().hex[:6]
    return {
        "COUNTERMAND_BROKERS": kafka,
        "COUNTERMAND_PREFIX": f"{own}.",
        "COUNTERMAND_PARTITIONS": "4",
        "COUNTERMAND_METRICS": "off",
        "COUNTERMAND_DATA": str(tmp_path / "data"),
    }


@pytest.fixture
def settings(environ: dict[str, str]) -> Settings:
    """The settings of that environment, without topics."""
    return Settings.from_env(environ)


@pytest.fixture
def applied(settings: Settings) -> Settings:
    """The settings of that environment, topics made."""
    with admin(settings) as client:
        _, left = apply(client, settings)
    assert left == []
    return settings
