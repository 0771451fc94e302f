"""A seller's daily counts, and the rates made of them: M-01 … M-10 (rulebook §5). A rate is a figure, never a finding.

Days are days of the market. A daily run judges the days before it; late facts score it again.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import msgspec

from detectors.clock import DAY, Calendar
from detectors.counts import NAMES, PLACE, split
from detectors.policy import Market
from detectors.say import Said
from detectors.terms import Terms
from detectors.window import Entry

_PAID_PLACE, _FAULT_PLACE, _CANCELLED_PLACE = PLACE["paid"], PLACE["fault"], PLACE["cancelled"]
_PAID = (("order.paid",),)
_CANCELLED = (*_PAID, ("order.cancelled",))


class RunRow(msgspec.Struct, gc=False, array_like=True):
    """What was said of one daily run; `next`: when time alone changes something (ms UTC), None for never."""

    said: dict[str, Said] = {}
    failed: dict[str, str] = {}
    next: int | None = None


class RateRow(msgspec.Struct, gc=False, array_like=True):
    """One seller's counts by local day, his answers' ms by the day of the request, and what was said of each run.

    `since`: the first run that may still be judged; what was said of earlier ones stands. `hold`: log time (ms) of
    the latest fact that came from a backlog. `end`: when to look whether the row may go (ms UTC); 0: not known.
    `newest`: the latest day with a payment. `stirred`: whether a day was ever not calm.
    """

    market: str
    days: dict[int, list[int]] = {}
    answers: dict[int, list[int]] = {}
    runs: dict[int, RunRow] = {}
    since: int = 0
    hold: int = 0
    end: int = 0
    newest: int = 0
    stirred: bool = False

    def add(self, count: int, n: int) -> None:
        """Adds `n` to a count (negative: takes off)."""
        day, place = split(count)
        counts = self.days.get(day)
        if counts is None:
            counts = self.days[day] = [0] * len(NAMES)
        counts[place] += n
        if place == _PAID_PLACE and day > self.newest:
            self.newest = day

    def sum(self, name: str, first: int, last: int) -> int:
        """The count over the days from `first` to `last`, both included."""
        place, days = PLACE[name], self.days
        return sum(days[day][place] for day in range(first, last + 1) if day in days)


class Run:
    """One daily run: it looks at the days before its own, by the numbers that hold when it starts.

    `entries(first, last)`: the seller's paid orders of these local days, in time order.
    """

    def __init__(self, seller: str, row: RateRow, day: int, market: Market, entries: "Orders") -> None:
        self.seller, self.day, self.market, self._row, self.entries = seller, day, market, row, entries
        self.at = run_instant(day, market)

    def get(self, key: str) -> int:
        """The number that holds at the run."""
        return int(self.market.at(key, self.at))

    def sum(self, name: str, first: int, last: int) -> int:
        """The count from `first` to `last` days before the run, both included: (7, 1) is the week before it."""
        return self._row.sum(name, self.day - first, self.day - last)

    def orders(self, first: int, last: int) -> list[Entry]:
        """The paid orders from `first` to `last` days before the run, both included."""
        return self.entries(self.day - first, self.day - last)


Orders = Callable[[int, int], list[Entry]]


def run_instant(day: int, market: Market) -> int:
    """When the daily run of that local day takes place (ms UTC)."""
    midnight = market.calendar.midnight(day)
    return midnight + market.ms("sfcr_run", midnight)


def calm(row: RateRow, day: int, market: Market) -> bool:
    """Whether no run over the day can have a finding: no payment much later, and too little cancelled around it."""
    at = run_instant(day, market)
    days = int(market.at("sfcr_cohort_days", at))
    if row.newest > day + days:
        return False
    fault = cancelled = 0
    for near in range(day - days + 1, day + days):
        counts = row.days.get(near)
        if counts is not None:
            fault += counts[_FAULT_PLACE]
            cancelled += counts[_CANCELLED_PLACE]
    few = int(market.at("v16_percent", at)) * int(market.at("min_den", at))
    return fault < market.at("min_num", at) and 100 * cancelled <= few


def quiet(row: RateRow, day: int, market: Market) -> bool:
    """Whether the run has too few cancellations for any finding."""
    at = run_instant(day, market)
    first, last = day - int(market.at("sfcr_cohort_days", at)), day - 1
    if row.sum("fault", first, last) >= market.at("min_num", at):
        return False
    share = int(market.at("v16_percent", at))
    return 100 * row.sum("cancelled", first, last) <= share * row.sum("paid", first, last)


def tier(num: int, den: int, at: int, market: Market) -> str:
    """Where a seller-fault cancellation rate stands: none, low_volume, ok, target, T1, T2, ... (M-01)."""
    if not den:
        return "none"
    if den < market.at("min_den", at) or (num and num < market.at("min_num", at)):
        return "low_volume"
    reached = sum(100 * num >= percent * den for percent in market.at("sfcr_tiers", at))
    if reached:
        return f"T{reached}"
    bound = market.at("sfcr_target_permille", at) * den
    beyond = 1000 * num >= bound if market.at("sfcr_target_inclusive", at) else 1000 * num > bound
    return "target" if beyond else "ok"


def tiers(at: int, market: Market) -> tuple[str, ...]:
    """The tiers that are worth a finding, the lowest first."""
    return ("target", *(f"T{n + 1}" for n in range(len(market.at("sfcr_tiers", at)))))


class Metric(NamedTuple):
    """One rate: `num` over `den`; `limit`: the policy key of its bound in percent ("" = none); `good`: the rate shall
    be at least that, else less. `needs`: the feeds without which it cannot be told.
    """

    id: str
    title: str
    num: str
    den: str
    needs: tuple[tuple[str, ...], ...]
    limit: str = ""
    good: bool = False


METRICS = (
    Metric("M-01", "seller-fault cancellation rate", "fault", "paid", _CANCELLED),
    Metric("M-02", "seller-fault cancellation rate, extended", "extended", "paid", _CANCELLED, "m02_percent"),
    Metric("M-03", "cancellation rate", "cancelled", "paid", _CANCELLED, "v16_percent"),
    Metric("M-03i", "cancelled at once within the first hour", "instant", "paid", _CANCELLED),
    Metric("M-04", "cancelled by buyers after the dispatch deadline", "after_limit", "paid", _CANCELLED, "m04_percent"),
    Metric(
        "M-05", "requests answered in time", "answered", "asked", (("cancellation.decided",),), "m05_percent", good=True
    ),
    Metric("M-05a", "requests that silence approved", "auto_approved", "asked", (("cancellation.decided",),)),
    Metric(
        "M-06",
        "unpaid orders that the seller cancelled",
        "unpaid_seller_cancels",
        "placed",
        (*_CANCELLED, ("order.placed",)),
        "m06_percent",
    ),
    Metric(
        "M-07",
        "late dispatch rate",
        "dispatched_late",
        "dispatch_due",
        (("order.ready", "order.in_transit"),),
        "m07_percent",
    ),
    Metric("M-08", "delivered by the first estimate", "delivered_on_time", "delivery_due", (("order.delivered",),)),
    Metric("M-09", "cancelled because nothing was shipped", "auto_cancelled", "paid", _CANCELLED),
    Metric(
        "M-10",
        "cancellations well told to the buyer",
        "well_told",
        "seller_cancels",
        (("notice.sent",),),
        "m10_percent",
        good=True,
    ),
)


class Rate(NamedTuple):
    """A metric of one run. `state`: none, low_volume, ok, warn, a tier of M-01, or "not applicable: no feed: …"."""

    metric: Metric
    num: int
    den: int
    state: str


def rates(run: Run, terms: Terms) -> Iterator[Rate]:
    """Every metric over the cohort's days before the run."""
    days = run.get("sfcr_cohort_days")
    for metric in METRICS:
        missing = terms.feeds.missing(terms.market.name, metric.needs)
        num, den = run.sum(metric.num, days, 1), run.sum(metric.den, days, 1)
        yield Rate(
            metric, num, den, f"not applicable: no feed: {missing}" if missing else _state(run, metric, num, den)
        )


def _state(run: Run, metric: Metric, num: int, den: int) -> str:
    if metric.id == "M-01":
        return tier(num, den, run.at, run.market)
    if not den:
        return "none"
    if den < run.get("min_den"):
        return "low_volume"
    if not metric.limit:
        return "ok"
    bound = run.get(metric.limit) * den
    return "ok" if (100 * num >= bound if metric.good else 100 * num < bound) else "warn"


def latency(row: RateRow, run: Run, percent: int) -> int | None:
    """M-05: the seller's answers of the cohort's days took at most this long (ms) in `percent` of the cases.

    The nearest rank; None when he answered nothing.
    """
    days = range(run.day - run.get("sfcr_cohort_days"), run.day)
    answers = sorted(ms for day in days for ms in row.answers.get(day, ()))
    return answers[max(-(-percent * len(answers) // 100) - 1, 0)] if answers else None


class Advice(NamedTuple):
    """A recommended limit of orders a day, from an instant (ms UTC) on, for `days`. It is never enforced."""

    orders: int
    start: int
    days: int


def order_limit(run: Run) -> Advice | None:
    """What the market's rules would set: a share of the daily mean, from next Monday on; None without such a rule."""
    above, shares = _tiers_reached(run), run.market.at("order_limit_percent", run.at)
    if not above or not shares:
        return None
    share = shares[min(above, len(shares)) - 1]
    base = run.get("order_limit_days")
    return Advice(share * run.sum("paid", base, 1) // (100 * base), _next_monday(run), _WEEK)


_WEEK = 7


def points(run: Run) -> int:
    """The violation points that the market's rules would set; 0 without such a rule. They are never given."""
    told = run.market.at("sfcr_points", run.at)
    if not told or not _tiers_reached(run):
        return 0
    return int(told[-1] if _at_fault(run) >= run.get("sfcr_points_many") else told[0])


def _tiers_reached(run: Run) -> int:
    """How many tiers above the target the rate has reached."""
    days = run.get("sfcr_cohort_days")
    reached = tier(_at_fault(run), run.sum("paid", days, 1), run.at, run.market)
    return int(reached[1:]) if reached.startswith("T") else 0


def _at_fault(run: Run) -> int:
    return run.sum("fault", run.get("sfcr_cohort_days"), 1)


def _next_monday(run: Run) -> int:
    """The first instant of the next Monday; day 1 of the calendar was a Monday."""
    return run.market.calendar.midnight(run.day + _WEEK - (run.day - 1) % _WEEK)


def day_forgotten_at(day: int, market: Market) -> int:
    """From when on facts change nothing in the counts of a local day (ms UTC)."""
    end = market.calendar.midnight(day + 1)
    return end + market.ms("window_memory", end)


def first_open(at: int, market: Market) -> int:
    """The first run that a fact arriving at `at` (ms UTC) may still change: the day before it is not forgotten."""
    calendar: Calendar = market.calendar
    day = calendar.day(at - market.ms("window_memory", at)) - 1
    while day_forgotten_at(day, market) <= at:
        day += 1
    return day + 1


def reach_days(market: Market, at: int) -> int:
    """How many days before a run it may look back."""
    cohort = int(market.at("sfcr_cohort_days", at))
    return max(
        cohort + int(market.at("v16_baseline_days", at)),
        cohort + int(market.at("sfcr_leave_runs", at)),
        int(market.at("order_limit_days", at)),
    )


def dropped_at(row: RateRow, market: Market) -> int:
    """When the row goes: no run can look back to its last day any more (ms UTC). It must have a day."""
    last = max(row.days)
    return day_forgotten_at(last, market) + (reach_days(market, market.calendar.midnight(last)) + 1) * DAY
