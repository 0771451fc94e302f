"""The Kafka topics: their names, what each must be like, and how what is there differs from it.

Partitions are fixed for the life of a log, so `apply` makes topics and mends settings but never repartitions.
"""

import json
import time
from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

import typer
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType

from streams.brokers import admin
from streams.events import TOPICS as RAW
from streams.settings import SettingError, Settings

TABLES = ("orders", "sellers")
LARGEST_EVENT = 4 << 20  # larger than what ingest takes (1 MiB): what is too large must arrive to be accounted for
LARGEST_LETTER = LARGEST_EVENT + (64 << 10)  # and why it is dead
LARGEST_OUTCOME = 8 << 20  # a finding lists its facts: 200,000 of 36 characters, or 10,000 of the longest ids
LARGEST_BATCH = 8 << 20  # of changed rows; a row is some hundred bytes, but nothing forbids large ones
STAMP = "message.timestamp.type"
_CLEANUP, _LAG, _LARGEST = "cleanup.policy", "min.compaction.lag.ms", "max.message.bytes"
_HOUR = 3_600_000
_DAY = 24 * _HOUR

_APPLIED = frozenset({"missing", "config"})
Configs = Mapping[str, str]
_BROKERS_TIME = {STAMP: "LogAppendTime"}


class Topic(NamedTuple):
    """What a topic must be like."""

    name: str
    partitions: int
    configs: Configs
    ours: bool = True
    """Whether a worker appends to it: what it does not take would stop that worker, again and again."""


class Difference(NamedTuple):
    """One way in which a topic is not as declared.

    `kind`: "missing" and "config" are what `apply` mends; "partitions" and "replication" a person must. `blocks`:
    a worker must not start on it. `sentence` names the topic and the way out.
    """

    topic: str
    kind: Literal["missing", "config", "partitions", "replication"]
    setting: str
    found: str
    expected: str
    blocks: bool
    sentence: str


class Names:
    """The topics' names under these settings (contract §3: prefix, group)."""

    def __init__(self, settings: Settings) -> None:
        prefix, self.app = settings.prefix, settings.prefix + settings.group
        self.raw = {name: prefix + name for name in RAW}
        self.facts, self.ticks = f"{self.app}.facts", f"{self.app}.ticks"
        self.clock = f"{prefix}countermand.clock"
        self.directives, self.findings = f"{prefix}countermand.directives", f"{prefix}countermand.findings"
        self.ledger, self.cases = f"{prefix}countermand.ledger", f"{prefix}countermand.cases"
        self.texts, self.deadletters = f"{prefix}countermand.texts", f"{prefix}countermand.deadletters"
        self.changelog = f"{self.app}.changelog"


def declared(settings: Settings) -> list[Topic]:
    """Every topic of these settings, as it must be."""
    names, n = Names(settings), settings.partitions
    outcomes = (names.directives, names.findings, names.ledger, names.cases)
    large, said = {_LARGEST: str(LARGEST_EVENT)}, {_LARGEST: str(LARGEST_OUTCOME), **_compacted(7 * _DAY)}
    return [
        *(Topic(name, n, {**_BROKERS_TIME, **_kept(14), **large}, ours=False) for name in names.raw.values()),
        Topic(names.facts, n, {**_BROKERS_TIME, **_kept(400), **large}),
        Topic(names.ticks, 1, {**_BROKERS_TIME, **_kept(1)}),
        Topic(names.clock, 1, {**_BROKERS_TIME, **_kept(14)}),
        *(Topic(name, n, {**_kept(400), **said, _CLEANUP: "compact,delete"}) for name in outcomes),
        Topic(names.texts, n, {**_kept(30), **large}),
        Topic(names.deadletters, n, {**_kept(7), _LARGEST: str(LARGEST_LETTER)}),
        Topic(names.changelog, n, {**_compacted(_HOUR), "segment.bytes": str(64 << 20), _LARGEST: str(LARGEST_BATCH)}),
    ]


def _kept(days: int) -> dict[str, str]:
    return {_CLEANUP: "delete", "retention.ms": str(days * _DAY)}


def _compacted(lag: int) -> dict[str, str]:
    """Compacted, but not before the lag (ms): what is younger keeps every revision."""
    return {_CLEANUP: "compact", _LAG: str(lag)}


def differences(client: KafkaAdminClient, settings: Settings) -> list[Difference]:
    """How the topics that are there differ from those declared, in the order of declaration."""
    wanted = declared(settings)
    there = {topic["name"]: topic for topic in client.describe_topics() if not topic["error_code"]}
    present = [topic.name for topic in wanted if topic.name in there]
    resources = [_resource(name) for name in present]
    configs = client.describe_configs(resources, config_filter="all")["topic"] if resources else {}
    found: list[Difference] = []
    for topic in wanted:
        if topic.name in there:
            found.extend(_shape(topic, there[topic.name]["partitions"], settings.replication))
            found.extend(_settings(topic, configs[topic.name]))
        else:
            sentence = f"topic {topic.name} is missing; make it with countermand topics apply"
            found.append(Difference(topic.name, "missing", "", "", "", True, sentence))
    return found


def _shape(topic: Topic, partitions: list[dict[str, list[int]]], replication: int) -> Iterator[Difference]:
    if len(partitions) != topic.partitions:
        way = (
            f"set COUNTERMAND_PARTITIONS={len(partitions)}, or take a new COUNTERMAND_GROUP and COUNTERMAND_PREFIX"
            if topic.partitions > 1
            else "delete it and run countermand topics apply"
        )
        sentence = f"topic {topic.name} has {len(partitions)} partitions, expected {topic.partitions}; {way}"
        yield Difference(
            topic.name, "partitions", "partitions", str(len(partitions)), str(topic.partitions), True, sentence
        )
    copies = min(len(partition["replica_nodes"]) for partition in partitions)
    if copies != replication:
        sentence = (
            f"topic {topic.name} has {copies} replicas, expected {replication}; set COUNTERMAND_REPLICATION={copies},"
            " or reassign its partitions with Kafka's own tools"
        )
        yield Difference(topic.name, "replication", "replication", str(copies), str(replication), False, sentence)


def _settings(topic: Topic, configs: Mapping[str, Mapping[str, str]]) -> Iterator[Difference]:
    for name, expected in topic.configs.items():
        found = configs[name]["value"]
        if set(found.split(",")) != set(expected.split(",")):
            sentence = (
                f"topic {topic.name} has {name}={found}, expected {expected}; mend it with countermand topics apply"
            )
            yield Difference(topic.name, "config", name, found, expected, _blocks(topic, name, found), sentence)


def _blocks(topic: Topic, name: str, found: str) -> bool:
    """Whether a worker would go wrong: by others' clocks; where it could not append; a changelog that forgets."""
    if name == STAMP:
        return True
    if name == _LARGEST:
        return topic.ours and int(found) < int(topic.configs[name])
    if topic.configs[_CLEANUP] != "compact":
        return False
    return name == _CLEANUP or (name == _LAG and int(found) < int(topic.configs[name]))


def apply(client: KafkaAdminClient, settings: Settings) -> tuple[list[Difference], list[Difference]]:
    """Makes what is missing and mends settings; returns what it did and what is left for a person.

    Returns when the brokers show what was done, or after 10 s.
    """
    found = differences(client, settings)
    missing = {one.topic for one in found if one.kind == "missing"}
    wrong = {one.topic for one in found if one.kind == "config"}
    wanted = [topic for topic in declared(settings) if topic.name in missing | wrong]
    if missing:
        client.create_topics(
            {topic.name: _new(topic, settings) for topic in wanted if topic.name in missing}, wait_for_metadata=True
        )
    if wrong:
        mend = [_resource(t.name, dict(t.configs)) for t in wanted if t.name in wrong]
        client.alter_configs(mend)
    left = _shown(client, settings)
    return [one for one in found if one.kind in _APPLIED], left


def _shown(client: KafkaAdminClient, settings: Settings) -> list[Difference]:
    """The differences that stay; a broker shows a new setting some milliseconds after it took it."""
    give_up = time.monotonic() + 10
    while True:
        left = differences(client, settings)
        if not any(one.kind in _APPLIED for one in left) or time.monotonic() > give_up:
            return left
        time.sleep(0.05)


def _new(topic: Topic, settings: Settings) -> dict[str, Any]:
    configs = dict(topic.configs)
    return {"num_partitions": topic.partitions, "replication_factor": settings.replication, "configs": configs}


def _resource(name: str, configs: dict[str, str] | None = None) -> ConfigResource:
    return ConfigResource(ConfigResourceType.TOPIC, name, configs)


def require(client: KafkaAdminClient, settings: Settings) -> None:
    """SettingError with the first difference that would make a worker or a load go wrong."""
    for one in differences(client, settings):
        if one.blocks:
            raise SettingError(one.sentence)


def plan_command(settings: Settings, as_json: bool) -> int:
    """`countermand topics plan`: prints what `apply` would do, changing nothing; the exit code."""
    with admin(settings) as client:
        found = differences(client, settings)
    _tell(found, as_json, {one: _intent(one) for one in found}, "nothing to do: every topic is as declared")
    return 0


def apply_command(settings: Settings, as_json: bool) -> int:
    """`countermand topics apply`: makes and mends, prints what it did; the exit code, 1 when something is left."""
    with admin(settings) as client:
        done, left = apply(client, settings)
    words = {one: _intent(one) for one in done} | {one: one.sentence for one in left}
    _tell([*done, *left], as_json, words, "nothing to do: every topic is as declared")
    return 1 if left else 0


def check_command(settings: Settings, as_json: bool) -> int:
    """`countermand topics check`: prints every difference as a sentence; the exit code, 1 when there is one."""
    with admin(settings) as client:
        found = differences(client, settings)
    _tell(found, as_json, {one: one.sentence for one in found}, "every topic is as declared")
    return 1 if found else 0


def _intent(one: Difference) -> str:
    if one.kind == "missing":
        return f"make {one.topic}"
    if one.kind == "config":
        return f"set {one.setting}={one.expected} on {one.topic} (is {one.found})"
    return f"cannot mend: {one.sentence}"


def _tell(found: list[Difference], as_json: bool, words: Mapping[Difference, str], nothing: str) -> None:
    if as_json:
        typer.echo(json.dumps([one._asdict() for one in found]))
    else:
        for sentence in words.values() or (nothing,):
            typer.echo(sentence)
