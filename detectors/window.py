"""A seller's windows: what his orders add to them, one row a UTC day, exact to the millisecond (design §4.4, 4.5).

An order's contributions are taken off as they were added when the order changes; so every rate corrects itself.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator

import msgspec

from detectors.attribution import COUNTS, attribute, was_paid
from detectors.clock import utc_day
from detectors.order import Order
from detectors.say import Said
from detectors.terms import Terms

PLACED, PAID, CANCELLED, LINK, STAFF = "placed", "paid", "cancelled", "link", "staff"
_NO_SALE = frozenset({"sample", "replacement", "exchange"})


class Entry(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What one order adds to a window at one instant (ms UTC).

    `who`: the buyer. `flag`: for placed, when it was wholly cancelled before shipping (0: it was not); for paid,
    1 when it counts as the seller's fault. `link`: kind and hash that identify the buyer.
    """

    at: int
    order: str
    kind: str
    who: str = ""
    flag: int = 0
    link: str = ""
    facts: tuple[str, ...] = ()


def contributions(order: Order, terms: Terms) -> list[Entry]:
    """All that this order adds to its seller's windows; an order without history adds nothing."""
    if order.placed is None or order.kind in _NO_SALE:
        return []
    return [*_placed(order), *_sold(order, terms), *_links(order, terms)]


def _placed(order: Order) -> Iterator[Entry]:
    assert order.placed is not None
    gone = gone_unshipped(order)
    facts = (order.placed.fact, *(c.fact for c in order.cancels)) if gone else (order.placed.fact,)
    yield Entry(order.placed.at, order.id, PLACED, str(order.term("buyer", "")), gone, facts=facts)


def gone_unshipped(order: Order) -> int:
    """When the last line was cancelled, all of them before the carrier had any; 0 when that is not so."""
    left = set(order.lines)
    for cancel in order.cancels:
        left -= set(cancel.lines or order.lines)
        shipped = any(m and m.at <= cancel.at for li in order.lines.values() for m in (li.transit, li.delivered))
        if shipped:
            return 0
        if not left:
            return cancel.at
    return 0


def _sold(order: Order, terms: Terms) -> Iterator[Entry]:
    """The paid order, and the first cancellation of it that counts; what the platform stores is left out."""
    if order.clock is None or order.platform_stores:
        return
    paid = order.clock
    guilty = next((c for c in order.cancels if _counts(order, c, terms)), None) if order.cancels else None
    grounds = tuple(dict.fromkeys(m.fact for m in (order.placed, paid) if m is not None))
    yield Entry(paid.at, order.id, PAID, flag=int(guilty is not None), facts=grounds)
    if guilty is not None:
        yield Entry(guilty.at, order.id, CANCELLED, facts=(*grounds, guilty.fact))


def _counts(order: Order, cancel: object, terms: Terms) -> bool:
    return was_paid(order, cancel) and attribute(order, cancel, terms).sfcr == COUNTS  # type: ignore[arg-type]


def _links(order: Order, terms: Terms) -> Iterator[Entry]:
    """The hashes that identify the order's buyer: of his payment means, and those seen on the order."""
    buyer = str(order.term("buyer", ""))
    placed = (order.placed.fact,) if order.placed is not None else ()
    _, _, means = order.method.partition(":")
    if order.paid is not None and means and buyer:
        facts = tuple(m.fact for m in (order.placed, order.paid) if m is not None)
        yield Entry(order.paid.at, order.id, LINK, buyer, link=f"payment:{means}", facts=facts)
    for at, who, link, fact in order.identities:
        if link.split(":")[0] in terms.market.at("v25_kinds", at):
            yield Entry(at, order.id, LINK, who or buyer, link=link, facts=(*placed, fact))


class Day(msgspec.Struct, gc=False, array_like=True):
    """One seller's UTC day: entries by kind, in time order, and what was said of the windows ending in it.

    `failed`: the patterns that failed on it, with their error. `hold`: log time (ms) of the latest fact that came
    from a backlog.
    """

    market: str
    number: int
    placed: list[Entry] = []
    paid: list[Entry] = []
    cancelled: list[Entry] = []
    hold: int = 0
    said: dict[str, Said] = {}
    failed: dict[str, str] = {}

    def entries(self, kind: str) -> list[Entry]:
        """The entries of that kind."""
        return self.placed if kind == PLACED else self.paid if kind == PAID else self.cancelled

    def put(self, entry: Entry) -> None:
        """Adds one entry in its place."""
        insort(self.entries(entry.kind), entry, key=_place)

    def take(self, entry: Entry) -> None:
        """Takes off one entry as it was added; nothing happens when it is not there."""
        entries = self.entries(entry.kind)
        if entry in entries:
            entries.remove(entry)


class Link(msgspec.Struct, gc=False, array_like=True):
    """Who showed one identifying hash to one seller: his buyers, and his own people."""

    market: str
    link: str
    buyers: list[Entry] = []
    staff: list[Entry] = []
    hold: int = 0
    said: dict[str, Said] = {}
    failed: dict[str, str] = {}

    def put(self, entry: Entry) -> None:
        """Adds one entry in its place."""
        insort(self._side(entry), entry, key=_place)

    def take(self, entry: Entry) -> None:
        """Takes off one entry as it was added; nothing happens when it is not there."""
        side = self._side(entry)
        if entry in side:
            side.remove(entry)

    def _side(self, entry: Entry) -> list[Entry]:
        return self.staff if entry.kind == STAFF else self.buyers


def _place(entry: Entry) -> tuple[int, str, str, tuple[str, ...]]:
    return entry.at, entry.order, entry.who, entry.facts


def at_of(entry: Entry) -> int:
    """When the entry stands."""
    return entry.at


class Window:
    """The day to be judged with the days before it: entries of any reach back."""

    def __init__(self, seller: str, day: Day, earlier: list[Day], campaigns: list[tuple[int, bool, str]]) -> None:
        """`earlier`: days before, oldest first. `campaigns`: starts and ends (at, whether an end, fact) in order."""
        self.seller, self.day, self._campaigns = seller, day, campaigns
        self._days = [*earlier, day]

    def campaign(self, at: int) -> str:
        """The fact that started the latest campaign still running at `at` (its last instant included); "" for none."""
        running: list[str] = []
        for when, ends, fact in self._campaigns:
            if when > at:
                break
            if not ends:
                running.append(fact)
            elif running and when < at:
                running.pop()
        return running[-1] if running else ""

    def all(self, kind: str) -> list[Entry]:
        """All entries of the kind, in time order."""
        return [entry for day in self._days for entry in day.entries(kind)]


def between(entries: list[Entry], first: int, last: int) -> list[Entry]:
    """The entries with `first` <= at <= `last`."""
    return entries[bisect_left(entries, first, key=at_of) : bisect_right(entries, last, key=at_of)]


def day_number(entry: Entry) -> int:
    """The UTC day the entry belongs to."""
    return utc_day(entry.at)
