"""A seller's windows in the store: changed by contributions, judged where a change or the time touches them."""

from collections.abc import Sequence

from detectors.clock import DAY, utc_day
from detectors.outcomes import Outcome
from detectors.patterns import fake_orders, high_frequency_cancellation
from detectors.policy import Market
from detectors.rulebook import Judged, Rulebook
from detectors.say import Moment, Said, Spoken, Subject, say
from detectors.store import ShopRow, Store, day_key, link_key, parts, shop_key
from detectors.window import LINK, PAID, Day, Entry, Link, Window, day_number


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
    off = [entry for entry in old if entry not in new]
    on = [entry for entry in new if entry not in old]
    said: list[Outcome] = []
    for link in dict.fromkeys(entry.link for entry in (*off, *on) if entry.kind == LINK):
        gone = [entry for entry in off if entry.link == link]
        come = [entry for entry in on if entry.link == link]
        said.extend(change_link(store, rules, seller, market, link, gone, come, when))
    off, on = ([entry for entry in entries if entry.kind != LINK] for entries in (off, on))
    for number in sorted({day_number(entry) for entry in (*off, *on)}):
        gone = [entry for entry in off if day_number(entry) == number]
        come = [entry for entry in on if day_number(entry) == number]
        said.extend(_change_day(store, rules, seller, market, number, gone, come, when))
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
    day = store.day(seller, number) or Day(market, number)
    for entry in off:
        day.take(entry)
    for entry in on:
        day.put(entry)
    day.hold = max(day.hold, when.hold)
    window = _window(store, seller, day, profile)
    later = [store.day(seller, number + i) for i in range(1, 1 + _reach(profile, when.cause))]
    if not any(later) and _all_quiet(window, off, on, profile):
        waits = store.waits_until(day_key(seller, number))
        store.put_day(seller, day, _dropped_at(number, profile) if waits is None else waits)
        return []
    said = _judge_day(store, rules, seller, window, when)
    for following in later:
        if following is not None:
            following.hold = max(following.hold, when.hold)
            said.extend(_judge_day(store, rules, seller, _window(store, seller, following, profile), when))
    return said


def _all_quiet(window: Window, off: Sequence[Entry], on: Sequence[Entry], profile: Market) -> bool:
    """Whether the change cannot alter any verdict; that a paid order now counts as a fault alters none."""
    kept = {(entry.at, entry.order) for entry in off if entry.kind == PAID} & {
        (entry.at, entry.order) for entry in on if entry.kind == PAID
    }
    loud_off = [e for e in off if e.kind != PAID or (e.at, e.order) not in kept]
    loud_on = [e for e in on if e.kind != PAID or (e.at, e.order) not in kept]
    return not loud_off and all(
        high_frequency_cancellation.quiet(e, window) and fake_orders.quiet(e, window, profile) for e in loud_on
    )


def _reach(profile: Market, at: int) -> int:
    """How many days later a window may still hold an entry."""
    longest = max(profile.ms("v24_window", at), profile.ms("v27_window", at), DAY)
    return -(-longest // DAY)


def _window(store: Store, seller: str, day: Day, profile: Market) -> Window:
    back = _reach(profile, day.number * DAY)
    earlier = (store.day(seller, day.number - i) for i in range(back, 0, -1))
    shop = store.get(shop_key(seller), ShopRow) or ShopRow()
    return Window(seller, day, [one for one in earlier if one is not None], shop.campaigns)


def _judge_day(store: Store, rules: Rulebook, seller: str, window: Window, when: Moment) -> list[Outcome]:
    day, profile = window.day, rules.terms(window.day.market).market
    judged = rules.judge_day(window)
    spoken = _say(rules, seller, f"day {day.number}", profile, day.said, judged, Moment(when.now, when.cause, day.hold))
    failed = _failed(seller, profile, day.failed, judged, when)
    end = _dropped_at(day.number, profile)
    store.put_day(seller, day, end if spoken.next is None else min(spoken.next, end))
    return [*spoken.outcomes, *failed]


def _say(
    rules: Rulebook,
    seller: str,
    name: str,
    profile: Market,
    said: dict[str, Said],
    judged: Judged,
    when: Moment,
) -> Spoken:
    subject = Subject(seller, name, profile)
    return say(subject, said, judged.verdicts, when, rules.cards, frozenset(judged.failed))


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
    """When the row goes: the days after it may still be judged until then, and it is in their windows."""
    return forgotten_at(number, profile) + _reach(profile, number * DAY) * DAY


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
    when = Moment(when.now, when.cause, row.hold)
    spoken = _say(rules, seller, f"link {row.link}", profile, row.said, judged, when)
    failed = _failed(seller, profile, row.failed, judged, when)
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
    link = store.get(key, Link) if kind == "link" else None
    if link is None:
        return []
    end = _link_forgotten(link, rules.terms(link.market).market)
    if end is not None and end <= when.now:
        store.drop(key)
        return []
    return _judge_link(store, rules, seller, link, when)


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
