"""Six orders whose limits a person can count; who answers and ships when stands beside each."""

import json
from pathlib import Path

FEEDS = """\
[[feed]]
source = "shop"
markets = ["*"]
types = ["order.placed", "order.paid", "order.ready", "cancellation.requested", "cancellation.decided"]
"""

# Japan, nine hours ahead of UTC. All three are paid on Monday 2 March; the buyers ask on Tuesday 3 March at noon.
#   j-1: the seller approves on Thursday at 10:00, 46 hours later: in time by 48 h, late by 24 h.
#   j-2: nobody answers: late by both.
#   j-3: the seller approves on Wednesday at 08:00, 20 hours later: in time by both.
# The United Kingdom, on UTC. All three are paid on Friday 6 March at noon.
#   k-1: ready on Tuesday 10 March at 09:00: the second working day.
#   k-2: never ready.
#   k-3: ready on Monday 9 March at 09:00: the first working day.
EVENTS = [
    *((f"j-{n}", "order.placed", "2026-03-02T10:00:00+09:00", {}) for n in (1, 2, 3)),
    *((f"j-{n}", "order.paid", "2026-03-02T10:01:00+09:00", {}) for n in (1, 2, 3)),
    *((f"j-{n}", "cancellation.requested", "2026-03-03T12:00:00+09:00", {"by": "buyer"}) for n in (1, 2, 3)),
    ("j-3", "cancellation.decided", "2026-03-04T08:00:00+09:00", {"decision": "approve", "by": "seller"}),
    ("j-1", "cancellation.decided", "2026-03-05T10:00:00+09:00", {"decision": "approve", "by": "seller"}),
    *((f"k-{n}", "order.placed", "2026-03-06T11:59:00Z", {}) for n in (1, 2, 3)),
    *((f"k-{n}", "order.paid", "2026-03-06T12:00:00Z", {}) for n in (1, 2, 3)),
    ("k-3", "order.ready", "2026-03-09T09:00:00Z", {}),
    ("k-1", "order.ready", "2026-03-10T09:00:00Z", {}),
]


def write(path: Path) -> Path:
    """Writes the history and, beside it, feeds.toml; returns its path."""
    lines = (json.dumps(_event(n, *event)) for n, event in enumerate(EVENTS, 1))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    (path.parent / "feeds.toml").write_text(FEEDS, encoding="utf-8")
    return path


def add(path: Path, events: list[tuple[str, str, str, dict]]) -> None:
    """Appends events to the history."""
    with path.open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(_event(n, *event)) + "\n" for n, event in enumerate(events, len(EVENTS) + 1))


def _event(n: int, order: str, kind: str, when: str, more: dict) -> dict:
    data = {
        "order.placed": {"buyer": f"b-{order}", "lines": [{"line": "1", "sku": "k"}], "currency": "EUR"},
        "order.paid": {"amount": "10.00", "currency": "EUR", "method": "card"},
    }.get(kind, {})
    if kind.startswith("cancellation"):
        data = {"cancellation": f"x-{order}"}
    return {
        "specversion": "1.0",
        "id": f"e-{n}",
        "source": "shop",
        "type": kind,
        "time": when,
        "subject": order,
        "seller": "s-japan" if order.startswith("j") else "s-britain",
        "market": "JP" if order.startswith("j") else "UK",
        "data": {**data, **more},
    }
