"""Conservation of duties and of events (design §6.4, §6.5): nothing that came in or was opened is lost."""

from collections import Counter
from collections.abc import Iterator, Sequence

from detectors.facts import Fact
from detectors.outcomes import Outcome
from streams.tally import DUTY_STATES, Tally


def broken(facts: Sequence[Fact], said: Sequence[Outcome]) -> list[str]:
    """Every sum that does not add up over a whole log: its facts as they arrived, and all that was said."""
    return [*_states(said), *_duties(said), *_events(facts, said)]


def _spoken(said: Sequence[Outcome]) -> Iterator[Outcome]:
    return (one for one in said if one.content is not None and one.type != "duty.approaching")


def _states(said: Sequence[Outcome]) -> Iterator[str]:
    """What is said begins where the last word on it ended."""
    state: dict[str, str] = {}
    for one in _spoken(said):
        if one.before != state.get(one.id, ""):
            yield f"{one.code} {one.id}: said from {one.before!r}, but it was {state.get(one.id, '')!r}"
        state[one.id] = one.state


def _duties(said: Sequence[Outcome]) -> Iterator[str]:
    """opened = met + breached + excused + void + open, by last state; what was withdrawn was not opened."""
    last = {one.id: one for one in _spoken(said) if one.type == "duty.changed"}
    counted = Counter((one.code, one.state) for one in last.values() if one.state != "withdrawn")
    tally = Tally()
    for one in said:
        tally.add(one)
    for rule, row in tally.summary()["duties"].items():
        own = {state: counted[rule, state] for state in DUTY_STATES}
        if row != {"opened": sum(own.values()), **own}:
            yield f"{rule}: {row} is told, {own} stand"


def _events(facts: Sequence[Fact], said: Sequence[Outcome]) -> Iterator[str]:
    """facts = accepted + duplicates + conflicting duplicates; of those with one id the first in the log is accepted."""
    received = Counter(one.type for one in said if one.type.startswith("fact."))
    first = {(fact.source, fact.id): fact.body for fact in reversed(facts)}
    conflicts = sum(first[fact.source, fact.id] != fact.body for fact in facts)
    wanted = {
        "fact.accepted": len(first),
        "fact.duplicate": len(facts) - len(first) - conflicts,
        "fact.conflicting_duplicate": conflicts,
    }
    if received != +Counter(wanted):
        yield f"of {len(facts)} facts {dict(received)} are told, {wanted} came"
