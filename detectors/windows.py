"""A seller's windows in the store: changed by contributions, judged where a change or the time touches them."""

from collections.abc import Sequence
from functools import lru_cache
from typing import TypeVar

from detectors import buyers, links
from detectors.clock import DAY, utc_day
from detectors.outcomes import Outcome
from detectors.patterns import (
    fake_orders,
    high_frequency_cancellation,
    product_hotspot,
    suspected_solicitation,
)
from detectors.policy import Market
from detectors.rates import reach_days
from detectors.rulebook import Rulebook
from detectors.say import Moment
from detectors.saying import said_of
from detectors.store import ShopRow, Store, day_key, parts, shop_key
from detectors.window import LINK, PAID, PLACED, Day, Entry, Window, day_number, forgotten_at

Name = TypeVar("Name", str, int)
Groups = dict[Name, tuple[list[Entry], list[Entry]]]  # what goes and what comes, by link, buyer or day


def change(
    store: Store,
    rules: Rulebook,
    seller: str,
    market: str,
    old: Sequence[Entry],
    new: Sequence[Entry],
    when: Moment,
) -> list[Outcome]:
    """Takes `old` off and puts `new` on; judges the windows that this touches. `when.hold`: a backlog's log time."""
    by_link: Groups[str] = {}
    by_buyer: Groups[str] = {}
    by_day: Groups[int] = {}
    for side, these, others in ((0, old, new), (1, new, old)):
        for entry in these:
            if others and entry in others:
                continue
            if entry.kind == LINK:
                by_link.setdefault(entry.link, ([], []))[side].append(entry)
                continue
            by_day.setdefault(day_number(entry), ([], []))[side].append(entry)
            if entry.kind == PLACED and entry.who:
                by_buyer.setdefault(entry.who, ([], []))[side].append(entry)
    said: list[Outcome] = []
    for link, (off, on) in by_link.items():
        said.extend(links.change(store, rules, seller, market, link, off, on, when))
    for buyer, (off, on) in by_buyer.items():
        said.extend(buyers.change(store, rules, seller, market, buyer, off, on, when))
    for number, (off, on) in sorted(by_day.items()):
        said.extend(_change_day(store, rules, seller, market, number, off, on, when))
    return said


def _change_day(
    store: Store,
    rules: Rulebook,
    seller: str,
    market: str,
    number: int,
    off: Sequence[Entry],
    on: Sequence[Entry],
    when: Moment,
) -> list[Outcome]:
    profile = rules.terms(market).market
    assert when.cause is not None
    if forgotten_at(number, profile) <= when.cause:
        return []
    key = day_key(seller, number)
    day = store.get(key, Day) or Day(market, number)
    for entry in off:
        day.take(entry)
    for entry in on:
        day.put(entry)
    day.hold = max(day.hold, when.hold)
    later = [store.day(seller, number + i) for i in range(1, 1 + _reach(profile, number))]
    last = not any(later)
    window = None if last and _plain(day, off, on, profile) else _window(store, seller, day, profile)
    if window is None or (last and _all_quiet(window, off, on, profile)):
        waits = store.waits_until(key)
        store.put(key, day, _dropped_at(number, profile) if waits is None else waits)
        return []
    said = _judge_day(store, rules, seller, window, when)
    for following in later:
        if following is not None:
            following.hold = max(following.hold, when.hold)
            said.extend(_judge_day(store, rules, seller, _window(store, seller, following, profile), when))
    return said


def _plain(day: Day, off: Sequence[Entry], on: Sequence[Entry], profile: Market) -> bool:
    """Whether the change is plainly quiet, without a look at other days: the latest orders, too few for anything, or
    payments after which nothing was cancelled.
    """
    for entry in on:
        if entry.kind == PAID:
            if day.ended and day.ended[-1].at >= entry.at:
                return False
        elif entry.kind != PLACED or not fake_orders.plain(entry, day, profile):
            return False
    return not off


def _all_quiet(window: Window, off: Sequence[Entry], on: Sequence[Entry], profile: Market) -> bool:
    """Whether the change cannot alter any verdict; what becomes of an order that stays in its place alters none."""
    kept = _places(on) & _places(off) if off else frozenset()
    loud = [[e for e in es if (e.kind, e.at, e.order, e.who) not in kept] for es in (off, on)]
    return not loud[0] and all(
        high_frequency_cancellation.quiet(e, window)
        and fake_orders.quiet(e, window, profile)
        and product_hotspot.quiet(e, window, profile)
        and suspected_solicitation.quiet(e, window, profile)
        for e in loud[1]
    )


def _places(entries: Sequence[Entry]) -> frozenset[tuple[str, int, str, str]]:
    return frozenset((entry.kind, entry.at, entry.order, entry.who) for entry in entries if entry.kind in _STAY)


_STAY = frozenset({PLACED, PAID})


@lru_cache(4096)
def _reach(profile: Market, day: int) -> int:
    """How many days after (or before) a UTC day a window may still hold an entry."""
    keys = ("v24_window", "v17_window", "v11_empty_reach", "v11_same_window")
    longest = max(DAY, *(profile.ms(key, day * DAY) for key in keys))
    return -(-longest // DAY)


def _window(store: Store, seller: str, day: Day, profile: Market) -> Window:
    back = _reach(profile, day.number)
    earlier = (store.day(seller, day.number - i) for i in range(back, 0, -1))
    shop = store.get(shop_key(seller), ShopRow) or ShopRow()
    return Window(seller, day, [one for one in earlier if one is not None], shop.campaigns)


def _judge_day(store: Store, rules: Rulebook, seller: str, window: Window, when: Moment) -> list[Outcome]:
    day, profile = window.day, rules.terms(window.day.market).market
    judged = rules.judge_day(window)
    held = when.held(day.hold)
    spoken, failed = said_of(rules, seller, f"day {day.number}", profile, day, judged, held)
    end = _dropped_at(day.number, profile)
    store.put(day_key(seller, day.number), day, end if spoken.next is None else min(spoken.next, end))
    return [*spoken.outcomes, *failed]


def _dropped_at(number: int, profile: Market) -> int:
    """When the row goes: days and daily runs after it may still be judged until then, and it is in their windows."""
    return forgotten_at(number, profile) + (reach_days(profile, number * DAY) + 2) * DAY


def again(store: Store, rules: Rulebook, key: bytes, when: Moment) -> list[Outcome]:
    """Judges a window as time alone goes on, or forgets it."""
    seller, kind, *rest = parts(key)
    if kind == "day":
        day = store.day(seller, int(rest[0]))
        if day is None:
            return []
        profile = rules.terms(day.market).market
        if _dropped_at(day.number, profile) <= when.now:
            store.drop(key)
            return []
        return _judge_day(store, rules, seller, _window(store, seller, day, profile), when)
    if kind == "buyer":
        return buyers.again(store, rules, seller, key, when)
    return links.again(store, rules, seller, key, when) if kind == "link" else []


def campaign_changed(
    store: Store, rules: Rulebook, seller: str, market: str, since: int, when: Moment
) -> list[Outcome]:
    """Judges again the days that a campaign touches, from its start up to now."""
    assert when.cause is not None
    said: list[Outcome] = []
    profile = rules.terms(market).market
    for number in range(utc_day(since), utc_day(when.cause) + 1):
        day = store.day(seller, number)
        if day is not None and forgotten_at(number, profile) > when.cause:
            said.extend(_judge_day(store, rules, seller, _window(store, seller, day, profile), when))
    return said
