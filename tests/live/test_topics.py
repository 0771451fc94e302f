"""Topics on a real broker: made as declared, every difference one sentence, nothing repartitioned."""

import asyncio
import json
import time
from contextlib import nullcontext
from dataclasses import replace

import pytest
from aiokafka import AIOKafkaProducer
from kafka.admin import ConfigResource, ConfigResourceType

from streams import brokers, topics
from streams.batch.app import MESSAGES_BYTES
from streams.batch.sending import Sending
from streams.brokers import UnreachableError, admin
from streams.messages import Message
from streams.settings import SettingError, Settings
from streams.topics import LARGEST_LETTER, LARGEST_OUTCOME, Names, declared
from tests.live.reading import records


def _alter(settings: Settings, topic: str, **values: str) -> None:
    with admin(settings) as client:
        client.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, values)])
        give_up = time.monotonic() + 10
        while not topics.differences(client, settings):
            assert time.monotonic() < give_up, "the broker never showed the altered setting"


def test_apply_makes_what_plan_says_and_check_is_content(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [topic.name for topic in declared(settings)]
    assert topics.plan_command(settings, as_json=False) == 0
    assert capsys.readouterr().out.splitlines() == [f"make {name}" for name in names]
    assert topics.check_command(settings, as_json=False) == 1
    assert capsys.readouterr().out.splitlines() == [
        f"topic {name} is missing; make it with countermand topics apply" for name in names
    ]
    assert topics.apply_command(settings, as_json=False) == 0
    assert capsys.readouterr().out.splitlines() == [f"make {name}" for name in names]
    assert topics.check_command(settings, as_json=False) == 0
    assert topics.plan_command(settings, as_json=True) == 0
    assert capsys.readouterr().out.splitlines() == ["every topic is as declared", "[]"]


def test_the_brokers_clock_stamps_what_the_ticker_reads(applied: Settings) -> None:
    names = Names(applied)
    stamped = [*names.raw.values(), names.facts, names.ticks, names.clock]
    with admin(applied) as client:
        resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in stamped]
        configs = client.describe_configs(resources, config_filter="all")["topic"]
        partitions = {topic["name"]: len(topic["partitions"]) for topic in client.describe_topics(stamped)}
    assert {name: configs[name]["message.timestamp.type"]["value"] for name in stamped} == dict.fromkeys(
        stamped, "LogAppendTime"
    )
    assert partitions == {**dict.fromkeys(stamped, 4), names.ticks: 1, names.clock: 1}


def test_a_wrong_setting_is_one_sentence_and_is_mended(applied: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    orders = Names(applied).raw["orders"]
    _alter(applied, orders, **{"message.timestamp.type": "CreateTime"})
    assert topics.check_command(applied, as_json=False) == 1
    assert topics.plan_command(applied, as_json=False) == 0
    assert topics.apply_command(applied, as_json=False) == 0
    wrong = f"topic {orders} has message.timestamp.type=CreateTime, expected LogAppendTime"
    assert capsys.readouterr().out.splitlines() == [
        f"{wrong}; mend it with countermand topics apply",
        f"set message.timestamp.type=LogAppendTime on {orders} (is CreateTime)",
        f"set message.timestamp.type=LogAppendTime on {orders} (is CreateTime)",
    ]
    assert topics.check_command(applied, as_json=False) == 0


@pytest.mark.parametrize(
    ("setting", "wrong", "blocks"),
    [
        ("cleanup.policy", "delete", True),
        ("min.compaction.lag.ms", "60000", True),
        ("min.compaction.lag.ms", "7200000", False),
        ("max.message.bytes", "1000000", True),
    ],
)
def test_a_changelog_that_forgets_stops_a_worker(applied: Settings, setting: str, wrong: str, blocks: bool) -> None:
    changelog = Names(applied).changelog
    _alter(applied, changelog, **{setting: wrong})
    with admin(applied) as client:
        (found,) = topics.differences(client, applied)
        assert (found.topic, found.setting, found.blocks) == (changelog, setting, blocks)
        with pytest.raises(SettingError) if blocks else nullcontext() as told:
            topics.require(client, applied)
    if blocks:
        assert str(told.value).startswith(f"topic {changelog} has {setting}={wrong}, expected ")


@pytest.mark.parametrize(
    ("topic", "wrong", "blocks"),
    [
        ("facts", "1048588", True),
        ("facts", "8388608", False),
        ("deadletters", "4194304", True),
        *((name, "1048588", True) for name in ("directives", "findings", "ledger", "cases")),
    ],
)
def test_what_a_worker_appends_must_be_taken(applied: Settings, topic: str, wrong: str, blocks: bool) -> None:
    name = getattr(Names(applied), topic)
    _alter(applied, name, **{"max.message.bytes": wrong})
    with admin(applied) as client:
        (found,) = topics.differences(client, applied)
        assert (found.topic, found.setting, found.blocks) == (name, "max.message.bytes", blocks)
        with pytest.raises(SettingError) if blocks else nullcontext() as told:
            topics.require(client, applied)
    if blocks:
        assert str(told.value).startswith(f"topic {name} has max.message.bytes={wrong}, expected ")


def test_the_largest_outcome_and_dead_letter_are_taken(applied: Settings) -> None:
    names, frame = Names(applied), 200
    said = [
        Message(names.findings, 0, b"k", b"v" * (LARGEST_OUTCOME - frame)),
        Message(names.deadletters, 0, b"k", b"v" * (LARGEST_LETTER - frame)),
    ]

    async def send() -> None:
        async with AIOKafkaProducer(
            bootstrap_servers=applied.bootstrap, max_batch_size=MESSAGES_BYTES, max_request_size=LARGEST_OUTCOME
        ) as producer:
            await Sending()(producer, said)

    asyncio.run(send())
    assert [len(record.value) for record in records(applied, names.findings, names.deadletters)] == [
        len(message.value) for message in said
    ]


def test_a_raw_topic_that_takes_less_stops_nobody(applied: Settings) -> None:
    _alter(applied, Names(applied).raw["orders"], **{"max.message.bytes": "1048588"})
    with admin(applied) as client:
        assert len(topics.differences(client, applied)) == 1
        topics.require(client, applied)


def test_partitions_are_never_changed(applied: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    more = replace(applied, partitions=5)
    facts = Names(applied).facts
    assert topics.apply_command(more, as_json=True) == 1
    told = json.loads(capsys.readouterr().out)
    assert {one["kind"] for one in told} == {"partitions"}
    assert next(one for one in told if one["topic"] == facts) == {
        "topic": facts,
        "kind": "partitions",
        "setting": "partitions",
        "found": "4",
        "expected": "5",
        "blocks": True,
        "sentence": f"topic {facts} has 4 partitions, expected 5; set COUNTERMAND_PARTITIONS=4,"
        " or take a new COUNTERMAND_GROUP and COUNTERMAND_PREFIX",
    }
    with admin(applied) as client:
        assert topics.differences(client, applied) == []


def test_nobody_answering_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(brokers, "FIRST_ANSWER_MS", 500)
    settings = Settings(brokers=(("127.0.0.1", 9),))
    with pytest.raises(UnreachableError) as told, admin(settings):
        pass
    assert str(told.value).startswith("no Kafka answers at 127.0.0.1:9 (")
    assert str(told.value).endswith("; start one (make kafka), or set COUNTERMAND_BROKERS")
