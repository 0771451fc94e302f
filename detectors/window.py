"""A seller's windows: what his orders add to them, one row a UTC day, exact to the millisecond (design §4.4, 4.5).

An order's contributions are taken off as they were added when the order changes; so every rate corrects itself.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter

import msgspec

from detectors.attribution import COUNTS, attribute, was_paid
from detectors.clock import DAY, MINUTE, utc_day
from detectors.fault import BUYER, UNDECIDED
from detectors.order import Order
from detectors.parts import Cancel
from detectors.places import put_in_place
from detectors.policy import Market
from detectors.say import Said
from detectors.terms import Terms

PLACED, PAID, CANCELLED, ENDED, LINK, STAFF = "placed", "paid", "cancelled", "ended", "link", "staff"
ASKED, EMPTY = "asked", "empty"
TRACKING = "tracking:"
_NO_SALE = frozenset({"sample", "replacement", "exchange"})


class Entry(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What one order adds to a window at one instant (ms UTC).

    `who`: the buyer; for ended, who wanted it. `flag`: for placed, when it was wholly cancelled before shipping; for
    paid, when it came to count as the seller's fault. `gone`: for placed, when the buyer cancelled it by no fault of
    others; for paid, when all of it was cancelled. 0: it was not. `link`: kind and hash that identify the buyer.
    `ends`: the facts of its cancellations. `goods`: (SKU, product, 1 where it counts as the seller's fault).
    A link that is a tracking number: `who` is the hash of the address, `goods` holds (package, region, 0).
    For asked (V-11): `who` acted, `flag` in how many points of suspicion, `link` which, `gone` and `ends` the seller's
    quick approval. For empty: `link` is the SKU that was sold out or taken off the shelf.
    """

    at: int
    order: str
    kind: str
    who: str = ""
    flag: int = 0
    link: str = ""
    facts: tuple[str, ...] = ()
    gone: int = 0
    ends: tuple[str, ...] = ()
    goods: tuple[tuple[str, str, int], ...] = ()


def contributions(order: Order, terms: Terms) -> list[Entry]:
    """All that this order adds to its seller's windows; an order without history adds nothing."""
    if not sold(order):
        return []
    linked = _links(order, terms) if order.identities or ":" in order.method else ()
    tracked = _tracked(order) if order.parcels else ()
    return [*_placed(order, terms), *_sold(order, terms), *linked, *tracked]


def sold(order: Order) -> bool:
    """Whether the order has a history and is a sale: samples, replacements and exchanges are none."""
    return order.placed is not None and order.kind not in _NO_SALE


def _placed(order: Order, terms: Terms) -> Iterator[Entry]:
    assert order.placed is not None
    gone = gone_unshipped(order)
    facts = (order.placed.fact, *(c.fact for c in order.cancels)) if gone else (order.placed.fact,)
    own = next((c.at for c in order.cancels if _buyers_own(order, c, terms)), 0)
    ends = _ends(order) if own else ()
    yield Entry(order.placed.at, order.id, PLACED, str(order.term("buyer", "")), gone, "", facts, own, ends)


def _buyers_own(order: Order, cancel: Cancel, terms: Terms) -> bool:
    """Whether the buyer cancelled, by no fault of seller, platform or carrier (M-12)."""
    return cancel.initiator == "buyer" and attribute(order, cancel, terms).fault in {BUYER, UNDECIDED}


def _ends(order: Order) -> tuple[str, ...]:
    """The facts that say how the order ended and whose fault that is."""
    if not order.cancels:
        return ()
    facts = [m.fact for line in order.lines.values() for m in (line.ready, line.transit, line.delivered) if m]
    facts += [fact for request in order.requests.values() for fact in (request.fact, *request.more)]
    facts += [fact for message in order.messages if message.sender == "buyer" for fact in message.facts]
    facts += [consent.fact for consent in order.consents]
    return tuple(dict.fromkeys([*facts, *(cancel.fact for cancel in order.cancels)]))


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
    """The paid order, its cancellations, and the first that counts; what the platform stores is left out."""
    if order.clock is None or order.platform_stores:
        return
    paid = order.clock
    ended = [cancel for cancel in order.cancels if was_paid(order, cancel)]
    guilty = [cancel for cancel in ended if attribute(order, cancel, terms).sfcr == COUNTS]
    first, gone = guilty[0].at if guilty else 0, gone_entirely(order, ended)
    ends, lost = _ends(order), _lines_of(order, guilty)
    yield Entry(paid.at, order.id, PAID, "", first, "", order.grounds, gone, ends, goods_of(order, order.lines, lost))
    for cancel in ended:
        goods = goods_of(order, cancel.lines or order.lines, ())
        yield Entry(cancel.at, order.id, ENDED, cancel.initiator, facts=(*order.grounds, cancel.fact), goods=goods)
    if guilty:
        yield Entry(first, order.id, CANCELLED, facts=(*order.grounds, guilty[0].fact))


def _lines_of(order: Order, cancels: Sequence[Cancel]) -> frozenset[str]:
    return frozenset(name for cancel in cancels for name in cancel.lines or order.lines)


def goods_of(order: Order, names: Iterable[str], lost: Iterable[str]) -> tuple[tuple[str, str, int], ...]:
    """What the lines sold: each SKU and product once."""
    goods: dict[tuple[str, str], int] = {}
    for line in order.term("lines", ()):
        if str(line["line"]) in names:
            sku = str(line.get("sku", ""))
            key = sku, str(line.get("product") or sku)
            goods[key] = max(goods.get(key, 0), int(str(line["line"]) in lost))
    return tuple((sku, product, fault) for (sku, product), fault in goods.items())


def gone_entirely(order: Order, cancels: Sequence[Cancel]) -> int:
    """When the last line was cancelled (ms UTC); 0 while one is left."""
    left = set(order.lines)
    for cancel in cancels:
        left -= set(cancel.lines or order.lines)
        if not left:
            return cancel.at
    return 0


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


def _tracked(order: Order) -> Iterator[Entry]:
    """The tracking numbers of the order's packages, where it is known where they go (V-26)."""
    region = str(order.term("region") or "")
    seen = next(((link, fact) for _, _, link, fact in order.identities if link.startswith("address:")), None)
    address, shown = (seen[0], (seen[1],)) if seen is not None else ("", ())
    for parcel in order.parcels.values():
        if parcel.tracking and parcel.package and (address or region) and order.placed is not None:
            facts = (order.placed.fact, *shown, parcel.ready.fact)
            goods = ((parcel.package, region, 0),)
            link = TRACKING + parcel.tracking
            yield Entry(parcel.ready.at, order.id, LINK, address, link=link, facts=facts, goods=goods)


class Day(msgspec.Struct, gc=False, array_like=True):
    """One seller's UTC day: entries by kind, in time order, and what was said of the windows ending in it.

    `failed`: the patterns that failed on it, with their error. `hold`: log time (ms) of the latest fact that came
    from a backlog. `pages`: the minutes that have a row of their own (`detectors/pages.py`); `touched`: those of them
    that changed since they were written, none in a row that is packed.
    """

    market: str
    number: int
    placed: list[Entry] = []
    paid: list[Entry] = []
    cancelled: list[Entry] = []
    ended: list[Entry] = []
    hold: int = 0
    said: dict[str, Said] = {}
    failed: dict[str, str] = {}
    asked: list[Entry] = []
    empty: list[Entry] = []
    pages: list[int] = []
    touched: set[int] = set()

    def entries(self, kind: str) -> list[Entry]:
        """The entries of that kind."""
        if kind == PLACED:
            return self.placed
        if kind == PAID:
            return self.paid
        return {ENDED: self.ended, ASKED: self.asked, EMPTY: self.empty}.get(kind, self.cancelled)

    def put(self, entry: Entry) -> None:
        """Adds one entry in its place."""
        put_in_place(self.entries(entry.kind), entry, _place)
        self._touch(entry)

    def take(self, entry: Entry) -> None:
        """Takes off one entry as it was added; nothing happens when it is not there."""
        entries = self.entries(entry.kind)
        if entry in entries:
            entries.remove(entry)
            self._touch(entry)

    def _touch(self, entry: Entry) -> None:
        if self.pages:
            self.touched.add(entry.at // MINUTE)


class Buyer(msgspec.Struct, gc=False, array_like=True):
    """One buyer's orders with one seller, in time order, and what was said of them.

    `since`: the first UTC day that may still be judged; what was said of earlier ones stands.
    """

    market: str
    buyer: str
    orders: list[Entry] = []
    since: int = 0
    hold: int = 0
    said: dict[str, Said] = {}
    failed: dict[str, str] = {}

    def put(self, entry: Entry) -> None:
        """Adds one entry in its place."""
        put_in_place(self.orders, entry, _place)

    def take(self, entry: Entry) -> None:
        """Takes off one entry as it was added; nothing happens when it is not there."""
        if entry in self.orders:
            self.orders.remove(entry)


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
        put_in_place(self._side(entry), entry, _place)

    def take(self, entry: Entry) -> None:
        """Takes off one entry as it was added; nothing happens when it is not there."""
        side = self._side(entry)
        if entry in side:
            side.remove(entry)

    def _side(self, entry: Entry) -> list[Entry]:
        return self.staff if entry.kind == STAFF else self.buyers


_place = attrgetter("at", "order", "who", "facts")
_at = attrgetter("at")


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
    start, end = bounds(entries, first, last)
    return entries[start:end]


def bounds(entries: list[Entry], first: int, last: int) -> tuple[int, int]:
    """From which place on, and up to which, the entries have `first` <= at <= `last`."""
    return bisect_left(entries, first, key=_at), bisect_right(entries, last, key=_at)


def day_number(entry: Entry) -> int:
    """The UTC day the entry belongs to."""
    return utc_day(entry.at)


def forgotten_at(number: int, profile: Market) -> int:
    """From when on facts change nothing in a seller's UTC day: what was said of it stands."""
    end = (number + 1) * DAY
    return end + profile.ms("window_memory", end)
