"""The clause that made the difference: which numbers, or which days, differ where a finding's day binds them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from detectors.clock import Calendar, MissingYearError, Span
from detectors.facts import Fact
from detectors.verdict import Breach, Directive
from streams.policy_show import holds, written
from streams.whatif import FactKey, Moved, Side, named, traits

_BINDING = {
    "placed": ("order.placed",),
    "paid": ("order.paid", "order.placed"),
    "request": ("cancellation.requested",),
    "cancel": ("order.cancelled",),
}
_LONGEST = 400
DAY = "day"
_NOTHING, _WORKS, _PROMOTED = "-", "working day", "promoted"


class Clause(NamedTuple):
    """What differs: a policy key, or else a day, "market", "tz", "reasons" or "phrases"; A's and B's word for it.

    Of lists only what differs. `day`: the local day that binds it, "" for none. `own`: it is among the keys that the
    rule itself reads, or a day on its clock; otherwise it acts through another rule, and the cause is among these.
    """

    key: str
    a: str
    b: str
    day: str
    own: bool


def clauses(a: Side, b: Side, one: Moved, facts: Mapping[FactKey, Fact]) -> list[Clause]:
    """What differs for it: the rule's own keys and days; where none does, other keys; else whatever the market says."""
    market = one.one.market
    if market not in a.tables.markets or market not in b.tables.markets:
        old, new = ("there" if market in side.tables.markets else _NOTHING for side in (a, b))
        return [Clause("market", old, new, "", own=True)]
    card = one.one.card
    assert card is not None
    shown, binds = _named(one, facts), {**card.keys, **dict.fromkeys(_switches(one), "day")}
    every = {key: row["binds"] for key, row in a.tables.default.items() if isinstance(row, dict)}
    own = _through(a, b, one, shown, binds, own=True)
    return own or _through(a, b, one, shown, every, own=False) or list(_rest(a, b, market))


def _through(a: Side, b: Side, one: Moved, facts: Sequence[Fact], binds: Mapping[str, str], own: bool) -> list[Clause]:
    """The keys that differ, and where one of them is in working days the days that do."""
    found = list(_keys(a, b, one, facts, binds, own))
    if _in_working_days(a, b, one, facts, binds):
        found.extend(_days(a, b, one, facts, own))
    return found


def _in_working_days(a: Side, b: Side, one: Moved, facts: Sequence[Fact], binds: Mapping[str, str]) -> bool:
    markets = [side.rules.policies.markets[one.one.market] for side in (a, b)]
    values = (m.at(key, at) for key, word in binds.items() for at in _binding(word, one, facts) for m in markets)
    return any(isinstance(value, Span) and value.kind == "working" for value in values)


def _named(one: Moved, facts: Mapping[FactKey, Fact]) -> list[Fact]:
    keys = ((outcome.seller, id_) for outcome in one.outcomes for id_ in named(outcome))
    return [facts[key] for key in keys if key in facts]


def _switches(one: Moved) -> list[str]:
    """The keys that no card names: what becomes of a directive, and whether a code is promoted."""
    if isinstance(one.one.content, Directive):
        return ["directives"]
    return [_PROMOTED] if _staged_differs(one) else []


def _staged_differs(one: Moved) -> bool:
    return len({traits(outcome).get("staged") for outcome in one.outcomes}) > 1


def _keys(a: Side, b: Side, one: Moved, facts: Sequence[Fact], binds: Mapping[str, str], own: bool) -> Iterator[Clause]:
    market = one.one.market
    old, new = a.rules.policies.markets[market], b.rules.policies.markets[market]
    for key, word in binds.items():
        for at in _binding(word, one, facts):
            if old.at(key, at) != new.at(key, at):
                day = date.fromordinal(old.calendar.day(at))
                values = (holds(side.tables, market, key, day).value for side in (a, b))
                yield Clause(key, *_differing(*values), str(day), own)
                break


def _differing(old: Any, new: Any) -> tuple[str, str]:
    """Both values in words; of two lists only what the other does not hold."""
    if not isinstance(old, list):
        return written(old), written(new)
    return written([part for part in old if part not in new]), written([part for part in new if part not in old])


def _binding(word: str, one: Moved, facts: Sequence[Fact]) -> list[int]:
    """The instants whose local day may bind: those of the facts of that kind; else of all facts and its due."""
    types = _BINDING.get(word, ())
    bound = [fact for fact in facts if fact.type in types]
    if word == "request":
        bound = [fact for fact in bound if fact.data.get("cancellation") in one.one.key] or bound
    elif word == "paid":
        bound = [fact for fact in bound if fact.type == types[0]] or bound
    return sorted({fact.at for fact in bound}) or _instants(one, facts)


def _instants(one: Moved, facts: Sequence[Fact]) -> list[int]:
    return sorted({fact.at for fact in facts} | {outcome.at for outcome in one.outcomes} | _dues(one))


def _dues(one: Moved) -> set[int]:
    contents = (outcome.content for outcome in one.outcomes)
    return {content.due for content in contents if isinstance(content, Breach | Directive) and content.due is not None}


def _days(a: Side, b: Side, one: Moved, facts: Sequence[Fact], own: bool) -> Iterator[Clause]:
    """The days between its first fact and its last due on which only one side works."""
    dues = _dues(one)
    if not dues:
        return
    old, new = (side.rules.policies.markets[one.one.market].calendar for side in (a, b))
    first = old.day(min(dues | {fact.at for fact in facts}))
    for day in range(first, min(old.day(max(dues)), first + _LONGEST) + 1):
        before, after = _off(old, day), _off(new, day)
        if (before == _WORKS) != (after == _WORKS):
            yield Clause(DAY, before, after, str(date.fromordinal(day)), own)


def _off(calendar: Calendar, day: int) -> str:
    try:
        return calendar.off(day) or _WORKS
    except MissingYearError:
        return "not in the calendar"


def _rest(a: Side, b: Side, market: str) -> Iterator[Clause]:
    """What else the two folders say differently of the market; nothing when nothing explains it."""
    old, new = a.tables.markets[market], b.tables.markets[market]
    if old["tz"] != new["tz"]:
        yield Clause("tz", old["tz"], new["tz"], "", own=False)
    if a.tables.reasons != b.tables.reasons:
        yield Clause("reasons", "of A", "of B", "", own=False)
    if a.phrases != b.phrases or old["languages"] != new["languages"]:
        yield Clause("phrases", "of A", "of B", "", own=False)
