"""Counts of last states, from outcomes: the `summary.json` of a replay and the gauges of a worker."""

from collections import Counter, defaultdict
from typing import Any

from detectors.outcomes import Outcome

DUTY_STATES = ("met", "breached", "excused", "void", "open")
_WITHDRAWN = "withdrawn"


class Tally:
    """Adds outcomes up. Every count is of last states: a duty met after it was open counts as met."""

    def __init__(self) -> None:
        self.facts: Counter[str] = Counter()
        self.duties: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.findings: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.directives: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.not_applicable: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.data_quality: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()

    def add(self, outcome: Outcome) -> None:
        """Counts one outcome."""
        kind, _, what = outcome.type.partition(".")
        if kind == "fact":
            self.facts[what] += 1
        elif outcome.type == "duty.changed":
            _move(self.duties[outcome.code], outcome)
        elif kind == "finding":
            _move(self.findings[outcome.code], outcome)
        elif kind == "directive":
            _move(self.directives[outcome.code], outcome)
        elif outcome.type == "rule.failed":
            self.failed[outcome.code] += 1 if outcome.state == "on" else -1
        elif outcome.type == "count.changed":
            self._count(outcome)

    def _count(self, outcome: Outcome) -> None:
        change = 1 if outcome.state == "on" else -1
        if outcome.before == "not_applicable":
            self.not_applicable[outcome.code][outcome.why] += change
        else:
            self.data_quality[outcome.code] += change

    def summary(self) -> dict[str, Any]:
        """The counts under the contract's names."""
        return {
            "duties": {rule: _duty(states) for rule, states in sorted(self.duties.items())},
            "findings": {
                code: {state: states[state] for state in ("raised", "confirmed", _WITHDRAWN)}
                for code, states in sorted(self.findings.items())
            },
            "directives": {kind: _directive(states) for kind, states in sorted(self.directives.items())},
            "not_applicable": {
                rule: dict(sorted((+why).items())) for rule, why in sorted(self.not_applicable.items()) if +why
            },
            "data_quality": dict(sorted((+self.data_quality).items())),
            "failed": dict(sorted((+self.failed).items())),
        }


def _move(states: Counter[str], outcome: Outcome) -> None:
    if outcome.before:
        states[outcome.before] -= 1
    if not (outcome.shadow and outcome.state == _WITHDRAWN):
        states[outcome.state] += 1


def _directive(states: Counter[str]) -> dict[str, int]:
    """Issued, withdrawn, and shadowed when there is one."""
    counts = {state: states[state] for state in ("issued", _WITHDRAWN, "shadowed")}
    return counts if counts["shadowed"] else {state: counts[state] for state in ("issued", _WITHDRAWN)}


def _duty(states: Counter[str]) -> dict[str, int]:
    counts = {state: states[state] for state in DUTY_STATES}
    return {"opened": sum(counts.values()), **counts}
