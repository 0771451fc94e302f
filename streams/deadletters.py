"""How a dead letter is written: a line of a file, or a record of Kafka with the header names of KIP-1034."""

import base64
from typing import Any

import msgspec

from detectors.facts import Fact, encode
from streams.ingest import DeadLetter, Raw

_OURS = "countermand."
_KIP_1034 = "__streams.errors."


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


def record(letter: DeadLetter | Conflict) -> tuple[bytes, bytes, list[tuple[str, bytes]]]:
    """Key, value and headers of the Kafka record: the original ones, and why it is here.

    A conflict has the fact as its value: the original lies at the topic, partition and offset of its headers.
    """
    if isinstance(letter, Conflict):
        raw = Raw(encode(letter.fact), letter.fact.seller.encode(), (), *letter.fact.origin, letter.fact.arrived)
    else:
        raw = letter.raw
    kept = [(name, value) for name, value in raw.headers if not name.startswith((_OURS, _KIP_1034))]
    return raw.key, raw.value, [*kept, *_why(letter, raw)]


def _why(letter: DeadLetter | Conflict, raw: Raw) -> list[tuple[str, bytes]]:
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
    return [(name, text.encode()) for name, text in told.items()]


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()
