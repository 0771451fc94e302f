"""A body of a query, taken at some time: the events it tells, with ids that a second look does not change."""

import hashlib
from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec

from detectors.clock import rfc3339
from streams.sources.shops import Shop

Event = dict[str, Any]

_canonical = msgspec.json.Encoder(order="deterministic").encode


class Moment(NamedTuple):
    """One thing that happened. `at`: ms UTC; `grows`: a later look may know more of it."""

    at: int
    kind: str
    data: dict[str, Any]
    grows: bool = False


def snapshot(shop: Shop, about: str, order: str, updated: int, moments: Iterable[Moment]) -> list[Event]:
    """The moments as events, by time. Nobody knew of them before `updated` (ms UTC), which is when they arrived.

    An event that is told again unchanged is the same event; one that may grow has its look in its id, so that of two
    looks the earlier stands first.
    """
    events = []
    for moment in sorted(moments, key=lambda moment: moment.at):
        look = str(updated) if moment.grows else _digest(moment)
        event = shop.event(f"{about}/{moment.kind}/{look}", moment.kind, moment.at, order, moment.data)
        events.append({**event, "recordedtime": rfc3339(max(updated, moment.at))})
    return events


def _digest(moment: Moment) -> str:
    return hashlib.blake2b(_canonical([moment.at, moment.data]), digest_size=8).hexdigest()
