"""A seller's windows in the store: changed by contributions, judged where a change or the time touches them."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Protocol, TypeVar

from detectors.clock import DAY, utc_day
from detectors.outcomes import Outcome
from detectors.patterns import (
    fake_orders,
    high_frequency_cancellation,
    product_hotspot,
    serial_cancellation,
    suspected_solicitation,
)
from detectors.policy import Market
from detectors.rates import reach_days
from detectors.rulebook import Judged, Rulebook
from detectors.say import Moment, Said, Spoken, Subject, say
from detectors.store import ShopRow, Store, buyer_key, day_key, link_key, parts, shop_key
from detectors.window import LINK, PAID, PLACED, Buyer, Day, Entry, Link, Window, day_number

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
    links: Groups[str] = {}
    buyers: Groups[str] = {}
    days: Groups[int] = {}
    for side, these, others in ((0, old, new), (1, new, old)):
        for entry in these:
            if others and entry in others:
                continue
            if entry.kind == LINK:
                links.setdefault(entry.link, ([], []))[side].append(entry)
                continue
            days.setdefault(day_number(entry), ([], []))[side].append(entry)
            if entry.kind == PLACED and entry.who:
                buyers.setdefault(entry.who, ([], []))[side].append(entry)
    said: list[Outcome] = []
    for link, (off, on) in links.items():
        said.extend(change_link(store, rules, seller, market, link, off, on, when))
    for buyer, (off, on) in buyers.items():
        said.extend(_change_buyer(store, rules, seller, market, buyer, off, on, when))
    for number, (off, on) in sorted(days.items()):
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


class Kept(Protocol):
    """A row that keeps what was said of it, and the patterns that failed on it with their error."""

    said: dict[str, Said]
    failed: dict[str, str]


def said_of(
    rules: Rulebook, seller: str, name: str, profile: Market, row: Kept, judged: Judged, when: Moment
) -> tuple[Spoken, list[Outcome]]:
    """What is to be said of a window, and the change in which patterns fail on it; both are kept in the row."""
    subject = Subject(seller, name, profile)
    spoken = say(subject, row.said, judged.verdicts, when, rules.cards, frozenset(judged.failed))
    return spoken, _failed(seller, profile, row.failed, judged, when)


def _failed(seller: str, profile: Market, kept: dict[str, str], judged: Judged, when: Moment) -> list[Outcome]:
    """The change in which patterns fail on the window; `kept` is brought up to date."""
    at = when.now if when.cause is None else when.cause
    changes = [(n, e, "off") for n, e in kept.items() if judged.failed.get(n) != e]
    changes += [(n, e, "on") for n, e in judged.failed.items() if kept.get(n) != e]
    kept.clear()
    kept.update(judged.failed)
    return [
        Outcome(
            type="rule.failed",
            seller=seller,
            market=profile.name,
            at=at,
            code=name,
            state=state,
            before="failed",
            why=error,
        )
        for name, error, state in changes
    ]


def forgotten_at(number: int, profile: Market) -> int:
    """From when on facts change nothing in a seller's UTC day: what was said of it stands."""
    end = (number + 1) * DAY
    return end + profile.ms("window_memory", end)


def _dropped_at(number: int, profile: Market) -> int:
    """When the row goes: days and daily runs after it may still be judged until then, and it is in their windows."""
    return forgotten_at(number, profile) + (reach_days(profile, number * DAY) + 2) * DAY


def _change_buyer(
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
    row = store.get(key, Buyer) or Buyer(market, buyer)
    waits = store.waits_until(key)
    said = _last_word(rules, seller, row, when) if waits is not None and waits < when.cause else []
    for entry in off:
        row.take(entry)
    for entry in on:
        row.put(entry)
    row.hold = max(row.hold, when.hold)
    at = when.cause
    if not row.said and fake_orders.few(row, at, profile) and serial_cancellation.quiet(row, at, profile):
        _keep_buyer(store, key, row, waits or _buyer_forgotten(row, profile))
        return said
    return [*said, *_judge_buyer(store, rules, seller, row, when)]


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


def _judge_buyer(store: Store, rules: Rulebook, seller: str, row: Buyer, when: Moment) -> list[Outcome]:
    profile = rules.terms(row.market).market
    _forget_days(row, when.now if when.cause is None else when.cause, profile)
    judged = rules.judge_buyer(seller, row)
    held = when.held(row.hold)
    spoken, failed = said_of(rules, seller, f"buyer {row.buyer}", profile, row, judged, held)
    end = _buyer_forgotten(row, profile)
    next_ = end if spoken.next is None or end is None else min(spoken.next, end)
    _keep_buyer(store, buyer_key(seller, row.buyer), row, next_)
    return [*spoken.outcomes, *failed]


def _keep_buyer(store: Store, key: bytes, row: Buyer, instant: int | None) -> None:
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


def _buyer_forgotten(row: Buyer, profile: Market) -> int | None:
    last = max((max(entry.at, entry.gone) for entry in row.orders), default=None)
    if last is None:
        return None
    return forgotten_at(utc_day(last), profile) + serial_cancellation.reach(profile, last) + DAY


def change_link(
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
    return _judge_link(store, rules, seller, row, when)


def _judge_link(store: Store, rules: Rulebook, seller: str, row: Link, when: Moment) -> list[Outcome]:
    profile = rules.terms(row.market).market
    judged = rules.judge_link(seller, row)
    held = when.held(row.hold)
    spoken, failed = said_of(rules, seller, f"link {row.link}", profile, row, judged, held)
    key, end = link_key(seller, row.link), _link_forgotten(row, profile)
    if end is None:
        store.drop(key)
    else:
        store.put(key, row, end if spoken.next is None else min(spoken.next, end))
    return [*spoken.outcomes, *failed]


def _link_forgotten(row: Link, profile: Market) -> int | None:
    last = max((entry.at for entry in (*row.buyers, *row.staff)), default=None)
    return None if last is None else last + profile.ms("forget_after", last)


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
        return _buyer_again(store, rules, seller, key, when)
    link = store.get(key, Link) if kind == "link" else None
    if link is None:
        return []
    end = _link_forgotten(link, rules.terms(link.market).market)
    if end is not None and end <= when.now:
        store.drop(key)
        return []
    return _judge_link(store, rules, seller, link, when)


def _buyer_again(store: Store, rules: Rulebook, seller: str, key: bytes, when: Moment) -> list[Outcome]:
    row = store.get(key, Buyer)
    end = None if row is None else _buyer_forgotten(row, rules.terms(row.market).market)
    if row is None or end is None or end <= when.now:
        store.drop(key)
        return []
    return _judge_buyer(store, rules, seller, row, when)


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
