"""The job as Countermand does it: events validated whole by pydantic, facts in a topic, the job behind it."""

from collections.abc import Iterator
from typing import Literal

import msgspec
from kafka.admin import NewTopic
from pydantic import BaseModel, NonNegativeInt, TypeAdapter

from bench.events import PARTITIONS
from bench.job import Event
from bench.peers.ours import RAW, Said, build, first, run
from bench.peers.setting import GROUP, INPUT
from streams.batch import Batch, Cut

FACTS = f"{GROUP}-facts"


class Fact(Event, array_like=True, gc=False):
    """An event as it stands in the facts topic: a JSON array."""


class Line(BaseModel):
    """A line of an order."""

    sku: str
    quantity: NonNegativeInt
    title: str


class Data(BaseModel):
    """What an event says of its order."""

    buyer: str
    currency: str
    total: str
    lines: list[Line]


class About(BaseModel):
    """An event about an order or a seller."""

    specversion: Literal["1.0"]
    id: str
    kind: Literal["placed", "paid", "requested", "answered", "cancelled", "report"]
    source: str
    seller: str
    order: str
    market: str
    at: NonNegativeInt
    fault: bool
    data: Data

    def fact(self) -> Fact:
        """What the job needs of it."""
        return Fact(self.kind, self.at, self.id, self.seller, self.order, self.fault)


class Tick(BaseModel):
    """A tick."""

    kind: Literal["tick"]
    at: NonNegativeInt

    def fact(self) -> Fact:
        """What the job needs of it."""
        return Fact(self.kind, self.at)


validate = TypeAdapter(About | Tick).validate_json
encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder(Fact).decode


def ingest(batch: Batch) -> Iterator[Cut]:
    """Events become facts, so many a cut."""
    first()
    for start in range(0, len(batch.records), batch.limit):
        records = batch.records[start : start + batch.limit]
        facts = [Said(FACTS, batch.partition, one.key, encode(validate(one.value).fact())) for one in records]
        yield Cut(records[-1].offset + 1, facts)


if __name__ == "__main__":
    app = build(FACTS, decode)
    app.agent(app.topic(INPUT, **RAW), name="ingest")(ingest)
    run(app, NewTopic(FACTS, PARTITIONS, 1))
