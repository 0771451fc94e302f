"""What-if: a history under two policies, and which findings and directives stand under one and not the other.

Outcome ids hold no due instant and no policy version, so what is said under both has one id.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from detectors.clock import rfc3339
from detectors.facts import Fact
from detectors.feeds import Feeds
from detectors.outcomes import Outcome
from detectors.policy import Policies
from detectors.rulebook import Rulebook
from detectors.verdict import Breach, Directive
from policies import Tables, lexicon, phrases, read
from streams.embedded import END_OF_TIME, Embedded
from streams.history import FileReader, Progress
from streams.ingest import Ingest
from streams.sources import Sources

ONLY_A, ONLY_B, OTHERWISE = "only A", "only B", "otherwise"
FactKey = tuple[str, str]


class Side(NamedTuple):
    """One policy folder: its tables, its phrase lists, the rules by it, and the reader of events by it."""

    folder: Path | None
    tables: Tables
    phrases: dict[str, dict[str, Any]]
    rules: Rulebook
    ingest: Ingest

    @classmethod
    def of(cls, folder: Path | None, feeds: Feeds, sources: Sources | None = None) -> "Side":
        """The folder's side, None: the packaged policies; `sources`: the foreign formats. Raises PolicyError."""
        tables = read(folder)
        rules = Rulebook(Policies.of(*tables), feeds)
        return cls(folder, tables, phrases(folder), rules, Ingest(rules.policies, lexicon(folder), "log", sources))

    def reader(self, files: list[Path], until: int | None, bar: Progress | None) -> FileReader:
        """The history as this side reads it, up to `until` (ms UTC). Raises HistoryError."""
        return FileReader(files, self.ingest, None if until == END_OF_TIME else until, bar)


class Stood(NamedTuple):
    """What stands at the end of a replay, by outcome id; how many events were read, and how many were unusable."""

    outcomes: dict[str, Outcome]
    events: int
    unusable: int


class Moved(NamedTuple):
    """A finding or directive that changes side, or stands on both and says something else."""

    a: Outcome | None
    b: Outcome | None

    @property
    def side(self) -> str:
        """Under which policy it stands."""
        if self.a is None or self.b is None:
            return ONLY_B if self.a is None else ONLY_A
        return OTHERWISE

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """It as it stands on either side, A first."""
        return tuple(one for one in (self.a, self.b) if one is not None)

    @property
    def one(self) -> Outcome:
        """It as it stands under A, else under B."""
        return self.outcomes[0]


def stand(side: Side, reader: FileReader, until: int | None) -> Stood:
    """What stands under this side at `until` (None: the last log time)."""
    embedded, found = Embedded(side.rules), dict[str, Outcome]()
    events = unusable = 0
    for item in reader:
        events += 1
        if isinstance(item, Fact):
            _hear(found, embedded.accept(item))
        else:
            unusable += 1
    _hear(found, embedded.close(until))
    return Stood(found, events, unusable)


def _hear(found: dict[str, Outcome], outcomes: Iterable[Outcome]) -> None:
    for outcome in outcomes:
        if not isinstance(outcome.content, Breach | Directive):
            continue
        if outcome.state == "withdrawn" or outcome.shadow:
            found.pop(outcome.id, None)
        else:
            found[outcome.id] = outcome


def moved(a: Stood, b: Stood) -> list[Moved]:
    """What changes side or says something else, by rule, market, seller and what it is about."""
    return sorted(_differing(a.outcomes, b.outcomes), key=_order)


def _differing(a: dict[str, Outcome], b: dict[str, Outcome]) -> Iterator[Moved]:
    for id_ in dict.fromkeys((*a, *b)):
        one = Moved(a.get(id_), b.get(id_))
        if one.a is None or one.b is None or traits(one.a) != traits(one.b):
            yield one


def _order(one: Moved) -> tuple[Any, ...]:
    outcome = one.one
    return outcome.type.partition(".")[0] != "finding", outcome.code, outcome.market, outcome.seller, about(outcome)


def traits(outcome: Outcome) -> dict[str, str | bool]:
    """What must be the same for two outcomes to say the same: severity, holder, due, and whether it is staged."""
    content = outcome.content
    if isinstance(content, Directive):
        return {"due": rfc3339(content.due)}
    assert isinstance(content, Breach)
    assert outcome.profile is not None
    due = {} if content.due is None else {"due": rfc3339(content.due)}
    staged = not outcome.profile.promotes(content.code, outcome.at)
    return {"severity": content.severity, "holder": content.holder, **due, "staged": staged}


def about(outcome: Outcome) -> str:
    """The order or window, and the request, stage or channel within it."""
    return " ".join((outcome.subject, *(part for part in outcome.key if part)))


def wanted_facts(changed: Iterable[Moved]) -> set[FactKey]:
    """The facts that these findings and directives name, by seller and id."""
    return {(outcome.seller, fact) for one in changed for outcome in one.outcomes for fact in named(outcome)}


def facts_of(reader: Iterable[object], wanted: set[FactKey]) -> dict[FactKey, Fact]:
    """These facts of the history, in one pass through it; none when none are wanted."""
    found: dict[FactKey, Fact] = {}
    for item in reader if wanted else ():
        if isinstance(item, Fact) and (item.seller, item.id) in wanted:
            found.setdefault((item.seller, item.id), item)
    return found


def named(outcome: Outcome) -> tuple[str, ...]:
    """The ids of the facts that it names."""
    assert isinstance(outcome.content, Breach | Directive)
    return outcome.content.facts
