"""The job on `streams.batch`: one agent over a function of one batch, one table, one atomic batch a cut."""

from collections.abc import Callable, Iterator, Mapping
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
LIMIT = 10_000
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
    """The rows of a partition unpacked: `kept` is all of them; it itself holds what changed since the last cut.

    They are written more often than read, so that writing is the dictionary's own.
    """

    def __init__(self, packed: Mapping[bytes, bytes]) -> None:
        super().__init__()
        self.kept = {key.decode(): unpack(row) for key, row in packed.items()}
        self.gone: list[str] = []

    def get(self, key: str) -> Row | None:  # type: ignore[override]
        return dict.get(self, key) or self.kept.get(key)

    def __delitem__(self, key: str) -> None:
        self.pop(key, None)
        self.kept.pop(key, None)
        self.gone.append(key)

    def taken(self) -> dict[bytes, bytes | None]:
        """What changed, packed; None where a row is gone."""
        packed: dict[bytes, bytes | None] = {key.encode(): pack(row) for key, row in self.items()}
        for key in self.gone:
            packed.setdefault(key.encode(), None)
        self.kept.update(self)
        self.clear()
        self.gone.clear()
        return packed


def build(source: str, read: Callable[[bytes], Event]) -> App:
    """The app with the job's agent on the source topic."""
    app = App(
        GROUP,
        [BROKER],
        changelog=CHANGELOG,
        limit=LIMIT,
        largest=LARGEST,
        datadir=FOLDER,
        topic_partitions=PARTITIONS,
        consumer_max_fetch_size=4 << 20,
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
            batch.cache["state"] = _state(packed)
        state, rows = batch.cache["state"]
        for start in range(0, len(batch.records), batch.limit):
            records = batch.records[start : start + batch.limit]
            said = [
                Said(OUTCOMES, batch.partition, record.key, encode(one))
                for record in records
                for one in step(state, read(record.value))
            ]
            packed.put(rows.taken())
            yield Cut(records[-1].offset + 1, said)

    return app


def _state(packed: Mapping[bytes, bytes]) -> tuple[State, Rows]:
    rows = Rows(packed)
    state = State(rows.kept)  # what they wait for
    state.rows = rows
    return state, rows


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
