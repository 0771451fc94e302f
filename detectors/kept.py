"""Closed duties are kept (design §4.6, promise 9): a policy or calendar that changes moves open clocks and no other.

When the policies change, every order is compared with what was said of it. What was closed and would now be told
otherwise is kept in the order's row, by its verdict's tag: a duty with the due it had, a finding or directive as it was
said. From then on only a fact changes it. What the new policies would have said of the past stays unsaid.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from detectors.card import Card
from detectors.policy import Market
from detectors.say import STANDS, Moment, Said, digest, ripe_from, unpack
from detectors.terms import AS_SAID, STAYS, UNSAID
from detectors.verdict import BREACHED, DIRECTIVE, DUTY, FINDING, ISSUED, Breach, Directive, Obligation, Verdict

_ENDED = frozenset({"met", "excused", "void"})


class Change:
    """A change of policies as one order sees it, at the moment when it is judged again: what was `said` of it, and what
    is `kept` already.
    """

    def __init__(
        self,
        when: Moment,
        said: Mapping[str, Said],
        kept: Mapping[str, int],
        market: Market,
        cards: Mapping[str, Card],
        carried_out: Callable[[Directive], bool],
    ) -> None:
        self._when, self._at = when, when.now + 1
        self._said, self._kept, self._market, self._cards = said, kept, market, cards
        self._carried_out = carried_out
        self._closed = {tag for tag in said if tag.startswith(DUTY) and self._ended(tag)}
        self._open = {said[tag].card for tag in said if tag.startswith(DUTY)} - {said[t].card for t in self._closed}

    def duties(self, verdicts: Iterable[Verdict], failed: Collection[str]) -> dict[str, int]:
        """The duties to keep, now that the new policies give these verdicts; what a rule that `failed` said is left."""
        true = _first(verdict for verdict in verdicts if verdict.kind == DUTY)
        found = {tag: STAYS if tag not in true else self._due(tag) for tag in self._closed if self._differs(tag, true)}
        new = (tag for tag in true.keys() - self._said.keys() if self._over(true[tag]))
        unsaid = [tag for tag in new if _obligation(true[tag].content()).due < self._at]
        return self._new({**found, **dict.fromkeys(unsaid, UNSAID)}, failed)

    def stay(self, verdicts: Iterable[Verdict], failed: Collection[str]) -> dict[str, int]:
        """The kept duties that the new policies tell otherwise even with the due that they had."""
        true = _first(verdict for verdict in verdicts if verdict.kind == DUTY)
        duties = (tag for tag in self._closed if self._kept.get(tag, STAYS) > AS_SAID)
        return {tag: STAYS for tag in sorted(duties) if self._differs(tag, true) and self._said[tag].card not in failed}

    def rest(self, verdicts: Iterable[Verdict], failed: Collection[str]) -> dict[str, int]:
        """The findings and directives to keep, now that the kept duties are judged with their own due."""
        true = _first(verdict for verdict in verdicts if verdict.kind != DUTY)
        done = [tag for tag in self._said if self._done(tag)]
        found = {tag: self._how(tag, true.get(tag)) for tag in done if self._differs(tag, true)}
        return self._new({**found, **dict.fromkeys(self._of_the_past(true), UNSAID)}, failed)

    def _new(self, found: Mapping[str, int], failed: Collection[str]) -> dict[str, int]:
        broken = {tag for tag, said in self._said.items() if said.card in failed}
        return {tag: value for tag, value in sorted(found.items()) if tag not in self._kept and tag not in broken}

    def _content(self, tag: str) -> object:
        said = self._said[tag]
        return unpack(tag.partition("\x1f")[0], said.content, self._cards[said.card])

    def _due(self, tag: str) -> int:
        return _obligation(self._content(tag)).due

    def _ended(self, tag: str) -> bool:
        """Whether the duty ended, or was breached so long ago that it is final."""
        said = self._said[tag]
        if said.state != BREACHED or said.card not in self._cards:
            return said.state in _ENDED
        clock = _obligation(self._content(tag))
        return clock.due + self._market.ms("finality", clock.opened) < self._at

    def _done(self, tag: str) -> bool:
        """Whether it is a finding that was confirmed; or a directive that was carried out, or whose duty is closed."""
        kind, _, *key = tag.split("\x1f")
        said = self._said[tag]
        if said.card not in self._cards or kind not in {FINDING, DIRECTIVE}:
            return False
        if kind == FINDING:
            return said.state == "confirmed"
        content = self._content(tag)
        assert isinstance(content, Directive)
        closed = "\x1f".join((DUTY, said.card, *key)) in self._closed
        return said.state in {ISSUED, STANDS} and (closed or self._carried_out(content))

    def _differs(self, tag: str, true: Mapping[str, Verdict]) -> bool:
        """Whether the new policies tell otherwise."""
        verdict, said = true.get(tag), self._said[tag]
        if verdict is None:
            return True
        state = next((state for since, state in reversed(verdict.steps) if since < self._at), "")
        return (state, digest(verdict.content())) != (said.state, said.digest)

    def _how(self, tag: str, verdict: Verdict | None) -> int:
        """For good, when the new policies no longer tell of it or would alone put it right; else as it was said."""
        if verdict is None:
            return STAYS
        content, before = verdict.content(), self._content(tag)
        if isinstance(content, Breach) and isinstance(before, Breach) and before.cleared is None:
            return AS_SAID if content.cleared is None else STAYS
        return AS_SAID

    def _of_the_past(self, true: Mapping[str, Verdict]) -> Iterator[str]:
        """What nobody said under the old policies and is now true of what was over.

        What an open duty brings is not of the past, nor is the directive of a breached one: a switch may have held it.
        A warning that comes too late is of no use.
        """
        for tag in true.keys() - self._said.keys():
            kind, _, *key = tag.split("\x1f")
            card = true[tag].card.name
            duty = self._said.get("\x1f".join((DUTY, card, *key)))
            over = duty is not None and duty.state in _ENDED
            past = {FINDING: card not in self._open, DIRECTIVE: over}.get(kind, True)
            if past and self._over(true[tag]):
                yield tag

    def _over(self, verdict: Verdict) -> bool:
        """Whether it would have been said before, had these policies been in force."""
        if not verdict.steps:
            return False
        at, state = verdict.steps[0]
        ripe = ripe_from(verdict, at, state, self._when, self._market.name)
        return ripe < self._at and (verdict.overtaken is None or verdict.overtaken > ripe)


def _first(verdicts: Iterable[Verdict]) -> dict[str, Verdict]:
    """The first verdict of each tag, which is the one that is said."""
    true: dict[str, Verdict] = {}
    for verdict in verdicts:
        true.setdefault(verdict.tag, verdict)
    return true


def _obligation(content: object) -> Obligation:
    assert isinstance(content, Obligation)
    return content
