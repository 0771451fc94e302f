"""The final view (design §6.2): what stands of every finding, duty and directive when all is said."""

from collections.abc import Iterable, Mapping
from typing import Any

from detectors.outcomes import Outcome

View = dict[str, tuple[Any, ...]]
_WITHDRAWN, _OVERTAKEN = "withdrawn", "V-40"


def final_view(events: Iterable[Mapping[str, Any]]) -> View:
    """What stands by each id, from the events of findings, directives and the ledger, in any order, repeats allowed.

    Withdrawn counts as absent. Left out: `at`, revision, cleared, after_finality, warnings and V-40.
    """
    last: dict[str, tuple[int, str, Mapping[str, Any]]] = {}
    for event in events:
        group, state = event["type"].replace("shadow_", "").split(".")
        data = event["data"]
        if group not in {"finding", "directive", "duty"} or state == "approaching" or data.get("code") == _OVERTAKEN:
            continue
        name = data[group]
        if name not in last or last[name][0] <= data["revision"]:
            last[name] = (data["revision"], data.get("state", state), data)
    return {name: _row(state, data) for name, (_, state, data) in sorted(last.items()) if state != _WITHDRAWN}


def _row(state: str, data: Mapping[str, Any]) -> tuple[Any, ...]:
    if "finding" in data:
        return (data["code"], state, data["severity"], data["holder"], data.get("due"), data["numbers"], data["facts"])
    if "directive" in data:
        return data["kind"], state, data["rule"], data["order"], data["due"], data["facts"]
    return data["name"], state, data["holder"], data["order"], data["due"]


def view_of(outcomes: Iterable[Outcome]) -> View:
    """The final view of what a run said."""
    return final_view(one.event() for one in outcomes if one.content is not None)


def difference(first: View, second: View) -> list[str]:
    """Every row in which two views differ, readable."""
    return [
        f"{name}: {first.get(name)} | {second.get(name)}"
        for name in sorted({*first, *second})
        if first.get(name) != second.get(name)
    ]
