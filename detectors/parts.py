"""The parts that an order's facts tell: moments, lines, requests, cancellations, notices. Instants are ms UTC."""

from collections.abc import Sequence
from typing import Any

import msgspec


class Moment(msgspec.Struct, gc=False):
    """Something that happened: when, and the fact that says so."""

    at: int
    fact: str


class Line(msgspec.Struct, gc=False):
    """One line of the order: what was bought and how far it came."""

    line: str
    ready: Moment | None = None
    transit: Moment | None = None
    delivered: Moment | None = None


class Parcel(msgspec.Struct, gc=False):
    """A package the seller made ready; `tracking` and its `lines` may not be told ("" and none)."""

    package: str
    ready: Moment
    tracking: str
    lines: tuple[str, ...]


class Scan(msgspec.Struct, gc=False):
    """The carrier had a package in hand; "" for one that is not named."""

    at: int
    fact: str
    package: str


class Decision(msgspec.Struct, gc=False):
    """An answer to a request: approve, reject or auto_approve, by whom."""

    at: int
    fact: str
    decision: str
    by: str
    reason: str

    @property
    def approves(self) -> bool:
        """Whether the request is granted."""
        return self.decision != "reject"


class Request(msgspec.Struct, gc=False):
    """A cancellation asked for. `lines` empty: the whole order. `more`: facts that filled in the rest."""

    id: str
    at: int
    fact: str
    by: str
    reason: str
    lines: tuple[str, ...]
    respond_by: int | None
    decisions: list[Decision]
    withdrawn: Moment | None = None
    more: tuple[str, ...] = ()


class Cancel(msgspec.Struct, gc=False):
    """The order, or lines of it, cancelled. `request` is the buyer's request that it carries out, if any."""

    id: str
    at: int
    fact: str
    by: str
    reason: str
    lines: tuple[str, ...]
    request: Request | None = None

    @property
    def initiator(self) -> str:
        """Who wanted it: the buyer where it carries out his request, else who did it."""
        return "buyer" if self.request is not None else self.by


class Notice(msgspec.Struct, gc=False):
    """A message of the platform's or the seller's about a cancellation; `locale` may be unknown ("")."""

    at: int
    fact: str
    to: str
    channel: str
    locale: str
    about: str
    reason_given: bool
    cancellation: str


class Message(msgspec.Struct, gc=False):
    """A message about the order, as the phrases found in it: (intent, list, phrase, offset).

    `facts`: what shows it: the message, after the card of its conversation where it names no order itself.
    """

    at: int
    fact: str
    sender: str
    hits: Sequence[Sequence[Any]]
    listed: bool
    facts: tuple[str, ...]

    def says(self, intent: str) -> Sequence[Any] | None:
        """The first phrase of that intent."""
        return next((hit for hit in self.hits if hit[0] == intent), None)


class Consent(msgspec.Struct, gc=False):
    """The buyer agrees to wait until a day ("YYYY-MM-DD") or an instant."""

    at: int
    fact: str
    until: str | int


class Estimate(msgspec.Struct, gc=False):
    """When the parcel should have come at the latest: a day ("YYYY-MM-DD") or an instant."""

    at: int
    fact: str
    until: str | int
