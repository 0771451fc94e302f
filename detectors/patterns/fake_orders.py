"""V-24, V-25, V-27: orders that look made, not wanted: concentrated on few buyers, of linked buyers, or cancelled."""

from collections.abc import Iterator
from itertools import accumulate

from detectors.act import Deed
from detectors.card import Card, Code
from detectors.clock import utc_day
from detectors.policy import Market
from detectors.terms import Terms
from detectors.verdict import Breach
from detectors.window import PLACED, STAFF, Buyer, Day, Entry, Link, Window, between, bounds

_CODES = {
    "V-24": Code(
        "BRUSHING_SUSPECT",
        "Suspicion: {orders} orders by only {buyers} buyers within an hour.",
        about="order",
    ),
    "V-27": Code(
        "FAKE_THEN_CANCEL",
        "Suspicion: buyer {buyer} placed {orders} orders within a day and {cancelled} of them were cancelled"
        " before shipping.",
        about="order",
    ),
    "V-25": Code(
        "RELATED_PARTY_ORDERS",
        "Suspicion: {link} is shared at this shop by buyers ({buyers}) and own people ({staff}).",
        about="order",
    ),
}

CARD = Card(
    name="fake_orders",
    version=1,
    promise="Orders that look made up are put before an investigator.",
    rules=("R-41", "R-43"),
    holder="seller",
    needs=(("order.placed",),),
    keys={
        "v24_window": "placed",
        "v24_orders": "placed",
        "v24_ratio": "placed",
        "v25_buyers": "day",
        "v25_window": "day",
        "v25_kinds": "day",
        "v27_window": "placed",
        "v27_orders": "placed",
        "v27_percent": "placed",
    },
    codes=_CODES,
    severity="high",
    first_look="Look at the buyers' addresses and payments, at campaigns, and whether anybody attacks the shop.",
    clock="window",
    gaps=("Rings over several shops are not seen yet.", "An address shared by a dormitory looks like a link."),
    innocents=("A flash sale with many different buyers.", "A campaign lowers the severity and is listed."),
)


def deeds(window: Window, terms: Terms) -> Iterator[Deed]:
    """V-24: the first order of the day at whose instant few buyers had placed many orders within the window."""
    concentrated = _concentration(window, terms.market)
    if concentrated is not None:
        yield concentrated


def _concentration(window: Window, market: Market) -> Deed | None:
    placed = window.all(PLACED)
    for entry in window.day.placed:
        span = between(placed, entry.at - market.ms("v24_window", entry.at), entry.at)
        buyers = {e.who for e in span}
        enough = len(span) >= market.at("v24_orders", entry.at)
        if enough and len(span) >= market.at("v24_ratio", entry.at) * len(buyers):
            return _concentrated(window, entry.at, span, len(buyers))
    return None


def _concentrated(window: Window, at: int, span: list[Entry], buyers: int) -> Deed:
    excuse = window.campaign(at)
    facts = dict.fromkeys([e.facts[0] for e in span] + ([excuse] if excuse else []))
    numbers = {
        "orders": len(span),
        "buyers": buyers,
        "ratio": {"num": len(span), "den": buyers},
        "window_start": span[0].at,
        "window_end": at,
        **({"exculpatory": "campaign"} if excuse else {}),
    }
    severity = "medium" if excuse else "high"
    breach = Breach("V-24", "seller", severity, ("seller", window.seller), tuple(facts), numbers)
    return Deed(at, (str(window.day.number),), breach)


def cancelled_after(row: Buyer, seller: str, market: Market) -> Iterator[Deed]:
    """V-27: the buyer's first order of each UTC day whose window qualifies; known when enough are cancelled."""
    days: set[int] = set()
    gone = [0, *accumulate(entry.flag > 0 for entry in row.orders)]
    for entry in row.orders:
        day = utc_day(entry.at)
        if day < row.since or day in days:
            continue
        first, end = bounds(row.orders, entry.at - market.ms("v27_window", entry.at), entry.at)
        needed = _needed(end - first, entry.at, market)
        if needed and gone[end] - gone[first] >= needed:
            days.add(day)
            yield _blocked(row, seller, row.orders[first:end], entry.at, needed)


def _needed(orders: int, at: int, market: Market) -> int:
    """How many of so many orders must be cancelled; 0 where they are too few to be judged."""
    return -(-int(market.at("v27_percent", at)) * orders // 100) if orders >= market.at("v27_orders", at) else 0


def _blocked(row: Buyer, seller: str, span: list[Entry], at: int, needed: int) -> Deed:
    gone = sorted(e.flag for e in span if e.flag)
    facts = tuple(dict.fromkeys(fact for e in span for fact in e.facts))
    numbers = {"buyer": row.buyer, "orders": len(span), "cancelled": len(gone), "window_end": at}
    breach = Breach("V-27", "seller", "high", ("seller", seller), facts, numbers)
    return Deed(max(at, gone[needed - 1]), (row.buyer, str(utc_day(at))), breach)


def linked(seller: str, link: Link, terms: Terms) -> Iterator[Deed]:
    """V-25: enough buyers of one shop share a hash within the window, or a buyer shares one with its people."""
    own = _with_staff(link)
    crowd = _crowd(link.buyers, terms.market)
    found = [x for x in (own, crowd) if x is not None]
    if not found:
        return
    at, entries = min(found, key=lambda x: x[0])
    facts = tuple(dict.fromkeys(fact for e in entries for fact in e.facts))
    buyers = sorted({e.who for e in entries if e.kind != STAFF})
    numbers = {
        "link": link.link,
        "buyers": len(buyers),
        "staff": sum(e.kind == STAFF for e in entries),
        "buyer_set": " ".join(buyers),
    }
    yield Deed(at, (link.link,), Breach("V-25", "seller", "high", ("seller", seller), facts, numbers))


def _with_staff(link: Link) -> tuple[int, list[Entry]] | None:
    if not link.staff or not link.buyers:
        return None
    first, buyer = link.staff[0], link.buyers[0]
    return max(first.at, buyer.at), [buyer, first]


def _crowd(buyers: list[Entry], market: Market) -> tuple[int, list[Entry]] | None:
    for entry in buyers:
        reach = market.ms("v25_window", entry.at)
        span = between(buyers, entry.at - reach + 1, entry.at)
        if len({e.who for e in span}) >= market.at("v25_buyers", entry.at):
            return entry.at, span
    return None


def quiet(entry: Entry, window: Window, market: Market) -> bool:
    """Whether one more order, the latest so far, cannot change the verdict of its day."""
    if entry.kind != PLACED:
        return True
    placed = window.all(PLACED)
    if entry is not placed[-1]:
        return False
    span = between(placed, entry.at - market.ms("v24_window", entry.at), entry.at)
    few = len(span) < market.at("v24_orders", entry.at)
    return bool(few or len(span) < market.at("v24_ratio", entry.at) * len({e.who for e in span}))


def plain(entry: Entry, day: Day, market: Market) -> bool:
    """Whether the order is its day's latest and, within that day alone, one of too few for V-24."""
    first, enough = entry.at - market.ms("v24_window", entry.at), int(market.at("v24_orders", entry.at))
    alone = utc_day(first) == day.number and entry is day.placed[-1]
    return alone and (len(day.placed) < enough or day.placed[-enough].at < first)


def few(row: Buyer, at: int, market: Market) -> bool:
    """Whether the buyer has too few orders for V-27."""
    return bool(len(row.orders) < market.at("v27_orders", at))


def too_few(link: Link, market: Market) -> bool:
    """Whether too few buyers showed the hash for V-25, the seller's people aside."""
    return all(len(link.buyers) < market.at("v25_buyers", entry.at) for entry in link.buyers)
