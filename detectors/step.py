"""The step: one record of the facts log in, outcomes out. The same function live, embedded and in tests.

A fact changes what is known; it never moves time. A tick at t concludes everything decidable strictly before t,
in the order (instant, row, outcome id): windows of a seller before his orders. Instants are ms UTC.
"""

from collections.abc import Collection, Iterator
from itertools import chain
from typing import NamedTuple

from detectors import runs, shop, windows
from detectors.conversation import Moved, TalkRow, hear, latest, speaks
from detectors.counts import changed
from detectors.directive import carried_out
from detectors.facts import Fact, Tick
from detectors.feeds import Silence
from detectors.inert import is_inert
from detectors.kept import Change
from detectors.order import Order, OrderFact, fold
from detectors.outcomes import Outcome
from detectors.places import put_in_place
from detectors.rulebook import Counted, Judged, Rulebook
from detectors.say import Hush, Moment, Spoken, Subject, say
from detectors.store import OrderRow, Store, is_order, order_key, parts, talk_key
from detectors.window import PAID, Entry

_ABOUT_ORDERS = ("order.", "cancellation.", "refund.", "notice.", "consent.", "return.", "dispute.")
_MAYBE_ORDERS = frozenset({"message.sent", "complaint.filed", "review.posted", "identity.seen"})


class Piece(NamedTuple):
    """What a part of a step says. `done`: whether it is the last; else the rows may be kept as they are now, and the
    same record, stepped again over them, says the rest.
    """

    said: list[Outcome]
    done: bool


def step(store: Store, rules: Rulebook, record: Fact | Tick) -> list[Outcome]:
    """Applies one record to the partition's rows and returns what is to be said because of it."""
    if isinstance(record, Fact):
        return _fact(store, rules, record)
    return [outcome for piece in _tick(store, rules, record, None) for outcome in piece.said]


def steps(store: Store, rules: Rulebook, record: Fact | Tick, limit: int | None = None) -> Iterator[Piece]:
    """As `step`, in pieces: a tick is cut when it has looked at `limit` rows. They are applied as they are taken."""
    if isinstance(record, Fact):
        yield Piece(_fact(store, rules, record), True)
    else:
        yield from _tick(store, rules, record, limit)


def _fact(store: Store, rules: Rulebook, fact: Fact) -> list[Outcome]:
    said = (_order_fact if _is_about_order(fact) else shop.apply)(store, rules, fact)
    if speaks(fact) and said[0].state == "accepted":
        said.extend(_talk(store, rules, fact))
    return said


def _is_about_order(fact: Fact) -> bool:
    if fact.type.startswith(_ABOUT_ORDERS):
        return True
    return fact.type in _MAYBE_ORDERS and bool(fact.subject) and fact.data.get("party", "buyer") == "buyer"


def _tick(store: Store, rules: Rulebook, tick: Tick, limit: int | None) -> Iterator[Piece]:
    """Ticks that go backwards are ignored; a tick under other policies judges every open order again.

    The clock moves at the end: until then the tick has not been, and what it has concluded is on the wheel no more.
    """
    if tick.at <= store.ticked:
        yield Piece([], True)
        return
    silence = store.silence
    if tick.quiet or silence != Silence():
        silence = _heard(rules, silence, store.ticked).now(tick.quiet, tick.at)
    hush = rules.hush(silence, tick.at)
    said: list[Outcome] = []
    looked = 0
    for one in chain(_conclude(store, rules, tick.at, hush), _judge_again(store, rules, tick, hush)):
        said.extend(one)
        looked += 1
        if looked == limit:
            yield Piece(said, False)
            said, looked = [], 0
    store.tick(tick.at, tick.policies, silence)
    yield Piece(said, True)


def _conclude(store: Store, rules: Rulebook, until: int, hush: Hush | None) -> Iterator[list[Outcome]]:
    """What each row that is due before `until` has to say, in order of instant and key."""
    while (due := store.due(until)) is not None:
        instant, keys = due
        when = Moment(instant, None, 0, hush)
        for key in keys:
            said = _again(store, rules, key, when)
            if len(said) > 1:
                said.sort(key=lambda outcome: (outcome.subject, outcome.id, outcome.revision))
            yield said


def _heard(rules: Rulebook, silence: Silence, at: int) -> Silence:
    """The silence without the feeds that had talked again for so long, at the last tick, that nothing was held back."""
    recent = [one for one in silence.back if at <= one[2] + rules.longest_wait(one[1], one[2])]
    return silence._replace(back=tuple(recent))


def _again(store: Store, rules: Rulebook, key: bytes, when: Moment) -> list[Outcome]:
    if is_order(key):
        return _order_again(store, rules, key, when)
    return _AGAIN.get(parts(key)[1], windows.again)(store, rules, key, when)


def _forget(store: Store, _rules: Rulebook, key: bytes, _when: Moment) -> list[Outcome]:
    """Forgets what was remembered for a time only."""
    store.drop(key)
    return []


_AGAIN = {"rates": runs.again, "shop": shop.again, "talk": _forget, "seen": _forget}


def _judge_again(store: Store, rules: Rulebook, tick: Tick, hush: Hush | None) -> Iterator[list[Outcome]]:
    """Judges every order by the policies of the tick, if they take the place of others ("": of none)."""
    before = store.policies
    if tick.policies == before:
        return
    reason = f"the policies {tick.policies} took the place of {before}" if before else ""
    when = Moment(tick.at - 1, tick.at, 0, hush, reason)
    store.flush()
    judged = store.judged_by(tick.policies)
    for key in sorted(key for key in store.orders if key > judged):
        said = _order_again(store, rules, key, when)
        store.judge(tick.policies, key)
        yield said


def _order_again(store: Store, rules: Rulebook, key: bytes, when: Moment) -> list[Outcome]:
    """Judges an order as time alone goes on or the policies change, or forgets it."""
    row = store.get(key, OrderRow)
    if row is None:
        return []
    seller, name = parts(key)
    order = fold(seller, row.market, name, row.facts)
    if when.reason:
        _keep_closed(rules, order, row, when)
    judged, spoken = _judge(rules, order, row, when)
    if spoken.next is None and _forget_at(rules, row, spoken) <= when.now:
        store.drop(key)
        return spoken.outcomes
    _keep(store, rules, key, row, spoken)
    return [*spoken.outcomes, *_counted(seller, row, judged, when)]


def _keep_closed(rules: Rulebook, order: Order, row: OrderRow, when: Moment) -> None:
    """Keeps in the row what was closed before the policies changed, where they would now tell it otherwise."""
    market = rules.terms(row.market).market
    held = when.held(row.hold)
    change = Change(held, row.said, row.kept, market, rules.cards, lambda one: carried_out(order, one, market))
    for keeps in (change.duties, change.stay, change.rest):
        judged = rules.judge_order(order, row.said, row.kept)
        row.kept.update(keeps(judged.verdicts, judged.failed))


def _order_fact(store: Store, rules: Rulebook, fact: Fact) -> list[Outcome]:
    key = order_key(fact.seller, fact.subject)
    row = store.get(key, OrderRow) or OrderRow(fact.market)
    kept = next((f for f in row.facts if f.id == fact.id and f.source == fact.source), None)
    log = max(fact.arrived, store.ticked)
    if kept is not None:
        return [shop.received(fact, "duplicate" if kept.body == fact.body else "conflicting_duplicate", log)]
    inert = is_inert(fact, row.facts) and not rules.is_late(row.market, fact.at, log)
    put_in_place(row.facts, OrderFact.of(fact), OrderFact.place)
    if inert:
        store.put(key, row, store.waits_until(key))
        return [shop.received(fact, "accepted", log)]
    return [shop.received(fact, "accepted", log), *_changed(store, rules, fact.seller, fact.subject, row, fact.at, log)]


def _changed(store: Store, rules: Rulebook, seller: str, name: str, row: OrderRow, at: int, log: int) -> list[Outcome]:
    """Judges an order again whose facts changed at `log`, by one that happened at `at`."""
    late = rules.is_late(row.market, at, log)
    if late:
        row.hold = max(row.hold, log)
    when = Moment(store.ticked - 1, log, 0, rules.hush(store.silence, store.ticked))
    order = fold(seller, row.market, name, row.facts)
    judged, spoken = _judge(rules, order, row, when)
    added = rules.contributions(order, row.added, judged)
    counted = rules.counts(order, judged)
    said = [*spoken.outcomes, *_counted(seller, row, judged, when)]
    held = when.held(log if late else 0)
    paid = _paid_changed(row.added, added)
    said.extend(_contribute(store, rules, order, row, added, held))
    said.extend(_count_order(store, rules, order, row, counted, paid, held))
    _keep(store, rules, order_key(seller, name), row, spoken)
    return said


def _talk(store: Store, rules: Rulebook, fact: Fact) -> list[Outcome]:
    """Takes a card or a message without an order into its conversation; judges the orders that this changes."""
    key = talk_key(fact.seller, str(fact.data["conversation"]))
    row = store.get(key, TalkRow) or TalkRow(fact.market)
    log = max(fact.arrived, store.ticked)
    memory = rules.terms(row.market).market.ms("window_memory", log)
    said: list[Outcome] = []
    for moved in hear(row, fact, log - memory):
        for order in dict.fromkeys((moved.left, moved.joined)):
            if order:
                said.extend(_spoken_of(store, rules, fact, row.market, order, moved, log))
    last = latest(row)
    if last is None:
        store.drop(key)
    else:
        store.put(key, row, last + memory)
    return said


def _spoken_of(
    store: Store, rules: Rulebook, fact: Fact, market: str, order: str, moved: Moved, log: int
) -> list[Outcome]:
    """Takes a message off the order that it left, or puts it on the one that it joined, because of this fact.

    A message that a later card puts here is no backlog: the card came in time, and before it nobody could know.
    """
    key = order_key(fact.seller, order)
    row = store.get(key, OrderRow)
    if row is None and order != moved.joined:
        return []
    row = row or OrderRow(market)
    one = moved.message
    row.facts = [fact for fact in row.facts if (fact.source, fact.id) != (one.source, one.id)]
    if order == moved.joined:
        told = OrderFact(one.at, one.type, one.source, one.id, one.body, {**one.data, "card": moved.card})
        put_in_place(row.facts, told, OrderFact.place)
    if not row.facts:
        store.drop(key)
        return []
    return _changed(store, rules, fact.seller, order, row, fact.at, log)


def _judge(rules: Rulebook, order: Order, row: OrderRow, when: Moment) -> tuple[Judged, Spoken]:
    """Says the difference; once more when a directive turned out to stand, for that itself is a finding (V-40)."""
    market = rules.terms(row.market).market
    judged = rules.judge_order(order, row.said, row.kept)
    subject = Subject(order.seller, order.id, market, lambda directive: carried_out(order, directive, market))
    held = when.held(row.hold)
    spoken = say(subject, row.said, judged.verdicts, held, rules.cards, frozenset(judged.failed), row.kept)
    if not spoken.stands:
        return judged, spoken
    judged = rules.judge_order(order, row.said, row.kept)
    again = say(subject, row.said, judged.verdicts, held, rules.cards, frozenset(judged.failed), row.kept)
    return judged, Spoken([*spoken.outcomes, *again.outcomes], again.next, max(spoken.last, again.last))


def _contribute(
    store: Store, rules: Rulebook, order: Order, row: OrderRow, added: list[Entry], when: Moment
) -> list[Outcome]:
    """Takes the order's old contributions off its seller's windows and puts the new ones on."""
    if added == row.added:
        return []
    old, row.added = row.added, added
    return windows.change(store, rules, order.seller, row.market, old, added, when)


def _paid_changed(old: list[Entry], new: list[Entry]) -> set[int]:
    """When the order was paid, where what the windows hold of it as paid differs (ms UTC)."""
    if old is new:
        return set()
    entries = [entry for entry in (*old, *new) if entry.kind == PAID]
    return {entry.at for entry in entries if entries.count(entry) == 1}


def _count_order(
    store: Store,
    rules: Rulebook,
    order: Order,
    row: OrderRow,
    counted: Counted | None,
    paid: Collection[int],
    when: Moment,
) -> list[Outcome]:
    """Takes the order's old counts off its seller's days and puts the new ones on."""
    old = Counted(row.counts, row.answers)
    new = old if counted is None else counted
    if new == old and not paid:
        return []
    row.counts, row.answers = new
    return runs.change(store, rules, order.seller, row.market, old, new, paid, when)


def _keep(store: Store, rules: Rulebook, key: bytes, row: OrderRow, spoken: Spoken) -> None:
    store.put(key, row, _forget_at(rules, row, spoken) if spoken.next is None else spoken.next)


def _forget_at(rules: Rulebook, row: OrderRow, spoken: Spoken) -> int:
    """When an order with nothing left to say is forgotten."""
    last = max(row.facts[-1].at, spoken.last)
    return last + rules.terms(row.market).market.ms("forget_after", last)


def _counted(seller: str, row: OrderRow, judged: Judged, when: Moment) -> list[Outcome]:
    """The change in what is counted of the order: not applicable, data quality, failed."""
    notes = [*judged.notes, *(f"failed|{name}|{error}" for name, error in judged.failed.items())]
    if notes == row.notes:
        return []
    old, row.notes = row.notes, notes
    at = when.now if when.cause is None else when.cause
    return [_count(seller, row.market, at, note, "on" if n > 0 else "off") for note, n in changed(old, notes)]


def _count(seller: str, market: str, at: int, note: str, state: str) -> Outcome:
    group, code, why = note.split("|", 2)
    kind = "rule.failed" if group == "failed" else "count.changed"
    return Outcome(type=kind, seller=seller, market=market, at=at, code=code, state=state, before=group, why=why)
