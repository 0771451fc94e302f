"""A record that a body of the tests has to say."""

from collections.abc import Sequence
from typing import NamedTuple


class Said(NamedTuple):
    topic: str
    partition: int
    key: bytes
    value: bytes
    headers: Sequence[tuple[str, bytes]] = ()
