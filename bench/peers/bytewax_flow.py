"""The job on Bytewax: our step as a stateful step, one key a partition, a snapshot an epoch (SQLite)."""

import pickle
from collections.abc import Iterable
from datetime import timedelta

from bytewax import operators as op
from bytewax._bytewax import cli_main
from bytewax.connectors.kafka import KafkaSinkMessage, KafkaSource, KafkaSourceMessage
from bytewax.connectors.kafka import operators as kafka
from bytewax.dataflow import Dataflow
from bytewax.operators import StatefulBatchLogic
from bytewax.recovery import RecoveryConfig, init_db_dir

from bench.job import Row, State, decode, encode, step
from bench.peers.setting import BROKER, COMMIT_MS, FOLDER, INPUT, OUTCOMES, First

_BATCH = 2000
_first = First()


class Lane(StatefulBatchLogic):
    """One partition: dict rows in memory, pickled whole for a snapshot."""

    def __init__(self, snapshot: bytes | None) -> None:
        rows: dict[str, Row] = pickle.loads(snapshot) if snapshot else {}
        self._state = State(rows)

    def on_batch(self, values: list[KafkaSourceMessage]) -> tuple[Iterable[KafkaSinkMessage], bool]:
        """The outcomes of these records; the lane lives on."""
        _first()
        said = []
        for message in values:
            said += [KafkaSinkMessage(message.key, encode(one)) for one in step(self._state, decode(message.value))]
        return said, False

    def snapshot(self) -> bytes:
        """Bytes, for the rows go on changing."""
        return pickle.dumps(self._state.rows, pickle.HIGHEST_PROTOCOL)


def flow() -> Dataflow:
    """Input, one key a partition, the job, output."""
    made = Dataflow("job")
    tuned = {"fetch.queue.backoff.ms": "10"}
    read = op.input("in", made, KafkaSource([BROKER], [INPUT], batch_size=_BATCH, add_config=tuned))
    lanes = op.key_on("lane", read, lambda message: str(message.partition))
    said = op.key_rm("no lane", op.stateful_batch("job", lanes, Lane))
    kafka.output("out", said, brokers=[BROKER], topic=OUTCOMES)
    return made


def main() -> None:
    """Runs it, from the snapshots if there are any."""
    snapshots = FOLDER / "snapshots"
    if not snapshots.exists():
        snapshots.mkdir()
        init_db_dir(snapshots, 1)
    cli_main(flow(), epoch_interval=timedelta(milliseconds=COMMIT_MS), recovery_config=RecoveryConfig(snapshots))


if __name__ == "__main__":
    main()
