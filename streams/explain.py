"""`countermand explain`: one order in plain text, each duty's clock drawn, what was said and why (contract §3)."""

from bisect import insort
from collections.abc import Iterable, Iterator
from itertools import chain

from detectors.catalogue import PATTERNS
from detectors.facts import Fact
from detectors.order import OrderFact
from detectors.outcomes import Outcome
from detectors.rulebook import Rulebook
from detectors.verdict import Breach
from streams.account import Account, Clock, account, tag
from streams.embedded import Embedded

_WIDTH = 48
_MARKS = {"counted": "=", "skipped": ".", "paused": "~"}


class UnknownOrderError(LookupError):
    """No fact is about that order; the message is one sentence."""


class _Known:
    """What is known of one seller's order of that id."""

    def __init__(self, market: str) -> None:
        self.market = market
        self.facts: list[OrderFact] = []
        self.states: dict[str, str] = {}
        self.said: list[Outcome] = []


def explain(rules: Rulebook, facts: Iterable[Fact], order: str, until: int | None = None) -> str:
    """The order's story up to `until` (ms UTC; None: the last log time), one for every seller who has that id.

    Raises UnknownOrderError when no fact is about it.
    """
    found = _gather(rules, facts, order, until)
    if not found:
        raise UnknownOrderError(f'no order "{order}" in this history; --order wants the id that stands in "subject"')
    accounts = (account(rules, seller, k.market, order, k.facts, k.states, k.said) for seller, k in found.items())
    return "\n".join("\n".join(_told(one)) for one in accounts)


def _gather(rules: Rulebook, facts: Iterable[Fact], order: str, until: int | None) -> dict[str, _Known]:
    embedded, found = Embedded(rules), dict[str, _Known]()
    for fact in facts:
        if until is not None and fact.arrived > until:
            break
        said = list(embedded.accept(fact))
        if fact.subject == order and any(one.type == "fact.accepted" for one in said):
            known = found.setdefault(fact.seller, _Known(fact.market))
            insort(known.facts, OrderFact.of(fact), key=OrderFact.place)
        _hear(found, said, order)
    _hear(found, embedded.close(until), order)
    return {seller: known for seller, known in found.items() if any(f.type.startswith("order.") for f in known.facts)}


def _hear(found: dict[str, _Known], outcomes: Iterable[Outcome], order: str) -> None:
    """Keeps what is said of the order, or of its seller on the ground of its facts."""
    for outcome in outcomes:
        known = found.get(outcome.seller)
        if known is None:
            continue
        if outcome.type == "duty.changed" and outcome.subject == order:
            known.states[tag(outcome)] = outcome.state
        elif outcome.content is not None and (outcome.subject == order or _stands_on(outcome, known)):
            known.said.append(outcome)


def _stands_on(outcome: Outcome, known: _Known) -> bool:
    content = outcome.content
    if not isinstance(content, Breach) or outcome.card not in PATTERNS:
        return False
    return not {fact.id for fact in known.facts}.isdisjoint(content.facts)


def _told(one: Account) -> Iterator[str]:
    yield f"Order {one.order} of {one.seller}, market {one.market}. Times are those of {one.zone}."
    yield from ("", "Facts")
    yield from (f"  {line.at}  {line.type:<24} {line.id}  {line.details}".rstrip() for line in one.facts)
    yield from ("", "Clocks    = counted   . skipped   ~ paused")
    yield from chain.from_iterable(map(_drawn, one.clocks)) if one.clocks else ("  none",)
    yield from ("", "Said")
    for saying in one.said:
        yield f"  {saying.at}  {saying.what}"
        yield f"    {saying.sentence}"
        if saying.facts:
            yield f"    Facts: {', '.join(saying.facts)}"
    if not one.said:
        yield "  nothing"
    if one.notes:
        yield from ("", "Counted, accusing nobody", *(f"  {note}" for note in one.notes))
    yield ""


def _drawn(clock: Clock) -> Iterator[str]:
    yield f"  {clock.rule} {clock.name}, owed by the {clock.holder}: {clock.state}"
    yield f"    {clock.opened}  |{''.join(_bar(clock))}|  {clock.due}"
    for piece in clock.pieces:
        yield f"      {_MARKS[piece.kind]} {piece.start} to {piece.end}  {piece.why}"


def _bar(clock: Clock) -> Iterator[str]:
    """The clock's pieces to scale; one that is too short to be seen still takes one place."""
    for piece in clock.pieces:
        yield _MARKS[piece.kind] * max(1, round(_WIDTH * piece.share / 1000))
