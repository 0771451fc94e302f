"""What the agents do: one ingest for every raw topic. The monitor's is `streams.monitor.Monitor`."""

from collections.abc import Callable, Iterator
from typing import Any

from detectors.facts import Fact
from streams.batch import Batch, Cut
from streams.hearing import Hearing
from streams.ingest import Ingest, Raw
from streams.messages import Post
from streams.metrics import Metrics

Agent = Callable[[Batch], Iterator[Cut]]


def ingesting(topic: str, ingest: Ingest, post: Post, metrics: Metrics, hearing: Hearing) -> Agent:
    """The agent of a raw topic: each record becomes facts or dead letters; of watched feeds it tells the ticker.

    A plain function of one batch, not `async for`: what it makes is in Kafka before anything is acknowledged.
    """

    def agent(batch: Batch) -> Iterator[Cut]:
        for start in range(0, len(batch.records), batch.limit):
            records = batch.records[start : start + batch.limit]
            read = [item for record in records for item in ingest.read_all(_raw(batch, record))]
            heard = hearing.told_by(item for item in read if isinstance(item, Fact))
            yield Cut(records[-1].offset + 1, [*map(post.read, read), *post.heard(heard)])
            for item in read:
                metrics.ingested(topic, item)

    return agent


def _raw(batch: Batch, record: Any) -> Raw:
    return Raw(
        record.value or b"",
        record.key or b"",
        tuple((name, value or b"") for name, value in record.headers),
        batch.topic,
        batch.partition,
        record.offset,
        record.timestamp,
    )
