"""What is said of a window: the difference to what was said before, kept in the window's row."""

from typing import Protocol

from detectors.outcomes import Outcome
from detectors.policy import Market
from detectors.rulebook import Judged, Rulebook
from detectors.say import Moment, Said, Spoken, Subject, say


class Kept(Protocol):
    """A row that keeps what was said of it, and the patterns that failed on it with their error."""

    said: dict[str, Said]
    failed: dict[str, str]


def said_of(
    rules: Rulebook, seller: str, name: str, profile: Market, row: Kept, judged: Judged, when: Moment
) -> tuple[Spoken, list[Outcome]]:
    """What is to be said of a window, and the change in which patterns fail on it; both are kept in the row."""
    subject = Subject(seller, name, profile)
    spoken = say(subject, row.said, judged.verdicts, when, rules.cards, frozenset(judged.failed))
    return spoken, _failed(seller, profile, row.failed, judged, when)


def _failed(seller: str, profile: Market, kept: dict[str, str], judged: Judged, when: Moment) -> list[Outcome]:
    """The change in which patterns fail on the window; `kept` is brought up to date."""
    at = when.now if when.cause is None else when.cause
    changes = [(n, e, "off") for n, e in kept.items() if judged.failed.get(n) != e]
    changes += [(n, e, "on") for n, e in judged.failed.items() if kept.get(n) != e]
    kept.clear()
    kept.update(judged.failed)
    return [
        Outcome(
            type="rule.failed",
            seller=seller,
            market=profile.name,
            at=at,
            code=name,
            state=state,
            before="failed",
            why=error,
        )
        for name, error, state in changes
    ]
