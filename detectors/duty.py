"""A duty: something that must happen in time. Its row says what starts, meets, excuses and follows it.

A duty's file yields one `Case` for every time the duty arose; `judge` turns cases into verdicts, the same way
for all duties. All instants are ms UTC.
"""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from detectors.card import Card
from detectors.order import Moment, Order
from detectors.terms import Terms
from detectors.verdict import (
    APPROACHING,
    DIRECTIVE,
    DUTY,
    Breach,
    Directive,
    Judgement,
    NotApplicable,
    Obligation,
    Step,
    Verdict,
    finding,
)


class Case(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One arising of a duty, told from the facts.

    `met`, `void` and `excused` end it when they lie at or before `due`, the earliest first; later ones do not.
    `breached` is an act that breaks it (the duty then has no time limit: `due` only opens it). `directed`: when
    the platform is told to act; `overtaken`: the first act that leaves it nothing to do. `marks`: when to warn.
    `appears`: it is not spoken of before.
    """

    key: tuple[str, ...]
    opened: int
    due: int
    facts: tuple[str, ...]
    segments: Callable[[], list[dict[str, object]]]
    met: Moment | None = None
    void: Moment | None = None
    excused: Moment | None = None
    timeless: bool = False
    breached: Moment | None = None
    directed: int | None = None
    overtaken: int | None = None
    cancellation: str = ""
    holder: str = ""
    breaches: tuple[Breach, ...] = ()
    marks: tuple[int, ...] = ()
    appears: int = 0

    def ended(self) -> str:
        """met, excused, void, or "" when nothing ended it in time."""
        last = self.due if not self.timeless else (self.breached.at if self.breached else None)
        ends = (("met", self.met), ("excused", self.excused), ("void", self.void))
        in_time = [(m.at, i, s) for i, (s, m) in enumerate(ends) if m and (last is None or m.at <= last)]
        return min(in_time)[2] if in_time else ""


class Duty(msgspec.Struct, frozen=True):
    """A row of duties.md: its card, when it arises, and its cases."""

    card: Card
    arises: Callable[[Order], bool]
    cases: Callable[[Order, Terms], Iterator[Case | NotApplicable]]
    directive: str = ""
    directive_rule: str = ""

    def judge(self, order: Order, terms: Terms) -> Iterator[Judgement]:
        """What the facts say of this duty; not applicable when its fact or feed is missing."""
        if not self.arises(order):
            return
        rule = self.card.rules[0]
        missing = terms.feeds.missing(order.market, self.card.needs)
        if missing or order.placed is None:
            yield NotApplicable(rule, f"no feed: {missing}" if missing else "order.placed")
            return
        for case in self.cases(order, terms):
            if isinstance(case, NotApplicable):
                yield case
            else:
                yield from self._verdicts(case, terms)

    def _verdicts(self, case: Case, terms: Terms) -> Iterator[Judgement]:
        market, ended = terms.market, case.ended()
        settle, grace = market.ms("settle", case.opened), market.ms("grace", case.opened)
        said = case.breached.at + settle if case.breached else case.due + grace
        yield self._obligation(case, ended, said, grace)
        if case.directed is not None:
            yield self._directive(case, case.directed, settle)
        for step, mark in enumerate(case.marks, 1):
            yield self._warning(case, step, mark, grace)
        if ended or (case.timeless and case.breached is None):
            return
        confirmed = (case.breached.at if case.breached else case.due) + market.ms("finality", case.opened)
        for breach in case.breaches:
            yield finding(breach, self.card.codes[breach.code].key(case.key), said, confirmed, grace)

    def _obligation(self, case: Case, ended: str, said: int, wait: int) -> Verdict:
        steps: tuple[Step, ...] = ((case.appears, ended or "open"),)
        if not ended and (case.breached is not None or not case.timeless):
            steps = (*steps, (said, "breached"))
        return Verdict(DUTY, self.card.name, case.key, steps, wait, self._clock(case), (case.due,))

    def _clock(self, case: Case) -> Obligation:
        holder = case.holder or self.card.holder
        return Obligation(self.card.name, self.card.rules[0], holder, case.opened, case.due, case.segments)

    def _directive(self, case: Case, directed: int, settle: int) -> Verdict:
        rule = self.directive_rule or self.card.rules[0]
        what = Directive(self.directive, rule, case.cancellation, directed, case.facts, case.overtaken)
        steps = ((directed + settle, "issued"),)
        return Verdict(DIRECTIVE, self.directive, case.key, steps, settle, what, (directed,))

    def _warning(self, case: Case, step: int, mark: int, wait: int) -> Verdict:
        ends = [m.at for m in (case.met, case.void, case.excused) if m is not None]
        steps: tuple[Step, ...] = ((mark, "open"),) if not ends or min(ends) > mark else ()
        return Verdict(APPROACHING, self.card.name, (*case.key, str(step)), steps, wait, self._clock(case), ())


def elapsed(start: int, due: int, why: str = "elapsed time") -> Callable[[], list[dict[str, object]]]:
    """A clock that simply runs from `start` to `due`."""
    return lambda: [{"from": start, "to": due, "kind": "counted", "why": why}]


def rendered(message: str, values: dict[str, Any]) -> str:
    """The sentence of a finding, from its numbers."""
    return message.format_map(values)
