"""Facts and ticks: the records of the facts log.

A fact is one accepted event, reduced to what the rules need: no message text, instants as ms UTC. A tick is
time itself: everything accepted before its instant is above it in the log. Both are JSON arrays, so that any
Kafka tool can read them.
"""

from typing import Any

import msgspec

VERSION = 1


class Fact(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One accepted event. `at` is when it happened, `arrived` its log time; both ms UTC.

    `body` is a short hash of the original event (all but `recordedtime`), `origin` where the original lies:
    raw topic or file, partition, offset or line.
    """

    v: int
    type: str
    at: int
    arrived: int
    source: str
    id: str
    seller: str
    market: str
    subject: str
    body: str
    origin: tuple[str, int, int]
    data: dict[str, Any]


class Tick(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Everything accepted before `at` (ms UTC) is above this record; `policies` is the hash of those in force.

    `quiet`: the declared feeds that are silent for longer than the policy allows, as (source, market) in order.
    """

    v: int
    at: int
    policies: str
    type: str = "tick"
    quiet: tuple[tuple[str, str], ...] = ()


class _TickRecord(msgspec.Struct, frozen=True, gc=False, array_like=True):
    v: int
    type: str
    at: int
    policies: str
    quiet: tuple[tuple[str, str], ...] = ()


_encoder = msgspec.json.Encoder()
_fact_decoder = msgspec.json.Decoder(Fact)
_tick_decoder = msgspec.json.Decoder(_TickRecord)


def encode(record: Fact | Tick) -> bytes:
    """The record as one JSON array."""
    if isinstance(record, Tick):
        fields = [record.v, record.type, record.at, record.policies]
        return _encoder.encode([*fields, record.quiet] if record.quiet else fields)
    return _encoder.encode(record)


def is_tick(raw: bytes) -> bool:
    """Whether the record is a tick; looks at its first bytes only."""
    return raw.startswith(b'[1,"tick",')


def decode(raw: bytes) -> Fact | Tick:
    """The record of one JSON array; ValueError when it is none, or of a version this code does not know."""
    if is_tick(raw):
        tick = _tick_decoder.decode(raw)
        return Tick(tick.v, tick.at, tick.policies, quiet=tick.quiet)
    try:
        fact = _fact_decoder.decode(raw)
    except msgspec.DecodeError as e:
        raise ValueError(f"not a record of the facts log: {e}") from e
    if fact.v != VERSION:
        raise ValueError(f"a fact of version {fact.v}; this program reads version {VERSION}")
    return fact
