"""A long history for the live tests: a simulated week, told again and again of other shops, with what goes wrong; and
after it worlds in which every type of event and every rule comes up.
"""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

from policies import lexicon, load
from streams.demo import Watch
from streams.simulator import simulate
from tests.live import worlds

Event = dict[str, Any]
WORLDS = range(150)
_PSEUDONYMS = ("buyer", "party_id", "hash", "conversation")


def write(path: Path, at_least: int, seed: int = 7) -> int:
    """Writes a history of at least so many lines; how many it has."""
    week = simulate(sellers=15, days=7, seed=seed, monitor=Watch(load(), lexicon()), forgets=20).events
    copies = -(-at_least // len(week))
    rng, lines = Random(seed), 0
    with path.open("w", encoding="utf-8") as file:
        for event in week:
            for copy in range(copies):
                for line in _spoiled(_other(event, copy), rng):
                    file.write(line + "\n")
                    lines += 1
        for line in worlds.lines(WORLDS, _end(week)):
            file.write(line + "\n")
            lines += 1
    return lines


def _end(week: list[Event]) -> int:
    """When the week has arrived (ms UTC)."""
    last = max(event.get("recordedtime", event["time"]) for event in week)
    return round(datetime.fromisoformat(last).timestamp() * 1000)


def _other(event: Event, copy: int) -> Event:
    """The event of another shop with the same habits."""
    mark = f"~{copy}"
    data = {name: value + mark if name in _PSEUDONYMS else value for name, value in event["data"].items()}
    return {**event, "id": event["id"] + mark, "seller": event["seller"] + mark, "data": data}


def _spoiled(event: Event, rng: Random) -> Iterator[str]:
    """The event's line, and now and then a repeat, a contradiction or a line nobody can use."""
    line = json.dumps(event)
    yield line
    chance = rng.randrange(1000)
    if chance < 10:
        yield line
    elif chance < 12:
        yield json.dumps({**event, "data": {**event["data"], "extra": chance}})
    elif chance < 13:
        yield line[: rng.randrange(10, 60)]
    elif chance < 14:
        yield json.dumps({**event, "id": event["id"] + "x", "market": "XX"})
