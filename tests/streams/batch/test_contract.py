"""The names of Faust, mode and aiokafka that the seam leans on: an upgrade without one fails here, in one sentence."""

import inspect
import re
from importlib.metadata import version
from pathlib import Path

import aiokafka.consumer.fetcher
import pytest
from aiokafka.consumer.fetcher import FetchResult, PartitionRecords
from aiokafka.consumer.subscription_state import SubscriptionState
from aiokafka.producer.message_accumulator import BatchBuilder
from faust.agents.agent import Agent
from faust.app.base import App
from faust.tables.manager import TableManager
from faust.transport.base import Transport as BaseTransport
from faust.transport.consumer import Consumer as BaseConsumer
from faust.transport.consumer import Fetcher
from faust.transport.drivers import aiokafka as driver
from mode import Service

import streams.batch
from streams.pinned import PINNED

OVERRIDDEN = {
    driver.Consumer: (
        "_drain_messages",
        "_filter_tps_with_pending_acks",
        "_new_consumer_thread",
        "_new_offset",
        "verify_event_path",
    ),
    driver.AIOKafkaConsumerThread: ("_commit", "_create_worker_consumer", "_fetch_records", "seek_to_committed"),
    driver.Producer: ("_settings_extra",),
    BaseTransport: ("Consumer", "Producer"),
    TableManager: ("add",),
    Agent: ("on_start", "on_stop"),
}
CALLED = {
    driver.Consumer: (
        "_commit",
        "_getmany",
        "assignment",
        "earliest_offsets",
        "flow_active",
        "highwaters",
        "perform_seek",
        "seek",
    ),
    driver.Producer: ("_ensure_producer",),
    Agent: ("channel", "get_topic_names"),
    aiokafka.consumer.fetcher.Fetcher: ("_create_fetch_waiter", "_notify", "fetched_records"),
    FetchResult: ("_update_position", "check_assignment"),
    SubscriptionState: ("fetch_context", "is_assigned", "reassignment_in_progress", "wait_for_assignment"),
    App: ("crash", "producer", "topics"),
    Service: ("sleep", "wait"),
}
SET = {
    BaseConsumer.__init__: ("_committed_offset", "can_resume_flow"),
    App.__init__: ("_consumer", "agents", "rebalancing"),
    driver.ConsumerRebalanceListener.on_partitions_assigned: ("consumer_generation_id",),
    Service.__init__: ("_stopped",),
    Agent.__init__: ("fun",),
    aiokafka.consumer.fetcher.Fetcher.__init__: ("_closed", "_records", "_subscriptions", "_wait_consume_future"),
    aiokafka.AIOKafkaConsumer.__init__: ("_closed", "_fetch_max_wait_ms", "_fetcher"),
    FetchResult.__init__: ("_partition_records",),
    PartitionRecords.__init__: ("_check_crcs", "_records", "_records_iterator", "_tp", "next_fetch_offset"),
    BatchBuilder.__init__: ("_builder", "_relative_offset"),
}


@pytest.mark.parametrize("package", PINNED)
def test_versions_are_those_the_seam_was_written_for(package: str) -> None:
    assert version(package) == PINNED[package], f"{package} changed: run the crash tests, then change streams/pinned.py"


@pytest.mark.parametrize(
    ("owner", "name"),
    [(owner, name) for part in (OVERRIDDEN, CALLED) for owner, names in part.items() for name in names],
)
def test_the_name_is_there(owner: type, name: str) -> None:
    assert hasattr(owner, name), f"{owner.__module__}.{owner.__name__} has no {name} any more"


@pytest.mark.parametrize(("function", "name"), [(f, name) for f, names in SET.items() for name in names])
def test_the_attribute_is_set(function: object, name: str) -> None:
    owner = inspect.getmodule(function)
    assert name in inspect.getsource(owner), f"nobody sets {name} in {owner} any more"  # type: ignore[arg-type]


def test_what_the_seam_counts_on() -> None:
    assert "_drain_messages(self)" in inspect.getsource(Fetcher), "the fetcher calls the loop that the seam replaces"
    create = inspect.getsource(driver.AIOKafkaConsumerThread._create_worker_consumer)
    assert "table_standby_replicas > 0" in create, "above 0 it takes Faust's own assignor, sticky and co-partitioning"
    assert "committed_offsets" in inspect.getsource(BaseConsumer.perform_seek)


def test_the_seam_imports_nothing_of_its_users() -> None:
    own = Path(streams.batch.__file__).parent
    lines = [line for file in own.glob("*.py") for line in file.read_text().splitlines()]
    ours = [line for line in lines if re.match(r"\s*(from|import) (streams|detectors|policies|dashboards)", line)]
    assert ours
    assert [line for line in ours if not line.lstrip().startswith("from streams.batch.")] == []
