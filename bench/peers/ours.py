"""The job on `streams.batch`: one agent over a function of one batch, one table, one atomic batch a cut."""

from collections.abc import Iterator
from typing import NamedTuple

from faust.worker import Worker
from kafka import KafkaAdminClient
from kafka.admin import NewTopic
from kafka.errors import TopicAlreadyExistsError

from bench.events import PARTITIONS
from bench.job import Row, State, decode, encode, pack, step, unpack
from bench.peers.setting import BROKER, COMMIT_MS, FOLDER, GROUP, INPUT, OUTCOMES, SESSION_MS, First
from streams.batch import App, Batch, Cut

CHANGELOG, LARGEST = f"{GROUP}-changelog", 8 << 20
_RAW = {"key_type": bytes, "value_type": bytes, "key_serializer": "raw", "value_serializer": "raw"}

app = App(
    GROUP,
    [BROKER],
    changelog=CHANGELOG,
    largest=LARGEST,
    datadir=FOLDER,
    topic_partitions=PARTITIONS,
    topic_replication_factor=1,
    broker_session_timeout=SESSION_MS / 1000,
    broker_heartbeat_interval=1.0,
    broker_commit_interval=COMMIT_MS / 1000,
    cython_optimizations=True,
    web_enabled=False,
    worker_redirect_stdouts=False,
)
table = app.Table("rows", key_type=bytes, value_type=bytes)
first = First()


class Said(NamedTuple):
    """An outcome on its way."""

    partition: int
    key: bytes
    value: bytes
    topic: str = OUTCOMES
    headers: tuple[tuple[str, bytes], ...] = ()


class Rows(dict[str, Row]):
    """The rows of a partition unpacked, and which of them changed since the last cut."""

    def __init__(self, packed: dict[bytes, bytes]) -> None:
        super().__init__((key.decode(), unpack(row)) for key, row in packed.items())
        self.changed: set[str] = set()

    def __setitem__(self, key: str, row: Row) -> None:
        self.changed.add(key)
        super().__setitem__(key, row)

    def __delitem__(self, key: str) -> None:
        self.changed.add(key)
        super().__delitem__(key)


@app.agent(app.topic(INPUT, **_RAW), tables=True)
def job(batch: Batch) -> Iterator[Cut]:
    """So many records, then a cut."""
    first()
    if "state" not in batch.cache:
        rows = Rows(dict(batch.rows(table)))
        batch.cache["state"] = rows, State(rows)
    rows, state = batch.cache["state"]
    for start in range(0, len(batch.records), batch.limit):
        records = batch.records[start : start + batch.limit]
        said = [
            Said(record.partition, record.key, encode(one))
            for record in records
            for one in step(state, decode(record.value))
        ]
        _hand_over(rows, batch)
        yield Cut(records[-1].offset + 1, said)


def _hand_over(rows: Rows, batch: Batch) -> None:
    """Packs what changed into the table."""
    packed = batch.rows(table)
    for key in rows.changed:
        row = rows.get(key)
        if row is not None:
            packed[key.encode()] = pack(row)
        elif key.encode() in packed:
            del packed[key.encode()]
    rows.changed.clear()


def _changelog() -> None:
    """The topic of the rows; it is there already after a crash."""
    admin = KafkaAdminClient(bootstrap_servers=BROKER)
    configs = {"cleanup.policy": "compact", "max.message.bytes": str(LARGEST)}
    try:
        admin.create_topics([NewTopic(CHANGELOG, PARTITIONS, 1, topic_configs=configs)])
    except TopicAlreadyExistsError:
        pass
    finally:
        admin.close()


if __name__ == "__main__":
    _changelog()
    Worker(app, loglevel="ERROR", quiet=True).execute_from_commandline()
