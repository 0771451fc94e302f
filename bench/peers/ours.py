"""The job on `streams.batch`: one agent over a function of one batch, one table, one atomic batch a cut."""

from collections.abc import Callable, Iterator, MutableMapping
from typing import NamedTuple

from faust.worker import Worker
from kafka import KafkaAdminClient
from kafka.admin import NewTopic
from kafka.errors import TopicAlreadyExistsError

from bench.events import PARTITIONS
from bench.job import Event, Row, State, decode, encode, pack, step, unpack
from bench.peers.setting import BROKER, COMMIT_MS, FOLDER, GROUP, INPUT, OUTCOMES, SESSION_MS, First
from streams.batch import App, Batch, Cut

CHANGELOG, LARGEST = f"{GROUP}-changelog", 8 << 20
RAW = {"key_type": bytes, "value_type": bytes, "key_serializer": "raw", "value_serializer": "raw"}
first = First()


class Said(NamedTuple):
    """A record on its way."""

    topic: str
    partition: int
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...] = ()


class Rows(dict[str, Row]):
    """The rows of a partition unpacked, and which of them changed since the last cut."""

    def __init__(self, packed: dict[bytes, bytes]) -> None:
        super().__init__((key.decode(), unpack(row)) for key, row in packed.items())
        self.changed: dict[str, Row | None] = {}

    def __setitem__(self, key: str, row: Row) -> None:
        self.changed[key] = row
        super().__setitem__(key, row)

    def __delitem__(self, key: str) -> None:
        self.changed[key] = None
        super().__delitem__(key)


def build(source: str, read: Callable[[bytes], Event]) -> App:
    """The app with the job's agent on the source topic."""
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

    @app.agent(app.topic(source, **RAW), name="job", tables=True)
    def job(batch: Batch) -> Iterator[Cut]:
        first()
        packed = batch.rows(table)
        if "state" not in batch.cache:
            batch.cache["state"] = State(Rows(dict(packed)))
        state = batch.cache["state"]
        for start in range(0, len(batch.records), batch.limit):
            records = batch.records[start : start + batch.limit]
            said = [
                Said(OUTCOMES, record.partition, record.key, encode(one))
                for record in records
                for one in step(state, read(record.value))
            ]
            _hand_over(state.rows, packed)
            yield Cut(records[-1].offset + 1, said)

    return app


def _hand_over(rows: Rows, packed: MutableMapping[bytes, bytes]) -> None:
    """Packs what changed into the table."""
    for key, row in rows.changed.items():
        if row is None:
            packed.pop(key.encode(), None)
        else:
            packed[key.encode()] = pack(row)
    rows.changed.clear()


def run(app: App, *topics: NewTopic) -> None:
    """Makes the changelog and those topics, if a run before a crash has not, and works."""
    configs = {"cleanup.policy": "compact", "max.message.bytes": str(LARGEST)}
    admin = KafkaAdminClient(bootstrap_servers=BROKER)
    for topic in (NewTopic(CHANGELOG, PARTITIONS, 1, topic_configs=configs), *topics):
        try:
            admin.create_topics([topic])
        except TopicAlreadyExistsError:
            continue
    admin.close()
    Worker(app, loglevel="ERROR", quiet=True).execute_from_commandline()


if __name__ == "__main__":
    run(build(INPUT, decode))
