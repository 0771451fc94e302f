"""Outcomes: what is said of duties, findings and directives, with their ids and the contract's `data`."""

import uuid
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec

from detectors.card import Card
from detectors.clock import rfc3339
from detectors.policy import Market
from detectors.verdict import ISSUED, SHADOWED, Breach, Content, Directive, Obligation, Segments

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://countermand.dev/outcomes")


@lru_cache(1024)  # of one outcome it is asked four times
def uid(*parts: str) -> str:
    """A UUIDv5 over the parts, joined by U+001F."""
    return str(uuid.uuid5(NAMESPACE, "\x1f".join(parts)))


class Outcome(msgspec.Struct, gc=False, kw_only=True):
    """One thing said. `before` and `state` are the states it lies between ("" = none).

    `code`: a duty's first rule, a finding's V-code, a directive's kind, or what is counted. `subject`: the order
    or window it is about. `data` and `event` are rendered when asked for.
    """

    type: str
    seller: str
    market: str
    at: int
    code: str
    state: str
    before: str = ""
    subject: str = ""
    revision: int = 1
    key: tuple[str, ...] = ()
    card: Card | None = None
    content: Content | None = None
    profile: Market | None = None
    segments: Segments | None = None
    after_finality: bool = False
    why: str = ""

    @property
    def id(self) -> str:
        """The outcome's own id: the same for all its revisions."""
        kind = self.type.split(".")[0]
        name = self.card.name if kind == "duty" and self.card else self.code
        parts = [part or self.subject for part in self.key]
        return uid(kind, name, self.seller, *parts)

    @property
    def shadow(self) -> bool:
        """Whether it is about a directive that nobody was told to carry out."""
        return SHADOWED in {self.state, self.before} and self.state != ISSUED

    @property
    def data(self) -> dict[str, Any]:
        """The contract's `data`."""
        content = self.content
        if isinstance(content, Breach):
            return _finding(self, content)
        if isinstance(content, Directive):
            return _directive(self, content)
        assert isinstance(content, Obligation)
        return _duty(self, content)

    def event(self) -> dict[str, Any]:
        """The whole CloudEvent."""
        return {
            "specversion": "1.0",
            "id": uid(self.id, self.type, str(self.revision)),
            "source": "countermand",
            "type": self.type,
            "time": rfc3339(self.at),
            "seller": self.seller,
            "market": self.market,
            "data": self.data,
        }


def _finding(outcome: Outcome, breach: Breach) -> dict[str, Any]:
    card, profile = outcome.card, outcome.profile
    assert card is not None
    assert profile is not None
    code = card.codes[breach.code]
    kind, subject = breach.subject
    data: dict[str, Any] = {
        "finding": outcome.id,
        "revision": outcome.revision,
        "code": breach.code,
        "name": code.name,
        "rules": list(card.rules),
        "detector": card.name,
        "version": card.version,
        "holder": breach.holder,
        "subject": {"kind": kind, "id": subject},
        "severity": breach.severity,
        "at": rfc3339(outcome.at),
        "policy": {"profile": profile.name, "version": profile.version, "clause": list(card.keys)},
        "facts": list(breach.facts),
        "numbers": breach.numbers,
        "message": code.message,
        "summary": summary(outcome, breach, code.message),
        "staged": not profile.promotes(breach.code, outcome.at),
    }
    if breach.due is not None:
        data["due"] = rfc3339(breach.due)
    if breach.cleared is not None:
        data["cleared"] = rfc3339(breach.cleared)
    if outcome.after_finality:
        data["after_finality"] = True
    return data


def summary(outcome: Outcome, breach: Breach, message: str) -> str:
    """The finding's sentence, rendered from its numbers."""
    due = rfc3339(breach.due) if breach.due is not None else ""
    shown = {name: _shown(value) for name, value in breach.numbers.items()}
    return message.format_map({"order": outcome.subject, "seller": outcome.seller, "due": due, **shown})


def _shown(value: Any) -> Any:
    return f"{value['num']} of {value['den']}" if isinstance(value, Mapping) else value


def _directive(outcome: Outcome, content: Directive) -> dict[str, Any]:
    data: dict[str, Any] = {
        "directive": outcome.id,
        "revision": outcome.revision,
        "kind": content.kind,
        "order": outcome.subject,
        "rule": content.rule,
        "due": rfc3339(content.due),
        "at": rfc3339(outcome.at),
        "facts": list(content.facts),
    }
    if content.cancellation:
        data["cancellation"] = content.cancellation
    if outcome.shadow:
        data["shadow"] = True
    return data


def _duty(outcome: Outcome, content: Obligation) -> dict[str, Any]:
    segments = outcome.segments() if outcome.segments is not None else []
    warning = {"code": "V-02", "remaining_ms": content.due - outcome.at} if outcome.type == "duty.approaching" else {}
    return {
        "duty": outcome.id,
        "revision": outcome.revision,
        "name": content.name,
        "state": outcome.state,
        "rule": content.rule,
        "holder": content.holder,
        "order": outcome.subject,
        "opened": rfc3339(content.opened),
        "due": rfc3339(content.due),
        **warning,
        **({"reason": outcome.why} if outcome.why else {}),
        "clock": [{**s, "from": rfc3339(int(str(s["from"]))), "to": rfc3339(int(str(s["to"])))} for s in segments],
    }
