"""A seller's own after-sales terms: what each change set, in order, and how long a change is kept (R-62)."""

from bisect import insort
from collections.abc import Sequence

import msgspec

from detectors.facts import Fact


class TermsChange(msgspec.Struct, frozen=True, gc=False, array_like=True, order=True):
    """One `shop.policy_changed` (ms UTC). A field that the fact leaves out (None) stays as it was."""

    at: int
    source: str
    fact: str
    return_days: int | None = None
    conditions: str | None = None


def add(changes: list[TermsChange], fact: Fact) -> None:
    """Puts the change in its place; one that is there already is not put again."""
    data = fact.data
    change = TermsChange(fact.at, fact.source, fact.id, data.get("return_days"), data.get("conditions"))
    if not any((one.source, one.fact) == (change.source, change.fact) for one in changes):
        insort(changes, change, key=_place)


def _place(change: TermsChange) -> tuple[int, str, str]:
    return change.at, change.source, change.fact


def since(changes: Sequence[TermsChange], first: int) -> list[TermsChange]:
    """The changes from `first` (ms UTC) on, and those before it whose terms were still in force then."""
    before = [change for change in changes if change.at < first]
    in_force = [
        max((change for change in before if getattr(change, name) is not None), key=_place, default=None)
        for name in ("return_days", "conditions")
    ]
    return [change for change in changes if change.at >= first or change in in_force]
