"""One buyer's orders with one seller in the store: changed by contributions, judged day by day (V-15, V-27)."""

from collections.abc import Sequence

from detectors.clock import DAY, utc_day
from detectors.outcomes import Outcome
from detectors.patterns import fake_orders, serial_cancellation
from detectors.policy import Market
from detectors.rulebook import Rulebook
from detectors.say import Moment, Subject, say
from detectors.saying import said_of
from detectors.store import Store, buyer_key
from detectors.window import Buyer, Entry, forgotten_at


def change(
    store: Store,
    rules: Rulebook,
    seller: str,
    market: str,
    buyer: str,
    off: Sequence[Entry],
    on: Sequence[Entry],
    when: Moment,
) -> list[Outcome]:
    """Changes what a buyer ordered and cancelled, and judges it; what is forgotten changes no more."""
    assert when.cause is not None
    key = buyer_key(seller, buyer)
    profile = rules.terms(market).market
    known = store.get(key, Buyer)
    row = known or Buyer(market, buyer)
    waits = store.waits_until(key) if known else None
    said = _last_word(rules, seller, row, when) if waits is not None and waits < when.cause else []
    for entry in off:
        row.take(entry)
    for entry in on:
        row.put(entry)
    row.hold = max(row.hold, when.hold)
    at = when.cause
    if not row.said and fake_orders.few(row, at, profile) and serial_cancellation.quiet(row, at, profile):
        _keep(store, key, row, waits or _forgotten(row, profile))
        return said
    return [*said, *_judge(store, rules, seller, row, when)]


def _last_word(rules: Rulebook, seller: str, row: Buyer, when: Moment) -> list[Outcome]:
    """What no tick came to say of the days that are forgotten now, as the facts before this one told it."""
    assert when.cause is not None
    profile = rules.terms(row.market).market
    judged = rules.judge_buyer(seller, row)
    closing = [one for one in judged.verdicts if forgotten_at(_day_of(one.tag), profile) <= when.cause]
    said = {tag: one for tag, one in row.said.items() if forgotten_at(_day_of(tag), profile) <= when.cause}
    subject = Subject(seller, f"buyer {row.buyer}", profile)
    then = Moment(when.cause - 1, None, row.hold, when.hush)
    last = say(subject, said, closing, then, rules.cards, frozenset(judged.failed)).outcomes
    _forget_days(row, when.cause, profile)
    return last


def _day_of(tag: str) -> int:
    return int(tag.rsplit("\x1f", 1)[1])


def _judge(store: Store, rules: Rulebook, seller: str, row: Buyer, when: Moment) -> list[Outcome]:
    profile = rules.terms(row.market).market
    _forget_days(row, when.now if when.cause is None else when.cause, profile)
    judged = rules.judge_buyer(seller, row)
    held = when.held(row.hold)
    spoken, failed = said_of(rules, seller, f"buyer {row.buyer}", profile, row, judged, held)
    end = _forgotten(row, profile)
    next_ = end if spoken.next is None or end is None else min(spoken.next, end)
    _keep(store, buyer_key(seller, row.buyer), row, next_)
    return [*spoken.outcomes, *failed]


def _keep(store: Store, key: bytes, row: Buyer, instant: int | None) -> None:
    if row.orders:
        store.put(key, row, instant)
    else:
        store.drop(key)


def _forget_days(row: Buyer, at: int, profile: Market) -> None:
    """Moves on to the first day that is not forgotten: what was said of the days before stands, and is put away."""
    while row.since == 0 or forgotten_at(row.since, profile) <= at:
        row.since = row.since + 1 if row.since else _oldest(at, profile)
    for tag in [tag for tag in row.said if _day_of(tag) < row.since]:
        del row.said[tag]
    first = row.since * DAY - serial_cancellation.reach(profile, at) - DAY
    row.orders = [entry for entry in row.orders if max(entry.at, entry.gone) >= first]


def _oldest(at: int, profile: Market) -> int:
    return max(utc_day(at - profile.ms("window_memory", at)) - 1, 1)


def _forgotten(row: Buyer, profile: Market) -> int | None:
    last = max((max(entry.at, entry.gone) for entry in row.orders), default=None)
    if last is None:
        return None
    return forgotten_at(utc_day(last), profile) + serial_cancellation.reach(profile, last) + DAY


def again(store: Store, rules: Rulebook, seller: str, key: bytes, when: Moment) -> list[Outcome]:
    """Judges a buyer as time alone goes on, or forgets him."""
    row = store.get(key, Buyer)
    end = None if row is None else _forgotten(row, rules.terms(row.market).market)
    if row is None or end is None or end <= when.now:
        store.drop(key)
        return []
    return _judge(store, rules, seller, row, when)
