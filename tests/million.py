"""The promises of design §6 over a million random events of all types, dense with corrections.

`make long`, or `python -m tests.million [EVENTS [SEED]]`. Exits 1 when anything differs. Each world is a short history
that lives through every disorder: told in perfect order, with little delay, with days of delay, repeats and
contradictions, and with a restart before every record. Events are counted once, as they arrived in the last of these.
"""

import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any, NamedTuple

from detectors.facts import Fact, Tick
from detectors.outcomes import Outcome
from detectors.step import step
from detectors.store import Store
from streams.embedded import END_OF_TIME, run
from tests import conservation
from tests.disorder import contradicted, delayed, repeated
from tests.final_view import View, difference, view_of
from tests.histories import DAY, HOUR, MINUTE, SETTLE, Writer, history
from tests.logs import apply, as_bytes, restored, rulebook, with_ticks

LATE = 20 * DAY
MEMORY = 34 * DAY  # less than window_memory: no fact arrives when a window that it touches is not judged any more
MILLION = 1_000_000
_TICKS = (0, 40, 100)  # before so many of a hundred facts
_PUSH, _ASK = [["solicit", "en@1", "s1", 4]], [["ask", "en@1", "a1", 0]]
_REST: dict[str, dict[str, Any]] = {  # what tests/histories.py never tells: no rule of today reads it
    "order.payment_failed": {"stage": "chargeback"},
    "order.lost": {"package": "p1"},
    "dispute.opened": {"dispute": "d1", "by": "buyer"},
    "dispute.resolved": {"dispute": "d1", "outcome": "refunded"},
    "complaint.filed": {"buyer": "b1", "hits": _PUSH, "listed": True},
    "review.posted": {"buyer": "b1", "hits": [], "listed": True},
    "outage.ended": {"scope": "shop"},
    "price.changed": {"sku": "k1", "amount": "9"},
    "shop.deposit_refund_requested": {"request": "q1", "scope": "full"},
    "shop.deposit_refund_approved": {"request": "q1"},
    "shop.deposit_refund_paid": {"request": "q1"},
    "shop.close_requested": {"checks": {"notice_opened": True}},
    "shop.notice_started": {},
    "shop.closed": {},
    "ticket.opened": {"ticket": "t1", "service": "returns"},
    "ticket.answered": {"ticket": "t1", "by": "seller"},
    "ticket.agreed": {"ticket": "t1"},
    "ticket.approved": {"ticket": "t1"},
    "ticket.rejected": {"ticket": "t1"},
    "ruling.made": {"case": "x1", "outcome": "dismissed", "by": "p1"},
}
_OF_ORDERS = ("order.", "dispute.", "complaint.", "review.")


class Seen(NamedTuple):
    """What one world held and where it broke: events as they arrived, by type; each difference, readable."""

    events: Counter[str]
    differences: list[str]


def world(seed: int) -> list[Fact]:
    """One history in order of happening: orders and shops, a conversation, and events that no rule reads."""
    rng = Random(seed)
    facts = history(rng, 5)
    out = Writer(rng, facts[0].market)
    out.facts = facts
    orders = sorted({(fact.seller, fact.subject) for fact in facts if fact.type == "order.placed"})
    span = facts[-1].at - facts[0].at + DAY
    if out.chance(30):
        _talk(out, orders, facts[0].at, min(span, 9 * DAY))
    for kind in rng.sample(sorted(_REST), rng.randrange(5)):
        seller, order = rng.choice(orders)
        subject = order if kind.startswith(_OF_ORDERS) else seller
        out.add(
            kind, facts[0].at + rng.randrange(span), seller, "" if kind == "ruling.made" else subject, **_REST[kind]
        )
    return sorted(out.facts, key=lambda fact: fact.at)


def _talk(out: Writer, orders: Sequence[tuple[str, str]], start: int, span: int) -> None:
    """A conversation with one seller: cards that name an order, and words that name none."""
    seller = out.rng.choice(orders)[0]
    own = [order for of, order in orders if of == seller]
    at = start + out.rng.randrange(span)
    for _ in range(out.rng.choice((2, 3, 6))):
        at += out.rng.choice((0, 1, MINUTE, HOUR, DAY))
        card = out.chance(40)
        who = "buyer" if card else out.rng.choice(("seller", "service", "robot", "buyer"))
        hits = [] if card else out.rng.choice((_PUSH, _PUSH, _ASK, []))
        told = {"conversation": "v", "from": who, "hits": hits, "listed": not card and out.chance(90)}
        out.add("message.sent", at, seller, out.rng.choice(own) if card else "", **told)


def live(seed: int) -> Seen:
    """The world through every disorder: final equality, every prefix, both conservations."""
    facts, rng = world(seed), Random(-seed - 1)
    told = view_of(run(rulebook(), facts, END_OF_TIME))
    soon = with_ticks(repeated(delayed(facts, rng, SETTLE), rng), rng, rng.choice(_TICKS))
    late = contradicted(repeated(delayed(facts, rng, _longest(facts)), rng), rng)
    log = with_ticks(late, rng, rng.choice(_TICKS))
    said = apply(log, Store({}, {}))
    differences = [
        *(f"soon: {row}" for row in difference(told, view_of(apply(soon, Store({}, {}))))),
        *(f"late: {row}" for row in difference(_lasting(told), _lasting(view_of(said)))),
        *(f"sums: {row}" for row in conservation.broken(late, said)),
        *(f"prefix: {row}" for row in _apart(said, list(_always_new(log)))),
    ]
    return Seen(Counter(fact.type for fact in late), [f"seed {seed}, {one}" for one in differences])


def _longest(facts: Sequence[Fact]) -> int:
    """How late a fact may arrive: days, but within the memory of the first window."""
    return max(SETTLE, min(LATE, MEMORY - (facts[-1].at - facts[0].at)))


def _lasting(view: View) -> View:
    """Findings and duties: directives are promised only for facts at most `settle` late."""
    return {name: row for name, row in view.items() if row[1] != "issued"}


def _always_new(log: Sequence[Fact | Tick]) -> Iterator[Outcome]:
    """What is said of the log by a monitor that starts again from its rows before every record."""
    store = Store({}, {})
    for record in log:
        store = restored(store)
        yield from step(store, rulebook(), record)


def _apart(whole: list[Outcome], cut: list[Outcome]) -> list[str]:
    """Where two runs over one log begin to say different things."""
    first, second = as_bytes(whole), as_bytes(cut)
    if first == second:
        return []
    at = next((n for n, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), min(len(first), len(second)))
    return [f"{first[at : at + 1]!r} | {second[at : at + 1]!r}"]


def worlds(events: int, seed: int = 0) -> Iterator[Seen]:
    """Worlds, one a seed from this one on, until so many events are seen."""
    while events > 0:
        seen = live(seed)
        yield seen
        events, seed = events - seen.events.total(), seed + 1


def main(words: Sequence[str]) -> int:
    """Runs the worlds and says what they held; the exit code."""
    events, seed = (*map(int, words), *(MILLION, 0)[len(words) :])
    total, wrong, n, start = Counter[str](), 0, 0, time.monotonic()
    for n, seen in enumerate(worlds(events, seed), 1):
        total += seen.events
        wrong += len(seen.differences)
        for one in seen.differences:
            print(one, flush=True)
        if n % 1000 == 0:
            print(f"  {total.total():,} events, {time.monotonic() - start:,.0f} s, {wrong} differences", flush=True)
    print(
        f"{total.total():,} events of {len(total)} types in {n:,} worlds, {time.monotonic() - start:,.0f} s:"
        f" {wrong} differences"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
