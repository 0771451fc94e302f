"""The job as Countermand does it: events validated whole by pydantic, facts in a topic, the job behind it."""

from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec
from kafka.admin import NewTopic
from pydantic import Field, NonNegativeInt, TypeAdapter
from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

from bench.events import PARTITIONS
from bench.job import Event
from bench.peers.ours import RAW, Said, build, first, run
from bench.peers.setting import GROUP, INPUT
from streams.batch import Batch, Cut

FACTS = f"{GROUP}-facts"


class Fact(Event, array_like=True, gc=False):
    """An event as it stands in the facts topic: a JSON array."""


class Line(TypedDict):
    """A line of an order."""

    sku: str
    quantity: NonNegativeInt
    title: str


class Data(TypedDict):
    """What an event says of its order."""

    buyer: str
    currency: str
    total: str
    lines: list[Line]


class About(TypedDict):
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


class Tick(TypedDict):
    """A tick."""

    kind: Literal["tick"]
    at: NonNegativeInt


# Typed dicts, not models: nobody asks for objects between validation and the fact, and they cost as much again.
validate = TypeAdapter(Annotated[About | Tick, Field(discriminator="kind")]).validator.validate_json
encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder(Fact).decode


def fact(event: About | Tick) -> Fact:
    """What the job needs of it."""
    if event["kind"] == "tick":
        return Fact(event["kind"], event["at"])
    return Fact(event["kind"], event["at"], event["id"], event["seller"], event["order"], event["fault"])


def ingest(batch: Batch) -> Iterator[Cut]:
    """Events become facts, so many a cut."""
    first()
    for start in range(0, len(batch.records), batch.limit):
        records = batch.records[start : start + batch.limit]
        facts = [Said(FACTS, batch.partition, one.key, encode(fact(validate(one.value)))) for one in records]
        yield Cut(records[-1].offset + 1, facts)


if __name__ == "__main__":
    app = build(FACTS, decode)
    app.agent(app.topic(INPUT, **RAW), name="ingest")(ingest)
    run(app, NewTopic(FACTS, PARTITIONS, 1))
