"""How a batch is worked off: messages before rows, halved where it does not fit, dropped where it may not be kept."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import pytest
from aiokafka.errors import KafkaConnectionError, KafkaError, KafkaTimeoutError, MessageSizeTooLargeError
from aiokafka.structs import TopicPartition

from streams.batch import App, Batch, Cut, Meter
from streams.batch.appender import Appender, AppendError
from streams.batch.changelog import CLAIM, Fold, Record
from streams.batch.lane import Lane
from streams.batch.partition import Partition
from tests.streams.batch.said import Said

TP = TopicPartition("words", 0)


class Word(NamedTuple):
    offset: int
    value: bytes


class Log:
    """A changelog in memory that takes batches of so many records."""

    servers: Sequence[str] = ()

    def __init__(self, events: list[Any], largest: int = 1000) -> None:
        self.records: list[Record] = []
        self.events, self.rows = events, largest
        self.foreign = 0

    def fits(self, records: Sequence[Record]) -> bool:
        return len(records) <= self.rows

    async def append(self, _log: TopicPartition, records: Sequence[Record]) -> int:
        if self.foreign < 0:
            raise AppendError("no answer")
        self.events.append(("rows", len(records) - 1))
        self.records += records
        return len(self.records) - len(records) + self.foreign


class Counting(Meter):
    def __init__(self) -> None:
        self.splits = 0

    def split(self) -> None:
        self.splits += 1


class Stage:
    """An app with one agent that counts words, on a log in memory."""

    def __init__(
        self, body: Callable[[Batch], Iterator[Cut]] | None = None, limit: int = 8, largest: int = 1000
    ) -> None:
        self.events: list[Any] = []
        self.meter, self.log = Counting(), Log(self.events, largest)
        self.app = App("test", ["127.0.0.1:1"], changelog="log", meter=self.meter, limit=limit)
        self.table = self.app.Table("counts", key_type=bytes, value_type=bytes)
        topic = self.app.topic("words", key_type=bytes, value_type=bytes)
        agent = self.app.agent(topic, name="count", tables=True)(body or self.count)
        self.consumer = self.app.consumer
        self.consumer._send = self._send
        self.lane = Lane(TP, agent)
        self.lane.kept = Partition(TopicPartition("log", 0), ["counts"], self.log, self.meter)  # type: ignore[arg-type]
        self.lane.kept._rows = {"counts": {}}

    def count(self, batch: Batch) -> Iterator[Cut]:
        rows = batch.rows(self.table)
        batch.cache["seen"] = True
        for start in range(0, len(batch.records), batch.limit):
            part = batch.records[start : start + batch.limit]
            for record in part:
                rows[record.value] = b"%d" % (int(rows.get(record.value, b"0")) + 1)
            yield Cut(part[-1].offset + 1, [Said("out", 0, b"", part[-1].value)])

    async def _send(self, messages: Sequence[Said]) -> None:
        self.events.append(("sent", len(messages)))

    def work(self, words: Sequence[bytes]) -> None:
        records = [Word(offset, word) for offset, word in enumerate(words)]
        asyncio.run(self.consumer._work(self.lane, records, self.app.consumer_generation_id))

    @property
    def kept(self) -> Partition:
        assert self.lane.kept is not None
        return self.lane.kept

    def folded(self) -> dict[bytes, bytes]:
        """The rows as a reader of the log has them."""
        fold = Fold(["counts"])
        fold.take([_Kept(*record) for record in self.log.records])
        return fold.rows["counts"]


class _Kept(NamedTuple):
    key: bytes
    value: bytes | None


WORDS = [b"w%d" % (n % 7) for n in range(20)]
COUNTED = {b"w%d" % n: b"3" if n < 6 else b"2" for n in range(7)}


def test_messages_go_before_the_rows_that_know_of_them() -> None:
    stage = Stage()
    stage.work(WORDS)
    assert stage.events == [("sent", 1), ("rows", 7), ("sent", 1), ("rows", 7), ("sent", 1), ("rows", 4)]
    assert stage.folded() == stage.kept.kept("counts") == COUNTED
    assert stage.lane.position == 20


def test_what_was_read_before_is_not_read_again() -> None:
    stage = Stage()
    stage.work(WORDS)
    stage.work([*WORDS, b"new"])
    assert stage.folded() == {**COUNTED, b"new": b"1"}


def test_what_does_not_fit_is_never_sent_and_is_run_again_in_halves() -> None:
    stage = Stage(largest=4)
    stage.work(WORDS)
    assert stage.folded() == stage.kept.kept("counts") == COUNTED
    assert stage.meter.splits == 2
    assert max(n for kind, n in stage.events if kind == "rows") <= 3
    assert stage.kept.cache == {"seen": True}


def test_one_record_that_does_not_fit_is_an_error_in_one_sentence() -> None:
    stage = Stage(largest=1)
    with pytest.raises(
        ValueError, match=r"what the record at offset 0 changes is larger than a batch of the changelog"
    ):
        stage.work(WORDS)
    assert stage.log.records == []


@pytest.mark.parametrize("foreign", [5, -1])
def test_a_log_that_somebody_else_wrote_is_opened_again(foreign: int) -> None:
    stage = Stage()
    stage.log.foreign = foreign
    stage.lane.opened = True
    stage.work(WORDS)
    assert (stage.lane.lost, stage.lane.opened, stage.lane.position) == (True, False, 0)
    assert stage.kept.kept("counts") == {}
    assert stage.kept.cache == {}


def test_a_rebalance_ends_the_work_at_the_next_cut() -> None:
    stage = Stage()
    stage.consumer._taken = 0, frozenset({TP})

    async def overtake(_: Sequence[Said]) -> None:
        stage.app.consumer_generation_id += 1

    stage.consumer._send = overtake
    stage.work(WORDS)
    assert stage.lane.position == 8, "what was cut is kept: the log decides whether it counts"
    assert stage.consumer._taken is None, "everything is opened again"
    assert stage.kept.changed == 0
    assert stage.kept.cache == {}


def test_a_body_that_fails_keeps_nothing_since_its_last_cut() -> None:
    def body(batch: Batch) -> Iterator[Cut]:
        rows = batch.rows(stage.table)
        rows[b"a"] = b"1"
        yield Cut(1)
        rows[b"a"] = b"2"
        raise RuntimeError("no")

    stage = Stage(body)
    with pytest.raises(RuntimeError, match="no"):
        stage.work(WORDS)
    assert (stage.kept.view("counts")[b"a"], stage.lane.position) == (b"1", 1)


@pytest.mark.parametrize("written", [0, 1])
def test_over_a_rebalance_rows_are_kept_unless_somebody_has_written(
    written: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Stage()
    stage.work(WORDS)
    before, sought = stage.kept, list[Any]()

    async def highwaters(log: TopicPartition) -> dict[TopicPartition, int]:
        return {log: 20 if log == TP else before.end + written}

    async def seek(_: Any, offset: int) -> None:
        sought.append(offset)

    async def opened(self: Partition) -> Partition:
        self.position = 7
        return self

    stage.consumer.highwaters, stage.consumer.seek = highwaters, seek
    monkeypatch.setattr(Partition, "open", opened)
    asyncio.run(stage.consumer._open_tables(stage.lane, stage.app.consumer_generation_id))
    assert (stage.kept is before) == (not written)
    assert sought == [7 if written else 20]


@pytest.mark.parametrize("why", [KafkaTimeoutError(), KafkaConnectionError("nobody there")])
def test_brokers_that_are_away_are_waited_for(why: KafkaError) -> None:
    stage = Stage()

    async def send(_: Sequence[Said]) -> None:
        raise why

    stage.consumer._send, stage.consumer.sleep = send, _at_once
    stage.work(WORDS)
    assert (stage.lane.lost, stage.lane.position, stage.kept.changed) == (True, 0, 0)


def test_what_the_brokers_will_never_take_ends_the_worker() -> None:
    stage = Stage()

    async def send(_: Sequence[Said]) -> None:
        raise MessageSizeTooLargeError

    stage.consumer._send = send
    with pytest.raises(MessageSizeTooLargeError):
        stage.work(WORDS)


def test_an_appender_that_finds_no_brokers_says_that_nobody_knows() -> None:
    async def append() -> None:
        await Appender(["127.0.0.1:1"], 1000).append(TopicPartition("log", 0), [(b"a", b"1")])

    with pytest.raises(AppendError, match="log"):
        asyncio.run(append())


def test_who_is_refused_by_the_group_does_not_claim() -> None:
    stage, asked = Stage(), list[Any]()
    stage.lane.lost = True

    async def commit(offsets: Any) -> bool:
        asked.append(offsets)
        if len(asked) == 2:
            stage.app.consumer_generation_id += 1
        return False

    stage.consumer._commit, stage.consumer.sleep = commit, _at_once
    asyncio.run(stage.consumer._open(stage.lane, stage.app.consumer_generation_id, None))
    assert asked == [{TP: 0}, {TP: 0}]
    assert stage.log.records == [], "no claim"
    assert (stage.lane.opened, stage.consumer._taken) == (False, None)


def _untabled(stage: Stage, committed: int | None, failures: list[Exception]) -> Lane:
    """A lane without tables, of a topic that goes from 3 to 9."""
    topic, tp = stage.app.topic("letters", key_type=bytes, value_type=bytes), TopicPartition("letters", 0)

    async def earliest_offsets(one: TopicPartition) -> dict[TopicPartition, int]:
        if failures:
            raise failures.pop()
        return {one: 3}

    async def highwaters(one: TopicPartition) -> dict[TopicPartition, int]:
        return {one: 9}

    consumer = stage.consumer
    consumer.earliest_offsets, consumer.highwaters = earliest_offsets, highwaters
    consumer.sleep = consumer.seek = _at_once
    consumer._committed_offset[tp] = committed
    return Lane(tp, stage.app.agent(topic, name="letters")(stage.count))


def test_a_lane_without_tables_that_could_not_be_opened_is_opened_once_more() -> None:
    stage = Stage()
    lane = _untabled(stage, None, [KafkaTimeoutError()])
    opened = []
    for _ in range(2):
        asyncio.run(stage.consumer._open(lane, stage.app.consumer_generation_id, None))
        opened.append((lane.opened, lane.lost, lane.position))
    assert opened == [(False, True, None), (True, False, 3)]


@pytest.mark.parametrize(("committed", "start", "told"), [(None, 3, 0), (7, 7, 0), (9, 9, 0), (10, 3, 1)])
def test_a_topic_that_was_made_anew_is_read_from_its_beginning(
    committed: int | None, start: int, told: int, caplog: pytest.LogCaptureFixture
) -> None:
    stage = Stage()
    lane = _untabled(stage, committed, [])
    asyncio.run(stage.consumer._begin(lane))
    assert (lane.position, sum("made anew" in text for text in caplog.messages)) == (start, told)


def _compare(stage: Stage, end: int, committed: int) -> None:
    """Rows that know the source up to 7."""

    async def highwaters(tp: TopicPartition) -> dict[TopicPartition, int]:
        return {tp: end}

    stage.consumer.highwaters, stage.consumer._committed_offset[TP] = highwaters, committed
    asyncio.run(stage.consumer._compare(TP, 7))


def test_a_source_that_ends_before_what_its_rows_know_ends_the_worker() -> None:
    with pytest.raises(ValueError, match=r"words-0 ends at 6, but its rows know it up to 7"):
        _compare(Stage(), end=6, committed=0)


@pytest.mark.parametrize(("committed", "told"), [(7, []), (8, ["ERROR"])])
def test_a_changelog_that_was_lost_is_told_of(
    committed: int, told: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    _compare(Stage(), end=9, committed=committed)
    assert [record.levelname for record in caplog.records] == told
    assert all("lost or cut" in text for text in caplog.messages)


def test_a_rebalance_that_has_just_taken_all_partitions_leaves_none_to_seek() -> None:
    class Bare:
        def assignment(self) -> set[Any]:
            return set()

        async def seek_to_committed(self) -> dict[Any, int]:
            raise AssertionError("No partitions are currently assigned")

    async def sought() -> Any:
        thread = Stage().consumer._new_consumer_thread()
        thread._consumer = Bare()
        return await thread._seek_to_committed()

    assert asyncio.run(sought()) == {}


class Fetcher:
    def __init__(self) -> None:
        self._stopped = asyncio.Event()


@pytest.mark.parametrize("stopped", [True, False])
def test_who_is_stopped_while_a_rebalance_goes_on_just_ends(stopped: bool) -> None:
    """Faust calls it a crash when this ends by being cancelled meanwhile, and the worker ends with exit code 1."""

    async def cancelled() -> bool:
        consumer, fetcher = Stage().consumer, Fetcher()
        consumer.flow_active, consumer.can_resume_flow = False, asyncio.Event()
        draining = asyncio.create_task(consumer._drain_messages(fetcher))
        await asyncio.sleep(0)
        if stopped:
            fetcher._stopped.set()
        draining.cancel()
        await asyncio.wait([draining])
        return draining.cancelled()

    assert asyncio.run(cancelled()) is not stopped


async def _at_once(*_: object) -> None:
    """Waits for nothing."""


def test_the_rows_that_a_void_batch_touched_are_written_again() -> None:
    stage = Stage(largest=3)
    kept = stage.kept
    kept._rows = {"counts": {b"a": b"1", b"b": b"2", b"c": b"3"}}
    asyncio.run(kept._rewrite("counts", [b"a", b"b", b"c", b"gone"]))
    written = dict(stage.log.records)
    assert {key: written[key] for key in written if key.startswith(b"counts/")} == {
        b"counts/a": b"1",
        b"counts/b": b"2",
        b"counts/c": b"3",
        b"counts/gone": None,
    }
    assert CLAIM not in written


def test_no_request_for_records_lies_long_with_a_broker() -> None:
    async def made() -> Any:
        stage = Stage()
        return stage.consumer._new_consumer_thread()._create_worker_consumer(stage.app.transport)

    assert asyncio.run(made())._fetch_max_wait_ms == 50
