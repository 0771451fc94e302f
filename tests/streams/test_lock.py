"""The policies in force: a worker with other policies waits, loses nothing, and goes on when its own are in force."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import msgspec
import pytest

from detectors.facts import Fact, Tick, encode
from detectors.policy import Policies
from detectors.rulebook import Rulebook
from policies import read
from streams.agents import monitoring
from streams.embedded import END_OF_TIME
from streams.history import HistoryError
from streams.lock import Lock
from streams.messages import Message, Post
from streams.metrics import Metrics
from streams.monitor import Monitor
from streams.outputs import OutputFolder
from streams.replay import replay_facts
from streams.settings import Settings
from tests.disorder import delayed
from tests.histories import HOUR, history
from tests.logs import Log, rulebook, with_ticks

OLD = rulebook()
SETTINGS = Settings(partitions=1, ledger="all")


def _new() -> Rulebook:
    tables = read()
    shorter = {**tables.default["response_sla"], "values": [{"value": "24 h", "source": "a test"}]}
    return Rulebook(Policies.of({**tables.default, "response_sla": shorter}, *tables[1:]))


NEW = _new()


class Written(NamedTuple):
    partition: int
    value: bytes


class Event(NamedTuple):
    message: Written


class Stream:
    """A stream over a log; the events acknowledged."""

    def __init__(self, log: Log) -> None:
        self._log, self.acknowledged = log, list[bytes]()

    def noack(self) -> "Stream":
        return self

    async def events(self) -> AsyncIterator[Event]:
        for record in self._log:
            yield Event(Written(0, encode(record)))
        await asyncio.sleep(3600)

    async def ack(self, event: Event) -> None:
        self.acknowledged.append(event.message.value)


class Brokers:
    """Takes what is sent at once."""

    def __init__(self) -> None:
        self.sent: list[Message] = []

    async def start(self, messages: Any) -> list[Any]:
        self.sent.extend(messages)
        return []

    async def all(self, _: Sequence[Any]) -> None:
        return None

    async def changes(self) -> None:
        await asyncio.sleep(0)


class Worker:
    """One worker's monitor agent over a log, and who leads as far as it can tell."""

    def __init__(self, rules: Rulebook, log: Log, leads: str | None, tables: tuple[dict, dict] | None = None) -> None:
        self.leads, self.metrics = leads, Metrics(rules)
        self.tables = tables or ({}, {})
        self.stream, self.brokers = Stream(log), Brokers()
        self.monitor = Monitor(rules, Post(SETTINGS), self.metrics, self.tables, 1)
        self.lock = Lock(rules.policies.hash, lambda: self.leads, self.metrics, period_s=0.001)
        self._agent = monitoring(self.monitor, self.brokers, self.lock)  # type: ignore[arg-type]

    async def run(self, until: int, seconds: float = 20) -> None:
        """Runs until so many events are acknowledged."""
        await self.until(lambda: len(self.stream.acknowledged) >= until, seconds)

    async def until(self, true: Any, seconds: float = 20) -> None:
        task = asyncio.create_task(self._agent(self.stream))
        try:
            async with asyncio.timeout(seconds):
                while not true():
                    await asyncio.sleep(0.001)
                    assert not task.done(), task.result()
        finally:
            task.cancel()

    def waiting(self) -> float:
        return self.metrics.registry.get_sample_value("countermand_policies_waiting")  # type: ignore[return-value]


async def _waits(worker: Worker) -> None:
    for _ in range(10_000):
        if worker.lock.waits:
            return
        await asyncio.sleep(0.001)
    pytest.fail("the worker does not wait")


def _log(rules: Rulebook, seed: int = 3) -> Log:
    rng = Random(seed)
    log = with_ticks(delayed(history(rng, 6), rng, HOUR), rng)
    return [_under(rules, record) if isinstance(record, Tick) else record for record in log]


def _under(rules: Rulebook, tick: Tick) -> Tick:
    return msgspec.structs.replace(tick, policies=rules.policies.hash)


def _said(rules: Rulebook, log: Log) -> list[bytes]:
    worker = Worker(rules, log, rules.policies.hash)
    asyncio.run(worker.run(len(log)))
    return [message.value for message in worker.brokers.sent]


def _standing(said: list[bytes]) -> dict[str, Any]:
    events = [json.loads(value) for value in said]
    return {event["data"].get("finding", event["data"].get("duty", "")): event["data"] for event in events}


def test_a_worker_with_other_policies_says_nothing_and_acknowledges_nothing(caplog: pytest.LogCaptureFixture) -> None:
    log = _log(OLD)
    first = next(i for i, record in enumerate(log) if isinstance(record, Tick))
    worker = Worker(NEW, log, OLD.policies.hash)
    assert worker.waiting() == 0
    with caplog.at_level(logging.INFO, "streams.lock"), pytest.raises(TimeoutError):
        asyncio.run(worker.run(len(log), seconds=0.3))
    assert len(worker.stream.acknowledged) == first
    sentence = (
        f"this worker waits: the policies in force are {OLD.policies.hash}, its own are {NEW.policies.hash};"
        " give it the same policies, or replace all workers"
    )
    assert (caplog.messages, worker.lock.waits, worker.waiting()) == ([sentence], sentence, 1)


def test_the_one_who_takes_over_says_what_would_have_been_said() -> None:
    log = _log(OLD)
    for cut in (0, 1, 7, len(log) // 2, len(log) - 1):
        first = Worker(OLD, log[:cut], OLD.policies.hash)
        asyncio.run(first.run(cut))
        other = Worker(NEW, log[cut:], OLD.policies.hash, first.tables)
        with pytest.raises(TimeoutError):
            asyncio.run(other.run(len(log), seconds=0.05))
        done = len(other.stream.acknowledged)
        third = Worker(OLD, log[cut + done :], OLD.policies.hash, other.tables)
        asyncio.run(third.run(len(log) - cut - done))
        said = [m.value for worker in (first, other, third) for m in worker.brokers.sent]
        assert said == _said(OLD, log), cut
        assert done == 0 or cut == 0, "only what stands before the first tick may be read"


def test_when_its_own_policies_come_into_force_it_goes_on_and_passes_over_the_ticks_of_others() -> None:
    log = _log(OLD)
    last = _under(NEW, log[-1])  # type: ignore[arg-type]
    worker = Worker(NEW, [*log[:-1], last], OLD.policies.hash)

    async def wait_then_lead() -> None:
        await worker.until(lambda: worker.waiting() == 1)
        assert worker.lock.waits

    asyncio.run(wait_then_lead())
    done = len(worker.stream.acknowledged)
    after = Worker(NEW, [*log[done:-1], last], NEW.policies.hash, worker.tables)
    asyncio.run(after.run(len(log) - done))
    assert (after.lock.waits, after.waiting()) == ("", 0)
    said = [m.value for one in (worker, after) for m in one.brokers.sent]
    facts = [record for record in log if isinstance(record, Fact)]
    without: Log = [*facts, last]
    assert said == _said(NEW, without)
    assert _standing(said) != _standing(_said(OLD, log))


def test_what_it_waits_for_is_told_when_the_leader_changes() -> None:
    log = _log(OLD)
    worker = Worker(NEW, log, OLD.policies.hash)

    async def handed() -> None:
        task = asyncio.create_task(worker.run(len(log)))
        await _waits(worker)
        worker.leads = None
        await asyncio.sleep(0.02)
        assert worker.waiting() == 1, "nobody can tell who leads: it waits on"
        worker.leads = NEW.policies.hash
        await task

    asyncio.run(handed())
    assert (worker.lock.waits, worker.waiting()) == ("", 0)
    assert worker.stream.acknowledged == [encode(record) for record in log]


def test_a_record_whose_partition_was_taken_while_it_waited_is_left_to_the_new_owner() -> None:
    log: Log = [one for one in _log(OLD) if isinstance(one, Tick)][:1]
    worker = Worker(NEW, log, OLD.policies.hash)

    async def taken() -> None:
        task = asyncio.create_task(worker.run(1, seconds=0.2))
        await _waits(worker)
        worker.monitor.forget()
        worker.leads = NEW.policies.hash
        with pytest.raises(TimeoutError):
            await task

    asyncio.run(taken())
    assert worker.stream.acknowledged == []


def test_a_dump_with_ticks_under_other_policies_is_refused_by_both_hashes(tmp_path: Path) -> None:
    log = [*_log(OLD)[:-1], Tick(1, END_OF_TIME + 1, NEW.policies.hash)]
    dump = tmp_path / "facts.jsonl"
    dump.write_bytes(b"".join(b"[0,%d,0,%b]\n" % (n, encode(record)) for n, record in enumerate(log)))
    with OutputFolder(tmp_path / "out", "all") as out, pytest.raises(HistoryError) as refused:
        replay_facts(OLD, dump, out)
    assert str(refused.value) == (
        f"{dump}, line {len(log)} is a tick under the policies {NEW.policies.hash}, but those given are"
        f" {OLD.policies.hash}; name the folder it was made under with --policies"
    )
