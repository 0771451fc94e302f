"""The job on stock Faust: an agent over single events, a table of packed rows (the cheapest that a table takes)."""

from collections.abc import Iterator, MutableMapping

import faust
from faust.worker import Worker

from bench.events import PARTITIONS
from bench.job import Order, Row, State, decode, encode, pack, step, unpack
from bench.peers.setting import BROKER, COMMIT_MS, FOLDER, GROUP, INPUT, OUTCOMES, SESSION_MS, First

app = faust.App(
    GROUP or "job",
    broker=f"kafka://{BROKER}",
    store="memory://",
    datadir=FOLDER,
    topic_partitions=PARTITIONS,
    topic_replication_factor=1,
    table_standby_replicas=0,
    broker_session_timeout=SESSION_MS / 1000,
    broker_heartbeat_interval=1.0,
    broker_commit_interval=COMMIT_MS / 1000,
    producer_linger=0.01,
    producer_acks=-1,
    stream_wait_empty=False,
    cython_optimizations=True,
    web_enabled=False,
    worker_redirect_stdouts=False,
)
events = app.topic(INPUT or "in", key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")
outcomes = app.topic(OUTCOMES or "out", key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")
table = app.Table("rows", key_type=bytes, value_type=bytes)


class Rows(MutableMapping[str, Row]):
    """The table's rows of one partition, unpacked when they are touched."""

    def __init__(self, partition: int) -> None:
        self._partition = partition

    def get(self, key: str, default: Row | None = None) -> Row | None:
        """The row, or the default."""
        packed = table.get(key.encode())
        return default if packed is None else unpack(packed)

    def __getitem__(self, key: str) -> Row:
        return unpack(table[key.encode()])

    def __setitem__(self, key: str, row: Row) -> None:
        table[key.encode()] = pack(row)

    def __delitem__(self, key: str) -> None:
        del table[key.encode()]

    def __iter__(self) -> Iterator[str]:
        return (key for key in map(bytes.decode, list(table.keys())) if _owner(key, self[key]) == self._partition)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _owner(key: str, row: Row) -> int:
    seller = row.seller if isinstance(row, Order) else key[2:]
    return int(seller[1:]) % PARTITIONS


@app.agent(events)
async def job(stream: faust.StreamT) -> None:
    """One event at a time, as Faust hands them over."""
    first, states = First(), dict[int, State]()
    async for event in stream.events():
        first()
        partition = event.message.partition
        if partition not in states:
            states[partition] = State(Rows(partition))
        for one in step(states[partition], decode(event.value)):
            await outcomes.send(key=event.key, value=encode(one), partition=partition)


if __name__ == "__main__":
    Worker(app, loglevel="ERROR", quiet=True).execute_from_commandline()
