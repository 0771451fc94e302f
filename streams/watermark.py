"""How far a group has read: the broker's time of the oldest record that it has not committed yet (design §3)."""

import time
from collections.abc import Collection, Iterator, Mapping
from types import TracebackType
from typing import NamedTuple, Self

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.errors import (
    CoordinatorLoadInProgressError,
    CoordinatorNotAvailableError,
    KafkaError,
    NotCoordinatorError,
)
from kafka.structs import OffsetAndMetadata

from streams.brokers import unreachable
from streams.settings import Settings

ANSWER_MS = 5_000
_POLL_MS = 200
_GROUP_AWAY = (CoordinatorLoadInProgressError, CoordinatorNotAvailableError, NotCoordinatorError)


class Unread(NamedTuple):
    """Offsets of one partition that are not committed: from `start`, before `end`."""

    start: int
    end: int


class UntoldError(RuntimeError):
    """How far the group has read cannot be told now. Ask again; never guess."""


class Watermark:
    """Asks the brokers, over connections of its own, how far one group has read some topics."""

    def __init__(self, settings: Settings, group: str, topics: Collection[str]) -> None:
        """UnreachableError when no broker answers."""
        self._group, self._topics = group, list(topics)
        reach = {"bootstrap_servers": settings.bootstrap, "request_timeout_ms": ANSWER_MS}
        try:
            self._admin = KafkaAdminClient(**reach, bootstrap_timeout_ms=ANSWER_MS)
            self._probe = KafkaConsumer(
                **reach,
                bootstrap_timeout_ms=ANSWER_MS,
                group_id=None,
                enable_auto_commit=False,
                auto_offset_reset="earliest",  # retention may pass a position between two requests
                fetch_max_wait_ms=50,
                max_partition_fetch_bytes=64 << 10,
            )
        except (KafkaError, OSError) as why:
            raise unreachable(settings, why) from None

    def oldest_unread(self) -> int | None:
        """The least append time (ms, the brokers' clock) of the next uncommitted records; None when there is none.

        What was appended before this call and is not committed is seen. Raises UntoldError, KafkaError.
        """
        return self.oldest(self.unread())

    def unread(self) -> dict[TopicPartition, Unread]:
        """What is not committed yet, by partition; those with nothing are left out. Raises UntoldError, KafkaError."""
        partitions = list(self._partitions())
        committed = self._committed()
        begin, end = self._probe.beginning_offsets(partitions), self._probe.end_offsets(partitions)
        unread: dict[TopicPartition, Unread] = {}
        for tp in partitions:
            done = committed[tp].offset if tp in committed else -1  # -1: never committed, all of it is unread
            start = max(done, begin[tp])  # retention may have passed the group
            if start < end[tp]:
                unread[tp] = Unread(start, end[tp])
        return unread

    def _committed(self) -> Mapping[TopicPartition, OffsetAndMetadata]:
        try:
            return self._admin.list_group_offsets(self._group).get(self._group) or {}
        except _GROUP_AWAY as why:
            raise UntoldError(f"nobody keeps the offsets of group {self._group} now ({type(why).__name__})") from None

    def _partitions(self) -> Iterator[TopicPartition]:
        for topic in self._admin.describe_topics(self._topics):
            if topic["error_code"] or not topic["partitions"]:
                raise UntoldError(f"topic {topic['name']} does not answer")
            for partition in topic["partitions"]:
                yield TopicPartition(topic["name"], partition["partition_index"])

    def oldest(self, unread: Mapping[TopicPartition, Unread]) -> int | None:
        """The least append time of the first records at or after each start; None when there is none.

        Holes of compaction and deleted records are passed over. Raises UntoldError, KafkaError.
        """
        if not unread:
            return None
        probe, left = self._probe, dict(unread)
        probe.assign(list(unread))
        for tp, offsets in unread.items():
            probe.seek(tp, offsets.start)
        stamps: list[int] = []
        give_up = time.monotonic() + ANSWER_MS / 1000
        while left:
            # one record: to unpack all that came of all partitions took most of a tick
            for tp, records in probe.poll(timeout_ms=_POLL_MS, max_records=1).items():
                if tp in left and records[0].offset >= left[tp].start:
                    stamps.append(records[0].timestamp)
                    del left[tp]
            for tp in [tp for tp, offsets in left.items() if probe.position(tp) >= offsets.end]:
                del left[tp]  # holes and control records only: nothing unread
            probe.assign(list(left))  # not paused: kafka-python may keep what it fetched of a paused partition for ever
            if time.monotonic() > give_up:
                raise UntoldError(f"{len(left)} partitions do not answer")
        return min(stamps, default=None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._probe.close(timeout_ms=1000)
        self._admin.close()
