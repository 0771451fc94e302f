"""One order's account: its facts, the clock of each duty, what was said and why. For `explain` and the page."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from detectors.clock import SECOND
from detectors.order import OrderFact, fold
from detectors.outcomes import Outcome
from detectors.policy import Market
from detectors.rulebook import Rulebook
from detectors.verdict import DUTY, Breach, Obligation, Verdict

NOT_YET = "not said yet"


class Piece(NamedTuple):
    """A piece of a clock, from its first to its last millisecond. `share`: of the whole clock, in per mille."""

    start: str
    end: str
    kind: str
    why: str
    share: int


class Clock(NamedTuple):
    """A duty's clock: who owes what from when to when, what became of it, and which time counted."""

    rule: str
    name: str
    holder: str
    state: str
    opened: str
    due: str
    pieces: tuple[Piece, ...]


class Line(NamedTuple):
    """A fact of the order, in words."""

    at: str
    type: str
    id: str
    details: str


class Saying(NamedTuple):
    """Something that was said of the order, and the ids of the facts it stands on."""

    at: str
    what: str
    sentence: str
    facts: tuple[str, ...]


class Account(NamedTuple):
    """Everything that there is to tell of one order. Times are local to its market."""

    seller: str
    market: str
    zone: str
    order: str
    facts: tuple[Line, ...]
    clocks: tuple[Clock, ...]
    said: tuple[Saying, ...]
    notes: tuple[str, ...]


def account(
    rules: Rulebook,
    seller: str,
    market: str,
    order: str,
    facts: Sequence[OrderFact],
    states: Mapping[str, str],
    said: Sequence[Outcome],
) -> Account:
    """The account of one order. `states`: what was last said of each duty, by its verdict's tag."""
    profile = rules.terms(market).market
    judged = rules.judge_order(fold(seller, market, order, facts), {})
    duties = [verdict for verdict in judged.verdicts if verdict.kind == DUTY]
    notes = [_note(note) for note in judged.notes]
    notes += [f"failed: {name} ({error})" for name, error in judged.failed.items()]
    return Account(
        seller,
        market,
        profile.calendar.tz.key,
        order,
        tuple(Line(local(profile, f.at), f.type, f.id, details(profile, f.data)) for f in facts),
        tuple(_clock(profile, verdict, states.get(verdict.tag, NOT_YET)) for verdict in duties),
        tuple(saying(profile, outcome) for outcome in said),
        tuple(dict.fromkeys(notes)),
    )


def tag(outcome: Outcome) -> str:
    """The tag of the duty that the outcome speaks of."""
    assert outcome.card is not None
    return "\x1f".join((DUTY, outcome.card.name, *outcome.key))


def local(profile: Market, at: int) -> str:
    """The instant (ms UTC) on the market's clocks, with weekday and milliseconds."""
    moment = datetime.fromtimestamp(at // SECOND, profile.calendar.tz)
    return f"{moment:%a %Y-%m-%d %H:%M:%S}.{at % SECOND:03d}"


def details(profile: Market, data: Mapping[str, Any]) -> str:
    """A fact's data in one line; phrases that were found by their number, never a text."""
    return ", ".join(
        f"{name} {_value(profile, name, value)}" for name, value in data.items() if value not in ([], {}, "")
    )


def _value(profile: Market, name: str, value: Any) -> str:
    if name == "hits":
        return " ".join(f"{intent}:{version}:{phrase}" for intent, version, phrase, _ in value)
    if name == "lines":
        return " ".join(str(line["line"]) if isinstance(line, dict) else str(line) for line in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) and (name.endswith("_by") or name in {"until", "auto_cancel_at"}):
        return local(profile, value)
    return str(value)


def _clock(profile: Market, verdict: Verdict, state: str) -> Clock:
    content = verdict.content()
    assert isinstance(content, Obligation)
    raw = verdict.segments() if verdict.segments is not None else []
    return Clock(
        content.rule,
        _stage_named(content.name, verdict.key),
        content.holder,
        state,
        local(profile, content.opened),
        local(profile, content.due),
        tuple(_pieces(profile, raw)),
    )


def _stage_named(name: str, key: Sequence[str]) -> str:
    """The duty's name, with the stage where only the key tells it."""
    stage = key[-1] if len(key) > 1 else ""
    return name if not stage or name.endswith(stage) else f"{name} ({stage})"


def _pieces(profile: Market, raw: Sequence[Mapping[str, object]]) -> list[Piece]:
    ends = [(int(str(one["from"])), int(str(one["to"])), str(one["kind"]), str(one["why"])) for one in raw]
    whole = max(sum(end - start + 1 for start, end, _, _ in ends), 1)
    return [
        Piece(local(profile, start), local(profile, end), kind, why, 1000 * (end - start + 1) // whole)
        for start, end, kind, why in ends
    ]


def _note(note: str) -> str:
    group, name, why = note.split("|", 2)
    return f"{group.replace('_', ' ')}: {name}" + (f", {why}" if why else "")


def saying(profile: Market, outcome: Outcome) -> Saying:
    """An outcome in words."""
    content = outcome.content
    data = outcome.data
    if isinstance(content, Breach):
        what = f"{outcome.type} {outcome.code} {data['name']} ({content.severity}, {content.holder})"
        cleared = f" Put right {local(profile, content.cleared)}." if content.cleared else ""
        return Saying(local(profile, outcome.at), what, data["summary"] + cleared, content.facts)
    if isinstance(content, Obligation):
        left = f"{(content.due - outcome.at) / 3_600_000:g} hours are left for {content.name}."
        return Saying(local(profile, outcome.at), outcome.type, left, ())
    assert content is not None
    about = f" of request {content.cancellation}" if content.cancellation else ""
    who = "Were it not shadowed, the order service would have" if outcome.shadow else "The order service is"
    sentence = f"{who} to {content.kind.replace('_', ' ')}{about} by {content.rule}."
    return Saying(local(profile, outcome.at), f"{outcome.type} {content.kind}", sentence, content.facts)


def utc(at: int) -> str:
    """The instant (ms UTC) to the minute."""
    return f"{datetime.fromtimestamp(at // SECOND, UTC):%a %Y-%m-%d %H:%M}"
