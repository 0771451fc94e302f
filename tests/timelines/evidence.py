"""Evidence adds up (design §6.8): a finding is found again from nothing but the facts that it lists."""

from collections.abc import Iterator

import msgspec

from detectors.facts import Fact
from detectors.outcomes import Outcome
from streams.embedded import END_OF_TIME, run
from tests.timelines.runner import Timeline

_OF_LOG_TIME = "V-40"  # says when a fact came, which no fact says


def unproved(timeline: Timeline) -> list[str]:
    """The standing findings that the rules do not find again, the same, in their own facts."""
    standing = (one for one in _last(timeline.said).values() if one.state != "withdrawn" and one.code != _OF_LOG_TIME)
    return [problem for one in standing for problem in _prove(timeline, one)]


def _prove(timeline: Timeline, one: Outcome) -> Iterator[str]:
    wanted = set(one.data["facts"])
    listed = {(f.source, f.id): f for f in timeline.facts if f.id in wanted and f.seller == one.seller}
    facts = sorted((_on_time(fact) for fact in listed.values()), key=lambda fact: fact.at)
    again = _last(run(timeline.rules, facts, END_OF_TIME)).get(one.id)
    if again is None:
        yield f"{one.code}: its facts {sorted(wanted)} alone do not show it"
    elif _evidence(again) != _evidence(one):
        yield f"{one.code}: said {_evidence(one)}, its facts alone give {_evidence(again)}"


def _evidence(one: Outcome) -> dict[str, object]:
    return {name: one.data.get(name) for name in ("numbers", "holder", "severity", "due", "subject")}


def _last(said: list[Outcome]) -> dict[str, Outcome]:
    return {one.id: one for one in said if one.type.startswith("finding")}


def _on_time(fact: Fact) -> Fact:
    return msgspec.structs.replace(fact, arrived=fact.at)
