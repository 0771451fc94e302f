"""V-17: one product is cancelled again and again: its own rate (M-01p), or many cancellations within a day."""

from collections.abc import Iterator
from datetime import date

from detectors.act import Deed
from detectors.card import Card, Code
from detectors.clock import utc_day
from detectors.evidence import limited, nth
from detectors.policy import Market
from detectors.rates import Run
from detectors.terms import Terms
from detectors.verdict import Breach
from detectors.window import ENDED, PAID, Entry, Window, between

CARD = Card(
    name="product_hotspot",
    version=1,
    promise="A product whose orders are cancelled again and again is shown.",
    rules=("R-34",),
    holder="seller",
    needs=(("order.paid",), ("order.cancelled",)),
    keys={
        "sfcr_run": "day",
        "sfcr_cohort_days": "day",
        "v17_rate_percents": "day",
        "v17_window": "cancel",
        "v17_count": "cancel",
        "v17_percent": "cancel",
        "min_den": "day",
        "min_num": "day",
        "evidence_limit": "day",
    },
    codes={
        "V-17": Code(
            "SKU_CANCEL_HOTSPOT",
            "{rate} orders of {sku} were cancelled {span}.",
            about="order",
        )
    },
    severity="medium",
    first_look="Look at the product's stock and description; one product may explain a seller's whole rate.",
    clock="window",
    gaps=("A product that is listed under many SKUs shows in the rate of the product only.",),
    innocents=("A seller who took an empty product off the shelf.", "Many cancellations among very many orders."),
)


def deeds(window: Window, terms: Terms) -> Iterator[Deed]:
    """For each SKU the first cancellation of the day at which enough of its orders were cancelled within a day."""
    by_sku: dict[str, list[Entry]] = {}
    for entry in window.all(ENDED):
        for sku in {sku for sku, _, _ in entry.goods}:
            by_sku.setdefault(sku, []).append(entry)
    for sku in sorted(by_sku):
        deed = _burst(window, sku, by_sku[sku], terms.market)
        if sku and deed is not None:
            yield deed


def _burst(window: Window, sku: str, ended: list[Entry], market: Market) -> Deed | None:
    for entry in ended:
        at = entry.at
        if utc_day(at) != window.day.number:
            continue
        first = at - market.ms("v17_window", at) + 1
        lost = {e.order: e for e in between(ended, first, at)}
        if len(lost) < market.at("v17_count", at):
            continue
        sold = [e for e in between(window.all(PAID), first, at) if any(sku == one for one, _, _ in e.goods)]
        den = len(lost.keys() | {e.order for e in sold})
        if 100 * len(lost) >= market.at("v17_percent", at) * den:
            facts = tuple(dict.fromkeys(fact for e in (*sold, *lost.values()) for fact in e.facts))
            numbers = {
                "sku": sku,
                "what": "burst",
                "span": "within a day",
                "rate": {"num": len(lost), "den": den},
                "window_end": at,
            }
            return Deed(
                at, (sku, str(window.day.number)), Breach("V-17", "seller", "low", ("sku", sku), facts, numbers)
            )
    return None


def of_run(run: Run) -> Iterator[Deed]:
    """M-01p, where the market has it: shop and product both reach their bounds."""
    percents, days = run.market.at("v17_rate_percents", run.at), run.get("sfcr_cohort_days")
    if not percents or not _reaches(run, run.sum("fault", days, 1), run.sum("paid", days, 1), percents[0]):
        return
    shop = sorted(entry.flag for entry in run.orders(days, 1) if entry.flag)
    since = nth(shop, _needed(run, len(run.orders(days, 1)), percents[0]))
    by_product: dict[str, list[tuple[Entry, int]]] = {}
    for entry in run.orders(days, 1):
        for product, fault in _products(entry).items():
            by_product.setdefault(product, []).append((entry, fault))
    for product, sold in sorted(by_product.items()):
        guilty = sorted(entry.flag for entry, fault in sold if fault)
        if product and _reaches(run, len(guilty), len(sold), percents[1]):
            at = max(run.at, since, nth(guilty, _needed(run, len(sold), percents[1])))
            yield _rate(run, product, at, len(guilty), len(sold))


def _products(entry: Entry) -> dict[str, int]:
    faults: dict[str, int] = {}
    for _, product, fault in entry.goods:
        faults[product] = max(faults.get(product, 0), fault)
    return faults


def _reaches(run: Run, num: int, den: int, percent: int) -> bool:
    return den >= run.get("min_den") and num >= _needed(run, den, percent)


def _needed(run: Run, den: int, percent: int) -> int:
    return max(-(-percent * den // 100), run.get("min_num"))


def _rate(run: Run, product: str, at: int, num: int, den: int) -> Deed:
    days = run.get("sfcr_cohort_days")
    facts = limited(run.orders(days, 1), run.get("evidence_limit"))
    first, last = (date.fromordinal(run.day - ago).isoformat() for ago in (days, 1))
    numbers = {
        "sku": product,
        "what": "rate",
        "span": f"by the seller's fault, of those paid from {first} to {last}",
        "rate": {"num": num, "den": den},
        "run": run.at,
        **facts.numbers,
    }
    breach = Breach("V-17", "seller", "medium", ("sku", product), facts.facts, numbers)
    return Deed(at, (product, date.fromordinal(run.day).isoformat()), breach)


def quiet(entry: Entry, window: Window, market: Market) -> bool:
    """Whether one more cancellation, or the latest payment, cannot change any verdict."""
    if entry.kind not in {ENDED, PAID}:
        return True
    reach = market.ms("v17_window", entry.at)
    near = between(window.all(ENDED), entry.at - reach, entry.at + reach)
    return bool(len(near) < market.at("v17_count", entry.at))
