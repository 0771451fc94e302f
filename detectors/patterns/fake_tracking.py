"""V-26: a parcel that no carrier has seen, or whose tracking number is that of another parcel."""

from collections.abc import Iterator

from detectors.act import Act, Deed
from detectors.attribution import attribute
from detectors.card import Card, Code
from detectors.clock import HOUR
from detectors.leftover import lines_left, taken_off
from detectors.order import Order
from detectors.parts import Cancel, Parcel, Scan
from detectors.terms import Terms
from detectors.verdict import Breach, NotApplicable
from detectors.window import TRACKING, Entry, Link

CARD = Card(
    name="fake_tracking",
    version=1,
    promise="A package whose tracking number looks made up is put before an investigator.",
    rules=("R-43",),
    holder="seller",
    needs=(("order.ready",), ("order.in_transit", "order.scanned", "order.delivered")),
    keys={"v26_scan": "day"},
    codes={
        "V-26": Code("FAKE_TRACKING", "Suspicion: package {package} of order {of}: {how}.", about="order"),
    },
    severity="high",
    first_look="Ask the carrier for the tracking number; a scan that comes late clears the finding.",
    clock="window",
    gaps=(
        "Where a tracking number leads is not in the events: a wrong destination is not seen.",
        "A number that another seller uses too is not seen.",
        "A number that a carrier gives out again within half a year looks reused.",
    ),
    innocents=(
        "Scanned within the limit, by whatever event.",
        "Cancelled before the limit: nothing had to travel any more.",
        "Carried or stored by the platform: its own label, its own pick-up.",
        "Two orders to one address in one parcel.",
    ),
)
_UNTRACKED = "V-26"


def _deeds(order: Order, terms: Terms) -> Iterator[Deed | NotApplicable]:
    """One suspicion a package, by what came first: the limit without a scan, or the platform's cancellation."""
    untracked = [cancel for cancel in order.cancels if _untraceable(order, cancel, terms)]
    if untracked and not order.parcels:
        yield NotApplicable("V-26", "package")
    for parcel in order.parcels.values():
        deeds = [*_never_scanned(order, parcel, terms), *_cancelled(order, parcel, untracked)]
        if deeds:
            first = min(deeds, key=lambda deed: deed.at)
            yield first if parcel.package else NotApplicable("V-26", "package")


def _untraceable(order: Order, cancel: Cancel, terms: Terms) -> bool:
    reason = attribute(order, cancel, terms).reason
    return reason is not None and reason.signal == _UNTRACKED


def _scans(order: Order, parcel: Parcel) -> list[Scan]:
    """The carrier's scans of the package, and those that name none."""
    return [scan for scan in order.scans if scan.package in {"", parcel.package}]


def _never_scanned(order: Order, parcel: Parcel, terms: Terms) -> Iterator[Deed]:
    if order.platform_ships or order.platform_stores or order.kind == "virtual":
        return
    reach = terms.market.ms("v26_scan", parcel.ready.at)
    limit = parcel.ready.at + reach
    if any(scan.at <= limit for scan in _scans(order, parcel)):
        return
    left = {line.line for line in lines_left(order, taken_off(order), limit)}
    if left and (not parcel.lines or left & set(parcel.lines)):
        yield _deed(order, parcel, limit, f"no carrier had scanned it {reach // HOUR} hours after it was ready", ())


def _cancelled(order: Order, parcel: Parcel, untracked: list[Cancel]) -> Iterator[Deed]:
    for cancel in untracked:
        concerns = not (cancel.lines and parcel.lines) or bool(set(cancel.lines) & set(parcel.lines))
        if concerns and not any(scan.at <= cancel.at for scan in _scans(order, parcel)):
            how = "the platform cancelled it as untraceable"
            yield _deed(order, parcel, cancel.at, how, (cancel.fact,))


def _deed(order: Order, parcel: Parcel, at: int, how: str, shown: tuple[str, ...]) -> Deed:
    assert order.placed is not None
    cure = next((scan for scan in _scans(order, parcel) if scan.at > at), None)
    breach = Breach(
        code="V-26",
        holder="seller",
        severity="high",
        subject=("package", parcel.package),
        facts=(order.placed.fact, parcel.ready.fact, *shown, *((cure.fact,) if cure else ())),
        numbers={
            "package": parcel.package,
            "of": order.id,
            "how": how,
            **({"late_ms": cure.at - at} if cure else {}),
        },
        cleared=cure.at if cure else None,
    )
    return Deed(at, (parcel.package, ""), breach)


def reused(link: Link) -> Iterator[Deed]:
    """A tracking number on packages of orders that go to different addresses: each package after the first."""
    for n, entry in enumerate(link.buyers):
        other = next((e for e in link.buyers[:n] if _elsewhere(e, entry)), None)
        if other is not None:
            yield _reuse(link.link.removeprefix(TRACKING), entry, other)


def _elsewhere(one: Entry, other: Entry) -> bool:
    """Whether two orders are known to go to different places: by address, else by region."""
    if one.order == other.order:
        return False
    if one.who and other.who:
        return one.who != other.who
    here, there = one.goods[0][1], other.goods[0][1]
    return bool(here and there and here != there)


def _reuse(tracking: str, entry: Entry, other: Entry) -> Deed:
    package = entry.goods[0][0]
    numbers = {
        "package": package,
        "of": entry.order,
        "how": f"its tracking number is also that of order {other.order}, which goes elsewhere",
        "tracking": tracking,
    }
    facts = tuple(dict.fromkeys((*other.facts, *entry.facts)))
    breach = Breach("V-26", "seller", "high", ("package", package), facts, numbers)
    return Deed(entry.at, (package, entry.order, "reused"), breach)


def _arises(order: Order) -> bool:
    return bool(order.parcels) or any(cancel.by in {"system", "operator"} and cancel.reason for cancel in order.cancels)


ACT = Act(CARD, _arises, _deeds)
