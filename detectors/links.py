"""Who showed one identifying hash to one seller, in the store: changed by contributions, judged (V-25, V-26)."""

from collections.abc import Sequence

from detectors.outcomes import Outcome
from detectors.patterns import fake_orders
from detectors.policy import Market
from detectors.rulebook import Rulebook
from detectors.say import Moment
from detectors.saying import said_of
from detectors.store import Store, link_key
from detectors.window import TRACKING, Entry, Link


def change(
    store: Store,
    rules: Rulebook,
    seller: str,
    market: str,
    link: str,
    off: Sequence[Entry],
    on: Sequence[Entry],
    when: Moment,
) -> list[Outcome]:
    """Changes who showed the hash, and judges it. Entries whose kind is `staff` are the seller's own people."""
    key = link_key(seller, link)
    row = store.get(key, Link) or Link(market, link)
    for entry in off:
        row.take(entry)
    for entry in on:
        row.put(entry)
    row.hold = max(row.hold, when.hold)
    if not row.said and not row.failed and _alone(row, rules.terms(market).market):
        store.put(key, row, _forgotten(row, rules.terms(market).market))
        return []
    return _judge(store, rules, seller, row, when)


def _alone(row: Link, profile: Market) -> bool:
    """Whether one order, or one of the seller's people, showed the hash, and nobody shares it."""
    if len(row.buyers) + len(row.staff) != 1:
        return False
    return not row.buyers or row.link.startswith(TRACKING) or fake_orders.too_few(row, profile)


def _judge(store: Store, rules: Rulebook, seller: str, row: Link, when: Moment) -> list[Outcome]:
    profile = rules.terms(row.market).market
    judged = rules.judge_link(seller, row)
    held = when.held(row.hold)
    spoken, failed = said_of(rules, seller, f"link {row.link}", profile, row, judged, held)
    key, end = link_key(seller, row.link), _forgotten(row, profile)
    if end is None:
        store.drop(key)
    else:
        store.put(key, row, end if spoken.next is None else min(spoken.next, end))
    return [*spoken.outcomes, *failed]


def _forgotten(row: Link, profile: Market) -> int | None:
    last = max((entry.at for entry in (*row.buyers, *row.staff)), default=None)
    return None if last is None else last + profile.ms("forget_after", last)


def again(store: Store, rules: Rulebook, seller: str, key: bytes, when: Moment) -> list[Outcome]:
    """Judges a hash as time alone goes on, or forgets it."""
    link = store.get(key, Link)
    if link is None:
        return []
    end = _forgotten(link, rules.terms(link.market).market)
    if end is not None and end <= when.now:
        store.drop(key)
        return []
    return _judge(store, rules, seller, link, when)
