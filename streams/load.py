"""`countermand load`: sends a history to the topics by event type, keyed by seller (contract §3).

Under the log clock it goes out in slices of log time. A slice ends before the first line whose log time is a day
after the slice's first, or that follows 2,000 others, and is later than the line before; then everything is flushed
and that log time, the slice's end, is appended to the clock topic as digits (ms UTC): all that arrived strictly
before it is in the topics. The last end is one millisecond after `until`, which is inclusive.
"""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from kafka import KafkaProducer
from kafka.errors import KafkaError

from detectors.clock import DAY, rfc3339
from detectors.facts import Fact
from streams.brokers import admin, partition_of, unreachable
from streams.cloudevents import attributes
from streams.events import EVENTS
from streams.history import FileReader, Item, Progress
from streams.ingest import Arrival, DeadLetter, Ingest, Raw
from streams.instants import instant
from streams.sentences import Unusable
from streams.settings import Settings
from streams.topics import LARGEST_EVENT, Names, require

SLICE_MS = DAY
SLICE_LINES = 2_000
_ROOM = 4 << 10  # of a record's own bytes: key and frame


class LoadError(RuntimeError):
    """The brokers did not take what was sent; the message is one sentence."""


class Loaded(NamedTuple):
    """What became of a history: lines sent (dead letters to be among them), unread after `until`, too large to send."""

    sent: int
    unread: int
    too_large: int
    slices: int


class Line(NamedTuple):
    """One line of a history: what is sent, and where. `at`: its log time (ms UTC), None when it is unusable."""

    value: bytes
    topic: str
    key: bytes
    at: int | None


def load(
    settings: Settings,
    ingest: Ingest,
    files: Sequence[Path],
    until: int | None = None,
    rate: int | None = None,
    progress: Progress | None = None,
) -> Loaded:
    """Sends the files, merged by log time, at most `rate` lines a second; returns when the brokers have all.

    `until` (ms UTC) is inclusive; None: the last log time. Raises HistoryError (files), UnreachableError and
    SettingError (brokers, topics), LoadError (a send that failed).
    """
    with admin(settings) as client:
        require(client, settings)
    history = History(ingest, files, until, progress, stamp=settings.clock == "log")
    sender = Sender(settings, rate)
    try:
        slices = _by_slices(history, sender, until) if settings.clock == "log" else _at_once(history, sender)
    finally:
        sender.close()
    return Loaded(sender.sent, history.unread, sender.too_large, slices)


def _at_once(history: "History", sender: "Sender") -> int:
    for line in history:
        sender.send(line)
    sender.flush()
    return 0


def _by_slices(history: "History", sender: "Sender", until: int | None) -> int:
    """Sends slice by slice; returns how many ends were told."""
    first = last = None
    lines = slices = 0
    for line in history:
        if line.at is not None:
            first = line.at if first is None else first
            full = lines >= SLICE_LINES or line.at - first >= SLICE_MS
            if full and last is not None and line.at > last:
                sender.end(line.at)
                first, lines, slices = line.at, 0, slices + 1
            last = line.at
        sender.send(line)
        lines += 1
    end = last if until is None else until
    if end is not None:
        sender.end(end + 1)
    return slices + (end is not None)


class History:
    """The lines of the files in order of log time, read as `replay` reads them."""

    def __init__(
        self, ingest: Ingest, files: Sequence[Path], until: int | None, progress: Progress | None, *, stamp: bool
    ) -> None:
        """`stamp`: give a line its log time as `recordedtime`, where the line alone would not tell it."""
        self._kept, self._stamp = _Kept(ingest), stamp
        self._reader = FileReader(files, self._kept, until, progress)

    @property
    def unread(self) -> int:
        """How many lines arrive after `until`."""
        return self._reader.unread

    def __iter__(self) -> Iterator[Line]:
        """Reads the files from their beginning; a line that tells several things goes out once."""
        sent: dict[str, int] = {}
        for item in self._reader:
            file, number = _place(item)
            if sent.get(file) == number:
                self._kept.lines.pop(id(item), None)
                continue
            sent[file] = number
            if isinstance(item, DeadLetter):
                yield _unusable(item, self._stamp)
                continue
            value = self._kept.lines.pop(id(item))
            if self._stamp and (item.arrived != item.at or b'"recordedtime"' in value):
                value = _recorded(value, item.arrived)
            yield Line(value, EVENTS[item.type].topic, item.seller.encode(), item.arrived)


class _Kept(Ingest):
    """Reads as the given ingest does and keeps each fact's line, by the fact's identity, until it is asked for."""

    def __init__(self, ingest: Ingest) -> None:
        self._ingest = ingest
        self.lines: dict[int, bytes] = {}

    def read_all(self, raw: Raw, arrival: Arrival | None = None) -> Iterator[Item]:
        for item in self._ingest.read_all(raw, arrival):
            if isinstance(item, Fact):
                self.lines[id(item)] = raw.value
            yield item


def _place(item: Item) -> tuple[str, int]:
    """File and line the item comes from."""
    return (item.raw.topic, item.raw.offset) if isinstance(item, DeadLetter) else (item.origin[0], item.origin[2])


def _unusable(letter: DeadLetter, stamp: bool) -> Line:
    """A line that will be a dead letter again: sent as it is, to its type's topic if that can be told."""
    value = letter.raw.value
    try:
        event = attributes(value, ())
    except Unusable:
        return Line(value, "orders", b"", None)
    kind, seller = event.get("type"), event.get("seller")
    topic = EVENTS[kind].topic if isinstance(kind, str) and kind in EVENTS else "orders"
    if stamp and _needs_stamp(letter, event.get("recordedtime")):
        value = _recorded(value, letter.raw.arrived)
    return Line(value, topic, seller.encode() if isinstance(seller, str) else b"", None)


def _needs_stamp(letter: DeadLetter, recorded: object) -> bool:
    """Whether what is wrong with the line is told only by the log time of the line before."""
    if letter.reason == "future_time":
        return recorded is None
    if letter.reason == "too_old":
        return not isinstance(recorded, str) or instant(recorded) < letter.raw.arrived
    return False


def _recorded(value: bytes, at: int) -> bytes:
    """The event with this `recordedtime`: of keys that occur twice the last counts."""
    return value.rstrip()[:-1] + f',"recordedtime":"{rfc3339(at)}"}}'.encode()


class Sender:
    """An idempotent producer that never sends faster than asked and never forgets a failure."""

    def __init__(self, settings: Settings, rate: int | None) -> None:
        self.sent = self.too_large = 0
        self._names, self._partitions = Names(settings), settings.partitions
        self._rate, self._started = rate, time.monotonic()
        self._failure: Exception | None = None
        try:
            self._producer = KafkaProducer(
                bootstrap_servers=settings.bootstrap,
                acks="all",
                linger_ms=5,
                batch_size=128 << 10,
                max_request_size=LARGEST_EVENT,
            )
        except (KafkaError, OSError) as why:
            raise unreachable(settings, why) from None

    def send(self, line: Line) -> None:
        """Sends one line, or counts it as too large for its topic. LoadError when an earlier one was refused."""
        if len(line.value) + len(line.key) + _ROOM > LARGEST_EVENT:
            self.too_large += 1
            return
        partition = partition_of(line.key, self._partitions)
        self._append(self._names.raw[line.topic], partition, line.key, line.value)
        self.sent += 1
        if self._rate is not None:
            ahead = self.sent / self._rate - (time.monotonic() - self._started)
            if ahead > 0:
                time.sleep(ahead)

    def end(self, at: int) -> None:
        """Ends a slice: once the brokers have all that was sent, its end (ms UTC) goes to the clock topic."""
        self.flush()
        self._append(self._names.clock, 0, b"", str(at).encode())
        self.flush()

    def flush(self) -> None:
        """Returns when the brokers have all that was sent; LoadError when they refused any of it."""
        try:
            self._producer.flush(120)
        except KafkaError as why:
            self._failed(why)
        self._raise()

    def close(self) -> None:
        """Lets the connections go."""
        self._producer.close(10)

    def _append(self, topic: str, partition: int, key: bytes, value: bytes) -> None:
        self._raise()
        try:
            self._producer.send(topic, value, key, partition=partition).add_errback(self._failed)
        except KafkaError as why:
            self._failed(why)

    def _failed(self, why: Exception) -> None:
        self._failure = self._failure or why

    def _raise(self) -> None:
        if self._failure is not None:
            raise LoadError(
                f"the brokers did not take an event ({type(self._failure).__name__}); nothing after it counts"
            )
