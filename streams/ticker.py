"""The ticker: time as a record in the facts log (design §3).

One of the workers' tickers leads. Once a period it appends a record to the ticks topic and takes the broker's time of
it as now; then it asks how far ingest has committed. What is committed lies in the facts log, so a tick at an instant
before the oldest unread record is true: everything accepted before it is above it. Where that cannot be told, no tick.
"""

import json
import logging
import threading
import time
from collections import deque
from contextlib import ExitStack
from typing import Any, Self

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError

from detectors.facts import VERSION, Tick, encode
from detectors.rulebook import Rulebook
from streams.brokers import UnreachableError
from streams.embedded import END_OF_TIME
from streams.hearing import Heard, Hearing, Moments
from streams.lock import Word
from streams.messages import NOTICE
from streams.settings import Settings
from streams.topics import Names
from streams.watermark import ANSWER_MS, UntoldError, Watermark

PERIOD_S = 1.0
SLACK_MS = 250
SESSION_MS = 10_000
REJOIN_MS = 100
log = logging.getLogger(__name__)


class Ticker:
    """A thread that ticks while it leads, as long as its `with` block.

    It outlives the brokers' absence: it tries again each period.
    """

    def __init__(
        self,
        settings: Settings,
        policies: str,
        period_s: float = PERIOD_S,
        slack_ms: int = SLACK_MS,
        session_ms: int = SESSION_MS,
        rules: Rulebook | None = None,
    ) -> None:
        """`policies`: the hash of the policies in force. `session_ms`: after this silence another one leads.

        `rules` say which feeds' silence is watched; None: none's.
        """
        self._rules = rules
        self._settings, self._policies = settings, policies
        self._period_s, self._slack_ms, self._session_ms = period_s, slack_ms, session_ms
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ticker", daemon=True)

    def __enter__(self) -> Self:
        """Starts the thread."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Ends the thread; returns when it has, or after 20 s."""
        self._stopping.set()
        self._thread.join(20)

    def _run(self) -> None:
        well = True
        while not self._stopping.is_set():
            try:
                with ExitStack() as clients:
                    self._work(Election(self._settings, self._session_ms, clients))
            except (KafkaError, OSError, UnreachableError) as why:
                if well:
                    log.warning("the ticker lost the brokers (%s); it tries again each period", type(why).__name__)
                well = False
                self._stopping.wait(self._period_s)
                continue
            well = True

    def _work(self, election: "Election") -> None:
        """Ticks while elected, until it is to stop or the brokers are lost."""
        while not self._stopping.is_set():
            if not election.won(self._period_s):
                continue
            with ExitStack() as clients:
                clockwork = Clockwork(self._settings, self._policies, self._slack_ms, clients, self._rules)
                log.info("this ticker leads")
                due = time.monotonic() + self._period_s
                try:
                    while election.won() and not self._stopping.wait(max(due - time.monotonic(), 0)):
                        due = time.monotonic() + self._period_s
                        clockwork.tick()
                except UntoldError as why:
                    log.warning("no tick: %s; it asks again over new connections", why)


class Election:
    """Who leads: the one member of a consumer group that has the only partition of the ticks topic.

    Stock's five minutes (`max_poll_interval_ms`) would be minutes without a tick: so long the broker waits for a member
    that asks no more, or died while it joined. And a member learns of the seat before it joins: kafka-python 3.0 joins
    again when it learns of it later, and when that takes longer than a poll may, never looks at what it was given.
    """

    def __init__(self, settings: Settings, session_ms: int, clients: ExitStack) -> None:
        names = Names(settings)
        self._seat = TopicPartition(names.ticks, 0)
        self._member = KafkaConsumer(
            names.ticks,
            bootstrap_servers=settings.bootstrap,
            group_id=f"{names.app}.ticker",
            enable_auto_commit=False,
            auto_offset_reset="latest",
            session_timeout_ms=session_ms,
            max_poll_interval_ms=session_ms,
            heartbeat_interval_ms=max(session_ms // 10, 100),
            request_timeout_ms=max(ANSWER_MS, session_ms + 1000),
            bootstrap_timeout_ms=ANSWER_MS,
        )
        clients.callback(self._member.close, timeout_ms=1000)
        self._member.partitions_for_topic(names.ticks)

    def won(self, patience_s: float = 0) -> bool:
        """Whether this member leads now, as far as it knows; one that has lost unawares still ticks truly.

        A member that does not lead waits so long for its turn. One that does waits too, if only a little: without any
        time to join the group again it would never learn that it has lost.
        """
        leads = self._seat in self._member.assignment()
        self._member.poll(timeout_ms=REJOIN_MS if leads else int(patience_s * 1000))
        return self._seat in self._member.assignment()


class Clockwork:
    """What the leader does each period. Kept apart from the thread so that a test can turn it by hand."""

    def __init__(
        self, settings: Settings, policies: str, slack_ms: int, clients: ExitStack, rules: Rulebook | None = None
    ) -> None:
        """Connects; the clients are closed with the stack. Raises KafkaError, UnreachableError."""
        self._settings, self._policies, self._slack_ms = settings, policies, slack_ms
        self._names = Names(settings)
        self._producer = KafkaProducer(
            bootstrap_servers=settings.bootstrap,
            acks="all",
            bootstrap_timeout_ms=ANSWER_MS,
            request_timeout_ms=ANSWER_MS,
            delivery_timeout_ms=2 * ANSWER_MS,
            max_block_ms=ANSWER_MS,
        )
        clients.callback(self._producer.close, 1)
        group, raw = self._names.app, self._names.raw.values()
        self._watermark = clients.enter_context(Watermark(settings, group, raw))
        self._slices = Slices(settings, self._names.clock, clients) if settings.clock == "log" else None
        word = _last_word(settings)
        self._last = 0 if word is None else word.tick
        self._notices = Notices(settings, word, rules, clients) if rules is not None else None

    def tick(self) -> int | None:
        """Ticks every partition of the facts log, if time has gone on; returns the instant (ms UTC), None for no tick.

        Raises UntoldError when how far ingest has read cannot be told; KafkaError when the brokers are lost.
        """
        at = self._by_wall() if self._slices is None else self._by_log(self._slices)
        if at is None or at <= self._last:
            return None
        for instant, quiet in self._moments(at):
            self._append(Tick(VERSION, instant, self._policies, quiet=quiet))
            self._last = instant
        return at

    def _moments(self, at: int) -> Moments:
        """The ticks up to `at`, each with the feeds that are silent then; what ingest heard is read first."""
        if self._notices is None:
            return iter([(at, ())])
        hearing = self._notices.read()
        hearing.begin(at)
        return hearing.ticks(self._last, at, at > END_OF_TIME)

    def _append(self, tick: Tick) -> None:
        record = encode(tick)
        sent = [
            self._producer.send(self._names.facts, record, b"", partition=partition)
            for partition in range(self._settings.partitions)
        ]
        for future in sent:
            future.get(2 * ANSWER_MS / 1000)

    def _by_wall(self) -> int:
        """The brokers' now, or the append time of the oldest record that ingest has not committed; less the slack."""
        now = self._now()
        unread = self._watermark.oldest_unread()
        return (now if unread is None else min(now, unread)) - self._slack_ms

    def _by_log(self, slices: "Slices") -> int | None:
        """The last end of a slice that ingest has read to its end. Slices are read first: what follows is unread."""
        self._now()
        slices.read()
        unread = self._watermark.oldest_unread()
        return slices.last(None if unread is None else unread - self._slack_ms)

    def _now(self) -> int:
        """The brokers' clock (ms UTC): of a record just appended: what the next leader must know."""
        heard = self._notices.state() if self._notices is not None else (0, [])
        word = json.dumps([self._last, self._policies, *heard]).encode()
        sent = self._producer.send(self._names.ticks, word, partition=0)
        return int(sent.get(2 * ANSWER_MS / 1000).timestamp)


class Notices:
    """What ingest has heard of the watched feeds: told beside the leader's words, kept in them."""

    def __init__(self, settings: Settings, word: Word | None, rules: Rulebook, clients: ExitStack) -> None:
        self._hearing = Hearing(rules)
        self._tp = TopicPartition(Names(settings).ticks, 0)
        self._reader = _reader(settings, self._tp, clients)
        if word is None:
            self._reader.seek_to_beginning(self._tp)
        else:
            self._hearing.hear(word.heard)
            self._reader.seek(self._tp, word.read)

    def read(self) -> Hearing:
        """Reads what has been told up to now. With nothing to watch there is nothing to read."""
        if not self._hearing.watched:
            return self._hearing
        end = self._reader.end_offsets([self._tp])[self._tp]
        while self._reader.position(self._tp) < end:
            for record in self._reader.poll(timeout_ms=ANSWER_MS // 10).get(self._tp, ()):
                if record.key == NOTICE:
                    self._hearing.hear(json.loads(record.value))
        return self._hearing

    def state(self) -> tuple[int, Heard]:
        """Up to which offset was read, and when each feed was heard last."""
        return int(self._reader.position(self._tp)) if self._hearing.watched else 0, self._hearing.all()


class Slices:
    """The ends of slices that `load` has told, each with the brokers' time at which it was told."""

    def __init__(self, settings: Settings, topic: str, clients: ExitStack) -> None:
        self._told: deque[tuple[int, int]] = deque()
        self._tp = TopicPartition(topic, 0)
        self._reader = _reader(settings, self._tp, clients)
        self._reader.seek_to_beginning(self._tp)

    def read(self) -> None:
        """Reads what has been told up to now."""
        end = self._reader.end_offsets([self._tp])[self._tp]
        while self._reader.position(self._tp) < end:
            for record in self._reader.poll(timeout_ms=ANSWER_MS // 10).get(self._tp, ()):
                self._told.append((record.timestamp, int(record.value)))

    def last(self, unread: int | None) -> int | None:
        """The last end told before everything unread (ms, brokers' clock; None: nothing is unread), once."""
        found = None
        while self._told and (unread is None or self._told[0][0] < unread):
            end = self._told.popleft()[1]
            found = end if found is None else max(found, end)
        return found


def last_word(settings: Settings) -> Word | None:
    """What the last leader wrote last; None when there was none, or nobody can tell."""
    try:
        return _last_word(settings)
    except (KafkaError, OSError):
        return None


def _last_word(settings: Settings) -> Word | None:
    """What the last leader wrote last; None when there was none. Notices of ingest may stand behind it."""
    tp = TopicPartition(Names(settings).ticks, 0)
    with ExitStack() as clients:
        reader = _reader(settings, tp, clients)
        begin, end = reader.beginning_offsets([tp])[tp], reader.end_offsets([tp])[tp]
        back, start = 1, end
        while start > begin:
            start = max(begin, end - back)
            if words := _words(reader, tp, start, end):
                return Word(words[-1].offset, *json.loads(words[-1].value))
            back *= 16
    return None


def _words(reader: KafkaConsumer, tp: TopicPartition, start: int, end: int) -> list[Any]:
    """The leaders' words between two offsets."""
    reader.seek(tp, start)
    words: list[Any] = []
    while reader.position(tp) < end:
        records = reader.poll(timeout_ms=ANSWER_MS // 10).get(tp, [])
        words += [record for record in records if record.key != NOTICE and record.offset < end]
    return words


def _reader(settings: Settings, tp: TopicPartition, clients: ExitStack) -> KafkaConsumer:
    reader = KafkaConsumer(
        bootstrap_servers=settings.bootstrap,
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        request_timeout_ms=ANSWER_MS,
        bootstrap_timeout_ms=ANSWER_MS,
        fetch_max_wait_ms=50,
    )
    clients.callback(reader.close, timeout_ms=1000)
    reader.assign([tp])
    return reader
