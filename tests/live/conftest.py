"""One real Kafka for all live tests; settings of its own for each."""

import os
import re
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.brokers import admin
from streams.settings import OF_TESTS, Settings
from streams.topics import apply
from tests.kafka.broker import Broker, missing


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder is live."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.live)


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """host:port of a real Kafka: that of COUNTERMAND_TEST_KAFKA, else one started for this session."""
    given = os.environ.get(OF_TESTS)
    if given:
        yield given
        return
    if why := missing():
        if os.environ.get("CI") == "true":
            pytest.fail(why)
        pytest.skip(why)
    broker = Broker(tmp_path_factory.mktemp("kafka")).start()
    yield broker.address
    broker.stop()


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
