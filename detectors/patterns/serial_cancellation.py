"""V-15: one buyer orders from a seller and cancels nearly everything again (M-12, within one seller)."""

from collections.abc import Iterator

from detectors.act import Deed
from detectors.card import Card, Code
from detectors.clock import HOUR, utc_day
from detectors.policy import Market
from detectors.verdict import Breach
from detectors.window import Buyer

CARD = Card(
    name="serial_cancellation",
    version=1,
    promise="A buyer who cancels nearly all he orders from a seller, by nobody else's fault, is shown.",
    rules=("R-43",),
    holder="buyer",
    needs=(("order.placed",), ("order.cancelled",)),
    keys={"v15_windows": "cancel", "v15_counts": "cancel", "v15_percent": "cancel"},
    codes={
        "V-15": Code(
            "BUYER_SERIAL_CANCEL",
            "Buyer {buyer} cancelled {rate} orders with this seller within {hours} hours.",
            about="order",
        )
    },
    severity="low",
    first_look="Look at the products: stock blocked before a sale, or a buyer who changes size?",
    clock="window",
    gaps=("His orders with other sellers are not seen.",),
    innocents=("Cancellations by the seller's, the platform's or the carrier's fault.", "A buyer who also keeps much."),
)


def deeds(row: Buyer, market: Market) -> Iterator[Deed]:
    """For each window and UTC day the first of the buyer's cancellations at which the window holds enough of them."""
    cancelled = sorted((e for e in row.orders if e.gone), key=lambda e: (e.gone, e.order))
    said: set[tuple[int, int]] = set()
    for entry in cancelled:
        day = utc_day(entry.gone)
        if day < row.since:
            continue
        for span, count in zip(_spans(market, entry.gone), market.at("v15_counts", entry.gone), strict=True):
            if (span, day) not in said and (deed := _deed(row, entry.gone, span, count, market)) is not None:
                said.add((span, day))
                yield deed


def _spans(market: Market, at: int) -> list[int]:
    return [span.n for span in market.at("v15_windows", at)]


def _deed(row: Buyer, at: int, span: int, count: int, market: Market) -> Deed | None:
    first = at - span + 1
    lost = [e for e in row.orders if first <= e.gone <= at]
    near = [e for e in row.orders if first <= e.at <= at or first <= e.gone <= at]
    if len(lost) < count or 100 * len(lost) < market.at("v15_percent", at) * len(near):
        return None
    facts = tuple(dict.fromkeys(fact for e in near for fact in (*e.facts, *e.ends)))
    numbers = {
        "buyer": row.buyer,
        "hours": span // HOUR,
        "rate": {"num": len(lost), "den": len(near)},
        "window_end": at,
    }
    longest = span == max(_spans(market, at))
    breach = Breach("V-15", "buyer", "medium" if longest else "low", ("buyer", row.buyer), facts, numbers)
    return Deed(at, (row.buyer, str(span // HOUR), str(utc_day(at))), breach)


def quiet(row: Buyer, at: int, market: Market) -> bool:
    """Whether the buyer has too few cancellations for any window."""
    return bool(sum(e.gone > 0 for e in row.orders) < min(market.at("v15_counts", at)))


def reach(market: Market, at: int) -> int:
    """How far back (ms) the longest window looks."""
    return max(_spans(market, at))
