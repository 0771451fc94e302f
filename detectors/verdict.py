"""A verdict: what the facts say of one duty, finding or directive, at every instant. It knows no present.

Time only selects: `steps` lists from which instant on which state holds. What a verdict says of itself, once it
is said, stands in its `content`.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

DUTY, FINDING, DIRECTIVE, APPROACHING = "duty", "finding", "directive", "approaching"

Step = tuple[int, str]


class Breach(msgspec.Struct, frozen=True, gc=False):
    """A finding's evidence: who owes, what about, how grave, which facts, which numbers.

    `subject` is (kind, id). `due` and `cleared` are ms UTC; cleared: put right late, the finding stands.
    """

    code: str
    holder: str
    severity: str
    subject: tuple[str, str]
    facts: tuple[str, ...]
    numbers: dict[str, Any]
    due: int | None = None
    cleared: int | None = None


class Directive(msgspec.Struct, frozen=True, gc=False):
    """What the order service is to do. `overtaken`: the first act that leaves nothing to direct (ms UTC)."""

    kind: str
    rule: str
    cancellation: str
    due: int
    facts: tuple[str, ...]
    overtaken: int | None = None


class Obligation(msgspec.Struct, frozen=True, gc=False):
    """A duty's clock. `segments` draws it: pieces {from, to, kind, why}, ms UTC."""

    name: str
    rule: str
    holder: str
    opened: int
    due: int
    segments: Callable[[], list[dict[str, object]]]


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """One duty, finding or directive.

    `key`: what it is about; "" in it stands for the order. `wait` (ms): after a backlog nothing new is said
    before its log time plus this. `mark`: what makes a new revision when it changes.
    """

    kind: str
    name: str
    key: tuple[str, ...]
    steps: tuple[Step, ...]
    wait: int
    content: Breach | Directive | Obligation
    mark: tuple[Any, ...]

    @property
    def tag(self) -> str:
        """Names the verdict within its order or window."""
        return "|".join((self.kind, self.name, *self.key))


class NotApplicable(msgspec.Struct, frozen=True, gc=False):
    """A rule that cannot judge: its id and the missing fact, field or feed."""

    rule: str
    why: str


class Note(msgspec.Struct, frozen=True, gc=False):
    """A count about the data, or about an outcome that is no finding: ("data_quality", "unknown_reason")."""

    group: str
    name: str


Judgement = Verdict | NotApplicable | Note


def finding(breach: Breach, key: tuple[str, ...], raised: int, confirmed: int, wait: int) -> Verdict:
    """The verdict that the breach is found: said from `raised`, confirmed from `confirmed` (ms UTC)."""
    steps = ((raised, "raised"), (confirmed, "confirmed"))
    mark = (breach.severity, breach.holder, breach.due, breach.cleared, breach.facts, _flat(breach.numbers))
    return Verdict(FINDING, breach.code, key, steps, wait, breach, mark)


def _flat(numbers: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple((name, str(value)) for name, value in numbers.items())
