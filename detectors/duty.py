"""A duty: something that must happen in time. Its row says what starts, meets, excuses and follows it.

A duty's file yields one `Case` for every time the duty arose; `judge` turns cases into verdicts, the same way
for all duties. All instants are ms UTC.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

import msgspec

from detectors.card import Card
from detectors.order import Order
from detectors.parts import Moment
from detectors.policy import Market
from detectors.terms import AS_SAID, Terms
from detectors.verdict import (
    APPROACHING,
    BREACHED,
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
        first, state = None, ""
        for end, name in ((self.met, "met"), (self.excused, "excused"), (self.void, "void")):
            if end is not None and self._counts(end) and (first is None or end.at < first):
                first, state = end.at, name
        return state

    def _counts(self, end: Moment) -> bool:
        if self.timeless:
            return self.breached is None or end.at <= self.breached.at
        return end.at <= self.due


class Duty(msgspec.Struct, frozen=True):
    """A row of duties.md: its card, when it arises, and its cases; `applies`: whether the market knows it at all.

    `eventful`: it never arises in an order that is not (`Order.eventful`).
    """

    card: Card
    arises: Callable[[Order], bool]
    cases: Callable[[Order, Terms], Iterator[Case | NotApplicable]]
    directive: str = ""
    directive_rule: str = ""
    applies: Callable[[Order, Terms], bool] | None = None
    eventful: bool = False

    def judge(self, order: Order, terms: Terms) -> list[Judgement]:
        """What the facts say of a duty that arose, its feeds being delivered; not applicable when a fact is missing."""
        if self.applies is not None and not self.applies(order, terms):
            return []
        if order.placed is None:
            return [NotApplicable(self.card.rules[0], "order.placed")]
        judged: list[Judgement] = []
        for case in self.cases(order, terms):
            if isinstance(case, NotApplicable):
                judged.append(case)
            elif not terms.kept:
                judged += self._verdicts(case, terms)
            else:
                judged += self._kept(case, terms)
        return judged

    def _kept(self, case: Case, terms: Terms) -> Iterable[Judgement]:
        """The case with the due it was closed with; nothing where it stays as it was said, or unsaid."""
        due = terms.kept.get("\x1f".join((DUTY, self.card.name, *case.key)))
        if due is None:
            return self._verdicts(case, terms)
        if due > AS_SAID:
            return self._verdicts(msgspec.structs.replace(case, due=due, marks=()), terms)
        return ()

    def _verdicts(self, case: Case, terms: Terms) -> Iterator[Judgement]:
        market, ended, act = terms.market, case.ended(), case.breached
        grace = market.ms("grace", case.opened)
        if ended or (act is None and case.timeless):
            yield self._obligation(case, ((case.appears, ended or "open"),), grace)
            yield from self._besides(case, market, grace)
            return
        said = act.at + market.ms("settle", case.opened) if act else case.due + grace
        yield self._obligation(case, ((case.appears, "open"), (said, BREACHED)), grace)
        yield from self._besides(case, market, grace)
        if case.breaches is not None:
            confirmed = (act.at if act else case.due) + market.ms("finality", case.opened)
            steps = ((said, "raised"), (confirmed, "confirmed"))
            for breach in case.breaches():
                yield self._finding(case, breach, steps, grace)

    def _besides(self, case: Case, market: Market, grace: int) -> Iterator[Verdict]:
        """What goes out while the duty is open: the directive and the warnings."""
        if case.directed is not None:
            yield self._directive(case, case.directed, market)
        for step, mark in enumerate(case.marks, 1):
            yield self._warning(case, step, mark, grace)

    def _obligation(self, case: Case, steps: tuple[Step, ...], wait: int) -> Verdict:
        clock = self._clock(case)
        return Verdict(DUTY, self.card.name, case.key, steps, wait, self.card, lambda: clock, segments=case.segments)

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
        clock, key = self._clock(case), (*case.key, str(step))
        return Verdict(APPROACHING, self.card.name, key, steps, wait, self.card, lambda: clock, segments=case.segments)

    def _finding(self, case: Case, breach: Breach, steps: tuple[Step, ...], wait: int) -> Verdict:
        key = self.card.codes[breach.code].key(case.key)
        return Verdict(FINDING, breach.code, key, steps, wait, self.card, lambda: breach)


def elapsed(start: int, due: int) -> Segments:
    """A clock that simply runs from `start` to `due`."""
    return lambda: [{"from": start, "to": due, "kind": "counted", "why": "elapsed time"}]
