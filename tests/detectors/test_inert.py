"""Facts that are called inert change nothing: judged with and without them, every order says the same."""

from collections import Counter
from random import Random
from typing import Any

from msgspec.structs import replace

from detectors.facts import Fact
from detectors.inert import is_inert
from detectors.order import OrderFact, fold
from detectors.places import put_in_place
from tests.disorder import delayed
from tests.histories import DAY, HOUR, Writer
from tests.logs import rulebook
from tests.million import world

WORLDS = 400


def test_what_is_called_inert_changes_no_verdict_no_window_and_no_count() -> None:
    """In whatever order the facts come."""
    found = sum((inert_of(world(seed), seed) for seed in range(WORLDS)), Counter[str]())
    assert {"order.completed", "message.sent", "order.lost", "review.posted"} <= found.keys(), found


def test_a_scan_that_is_called_inert_changes_nothing_of_any_parcel() -> None:
    """Two parcels, scanned in time or not, cancelled or not, at equal instants too."""
    assert sum((inert_of(parcels(Random(seed)), seed) for seed in range(WORLDS)), Counter[str]())["order.scanned"] > 0


def inert_of(facts: list[Fact], seed: int) -> Counter[str]:
    """Takes the facts in out of order; how many of them, by type, were called inert, each of them rightly."""
    found, rows = Counter[str](), dict[tuple[str, str], list[OrderFact]]()
    for fact in delayed(facts, Random(seed), DAY):
        known = rows.setdefault((fact.seller, fact.subject), [])
        before = list(known)
        put_in_place(known, OrderFact.of(fact), OrderFact.place)
        if fact.subject and is_inert(fact, before):
            found[fact.type] += 1
            assert judged(fact, known) == judged(fact, before), (seed, fact)
    return found


def parcels(rng: Random) -> list[Fact]:
    """An order of two lines in two parcels, and many scans around the limit of V-26."""
    out = Writer(rng, "US")
    start = 1_772_416_800_000
    lines = [{"line": "1", "sku": "a"}, {"line": "2", "sku": "b"}]
    out.add("order.placed", start, "s", "o", buyer="b", lines=lines)
    out.add("order.paid", start, "s", "o", amount="1", currency="USD")
    for line in "12":
        out.add("order.ready", start + HOUR, "s", "o", package=f"p{line}", tracking=f"t{line}", lines=[line])
    if out.chance(40):
        reason = "system_cancel_order_untracked"
        out.add("order.cancelled", start + rng.choice((30, 80, 90)) * HOUR, "s", "o", by="system", reason=reason)
    for _ in range(rng.randrange(2, 9)):
        at = start + HOUR + rng.choice((0, 1, 2, 3, 4, 5)) * DAY + rng.choice((-1, 0, 0, 1))
        kind = rng.choice(("order.scanned", "order.scanned", "order.in_transit", "order.delivered"))
        out.add(kind, at, "s", "o", package=rng.choice((None, "p1", "p2", "p2")))
    rng.shuffle(out.facts)
    names = [fact.id for fact in out.facts]
    return sorted((replace(fact, id=name) for fact, name in zip(out.facts, reversed(names), strict=True)), key=_at)


def _at(fact: Fact) -> int:
    return fact.at


def judged(fact: Fact, known: list[OrderFact]) -> Any:
    """All that the rules say of an order, and what it adds to its seller's windows and counts."""
    rules, order = rulebook(), fold(fact.seller, fact.market, fact.subject, known)
    judged = rules.judge_order(order, {})
    verdicts = [(one.tag, one.steps, one.wait, one.overtaken, one.content()) for one in judged.verdicts]
    return verdicts, judged.notes, judged.failed, rules.contributions(order, [], judged), rules.counts(order, judged)
