"""An act: something done that must not be. It is found at the act, not at a deadline (duties §2)."""

from collections.abc import Callable, Iterator

import msgspec

from detectors.card import Card
from detectors.order import Order
from detectors.terms import Terms
from detectors.verdict import FINDING, Breach, Judgement, NotApplicable, Note, Verdict


class Deed(msgspec.Struct, frozen=True, gc=False):
    """One act: when it was done (ms UTC), its finding's key, and the evidence."""

    at: int
    key: tuple[str, ...]
    breach: Breach


class Act(msgspec.Struct, frozen=True):
    """A row of duties.md §2: its card, when it can have been done, and the acts that the facts show.

    `eventful`: it cannot have been done to an order that is not (`Order.eventful`).
    """

    card: Card
    arises: Callable[[Order], bool]
    deeds: Callable[[Order, Terms], Iterator[Deed | NotApplicable | Note]]
    eventful: bool = False

    def judge(self, order: Order, terms: Terms) -> list[Judgement]:
        """The findings; the feeds that the rule needs are delivered."""
        if order.placed is None:
            return [NotApplicable(next(iter(self.card.codes)), "order.placed")]
        deeds = self.deeds(order, terms)
        return [found(deed, self.card, terms) if isinstance(deed, Deed) else deed for deed in deeds]


def found(deed: Deed, card: Card, terms: Terms) -> Verdict:
    """The finding of an act: raised after settle, confirmed after finality."""
    market, breach = terms.market, deed.breach
    raised = deed.at + market.ms("settle", deed.at)
    confirmed = deed.at + market.ms("finality", deed.at)
    steps = ((raised, "raised"), (confirmed, "confirmed"))
    return Verdict(FINDING, breach.code, deed.key, steps, market.ms("grace", deed.at), card, lambda: breach)
