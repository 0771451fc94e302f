"""One real Kafka for all live tests; settings of its own for each."""

import os
import re
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from kafka.errors import KafkaError

from streams.brokers import admin
from streams.settings import OF_TESTS, Settings
from streams.topics import apply
from tests.kafka.broker import Broker, missing
from tests.live.history import write
from tests.live.scene import Scene

STAGED = 4_000


def pytest_itemcollected(item: pytest.Item) -> None:
    """Everything in this folder is live."""
    item.add_marker(pytest.mark.live)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What is marked `long` is part of `make crash` alone."""
    if "CRASHES" not in os.environ:
        long = [item for item in items if item.get_closest_marker("long")]
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """host:port of a real Kafka: that of COUNTERMAND_TEST_KAFKA, else one started for this session."""
    given = os.environ.get(OF_TESTS)
    if given:
        yield given
        return
    _needed()
    broker = Broker(tmp_path_factory.mktemp("kafka")).start()
    wait_for_groups(broker)
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


def wait_for_groups(broker: Broker) -> None:
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
    return _environ(kafka, request.node.name, tmp_path)


def _environ(address: str, test: str, folder: Path, partitions: int = 4) -> dict[str, str]:
    own = re.sub(r"[^A-Za-z0-9]+", "-", test)[:40].strip("-") + "-" + uuid.uuid4().hex[:6]
    return {
        "COUNTERMAND_BROKERS": address,
        "COUNTERMAND_PREFIX": f"{own}.",
        "COUNTERMAND_PARTITIONS": str(partitions),
        "COUNTERMAND_METRICS": "off",
        "COUNTERMAND_DATA": str(folder / "data"),
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


@pytest.fixture(scope="session")
def days(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first days of a simulated week, with what goes wrong."""
    folder = tmp_path_factory.mktemp("history")
    write(folder / "week.jsonl", STAGED)
    lines = (folder / "week.jsonl").read_bytes().splitlines(keepends=True)[:STAGED]
    (folder / "days.jsonl").write_bytes(b"".join(lines))
    return folder / "days.jsonl"


@pytest.fixture
def staged(own_broker: Broker, request: pytest.FixtureRequest, tmp_path: Path, days: Path) -> Callable[..., Scene]:
    """Makes a scene of those days in so many partitions, on a broker of its own, that may be killed too."""

    def make(partitions: int = 4) -> Scene:
        return Scene(_environ(own_broker.address, request.node.name, tmp_path, partitions), tmp_path, days)

    return make
