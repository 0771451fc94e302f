"""The job on Quix Streams: one function of a record over the partition's RocksDB store, its changelog topic on.

Quix keeps state a message key; a tick is about all of a partition, so the store is reached under one prefix for all.
"""

from collections.abc import Iterator, MutableMapping
from typing import Any

from quixstreams import Application, message_context
from quixstreams import State as Store
from quixstreams.dataframe import StreamingDataFrame

from bench.job import Outcome, Row, State, decode, encode, pack, step, unpack
from bench.peers.setting import BROKER, COMMIT_MS, FOLDER, GROUP, INPUT, OUTCOMES, SESSION_MS, First

_PREFIX = b"job"


class Rows(MutableMapping[str, Row]):
    """The rows of one partition, unpacked when they are touched."""

    def __init__(self, frame: StreamingDataFrame, partition: int) -> None:
        self._frame, self._partition = frame, partition

    def _store(self) -> Store:
        checkpoint = self._frame.processing_context.checkpoint
        return checkpoint.get_store_transaction(self._frame.stream_id, self._partition).as_state(_PREFIX)

    def get(self, key: str, default: Row | None = None) -> Row | None:
        """The row, or the default."""
        packed = self._store().get_bytes(key)
        return default if packed is None else unpack(packed)

    def __getitem__(self, key: str) -> Row:
        return unpack(self._store().get_bytes(key))

    def __setitem__(self, key: str, row: Row) -> None:
        self._store().set_bytes(key, pack(row))

    def __delitem__(self, key: str) -> None:
        self._store().delete(key)

    def items(self) -> Iterator[tuple[str, Row]]:  # type: ignore[override]
        """What the store holds when the process begins."""
        store = self._frame.processing_context.state_manager.get_store(self._frame.stream_id, "default")
        for key, packed in store.partitions[self._partition].iter_items(_PREFIX):
            yield decode_key(key.removeprefix(_PREFIX + b"|")), unpack(packed)

    def __iter__(self) -> Iterator[str]:
        return (key for key, _ in self.items())

    def __len__(self) -> int:
        return sum(1 for _ in self)


def decode_key(key: bytes) -> str:
    """Quix writes keys as JSON."""
    return key.decode().strip('"')


def main() -> None:
    """Builds the application and runs it."""
    app = Application(
        BROKER,
        consumer_group=GROUP,
        auto_offset_reset="earliest",
        commit_interval=COMMIT_MS / 1000,
        state_dir=FOLDER / "state",
        consumer_extra_config={
            "session.timeout.ms": SESSION_MS,
            "heartbeat.interval.ms": SESSION_MS // 3,
            "fetch.queue.backoff.ms": 10,
        },
        loglevel="WARNING",
    )
    frame = app.dataframe(app.topic(INPUT, value_deserializer="bytes"))
    frame.register_store()
    first, states = First(), dict[int, State]()

    def job(value: bytes, *_: Any) -> list[Outcome]:
        first()
        partition = message_context().partition
        if partition not in states:
            states[partition] = State(Rows(frame, partition))
        return step(states[partition], decode(value))

    said = frame.apply(job, expand=True, metadata=True).apply(encode)
    said.to_topic(app.topic(OUTCOMES, value_serializer="bytes"))
    app.run()


if __name__ == "__main__":
    main()
