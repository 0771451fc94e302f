"""The policies in force: a worker with others waits or ends, and whoever comes after it misses nothing."""

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import msgspec
import pytest

from detectors.facts import Fact, Tick, encode
from detectors.policy import Policies
from detectors.rulebook import Rulebook
from policies import read
from streams.batch import Batch, Rows
from streams.embedded import END_OF_TIME
from streams.history import HistoryError
from streams.lock import Lock, PoliciesError, Word
from streams.messages import Message, Post
from streams.metrics import Metrics
from streams.monitor import Monitor
from streams.outputs import OutputFolder
from streams.replay import replay_facts
from streams.settings import Settings
from streams.topics import TABLES
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
    offset: int
    value: bytes


class Kept:
    """The rows of a partition in memory."""

    def __init__(self, rows: dict[str, dict[bytes, bytes]]) -> None:
        self.rows, self.cache, self.changes = rows, dict[str, Any](), {table: {} for table in rows}

    def view(self, table: str) -> Rows:
        return Rows(self.rows[table], self.changes[table])

    def write(self) -> None:
        for table, changes in self.changes.items():
            for key, row in changes.items():
                self.rows[table].pop(key, None)
                self.rows[table] |= {} if row is None else {key: row}
            changes.clear()


class Table(NamedTuple):
    name: str


class Worker:
    """One worker's monitor over a log, and who leads as far as it can tell."""

    def __init__(self, rules: Rulebook, log: Log, leads: str, rows: dict[str, dict] | None = None) -> None:
        self.leads, self.metrics, self.log = leads, Metrics(rules), log
        self.rows = rows or {table: {} for table in TABLES}
        self.position, self.sent = 0, list[Message]()
        lock = Lock(rules.policies.hash, lambda: Word(0, 0, self.leads), self.metrics, period_s=0)
        tables = Table(TABLES[0]), Table(TABLES[1])
        self._monitor = Monitor(rules, Post(SETTINGS), self.metrics, tables, lock.check)

    def run(self, limit: int = 50) -> str:
        """Runs to the end of the log, or until the worker ends by itself: the sentence."""
        kept = Kept(self.rows)
        if not self.log:
            return ""
        records = [Written(offset, encode(record)) for offset, record in enumerate(self.log)]
        try:
            for cut in self._monitor(Batch("facts", 0, records, limit, kept)):  # type: ignore[arg-type]
                self.sent += cut.messages
                self.position = cut.position
                kept.write()
        except PoliciesError as why:
            return str(why)
        return ""

    def said(self) -> list[bytes]:
        return [message.value for message in self.sent]


def _log(rules: Rulebook, seed: int = 3) -> Log:
    rng = Random(seed)
    log = with_ticks(delayed(history(rng, 6), rng, HOUR), rng)
    return [_under(rules, record) if isinstance(record, Tick) else record for record in log]


def _under(rules: Rulebook, tick: Tick) -> Tick:
    return msgspec.structs.replace(tick, policies=rules.policies.hash)


def _said(rules: Rulebook, log: Log) -> list[bytes]:
    worker = Worker(rules, log, rules.policies.hash)
    assert worker.run() == ""
    return worker.said()


def _standing(said: list[bytes]) -> dict[str, Any]:
    events = [json.loads(value) for value in said]
    return {event["data"].get("finding", event["data"].get("duty", "")): event["data"] for event in events}


def test_one_that_meets_the_ticks_of_others_ends_and_its_successor_misses_nothing() -> None:
    log = _log(OLD)
    first = next(i for i, record in enumerate(log) if isinstance(record, Tick))
    for cut in (0, 1, 7, len(log) // 2, len(log) - 1):
        before = Worker(OLD, log[:cut], OLD.policies.hash)
        assert before.run() == ""
        stray = Worker(NEW, log[cut:], OLD.policies.hash, before.rows)
        assert stray.run() == (
            f"this worker ends: the policies {OLD.policies.hash} came into force, its own are {NEW.policies.hash};"
            " start it again with those in force"
        )
        done = stray.position
        assert done == max(first - cut, 0), "only what stands before the first tick may be read"
        after = Worker(OLD, log[cut + done :], OLD.policies.hash, stray.rows)
        assert after.run() == ""
        assert before.said() + stray.said() + after.said() == _said(OLD, log), cut


def test_when_its_own_are_in_force_the_ticks_of_others_are_passed_over() -> None:
    log = _log(OLD)
    last = _under(NEW, log[-1])  # type: ignore[arg-type]
    worker = Worker(NEW, [*log[:-1], last], NEW.policies.hash)
    assert worker.run() == ""
    assert worker.position == len(log)
    without: Log = [record for record in log if isinstance(record, Fact)]
    assert worker.said() == _said(NEW, [*without, last])
    assert _standing(worker.said()) != _standing(_said(OLD, log))


def test_old_ticks_and_then_new_ones_are_read_by_old_workers_and_then_by_new_ones() -> None:
    log = _log(OLD)
    half = len(log) // 2
    mixed = [*log[:half], *(_under(NEW, one) if isinstance(one, Tick) else one for one in log[half:])]
    old = Worker(OLD, mixed, NEW.policies.hash)
    assert "came into force" in old.run()
    done = old.position
    assert half <= done < len(log)
    new = Worker(NEW, mixed[done:], NEW.policies.hash, old.rows)
    assert new.run() == ""
    assert done + new.position == len(mixed)


def _words(*words: Word | None) -> Iterator[Word | None]:
    yield from words
    while True:
        yield words[-1]


def _lock(words: Iterator[Word | None], metrics: Metrics) -> Lock:
    return Lock("own", lambda: next(words), metrics, period_s=0.01, gone_s=0.05)


@pytest.mark.parametrize("first", [None, Word(3, 0, "own")])
def test_nobody_waits_for_nobody(first: Word | None, caplog: pytest.LogCaptureFixture) -> None:
    lock = _lock(_words(first, Word(4, 0, "own")), Metrics(OLD))
    lock.until_others_are_gone()
    lock.until_in_force()
    assert caplog.messages == []


class Told:
    """The words that a leader of others wrote, some of which could not be read; then it is quiet."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics, self.asked, self.waiting = metrics, 0, list[float | None]()

    def __call__(self) -> Word | None:
        self.waiting.append(self._metrics.registry.get_sample_value("countermand_policies_waiting"))
        self.asked += 1
        last = min(self.asked, 20)
        return None if last % 3 == 0 else Word(last, last, "others")


def test_it_waits_while_others_lead_and_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    metrics = Metrics(OLD)
    told = Told(metrics)
    lock = Lock("own", told, metrics, period_s=0.02, gone_s=0.6)
    lock.until_others_are_gone()
    assert 22 <= told.asked <= 20 + 30, "the leader was quiet for so long that it is gone, and no longer"
    assert told.waiting[0] == 0
    assert set(told.waiting[1:]) == {1}
    sentence = (
        "this worker waits: the policies in force are others, its own are own;"
        " give it the same policies, or stop the workers that have the others"
    )
    assert caplog.messages == [sentence, "this worker goes on: its policies own are in force"]
    assert (metrics.registry.get_sample_value("countermand_policies_waiting"), lock.waits) == (0, "")


def test_once_its_ticker_runs_it_waits_until_that_leads(caplog: pytest.LogCaptureFixture) -> None:
    lock = _lock(_words(None, Word(1, 0, "others"), Word(2, 0, "others"), Word(3, 0, "own")), Metrics(OLD))
    lock.until_in_force()
    assert [message.partition(":")[0] for message in caplog.messages] == ["this worker waits", "this worker goes on"]


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
