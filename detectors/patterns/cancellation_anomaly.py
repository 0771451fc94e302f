"""V-16: far more of a seller's orders are cancelled, by whomever, than usual for him (M-03)."""

from collections.abc import Iterator
from datetime import date

from detectors.act import Deed
from detectors.card import Card, Code
from detectors.evidence import limited, nth
from detectors.rates import Run
from detectors.verdict import Breach

CARD = Card(
    name="cancellation_anomaly",
    version=1,
    promise="A week in which far more of a seller's orders are cancelled than in the four weeks before is shown.",
    rules=("R-33", "R-43"),
    holder="seller",
    needs=(("order.paid",), ("order.cancelled",)),
    keys={
        "sfcr_run": "day",
        "sfcr_cohort_days": "day",
        "v16_percent": "day",
        "v16_multiple": "day",
        "v16_baseline_days": "day",
        "min_den": "day",
        "evidence_limit": "day",
    },
    codes={
        "V-16": Code(
            "CANCEL_RATE_ANOMALY",
            "{rate} orders paid from {first_day} to {last_day} were cancelled; in the weeks before it was {usual}.",
            about="order",
        )
    },
    severity="medium",
    first_look="Look who cancelled and why; a price error, a flood or an attack on the shop look the same here.",
    clock="window",
    gaps=("A seller without enough orders in the four weeks before is not judged.",),
    innocents=("A shop whose buyers always cancelled much.", "A price error that was corrected."),
)


def deeds(run: Run) -> Iterator[Deed]:
    """The anomaly of the run, said for every run that shows it."""
    days, back = run.get("sfcr_cohort_days"), run.get("v16_baseline_days")
    num, den = run.sum("cancelled", days, 1), run.sum("paid", days, 1)
    usual, of = run.sum("cancelled", days + back, days + 1), run.sum("paid", days + back, days + 1)
    if min(den, of) < run.get("min_den"):
        return
    needed = _needed(run, den, usual, of)
    if num >= needed:
        yield _deed(run, needed, {"num": usual, "den": of})


def _needed(run: Run, den: int, usual: int, of: int) -> int:
    """The least number of cancellations that is more than both bounds."""
    return max(run.get("v16_percent") * den // 100, run.get("v16_multiple") * usual * den // of) + 1


def _deed(run: Run, needed: int, usual: dict[str, int]) -> Deed:
    days, back = run.get("sfcr_cohort_days"), run.get("v16_baseline_days")
    cohort = run.orders(days, 1)
    gone = sorted(entry.gone for entry in cohort if entry.gone)
    facts = limited(run.orders(days + back, 1), run.get("evidence_limit"))
    numbers = {
        "rate": {"num": len(gone), "den": len(cohort)},
        "usual": usual,
        "first_day": date.fromordinal(run.day - days).isoformat(),
        "last_day": date.fromordinal(run.day - 1).isoformat(),
        "run": run.at,
        **facts.numbers,
    }
    breach = Breach("V-16", "seller", CARD.severity, ("seller", run.seller), facts.facts, numbers)
    return Deed(max(run.at, nth(gone, needed)), (date.fromordinal(run.day).isoformat(),), breach)
