"""V-13: a seller cancels many orders by his own fault within an hour or a day."""

from collections.abc import Iterator

from detectors.act import Deed
from detectors.card import Card, Code
from detectors.clock import DAY, HOUR
from detectors.policy import Market
from detectors.terms import Terms
from detectors.verdict import Breach
from detectors.window import CANCELLED, PAID, Entry, Window, between

CARD = Card(
    name="high_frequency_cancellation",
    version=1,
    promise="Bursts of cancellations by the seller's fault are put before an investigator.",
    rules=("R-43", "R-29"),
    holder="seller",
    needs=(("order.paid",), ("order.cancelled",)),
    keys={
        "v13_hour_count": "cancel",
        "v13_hour_percent": "cancel",
        "v13_day_count": "cancel",
        "v13_day_percent": "cancel",
    },
    codes={
        "V-13": Code(
            "HIGH_FREQ_SELLER_CANCEL",
            "Suspicion: {hour_count} orders cancelled by the seller's fault within an hour and {day_count} within"
            " a day, against {paid_24h} orders paid in that day.",
            about="order",
        )
    },
    severity="high",
    first_look="Look at the reasons and products of the cancelled orders: one empty shelf, or many?",
    clock="window",
    gaps=("A seller who spreads his cancellations thin shows in the rate only.",),
    innocents=("Many cancellations among very many orders.", "Buyers' own cancellations.", "Samples."),
)


def deeds(window: Window, terms: Terms) -> Iterator[Deed]:
    """One suspicion for every UTC hour of the day that holds a qualifying cancellation: the first in it."""
    cancels, paid = window.all(CANCELLED), window.all(PAID)
    hours: set[int] = set()
    for entry in window.day.cancelled:
        hour = entry.at // HOUR
        if hour in hours:
            continue
        deed = _judge(window.seller, entry, cancels, paid, terms.market)
        if deed is not None:
            hours.add(hour)
            yield deed


def _judge(seller: str, entry: Entry, cancels: list[Entry], paid: list[Entry], market: Market) -> Deed | None:
    at = entry.at
    hour, day = between(cancels, at - HOUR + 1, at), between(cancels, at - DAY + 1, at)
    sold = between(paid, at - DAY + 1, at)
    b, d, n = len(hour), len(day), len(sold)
    burst = b >= market.at("v13_hour_count", at) and 100 * b >= market.at("v13_hour_percent", at) * n
    series = d >= market.at("v13_day_count", at) and 100 * d >= market.at("v13_day_percent", at) * n
    if not (burst or series):
        return None
    facts = dict.fromkeys(fact for e in (*sold, *day) for fact in e.facts)
    rate = {"num": b, "den": n} if burst else {"num": d, "den": n}
    numbers = {"hour_count": b, "day_count": d, "paid_24h": n, "rate": rate, "hour": at // HOUR * HOUR}
    return Deed(at, (str(at // HOUR),), Breach("V-13", "seller", "high", ("seller", seller), tuple(facts), numbers))


def quiet(entry: Entry, window: Window) -> bool:
    """Whether one more entry cannot change any verdict: a payment after which nothing was cancelled."""
    if entry.kind == CANCELLED:
        return False
    return entry.kind != PAID or not between(window.all(CANCELLED), entry.at, entry.at + DAY)
