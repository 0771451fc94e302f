"""Messages that name no order count for the order that their conversation names: the latest card before them, else
the first after (rulebook §3.5).

A card is a message about an order in which nobody could read a word. Of the others only those are kept in which a
phrase was found, or which nobody could read: nothing else is evidence. Instants are ms UTC.
"""

from bisect import insort
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from detectors.facts import Fact
from detectors.order import OrderFact


class Card(NamedTuple):
    """A card: when it was sent, by which source, its id, and the order it names."""

    at: int
    source: str
    id: str
    order: str


class TalkRow(msgspec.Struct, gc=False, array_like=True):
    """A conversation with a seller: its cards and its messages that name no order, each in time order."""

    market: str
    cards: list[Card] = []
    messages: list[OrderFact] = []


class Moved(NamedTuple):
    """A message that leaves one order ("" = none) and joins another, with the id of the card that says so."""

    message: OrderFact
    left: str
    joined: str
    card: str


def speaks(fact: Fact) -> bool:
    """Whether the fact is a card, or a message without an order that may be evidence."""
    if fact.type != "message.sent":
        return False
    unread = not fact.data.get("listed", True)
    return unread and not fact.data.get("hits") if fact.subject else unread or bool(fact.data.get("hits"))


def hear(row: TalkRow, fact: Fact, oldest: int) -> list[Moved]:
    """Takes one such fact in, and forgets what was sent before `oldest`; the messages whose order this changes."""
    before = [(message, named(row, message)) for message in row.messages]
    if fact.subject:
        insort(row.cards, Card(fact.at, fact.source, fact.id, fact.subject))
    else:
        message = OrderFact.of(fact)
        insort(row.messages, message, key=OrderFact.place)
        before.append((message, None))
    moved = list(_moved(row, before))
    row.cards = [card for card in row.cards if card.at >= oldest]
    row.messages = [message for message in row.messages if message.at >= oldest]
    return moved


def _moved(row: TalkRow, before: list[tuple[OrderFact, Card | None]]) -> Iterator[Moved]:
    for message, old in before:
        new = named(row, message)
        if new is not None and new != old:
            yield Moved(message, old.order if old else "", new.order, new.id)


def named(row: TalkRow, message: OrderFact) -> Card | None:
    """The card that says which order the message is about; None before there is any."""
    earlier = [card for card in row.cards if card.at <= message.at]
    return earlier[-1] if earlier else next(iter(row.cards), None)


def latest(row: TalkRow) -> int | None:
    """When the conversation was last heard of."""
    return max((*(card.at for card in row.cards), *(message.at for message in row.messages)), default=None)
