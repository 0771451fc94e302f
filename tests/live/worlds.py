"""The worlds of tests/million.py as events: every type of the contract, every rule, repeats.

Nothing is late: a directive that somebody carried out while the fact that proves it wrong was on its way stands
(duties §2), and whether it was issued before depends on the ticks.
"""

import json
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

from detectors.clock import rfc3339
from detectors.facts import Fact
from tests.disorder import repeated
from tests.histories import DAY
from tests.million import world

_INSTANTS = ("pay_by", "ready_by", "hand_over_by", "auto_cancel_at", "respond_by", "deliver_by", "until")
_WORDS = {"solicit": "Please cancel the order.", "ask": "I want to cancel my order.", "": "Thank you!"}
_UNREAD = "xx"  # a language without a list of phrases


def lines(seeds: Sequence[int], start: int) -> Iterator[str]:
    """One world a seed, each of sellers of its own, told from `start` (ms UTC) on, in the order of arrival."""
    told = [one for seed in seeds for one in _moved(seed, start)]
    for fact in sorted(told, key=lambda fact: fact.arrived):
        yield json.dumps(event(fact))


def _moved(seed: int, start: int) -> Iterator[Fact]:
    """The world's facts by whole days later or earlier, and repeated."""
    rng, mark = Random(seed), f"~w{seed}"
    facts = world(seed)
    days = (start - facts[0].at) // DAY * DAY + DAY
    for fact in repeated(facts, rng):
        data = {name: _later(name, value, days) for name, value in fact.data.items()}
        yield Fact(
            fact.v,
            fact.type,
            fact.at + days,
            fact.arrived + days,
            fact.source,
            fact.id + mark,
            fact.seller + mark,
            fact.market,
            fact.subject + mark if fact.subject in {"s1", "s2"} else fact.subject,
            fact.body,
            fact.origin,
            data,
        )


def _later(name: str, value: Any, days: int) -> Any:
    return value + days if name in _INSTANTS and isinstance(value, int) else value


def event(fact: Fact) -> dict[str, Any]:
    """The event that ingest reduces to this fact; a day that the fact names stays the day it was."""
    told = {"subject": fact.subject} if fact.subject else {}
    return {
        "specversion": "1.0",
        "id": fact.id,
        "source": fact.source,
        "type": fact.type,
        "time": rfc3339(fact.at),
        "recordedtime": rfc3339(fact.arrived),
        "seller": fact.seller,
        "market": fact.market,
        "data": dict(_field(name, value) for name, value in fact.data.items() if name != "listed") | _language(fact),
        **told,
    }


def _field(name: str, value: Any) -> tuple[str, Any]:
    if name in _INSTANTS and isinstance(value, int):
        return name, rfc3339(value)
    if name == "hits":
        return "text", _WORDS[value[0][0] if value else ""]
    if name == "reason_given":
        return "reason", "out of stock" if value else ""
    return name, value


def _language(fact: Fact) -> dict[str, str]:
    return {} if "listed" not in fact.data else {"locale": "en" if fact.data["listed"] else _UNREAD}
