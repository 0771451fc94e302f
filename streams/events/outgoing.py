"""What goes out: directives, findings, duties and dead letters (contract §2).

Ours to write, so the models are exact: no unknown fields, instants as text in UTC with three decimals and Z.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from streams.events.shapes import Id

Stamp = Annotated[
    str,
    Field(
        pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$",
        description="an instant of RFC 3339 in UTC with three decimals and Z",
    ),
]
Uuid = Annotated[
    str,
    Field(
        pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$",
        description="a UUIDv5 of lower case",
    ),
]
Rule = Annotated[str, Field(pattern=r"^R-[0-9]+[a-z]?$", description='a rule of the rulebook like "R-03"')]
Code = Annotated[str, Field(pattern=r"^V-[0-9]{2}$", description='a code of the rulebook like "V-01"')]
Revision = Annotated[int, Field(ge=1, description="counts from 1")]
Holder = Literal["seller", "platform", "buyer"]


class Said(BaseModel):
    """The `data` of something said."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Directive(Said):
    """`directive.issued`, `directive.withdrawn`: what the rules make automatic, for the order service to do."""

    directive: Uuid
    revision: Revision
    kind: Literal[
        "approve_cancellation",
        "refuse_cancellation",
        "cancel_order",
        "start_refund",
        "approve_return",
        "lapse_unpaid",
        "close_stale",
    ]
    order: Id
    cancellation: Id | None = None
    rule: Rule
    due: Stamp
    at: Stamp
    facts: list[Id]


class ShadowDirective(Directive):
    """`directive.shadowed`, `directive.shadow_withdrawn`: what would be directed if the rule's switch said so."""

    shadow: Literal[True]


class Subject(Said):
    """What a finding is about."""

    kind: str
    id: str


class Policy(Said):
    """The policy a finding was judged by: profile, its version, the keys used."""

    profile: str
    version: str
    clause: list[str]


class Rate(Said):
    """A share as two whole numbers."""

    num: int
    den: int


class Finding(Said):
    """`finding.raised`, `finding.confirmed`, `finding.withdrawn`: a suspicion with its evidence, never a verdict."""

    finding: Uuid
    revision: Revision
    code: Code
    name: str
    rules: list[str]
    detector: str
    version: int
    holder: Holder
    subject: Subject
    severity: Literal["info", "low", "medium", "high", "critical"]
    due: Stamp | None = None
    at: Stamp
    policy: Policy
    facts: list[Id]
    numbers: dict[str, int | str | Rate]
    message: str
    summary: str
    staged: bool | None = None
    cleared: Stamp | None = None
    after_finality: bool | None = None


class Segment(Said):
    """A stretch of a duty's clock."""

    from_: Stamp = Field(alias="from")
    to: Stamp
    kind: Literal["counted", "skipped", "paused"]
    why: str


class Duty(Said):
    """`duty.changed`: a duty's state and its clock."""

    duty: Uuid
    revision: Revision
    name: str
    state: Literal["open", "met", "breached", "excused", "void", "withdrawn"]
    rule: Rule
    holder: Holder
    order: Id | None = None
    opened: Stamp
    due: Stamp
    reason: str | None = Field(None, description="why it moved, when no fact did it: other policies came into force")
    clock: list[Segment]


class DutyApproaching(Said):
    """`duty.approaching`: a duty is still open shortly before its due (V-02)."""

    duty: Uuid
    revision: Revision
    name: str
    state: str
    rule: Rule
    holder: Holder
    order: Id | None = None
    opened: Stamp
    due: Stamp
    code: Code
    remaining_ms: int
    clock: list[Segment]


class OutgoingEnvelope(BaseModel):
    """The attributes of every event that goes out."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    specversion: Literal["1.0"]
    id: Uuid
    source: Literal["countermand"]
    type: str
    time: Stamp
    seller: Id
    market: Id
    data: dict[str, Any]


DeadLetterReason = Literal[
    "not_json",
    "not_cloudevent",
    "unknown_type",
    "unknown_market",
    "missing_field",
    "bad_value",
    "future_time",
    "too_large",
    "too_old",
    "conflicting_duplicate",
]


class DeadLetterLine(Said):
    """A line of `deadletters.jsonl`: an event that could not be used, whole, and why."""

    reason: DeadLetterReason
    path: str
    sentence: str
    file: str
    line: int
    key: str
    headers: list[tuple[str, str]] = Field(description="pairs of a name and its value in base64")
    bytes: str | None = Field(None, description="the original value in base64; a conflicting duplicate has none")
    fact: list[Any] | None = Field(None, description="of a conflicting duplicate: the fact")
    partition: int | None = Field(None, description="of a conflicting duplicate: the raw partition")


OUTCOMES: dict[str, tuple[str, type[Said]]] = {
    "directive.issued": ("countermand.directives", Directive),
    "directive.withdrawn": ("countermand.directives", Directive),
    "directive.shadowed": ("countermand.ledger", ShadowDirective),
    "directive.shadow_withdrawn": ("countermand.ledger", ShadowDirective),
    "finding.raised": ("countermand.findings", Finding),
    "finding.confirmed": ("countermand.findings", Finding),
    "finding.withdrawn": ("countermand.findings", Finding),
    "duty.changed": ("countermand.ledger", Duty),
    "duty.approaching": ("countermand.ledger", DutyApproaching),
}
"""Every type that goes out: its topic and its data."""
