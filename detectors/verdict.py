"""A verdict: what the facts say of one duty, finding or directive, at every instant. It knows no present.

Time only selects: `steps` lists from which instant on which state holds. What is said of it then stands in its
`content`, which is told only when it is needed.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from detectors.card import Card

DUTY, FINDING, DIRECTIVE, APPROACHING = "duty", "finding", "directive", "approaching"
BREACHED = "breached"
ISSUED, SHADOWED, OFF = "issued", "shadowed", "off"
SWITCHED = {"issue": ISSUED, "shadow": SHADOWED, "off": OFF}
"""The state of a directive, by what the policy `directives` says on its day."""

Step = tuple[int, str]
Segments = Callable[[], list[dict[str, object]]]


class Breach(msgspec.Struct, frozen=True, gc=False, array_like=True):
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


class Directive(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What the order service is to do; `due` is the instant (ms UTC) it is directed at."""

    kind: str
    rule: str
    cancellation: str
    due: int
    facts: tuple[str, ...]


class Obligation(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A duty's clock: who owes it, from when to when (ms UTC)."""

    name: str
    rule: str
    holder: str
    opened: int
    due: int


Content = Breach | Directive | Obligation


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """One duty, finding or directive.

    `key`: what it is about; "" in it stands for the order. `wait` (ms): after a backlog nothing new is said
    before its log time plus this. `overtaken` (directives): the first act that leaves nothing to direct.
    `segments` (duties) draws the clock.
    """

    kind: str
    name: str
    key: tuple[str, ...]
    steps: tuple[Step, ...]
    wait: int
    card: Card
    content: Callable[[], Content]
    overtaken: int | None = None
    segments: Segments | None = None

    @property
    def tag(self) -> str:
        """Names the verdict within its order or window."""
        return "\x1f".join((self.kind, self.name, *self.key))


class NotApplicable(msgspec.Struct, frozen=True, gc=False):
    """A rule that cannot judge: its id and the missing fact, field or feed."""

    rule: str
    why: str


class Note(msgspec.Struct, frozen=True, gc=False):
    """Something odd in the data: counted (V-40), accusing nobody."""

    kind: str


Judgement = Verdict | NotApplicable | Note
