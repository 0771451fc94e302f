"""Said against true: what was said is compared with what is true now, and the difference is said.

No rule emits anything by itself (design §4.6). Instants are ms UTC.
"""

import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from detectors.card import Card
from detectors.feeds import NEVER, Feeds, Silence
from detectors.outcomes import Outcome
from detectors.policy import Market
from detectors.terms import AS_SAID, NOTHING, STAYS
from detectors.verdict import (
    APPROACHING,
    BREACHED,
    DIRECTIVE,
    DUTY,
    FINDING,
    ISSUED,
    OFF,
    SHADOWED,
    Breach,
    Content,
    Directive,
    Obligation,
    Verdict,
)

WITHDRAWN, STANDS = "withdrawn", "stands"
_OUTCOME = {DUTY: "duty.changed", APPROACHING: "duty.approaching"}


class Said(msgspec.Struct, gc=False, array_like=True):
    """What was last said under one tag: state, revision, digest of its content, the content to take back, and the
    name of the card that said it.

    A directive that was carried out before it proved wrong is in state `stands`; `digest` is then the log time
    (ms) at which it did.
    """

    state: str
    revision: int
    digest: int
    content: bytes = b""
    card: str = ""


class Subject(msgspec.Struct, frozen=True, gc=False):
    """What verdicts are about: one order, or one window of a seller.

    `carried_out(directive)`: whether a fact shows that an issued directive was carried out.
    """

    seller: str
    id: str
    profile: Market
    carried_out: Callable[[Directive], bool] = lambda _: False


class Hush(NamedTuple):
    """What silent feeds keep from being said. `talk_from` as in `Feeds`; `tick`: up to where time has come (ms UTC)."""

    feeds: Feeds
    silence: Silence
    tick: int

    def talk_from(self, market: str, needs: tuple[tuple[str, ...], ...]) -> int:
        """From when on the absence of what is needed means something."""
        return self.feeds.talk_from(self.silence, market, needs)


class Moment(msgspec.Struct, frozen=True, gc=False):
    """When it is said. `now`: what is decidable up to and including it. `cause`: the log time of the fact that
    changed something, None when only time went on. `hold`: log time of the latest fact out of a backlog, or 0.
    `hush`: which feeds are silent or were a moment ago, None for none. `reason`: why clocks move, if not by a fact.
    """

    now: int
    cause: int | None
    hold: int
    hush: Hush | None = None
    reason: str = ""

    def held(self, hold: int) -> "Moment":
        """The same moment for a row with that hold."""
        return self if hold == self.hold else Moment(self.now, self.cause, hold, self.hush, self.reason)

    def ripe(self, at: int, wait: int) -> int:
        """When something true from `at` may first be said: after a backlog not before its log time + `wait`."""
        return max(at, self.hold + wait) if self.hold and at else at


class Spoken(msgspec.Struct, gc=False):
    """The outcomes, the next instant at which time alone changes something (None: never), and the last of all.

    `stands`: a directive that was carried out has just proved wrong.
    """

    outcomes: list[Outcome] = []
    next: int | None = None
    last: int = 0
    stands: bool = False


def say(
    subject: Subject,
    said: dict[str, Said],
    verdicts: Sequence[Verdict],
    when: Moment,
    cards: Mapping[str, Card],
    failed: frozenset[str] = frozenset(),
    kept: Mapping[str, int] = NOTHING,
) -> Spoken:
    """Says the difference between `verdicts` and `said`, and keeps it in `said`.

    What rules named in `failed` (cards) said before stays as it was; `kept`: what a change of policies does not touch.
    """
    spoken = Spoken()
    true: dict[str, Verdict] = {}
    for verdict in verdicts:
        true.setdefault(verdict.tag, verdict)
    for tag, verdict in true.items():
        before = said.get(tag)
        if kept.get(tag, AS_SAID) < AS_SAID or (verdict.kind == DIRECTIVE and _switched(verdict, before)):
            continue
        reached = _reached(verdict, before, when, spoken, subject.profile.name)
        if reached >= 0:
            content = verdict.content() if tag not in kept else _kept(verdict, before)
            mark = digest(content)
            if before is None or before.digest != mark or before.state != verdict.steps[reached][1]:
                spoken.outcomes += _speak(subject, said, tag, verdict, reached, content, mark, when)
        elif before is not None and tag not in kept:
            _drop(subject, said, tag, verdict.card, when, spoken)
    if not said.keys() <= true.keys():
        for tag in [tag for tag in said if tag not in true and kept.get(tag) != STAYS]:
            card = cards.get(said[tag].card)
            if card is not None and card.name not in failed:
                _drop(subject, said, tag, card, when, spoken)
    return spoken


def _drop(subject: Subject, said: dict[str, Said], tag: str, card: Card, when: Moment, spoken: Spoken) -> None:
    before = said[tag].state
    spoken.outcomes += _take_back(subject, said, tag, card, when)
    spoken.stands = spoken.stands or before != STANDS == said[tag].state


def _switched(verdict: Verdict, before: Said | None) -> bool:
    """Whether the switch leaves nothing to say of a directive that is true: it is off, or was said already and stays.

    What was issued is not taken back because it would now be shadowed or off; what was shadowed is issued late.
    """
    switched = verdict.steps[0][1]
    known = before.state if before is not None else WITHDRAWN
    return (switched == OFF) or (switched == SHADOWED and known in {ISSUED, STANDS})


def ripe_from(verdict: Verdict, at: int, state: str, when: Moment, market: str) -> int:
    """When a new step may first be said: after a backlog, and not from the absence of what a silent feed brings.

    That a duty opened, was met or lapsed is told by facts, never by their absence.
    """
    ripe = when.ripe(at, verdict.wait)
    if when.hush is None or (verdict.kind == DUTY and state != BREACHED):
        return ripe
    heard = when.hush.talk_from(market, verdict.card.needs)
    return max(ripe, heard + verdict.wait) if heard else ripe


def _reached(verdict: Verdict, before: Said | None, when: Moment, spoken: Spoken, market: str) -> int:
    """The index of the step that holds now, -1 for none. What was said needs no waiting."""
    waits = when.hold or when.hush is not None
    known, reached = _known(verdict, before) if waits else -1, -1
    for i, (at, state) in enumerate(verdict.steps):
        ripe = ripe_from(verdict, at, state, when, market) if waits and i > known else at
        if verdict.overtaken is not None and verdict.overtaken <= ripe:
            return -1
        if when.hush is not None and ripe >= NEVER:
            ripe = at if at > when.now else max(when.hush.tick, when.now + max(verdict.wait, 1))  # looks again then
        spoken.last = max(spoken.last, ripe)
        if ripe > when.now:
            spoken.next = ripe if spoken.next is None else min(spoken.next, ripe)
            break
        reached = i
    return reached


def _known(verdict: Verdict, before: Said | None) -> int:
    """The index of the step that was said already, -1 for none."""
    states = [state for _, state in verdict.steps]
    return states.index(before.state) if before is not None and before.state in states else -1


def _speak(
    subject: Subject,
    said: dict[str, Said],
    tag: str,
    verdict: Verdict,
    reached: int,
    content: Content,
    mark: int,
    when: Moment,
) -> Iterator[Outcome]:
    """Says the verdict's step, which differs from what was said; `mark`: the digest of its content."""
    before = said.get(tag)
    if before is not None and before.state == STANDS:
        before.state, before.digest = verdict.steps[reached][1], mark
        return
    for at, state in _path(verdict, before, reached):
        revision = before.revision + 1 if before is not None else 1
        repeated = before is not None and before.state == state
        ripe = at if repeated else ripe_from(verdict, at, state, when, subject.profile.name)
        yield Outcome(
            type=_OUTCOME.get(verdict.kind) or f"{verdict.kind}.{state}",
            seller=subject.seller,
            market=subject.profile.name,
            at=ripe if when.cause is None else max(ripe, when.cause),
            code=content.rule if isinstance(content, Obligation) else verdict.name,
            state=state,
            before=before.state if before is not None else "",
            subject=subject.id,
            revision=int(verdict.key[-1]) if verdict.kind == APPROACHING else revision,
            key=verdict.key[:-1] if verdict.kind == APPROACHING else verdict.key,
            card=verdict.card,
            content=content,
            profile=subject.profile,
            segments=verdict.segments,
            why=when.reason if verdict.kind == DUTY and before is not None else "",
        )
        said[tag] = before = Said(state, revision, mark, _pack(content), verdict.card.name)


def _kept(verdict: Verdict, before: Said | None) -> Content:
    """The content of a verdict that a change of policies does not touch: as it was said."""
    content = verdict.content()
    if before is None or before.state == WITHDRAWN:
        return content
    return _as_said(content, unpack(verdict.kind, before.content, verdict.card))


def _as_said(content: Content, before: Content) -> Content:
    """What was said before, with what a fact alone can tell since: that it was put right."""
    if isinstance(content, Breach) and isinstance(before, Breach) and before.cleared is None:
        return msgspec.structs.replace(before, cleared=content.cleared)
    return before


def _path(verdict: Verdict, before: Said | None, reached: int) -> Sequence[tuple[int, str]]:
    """The states to say one after the other: a duty opens first, a finding is raised before it is confirmed."""
    target = verdict.steps[reached]
    fresh = before is None or before.state == WITHDRAWN
    if not fresh or verdict.kind in {DIRECTIVE, APPROACHING} or target[1] == "open":
        return (target,)
    if verdict.kind == DUTY:
        return ((verdict.steps[0][0], "open"), target)
    return verdict.steps[: reached + 1]


def _take_back(subject: Subject, said: dict[str, Said], tag: str, card: Card, when: Moment) -> Iterator[Outcome]:
    """Withdraws what was said, unless it is a directive that was carried out: that one stands."""
    kind, name, *key = tag.split("\x1f")
    before = said[tag]
    if kind == APPROACHING or before.state in {WITHDRAWN, STANDS}:
        return
    content = unpack(kind, before.content, card)
    cause = when.now if when.cause is None else when.cause
    prefix = "shadow_" if before.state == SHADOWED else ""
    if isinstance(content, Directive) and not prefix and subject.carried_out(content):
        before.state, before.digest = STANDS, cause
        return
    yield Outcome(
        type="duty.changed" if kind == DUTY else f"{kind}.{prefix}{WITHDRAWN}",
        seller=subject.seller,
        market=subject.profile.name,
        at=cause,
        code=content.rule if isinstance(content, Obligation) else name,
        state=WITHDRAWN,
        before=before.state,
        subject=subject.id,
        revision=before.revision + 1,
        key=tuple(key),
        card=card,
        content=content,
        profile=subject.profile,
        after_finality=before.state == "confirmed",
    )
    said[tag] = Said(WITHDRAWN, before.revision + 1, 0, before.content, card.name)


def digest(content: Content) -> int:
    """A number that differs when the content does."""
    if isinstance(content, Obligation):
        return 7 * content.due + content.opened
    return zlib.crc32(msgspec.json.encode(content))


def _pack(content: Content) -> bytes:
    if isinstance(content, Obligation):
        return msgspec.msgpack.encode((content.opened, content.due))
    return msgspec.msgpack.encode(content)


def unpack(kind: str, packed: bytes, card: Card) -> Content:
    """The content of a verdict of that kind, as `Said` keeps it."""
    if kind == FINDING:
        return msgspec.msgpack.decode(packed, type=Breach)
    if kind == DIRECTIVE:
        return msgspec.msgpack.decode(packed, type=Directive)
    opened, due = msgspec.msgpack.decode(packed, type=tuple[int, int])
    return Obligation(card.name, card.rules[0], card.holder, opened, due)
