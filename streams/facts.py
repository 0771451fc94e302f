"""`countermand facts dump`: the facts log with its ticks, to a file that `replay --facts` steps again.

A line is a JSON array: partition, offset, the brokers' time stamp (ms UTC), record. Partition by partition, in order
of offset: within a partition the order is the truth, between partitions there is none.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from streams.brokers import ANSWER_MS, admin, unreachable
from streams.progress import Told
from streams.settings import SettingError, Settings
from streams.topics import Names, require


def dump(settings: Settings, out: Path, progress: Told | None = None) -> int:
    """Writes what the facts log holds up to now; how many records.

    Raises UnreachableError, SettingError for a log that is not as declared, OSError for a file that cannot be written.
    """
    with admin(settings) as client:
        require(client, settings)
    with ExitStack() as closing:
        reader = _reader(settings, closing)
        file = closing.enter_context(out.open("wb"))
        written = 0
        for record, size in _records(reader, Names(settings).facts, settings.partitions):
            file.write(b"[%d,%d,%d,%b]\n" % (record.partition, record.offset, record.timestamp, record.value))
            written += 1
            if progress is not None and written % 1000 == 0:
                progress(written, size)
    return written


def _reader(settings: Settings, closing: ExitStack) -> KafkaConsumer:
    try:
        reader = KafkaConsumer(
            bootstrap_servers=settings.bootstrap,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_poll_records=5000,
            bootstrap_timeout_ms=ANSWER_MS,
        )
    except (KafkaError, OSError) as why:
        raise unreachable(settings, why) from None
    closing.callback(reader.close)
    return reader


def _records(reader: KafkaConsumer, topic: str, partitions: int) -> Iterator[tuple[Any, int]]:
    """The records up to now, each with about how many there are in all."""
    tps = [TopicPartition(topic, partition) for partition in range(partitions)]
    begin, end = reader.beginning_offsets(tps), reader.end_offsets(tps)
    size = sum(end.values()) - sum(begin.values())
    for tp in tps:
        reader.assign([tp])
        reader.seek(tp, begin[tp])
        while reader.position(tp) < end[tp]:
            batch = reader.poll(timeout_ms=ANSWER_MS).get(tp)
            if not batch and reader.position(tp) < end[tp]:
                raise SettingError(f"partition {tp.partition} of {topic} does not answer; try again when it does")
            yield from ((record, size) for record in batch or () if record.offset < end[tp])
