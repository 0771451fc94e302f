"""The ticker on a real broker: never later than what ingest has read, never backwards, one leader."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from kafka import KafkaProducer, TopicPartition
from kafka.structs import OffsetAndMetadata

from detectors.facts import Tick, decode
from streams.brokers import admin
from streams.messages import Post
from streams.settings import Settings
from streams.ticker import SLACK_MS, Clockwork, Election, Ticker
from streams.topics import Names, apply
from streams.watermark import UntoldError
from tests.kafka.broker import Broker
from tests.live.reading import records
from tests.test_feed_quiet import watching

HASH = "abcd"


@pytest.fixture
def produce(applied: Settings) -> Iterator[Callable[..., int]]:
    producer = KafkaProducer(bootstrap_servers=applied.bootstrap)

    def append(topic: str, value: bytes = b"v", partition: int = 0) -> int:
        return int(producer.send(topic, value, b"k", partition=partition).get(10).timestamp)

    yield append
    producer.close()


def _commit(settings: Settings, topic: str, offset: int) -> None:
    told: Any = {TopicPartition(topic, 0): OffsetAndMetadata(offset, "", None)}
    with admin(settings) as client:
        client.alter_group_offsets(Names(settings).app, told)


def _ticks(settings: Settings, partition: int = 0) -> list[int]:
    found = [
        decode(record.value) for record in records(settings, Names(settings).facts) if record.partition == partition
    ]
    assert {record.policies for record in found if isinstance(record, Tick)} <= {HASH}
    return [record.at for record in found if isinstance(record, Tick)]


def _until(true: Callable[[], bool], seconds: float, what: str) -> None:
    give_up = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < give_up, what
        time.sleep(0.1)


def test_caught_up_is_the_brokers_now_and_behind_is_the_oldest_unread(
    applied: Settings, produce: Callable[..., int]
) -> None:
    orders = Names(applied).raw["orders"]
    with ExitStack() as clients:
        clockwork = Clockwork(applied, HASH, SLACK_MS, clients)
        before = produce(Names(applied).raw["shops"])
        assert clockwork.tick() == before - SLACK_MS
        _commit(applied, Names(applied).raw["shops"], 1)
        caught_up = clockwork.tick()
        assert caught_up is not None
        assert before - SLACK_MS < caught_up <= int(time.time() * 1000) - SLACK_MS
        time.sleep(0.3)
        unread = produce(orders)
        time.sleep(0.2)
        assert clockwork.tick() == unread - SLACK_MS
        assert clockwork.tick() is None
        _commit(applied, orders, 1)
        later = clockwork.tick()
        assert later is not None
        assert later > unread - SLACK_MS
    expected = [before - SLACK_MS, caught_up, unread - SLACK_MS, later]
    assert [_ticks(applied, partition) for partition in range(4)] == [expected] * 4
    assert {record.key for record in records(applied, Names(applied).facts)} == {b""}


def test_a_new_leader_never_goes_back(applied: Settings, produce: Callable[..., int]) -> None:
    with ExitStack() as clients:
        old = Clockwork(applied, HASH, SLACK_MS, clients)
        first = old.tick()
        time.sleep(0.01)
        second = old.tick()
        time.sleep(0.01)
        assert old.tick() is not None
        new = Clockwork(applied, HASH, 3_600_000, clients)
        assert new.tick() is None
    assert first is not None
    assert second is not None
    assert first < second
    assert _ticks(applied)[:2] == [first, second]


def test_the_log_clock_ticks_the_last_end_that_ingest_has_read(applied: Settings, produce: Callable[..., int]) -> None:
    log = replace(applied, clock="log")
    names = Names(log)
    with ExitStack() as clients:
        clockwork = Clockwork(log, HASH, SLACK_MS, clients)
        assert clockwork.tick() is None
        produce(names.raw["orders"])
        produce(names.clock, b"1000")
        assert clockwork.tick() is None
        time.sleep(SLACK_MS / 1000 + 0.1)
        produce(names.raw["orders"])
        produce(names.clock, b"2000")
        assert clockwork.tick() is None
        _commit(log, names.raw["orders"], 1)
        assert clockwork.tick() == 1000
        assert clockwork.tick() is None
        produce(names.clock, b"3000")
        assert clockwork.tick() is None
        _commit(log, names.raw["orders"], 2)
        assert clockwork.tick() == 3000
        produce(names.clock, b"2500")
        assert clockwork.tick() is None
    assert [_ticks(log, partition) for partition in range(4)] == [[1000, 3000]] * 4


def test_ticks_name_the_feeds_that_are_silent_and_a_new_leader_knows_when_each_was_heard(
    applied: Settings, produce: Callable[..., int]
) -> None:
    rules, names = watching(returns="1 s"), Names(applied)
    with ExitStack() as clients:
        clockwork = Clockwork(applied, HASH, 0, clients, rules)
        heard = clockwork.tick()
        assert heard is not None
        time.sleep(1.3)
        clockwork.tick()
        heard_last = int(time.time() * 1000) + 60_000  # ahead, so that no slow machine finds it silent again
        notice = [("returns", "JP", heard_last), ("unheard of", "JP", heard_last)]
        for message in Post(applied).heard(notice):
            KafkaProducer(bootstrap_servers=applied.bootstrap).send(names.ticks, message.value, message.key).get(10)
        clockwork.tick()
        new = Clockwork(applied, HASH, 0, clients, rules)
        new.tick()
    ticks = [decode(record.value) for record in records(applied, names.facts) if record.partition == 0]
    silent = [{market for _, market in tick.quiet} for tick in ticks if isinstance(tick, Tick)]
    every = set(rules.policies.markets)
    assert silent[0] == set()
    assert every in silent, "begun to listen a second ago, and heard nothing"
    assert silent[-2:] == [every - {"JP"}, every - {"JP"}]
    turn = next(tick for tick in ticks if isinstance(tick, Tick) and tick.quiet)
    assert turn.at == heard + 1001


def test_one_leads_and_another_takes_over(applied: Settings) -> None:
    with ExitStack() as second:
        with Ticker(applied, HASH, period_s=0.1, session_ms=2_000):
            _until(lambda: len(_ticks(applied)) >= 3, 20, "the first ticker never ticked")
            second.enter_context(Ticker(applied, HASH, period_s=0.1, session_ms=2_000))
        count = len(_ticks(applied))
        _until(lambda: len(_ticks(applied)) >= count + 3, 20, "the second ticker never took over")
    ticks = _ticks(applied)
    assert ticks == sorted(set(ticks))
    assert abs(ticks[-1] - time.time() * 1000) < 10_000


def test_what_a_tick_takes_is_part_of_its_period(applied: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    tick, begun = Clockwork.tick, list[float]()

    def slow(clockwork: Clockwork) -> int | None:
        begun.append(time.monotonic())
        time.sleep(0.6)
        return tick(clockwork)

    monkeypatch.setattr(Clockwork, "tick", slow)
    with Ticker(applied, HASH, period_s=1.0, session_ms=2_000):
        _until(lambda: len(begun) >= 6, 30, "the ticker never ticked")
    apart = sorted(later - earlier for earlier, later in pairwise(begun))
    assert 0.9 < apart[len(apart) // 2] < 1.5


def test_what_cannot_be_told_is_asked_again_a_period_later(applied: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = list[float]()

    def untold(_: Clockwork) -> None:
        asked.append(time.monotonic())
        raise UntoldError("a topic does not answer")

    monkeypatch.setattr(Clockwork, "tick", untold)
    with Ticker(applied, HASH, period_s=0.5, session_ms=2_000):
        _until(lambda: len(asked) >= 3, 30, "the ticker gave up")
    assert min(later - earlier for earlier, later in pairwise(asked)) >= 0.5


def test_a_leader_that_asks_no_more_loses_the_seat_and_knows_it(
    applied: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    with ExitStack() as clients:
        stuck = Election(applied, 2_000, clients)
        _until(lambda: stuck.won(0.1), 20, "nobody else, and yet it does not lead")
        other = Election(applied, 2_000, clients)
        _until(lambda: other.won(0.1), 20, "one that asks no more has kept the seat")
        assert not stuck.won(), "two lead"
    assert "No partition metadata" not in caplog.text, "who joins before it knows of the seat may never take it"


def test_an_outage_of_the_broker_is_outlived(own_broker: Broker, caplog: pytest.LogCaptureFixture) -> None:
    settings = Settings(brokers=(("127.0.0.1", own_broker.port),), partitions=1)
    with admin(settings) as client:
        apply(client, settings)
    with Ticker(settings, HASH, period_s=0.1, session_ms=2_000):
        _until(lambda: len(_ticks(settings)) >= 2, 20, "the ticker never ticked")
        own_broker.kill()
        time.sleep(3)
        own_broker.start()
        back = int(time.time() * 1000)
        _until(lambda: _ticks(settings)[-1] > back, 60, "the ticker never came back")
    told = [message for message in caplog.messages if message.startswith("the ticker lost the brokers")]
    assert 1 <= len(told) <= 2, "an outage is told, and not once a period"
