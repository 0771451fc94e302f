"""V-14: a seller's rate of cancellations by his own fault (M-01) rises into a higher tier."""

from collections.abc import Iterator
from datetime import date

from detectors.act import Deed
from detectors.card import Card, Code
from detectors.evidence import limited, nth
from detectors.rates import Run, tier, tiers
from detectors.verdict import Breach

CARD = Card(
    name="cancellation_rate",
    version=1,
    promise="A seller whose rate of cancellations by his own fault rises into a higher tier is put before an"
    " investigator.",
    rules=("R-29", "R-33"),
    holder="seller",
    needs=(("order.paid",), ("order.cancelled",)),
    keys={
        "sfcr_run": "day",
        "sfcr_cohort_days": "day",
        "sfcr_target_permille": "day",
        "sfcr_target_inclusive": "day",
        "sfcr_tiers": "day",
        "sfcr_leave_runs": "day",
        "min_den": "day",
        "min_num": "day",
        "evidence_limit": "day",
    },
    codes={
        "V-14": Code(
            "SFCR_TIER",
            "Seller-fault cancellation rate: {rate} orders paid from {first_day} to {last_day}; tier {tier}.",
            about="order",
        )
    },
    severity="high",
    first_look="Look at the reasons of the cancelled orders, by product and by day; then at the order limit advised.",
    clock="window",
    gaps=("A rate that stays in its tier is said once, until it has left the tier for two daily runs.",),
    innocents=("Fewer than 20 orders, or than 3 cancellations.", "Cancellations wished by buyers.", "Samples."),
)

_SEVERITY = {"target": "medium", "T1": "high", "T2": "high"}


def deeds(run: Run) -> Iterator[Deed]:
    """The tier that the run reaches, when none of the runs before it that still count had reached it."""
    days, back = run.get("sfcr_cohort_days"), run.get("sfcr_leave_runs")
    ladder = tiers(run.at, run.market)
    reached = _level(run, days, 0, ladder)
    if reached > max([_level(run, days, ago, ladder) for ago in range(1, back + 1)], default=-1):
        yield _deed(run, ladder[reached], days, back)


def _level(run: Run, days: int, ago: int, ladder: tuple[str, ...]) -> int:
    """The place on the ladder of the run so many days ago, -1 below it."""
    name = tier(run.sum("fault", days + ago, 1 + ago), run.sum("paid", days + ago, 1 + ago), run.at, run.market)
    return ladder.index(name) if name in ladder else -1


def _deed(run: Run, reached: str, days: int, back: int) -> Deed:
    cohort = run.orders(days, 1)
    guilty = sorted(entry.flag for entry in cohort if entry.flag)
    den = len(cohort)
    ladder = tiers(run.at, run.market)
    needed = next(
        n for n in range(len(guilty) + 1) if tier(n, den, run.at, run.market) in ladder[ladder.index(reached) :]
    )
    first, last = (date.fromordinal(run.day - ago).isoformat() for ago in (days, 1))
    facts = limited(run.orders(days + back, 1), run.get("evidence_limit"))
    numbers = {
        "tier": reached,
        "rate": {"num": len(guilty), "den": den},
        "first_day": first,
        "last_day": last,
        "run": run.at,
        **facts.numbers,
    }
    breach = Breach("V-14", "seller", _SEVERITY.get(reached, "critical"), ("seller", run.seller), facts.facts, numbers)
    return Deed(max(run.at, nth(guilty, needed)), (reached, date.fromordinal(run.day).isoformat()), breach)
