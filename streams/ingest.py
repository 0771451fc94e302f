"""From an event to a fact, or to a dead letter that says why not (contract §1, duties §3 "Input").

Checks, in this order: size, JSON, CloudEvent, type, market, required attributes, their shapes, time against
arrival, data. The first that fails is told; so the same event always has the same reason.
"""

from collections.abc import Callable, Iterator
from typing import Any, Literal, NamedTuple

import msgspec
from pydantic import TypeAdapter, ValidationError

from detectors.clock import DAY, MINUTE, Span, rfc3339
from detectors.facts import VERSION, Fact
from detectors.policy import Market, Policies
from detectors.text import Lexicon, listed, scan
from streams.cloudevents import attributes, body
from streams.events import EVENTS
from streams.events.cancellations import NoticeSent
from streams.events.envelope import Envelope
from streams.events.messages import MessageSent
from streams.events.shapes import Data, Spoken
from streams.sentences import Unusable, bad, choice, first_error, missing
from streams.sources import Sources

TOLERANCE = 5 * MINUTE
_OF_CLOUDEVENTS = ("specversion", "id", "source", "type")

_envelope = TypeAdapter(Envelope).validator.validate_python
_readers = {name: TypeAdapter(kind.data).validator.validate_python for name, kind in EVENTS.items()}
_writers = {name: TypeAdapter(kind.data).serializer.to_python for name, kind in EVENTS.items()}


class Raw(NamedTuple):
    """A record as it came. `arrived`: the broker's timestamp, or the file's log time before it; ms UTC.

    `topic`, `partition`, `offset`: for a line of a file its name, 0 and the line's number.
    """

    value: bytes
    key: bytes
    headers: tuple[tuple[str, bytes], ...]
    topic: str
    partition: int
    offset: int
    arrived: int


class DeadLetter(msgspec.Struct, frozen=True):
    """An event that cannot be used: a reason of the closed list, the field's path ("" = the event), a sentence."""

    reason: str
    path: str
    sentence: str
    raw: Raw


Arrival = Callable[[Raw, int, int | None], int]
"""When an event arrived, from (raw, its time, its recordedtime); all ms UTC. Raises Unusable (future_time)."""


class Ingest:
    """Reads events. Stateless: the same raw record gives the same answer, and never an exception."""

    def __init__(
        self, policies: Policies, lexicon: Lexicon, clock: Literal["wall", "log"], sources: Sources | None = None
    ) -> None:
        """`wall`: an event arrived when the broker says; `log`: at its recordedtime, else when it happened."""
        self._policies, self._lexicon, self._sources = policies, lexicon, sources or Sources()
        self._arrival: Arrival = _by_wall if clock == "wall" else _by_log

    def read(self, raw: Raw) -> Fact | DeadLetter:
        """The fact, or the dead letter."""
        return self.read_at(raw, self._arrival)

    def read_at(self, raw: Raw, arrival: Arrival) -> Fact | DeadLetter:
        """As `read`, with another way to tell when the event arrived."""
        try:
            return self._fact(attributes(raw.value, raw.headers), raw, arrival)
        except Unusable as why:
            return DeadLetter(why.reason, why.path, why.sentence, raw)

    def read_all(self, raw: Raw, arrival: Arrival | None = None) -> Iterator[Fact | DeadLetter]:
        """Everything that the record tells, in whatever format it is: at least one fact or dead letter.

        One at a time: `arrival` is asked for an event when the one before it has been taken.
        """
        try:
            events = self._sources.events(attributes(raw.value, raw.headers))
        except Unusable as why:
            yield DeadLetter(why.reason, why.path, why.sentence, raw)
            return
        for event in events:
            try:
                yield self._fact(event, raw, arrival or self._arrival)
            except Unusable as why:
                yield DeadLetter(why.reason, why.path, why.sentence, raw)

    def _fact(self, event: dict[str, Any], raw: Raw, arrival: Arrival) -> Fact:
        envelope = self._open(event)
        market = self._policies.markets[envelope.market]
        arrived = arrival(raw, envelope.time, envelope.recordedtime)
        _young_enough(market, envelope.time, arrived)
        return Fact(
            VERSION,
            envelope.type,
            envelope.time,
            arrived,
            envelope.source,
            envelope.id,
            envelope.seller,
            envelope.market,
            envelope.subject or "",
            body(event),
            (raw.topic, raw.partition, raw.offset),
            self._data(envelope.type, envelope.data, market),
        )

    def _open(self, event: dict[str, Any]) -> Envelope:
        """The envelope, checked but for its time against arrival."""
        try:
            envelope: Envelope = _envelope(event)
        except ValidationError as error:
            self._known(event)
            raise first_error(error, Envelope, "", "every event") from None
        kind = EVENTS.get(envelope.type)
        if kind is None or envelope.market not in self._policies.markets or (kind.bound and envelope.subject is None):
            self._known(event)
        return envelope

    def _known(self, event: dict[str, Any]) -> None:
        """Raises Unusable when it is no CloudEvent, of an unknown type or market, or lacks a needed subject."""
        for name in _OF_CLOUDEVENTS:
            if name not in event:
                raise missing(name, "every CloudEvent", "not_cloudevent")
        if event["specversion"] != "1.0":
            raise bad("specversion", event["specversion"], '"1.0"', "not_cloudevent")
        kind = EVENTS.get(event["type"]) if isinstance(event["type"], str) else None
        if kind is None:
            raise bad("type", event["type"], "an event type of the contract", "unknown_type")
        market = event.get("market")
        if isinstance(market, str) and market not in self._policies.markets:
            raise bad("market", market, choice(sorted(self._policies.markets)), "unknown_market")
        if kind.bound and "subject" not in event:
            raise missing("subject", f"every {kind.name}")

    def _data(self, name: str, data: dict[str, Any], market: Market) -> dict[str, Any]:
        """The data, checked and reduced: no text that people wrote, instants as ms UTC."""
        try:
            model: Data = _readers[name](data)
        except ValidationError as error:
            raise first_error(error, EVENTS[name].data, "data", f"every {name}") from None
        reduced: dict[str, Any] = _writers[name](model, by_alias=True, exclude_none=True)
        if isinstance(model, Spoken):
            self._read_text(model, reduced, market)
        elif isinstance(model, NoticeSent):
            reduced["reason_given"] = bool((model.reason or "").strip())
        return reduced

    def _read_text(self, model: Spoken, reduced: dict[str, Any], market: Market) -> None:
        """What was found in the text, in its place. A message without a text is one that nobody could read."""
        if model.text is not None:
            reduced["hits"] = [list(hit) for hit in scan(model.text, self._lexicon)]
            reduced["listed"] = listed(reduced.get("locale"), market.languages, self._lexicon)
        elif isinstance(model, MessageSent):
            reduced["hits"], reduced["listed"] = [], False


def _by_wall(raw: Raw, at: int, _recorded: int | None) -> int:
    return on_time(at, raw.arrived)


def _by_log(_raw: Raw, at: int, recorded: int | None) -> int:
    return at if recorded is None else on_time(at, recorded)


def on_time(at: int, arrived: int) -> int:
    """The arrival, unless the event happened more than five minutes after it: Unusable (future_time)."""
    if at > arrived + TOLERANCE:
        found = f'"time" is {rfc3339(at)}, but the event arrived at {rfc3339(arrived)}'
        raise Unusable("future_time", "time", f"{found}; expected at most 5 minutes after arrival.")
    return arrived


def _young_enough(market: Market, at: int, arrived: int) -> None:
    """Raises Unusable (too_old) when the event arrived later than the market's `forget_after` allows."""
    oldest: Span = market.at("forget_after", arrived)
    if arrived - at > (oldest.n if oldest.kind == "elapsed" else oldest.n * DAY):
        found = f'"time" is {rfc3339(at)}, but the event arrived at {rfc3339(arrived)}'
        days = oldest.n // DAY if oldest.kind == "elapsed" else oldest.n
        raise Unusable("too_old", "time", f"{found}; expected at most {days} days before arrival.")
