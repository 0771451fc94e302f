"""What is sent to Kafka: facts, dead letters and outcomes, each with its topic, partition and key."""

import json
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from detectors import facts
from detectors.facts import Fact
from detectors.outcomes import Outcome
from streams.brokers import partition_of
from streams.deadletters import Conflict, record
from streams.hearing import Heard
from streams.ingest import DeadLetter
from streams.outputs import encode, in_ledger
from streams.settings import Settings
from streams.topics import LARGEST_EVENT, Names

NOTICE = b"heard"
"""The key of what ingest tells the ticker, among the words of the leaders."""


class Message(NamedTuple):
    """One record to append."""

    topic: str
    partition: int
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...] = ()


class Post:
    """Addresses what is to be sent, under the given settings."""

    def __init__(self, settings: Settings) -> None:
        self._names, self._partitions, self._ledger = Names(settings), settings.partitions, settings.ledger

    def read(self, item: Fact | DeadLetter) -> Message:
        """What ingest made of an event: a fact in its seller's partition, or a dead letter under its own key."""
        if isinstance(item, DeadLetter):
            return self.dead_letter(item)
        key = item.seller.encode()
        return Message(self._names.facts, partition_of(key, self._partitions), key, facts.encode(item))

    def dead_letter(self, letter: DeadLetter | Conflict) -> Message:
        """The original bytes, key and headers, and why they are dead; cut where its topic would not take them."""
        key, value, headers = record(letter, LARGEST_EVENT)
        return Message(self._names.deadletters, partition_of(key, self._partitions), key, value, tuple(headers))

    def heard(self, heard: Heard) -> Iterator[Message]:
        """What ingest tells the ticker of the feeds that are watched: nothing when there is nothing."""
        if heard:
            yield Message(self._names.ticks, 0, NOTICE, json.dumps(heard).encode())

    def said(self, outcomes: Iterable[Outcome]) -> Iterator[Message]:
        """The directives, findings and ledger entries among the outcomes: key the outcome's id, partition its seller's.

        The value is the JSON of the contract, byte for byte what `replay` writes.
        """
        for outcome in outcomes:
            topic = self._topic(outcome)
            if topic:
                partition = partition_of(outcome.seller.encode(), self._partitions)
                yield Message(topic, partition, outcome.id.encode(), encode(outcome.event()))

    def _topic(self, outcome: Outcome) -> str:
        kind = outcome.type.partition(".")[0]
        if kind == "directive" and not outcome.shadow:
            return self._names.directives
        if kind == "finding":
            return self._names.findings
        return self._names.ledger if in_ledger(outcome, self._ledger) else ""
