"""A duty: something that must happen in time. Its row says what starts, meets, excuses and follows it.

A duty's file yields one `Case` for every time the duty arose; `judge` turns cases into verdicts, the same way
for all duties. All instants are ms UTC.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import msgspec

from detectors.card import Card
from detectors.order import Order
from detectors.parts import Moment
from detectors.policy import Market
from detectors.terms import AS_SAID, Terms
from detectors.verdict import (
    APPROACHING,
    DIRECTIVE,
    DUTY,
    FINDING,
    SWITCHED,
    Breach,
    Directive,
    Judgement,
    NotApplicable,
    Obligation,
    Segments,
    Step,
    Verdict,
)


class Case(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One arising of a duty, told from the facts.

    `met`, `void` and `excused` end it when they lie at or before `due`, the earliest first; later ones do not.
    A `timeless` duty has no limit: only the act `breached` breaks it. `directed`: the instant at which the
    platform is told to act; `overtaken`: the first act that leaves it nothing to do. `marks`: when to warn.
    `appears`: the case is not spoken of before. `breaches` tells the findings of a breach.
    """

    key: tuple[str, ...]
    opened: int
    due: int
    facts: tuple[str, ...]
    segments: Segments
    met: Moment | None = None
    void: Moment | None = None
    excused: Moment | None = None
    timeless: bool = False
    breached: Moment | None = None
    directed: int | None = None
    overtaken: int | None = None
    cancellation: str = ""
    breaches: Callable[[], Sequence[Breach]] | None = None
    marks: tuple[int, ...] = ()
    appears: int = 0

    def ended(self) -> str:
        """met, excused, void, or "" when nothing ended it in time."""
        ends = (("met", self.met), ("excused", self.excused), ("void", self.void))
        in_time = [
            (moment.at, rank, state)
            for rank, (state, moment) in enumerate(ends)
            if moment is not None and self._counts(moment)
        ]
        return min(in_time)[2] if in_time else ""

    def _counts(self, end: Moment) -> bool:
        if self.timeless:
            return self.breached is None or end.at <= self.breached.at
        return end.at <= self.due


class Duty(msgspec.Struct, frozen=True):
    """A row of duties.md: its card, when it arises, and its cases; `applies`: whether the market knows it at all."""

    card: Card
    arises: Callable[[Order], bool]
    cases: Callable[[Order, Terms], Iterator[Case | NotApplicable]]
    directive: str = ""
    directive_rule: str = ""
    applies: Callable[[Order, Terms], bool] | None = None

    def judge(self, order: Order, terms: Terms) -> Iterator[Judgement]:
        """What the facts say of a duty that arose; not applicable when its fact or feed is missing."""
        if self.applies is not None and not self.applies(order, terms):
            return
        missing = terms.feeds.missing(order.market, self.card.needs)
        if missing or order.placed is None:
            yield NotApplicable(self.card.rules[0], f"no feed: {missing}" if missing else "order.placed")
            return
        for case in self.cases(order, terms):
            if isinstance(case, NotApplicable):
                yield case
            elif not terms.kept:
                yield from self._verdicts(case, terms)
            else:
                yield from self._kept(case, terms)

    def _kept(self, case: Case, terms: Terms) -> Iterator[Judgement]:
        """The case with the due it was closed with; nothing where it stays as it was said, or unsaid."""
        due = terms.kept.get("\x1f".join((DUTY, self.card.name, *case.key)))
        if due is None:
            yield from self._verdicts(case, terms)
        elif due > AS_SAID:
            yield from self._verdicts(msgspec.structs.replace(case, due=due, marks=()), terms)

    def _verdicts(self, case: Case, terms: Terms) -> Iterator[Judgement]:
        market, ended = terms.market, case.ended()
        grace = market.ms("grace", case.opened)
        act = case.breached
        said = act.at + market.ms("settle", case.opened) if act else case.due + grace
        breaks = not ended and (act is not None or not case.timeless)
        yield self._obligation(case, ended, said if breaks else None, grace)
        if case.directed is not None:
            yield self._directive(case, case.directed, market)
        for step, mark in enumerate(case.marks, 1):
            yield self._warning(case, step, mark, grace)
        if breaks and case.breaches is not None:
            confirmed = (act.at if act else case.due) + market.ms("finality", case.opened)
            steps = ((said, "raised"), (confirmed, "confirmed"))
            for breach in case.breaches():
                yield self._finding(case, breach, steps, grace)

    def _obligation(self, case: Case, ended: str, said: int | None, wait: int) -> Verdict:
        steps: tuple[Step, ...] = ((case.appears, ended or "open"),)
        if said is not None:
            steps = (*steps, (said, "breached"))
        clock = partial(self._clock, case)
        return Verdict(DUTY, self.card.name, case.key, steps, wait, self.card, clock, segments=case.segments)

    def _clock(self, case: Case) -> Obligation:
        return Obligation(self.card.name, self.card.rules[0], self.card.holder, case.opened, case.due)

    def _directive(self, case: Case, directed: int, market: Market) -> Verdict:
        settle = market.ms("settle", case.opened)
        rule = self.directive_rule or self.card.rules[0]
        content = partial(Directive, self.directive, rule, case.cancellation, directed, case.facts)
        at = directed + settle
        steps = ((at, SWITCHED[market.directs(rule, at)]),)
        return Verdict(DIRECTIVE, self.directive, case.key, steps, settle, self.card, content, overtaken=case.overtaken)

    def _warning(self, case: Case, step: int, mark: int, wait: int) -> Verdict:
        ends = [moment.at for moment in (case.met, case.void, case.excused) if moment is not None]
        steps: tuple[Step, ...] = ((mark, "open"),) if not ends or min(ends) > mark else ()
        clock, key = partial(self._clock, case), (*case.key, str(step))
        return Verdict(APPROACHING, self.card.name, key, steps, wait, self.card, clock, segments=case.segments)

    def _finding(self, case: Case, breach: Breach, steps: tuple[Step, ...], wait: int) -> Verdict:
        key = self.card.codes[breach.code].key(case.key)
        return Verdict(FINDING, breach.code, key, steps, wait, self.card, lambda: breach)


def elapsed(start: int, due: int) -> Segments:
    """A clock that simply runs from `start` to `due`."""
    return lambda: [{"from": start, "to": due, "kind": "counted", "why": "elapsed time"}]
