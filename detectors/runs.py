"""A seller's daily runs in the store: changed by what orders count, said as time goes on (rulebook §5)."""

from collections.abc import Iterable, Iterator, Sequence

from detectors.counts import PLACE, changed, split
from detectors.outcomes import Outcome
from detectors.policy import Market
from detectors.rates import (
    RateRow,
    Run,
    RunRow,
    calm,
    day_forgotten_at,
    dropped_at,
    first_open,
    quiet,
    reach_days,
    run_instant,
)
from detectors.rulebook import Counted, Rulebook
from detectors.say import Moment
from detectors.saying import said_of
from detectors.store import Store, day_key, parts, rates_key
from detectors.window import PAID, Day, Entry, between

_PAID = PLACE["paid"]
_JUDGED = frozenset(PLACE[name] for name in ("paid", "fault", "cancelled"))


def change(
    store: Store,
    rules: Rulebook,
    seller: str,
    market: str,
    old: Counted,
    new: Counted,
    paid: Iterable[int],
    when: Moment,
) -> list[Outcome]:
    """Takes `old` off the seller's counts and puts `new` on; judges the runs that this touches.

    `paid`: when the orders were paid whose entries in the seller's windows changed (ms UTC): evidence of the runs.
    """
    assert when.cause is not None
    profile = rules.terms(market).market
    key = rates_key(seller)
    row = store.get(key, RateRow) or RateRow(market)
    waits = store.waits_until(key)
    said = _last_word(store, rules, seller, row, when) if waits is not None and waits < when.cause else []
    _forget(row, when.cause, profile)
    open_from = row.since - 1
    touched = {day for at in paid if (day := profile.calendar.day(at)) >= open_from}
    newest, stirs = row.newest, False
    for count, n in changed(old.counts, new.counts):
        day, place = split(count)
        if day >= open_from:
            row.add(count, n)
            if place in _JUDGED:
                touched.add(day)
                stirs = stirs or place != _PAID or n < 0 or day > newest
    if old.answers or new.answers:
        _change_answers(row, old.answers, new.answers, open_from)
    row.hold = max(row.hold, when.hold)
    if not touched or (not row.runs and _stays_calm(row, touched, stirs, profile)):
        _keep(store, seller, row, profile)
        return said
    return [*said, *_judge(store, rules, seller, row, _runs_over(row, touched, profile, when.cause), when)]


def _last_word(store: Store, rules: Rulebook, seller: str, row: RateRow, when: Moment) -> list[Outcome]:
    """What no tick came to say of the runs that are put away now, as the facts before this one told it."""
    assert when.cause is not None
    open_from = first_open(when.cause, rules.terms(row.market).market)
    runs = sorted(day for day, run in row.runs.items() if day < open_from and run.next is not None)
    return _judge(store, rules, seller, row, runs, Moment(when.cause - 1, None, row.hold, when.hush))


def _stays_calm(row: RateRow, days: Iterable[int], stirs: bool, profile: Market) -> bool:
    """Whether no run over the days can have a finding. One more payment on a known day stirs up no calm seller."""
    if not stirs and not row.stirred:
        return True
    still = all(calm(row, day, profile) for day in days)
    row.stirred = row.stirred or not still
    return still


def _change_answers(
    row: RateRow, old: Sequence[tuple[int, int]], new: Sequence[tuple[int, int]], open_from: int
) -> None:
    for day, ms in old:
        if day >= open_from and ms in row.answers.get(day, ()) and (day, ms) not in new:
            row.answers[day].remove(ms)
    for day, ms in new:
        if day >= open_from and (day, ms) not in old:
            row.answers.setdefault(day, []).append(ms)


def _runs_over(row: RateRow, days: Iterable[int], profile: Market, at: int) -> list[int]:
    """The runs that look at one of the days and hold any payment."""
    days = set(days)
    if not days:
        return []
    last = row.newest + int(profile.at("sfcr_cohort_days", at))
    reach = reach_days(profile, at)
    return sorted({run for day in days for run in range(day + 1, min(day + reach, last) + 1)} | _said(row, days, reach))


def _said(row: RateRow, days: Iterable[int], reach: int) -> set[int]:
    """The runs over the days of which something was said already."""
    return {run for run in row.runs for day in days if day < run <= day + reach}


def _judge(
    store: Store, rules: Rulebook, seller: str, row: RateRow, runs: Iterable[int], when: Moment
) -> list[Outcome]:
    """Judges the runs that have taken place; one that is still to come waits for its day."""
    profile = rules.terms(row.market).market
    said: list[Outcome] = []
    for day in runs:
        kept = row.runs.get(day)
        if day < row.since or (kept is None and quiet(row, day, profile)):
            continue
        at = run_instant(day, profile)
        if at <= when.now or (kept is not None and kept.said):
            said += _judge_run(store, rules, seller, row, day, when)
        elif kept is None:
            row.runs[day] = RunRow(next=at)
    _keep(store, seller, row, profile)
    return said


def _keep(store: Store, seller: str, row: RateRow, profile: Market) -> None:
    """Keeps the row until the next instant of a run. When it may go is looked up again at the end that it knew."""
    key = rates_key(seller)
    if not row.days:
        store.drop(key)
        return
    known = row.end if row.end else dropped_at(row, profile)
    row.end = known
    store.put(key, row, min([known, *(run.next for run in row.runs.values() if run.next is not None)]))


def _judge_run(store: Store, rules: Rulebook, seller: str, row: RateRow, day: int, when: Moment) -> list[Outcome]:
    """Says what is new of one run; a run of which there is nothing to say leaves no trace."""
    profile = rules.terms(row.market).market
    run = Run(seller, row, day, profile, lambda first, last: list(_paid(store, seller, profile, first, last)))
    judged = rules.judge_run(run)
    kept = row.runs.get(day) or RunRow()
    if not (judged.verdicts or judged.failed or kept.said or kept.failed):
        row.runs.pop(day, None)
        return []
    row.runs[day] = kept
    held = when.held(row.hold)
    spoken, failed = said_of(rules, seller, f"run {day}", profile, kept, judged, held)
    kept.next = spoken.next
    return [*spoken.outcomes, *failed]


def _paid(store: Store, seller: str, profile: Market, first: int, last: int) -> Iterator[Entry]:
    """The seller's paid orders of the local days, both included."""
    start, end = profile.calendar.midnight(first), profile.calendar.eod(last)
    for number in range(start // _UTC_DAY, end // _UTC_DAY + 1):
        day = store.get(day_key(seller, number), Day)
        if day is not None:
            yield from between(day.entries(PAID), start, end)


_UTC_DAY = 86_400_000


def _forget(row: RateRow, at: int, profile: Market) -> None:
    """Puts away what was said of runs that no fact can change any more, and the days that no run looks at."""
    if row.since and day_forgotten_at(row.since - 1, profile) > at:
        return
    row.since = first_open(at, profile)
    for day in [day for day in row.runs if day < row.since]:
        del row.runs[day]
    oldest = row.since - reach_days(profile, at)
    for days in (row.days, row.answers):
        for day in [day for day in days if day < oldest]:
            del days[day]


def again(store: Store, rules: Rulebook, key: bytes, when: Moment) -> list[Outcome]:
    """Says what time alone makes true of a seller's runs, or forgets his counts."""
    row = store.get(key, RateRow)
    if row is None:
        return []
    profile = rules.terms(row.market).market
    _forget(row, when.now, profile)
    row.end = dropped_at(row, profile) if row.days else 0
    if row.end <= when.now:
        store.drop(key)
        return []
    ripe = sorted(day for day, run in row.runs.items() if run.next is not None and run.next <= when.now)
    return _judge(store, rules, parts(key)[0], row, ripe, when)
