"""Facts logs: facts with ticks between them, run through the step; and what was said, as bytes."""

import os
from collections.abc import Iterable, Sequence
from functools import cache
from random import Random
from typing import Any

import msgspec
from hypothesis import HealthCheck, Phase, settings

import policies
from detectors.facts import VERSION, Fact, Tick
from detectors.outcomes import Outcome
from detectors.rulebook import Rulebook
from detectors.step import step
from detectors.store import Store
from streams.embedded import END_OF_TIME

Log = list[Fact | Tick]
LENGTH = os.environ.get("PROPERTIES", "")
LONG = LENGTH == "long"


def few(examples: int) -> settings:
    """Settings of a property: so many examples, forty times as many with PROPERTIES=long.

    With PROPERTIES=verdict a failing example is not made smaller: enough to know that one fails.
    """
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
    count = examples * 40 if LONG else examples
    phases = (Phase.explicit, Phase.generate) if LENGTH == "verdict" else tuple(Phase)
    return settings(max_examples=count, deadline=None, suppress_health_check=slow, derandomize=not LONG, phases=phases)


@cache
def rulebook() -> Rulebook:
    """The rules that ship, every feed delivered."""
    return Rulebook(policies.load())


def changed(**values: Any) -> Rulebook:
    """The rules that ship with these values for ever, in all markets."""
    tables = policies.read()
    default = dict(tables.default)
    markets = {name: {key: row for key, row in m.items() if key not in values} for name, m in tables.markets.items()}
    for key, value in values.items():
        default[key] = {**default[key], "values": [{"value": value, "source": "a test"}]}
    return Rulebook(policies.Policies.of(default, markets, *tables[2:]))


def with_ticks(facts: Sequence[Fact], rng: Random, percent: int = 100) -> Log:
    """The log of these facts: before so many of a hundred a tick, never after what follows it; at last the end."""
    log: Log = []
    for fact in facts:
        if rng.randrange(100) < percent:
            log.append(tick(fact.arrived - rng.choice((0, 0, 1, 1000, 3_600_000))))
        log.append(fact)
    return [*log, tick(END_OF_TIME + 1)]


def tick(at: int) -> Tick:
    """A tick under the policies that ship."""
    return Tick(VERSION, at, rulebook().policies.hash)


def apply(log: Iterable[Fact | Tick], store: Store, rules: Rulebook | None = None) -> list[Outcome]:
    """Everything that the step says of the log."""
    return [one for record in log for one in step(store, rules or rulebook(), record)]


def restored(store: Store) -> Store:
    """A new store over a copy of the rows, as after a restart."""
    store.flush()
    copy = Store(dict(store.orders), dict(store.sellers))
    copy.rebuild()
    return copy


def as_bytes(said: Iterable[Outcome]) -> list[bytes]:
    """Every outcome with all it says; one line each."""
    return [
        msgspec.json.encode(
            (
                one.type,
                one.seller,
                one.at,
                one.code,
                one.before,
                one.state,
                one.why,
                one.event() if one.content else None,
            )
        )
        for one in said
    ]


def log_time(record: Fact | Tick) -> int:
    """The instant up to which the record lets anything be said (ms UTC)."""
    return record.at if isinstance(record, Tick) else record.arrived
