"""How a dead letter is written: a line of a file, or a record of Kafka with the header names of KIP-1034."""

import base64
import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from detectors.facts import Fact, encode
from streams.ingest import DeadLetter, Raw

Header = tuple[str, bytes]

_OURS = "countermand."
_KIP_1034 = "__streams.errors."
_TOLD = 4 << 10  # bytes of one of our headers: a path may be made of names that somebody else chose
_A_HEADER = 16
"""At most so many bytes of a header are neither name nor value."""


class Conflict(msgspec.Struct, frozen=True):
    """A fact whose source and id another body had before: the monitor's own dead letter. The first one counts."""

    fact: Fact
    reason: str = "conflicting_duplicate"
    path: str = "id"

    @property
    def sentence(self) -> str:
        """What is wrong, in one sentence."""
        return (
            f'"id" is "{self.fact.id}" of source "{self.fact.source}", which another event had before; '
            "expected the same event or another id."
        )


def conflicting(fact: Fact) -> Conflict:
    """The dead letter of a fact whose (source, id) came before with another body."""
    return Conflict(fact)


def file_line(letter: DeadLetter | Conflict) -> dict[str, Any]:
    """The contract's line of `deadletters.jsonl`. Bytes and header values are base64; a conflict has the fact."""
    told = {"reason": letter.reason, "path": letter.path, "sentence": letter.sentence}
    if isinstance(letter, Conflict):
        name, partition, at = letter.fact.origin
        fact = msgspec.json.decode(encode(letter.fact))
        return {
            **told,
            "file": name,
            "line": at,
            "partition": partition,
            "key": letter.fact.seller,
            "headers": [],
            "fact": fact,
        }
    raw = letter.raw
    return {
        **told,
        "file": raw.topic,
        "line": raw.offset,
        "key": raw.key.decode(errors="backslashreplace"),
        "headers": [[name, _base64(value)] for name, value in raw.headers],
        "bytes": _base64(raw.value),
    }


def record(letter: DeadLetter | Conflict, largest: int) -> tuple[bytes, bytes, list[Header]]:
    """Key, value and headers of the Kafka record: the original ones, and why it is here.

    What was small while it was compressed may be larger than `largest` (bytes): then it is cut, and says so. A conflict
    has the fact as its value: the original lies at the topic, partition and offset of its headers.
    """
    if isinstance(letter, Conflict):
        raw = Raw(encode(letter.fact), letter.fact.seller.encode(), (), *letter.fact.origin, letter.fact.arrived)
    else:
        raw = letter.raw
    kept = [(name, value) for name, value in raw.headers if not name.startswith((_OURS, _KIP_1034))]
    why = _why(letter, raw)
    if len(raw.key) + len(raw.value) + sum(map(_size, kept)) <= largest:
        return raw.key, raw.value, [*kept, *why]
    key, kept = raw.key[: largest // 4], list(_fitting(kept, largest // 4))
    value = raw.value[: largest - len(key) - sum(map(_size, kept))]
    return key, value, [*kept, *_whole(raw), *why]


def _size(header: Header) -> int:
    name, value = header
    return len(name.encode()) + len(value) + _A_HEADER


def _fitting(headers: Iterable[Header], room: int) -> Iterator[Header]:
    """The headers, in order, of which each still fits into the room that those before it leave."""
    for header in headers:
        if (size := _size(header)) <= room:
            room -= size
            yield header


def _whole(raw: Raw) -> list[Header]:
    """What the value was before it was cut. The whole of it lies at the topic, partition and offset told beside."""
    told = {"bytes": str(len(raw.value)), "sha256": hashlib.sha256(raw.value).hexdigest()}
    return [(f"{_OURS}{name}", text.encode()) for name, text in told.items()]


def _why(letter: DeadLetter | Conflict, raw: Raw) -> list[Header]:
    told = {
        f"{_OURS}reason": letter.reason,
        f"{_OURS}path": letter.path,
        f"{_OURS}sentence": letter.sentence,
        f"{_KIP_1034}exception": f"{_OURS}{letter.reason}",
        f"{_KIP_1034}message": letter.sentence,
        f"{_KIP_1034}topic": raw.topic,
        f"{_KIP_1034}partition": str(raw.partition),
        f"{_KIP_1034}offset": str(raw.offset),
    }
    return [(name, text.encode()[:_TOLD]) for name, text in told.items()]


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()
