"""The job of JOB.md as one function of a partition's state and a record: every Python engine calls this same step."""

from collections.abc import Iterable, MutableMapping
from heapq import heapify, heappop, heappush

import msgspec

HOUR = 3_600_000
ANSWER, KEEP = 48 * HOUR, 120 * HOUR
DAY_HOURS, SLOW, FAULTS, SHARE = 24, 3, 3, 5

Window = dict[int, int]  # hour since 1970 -> count


class Event(msgspec.Struct, gc=False):
    """What the job needs of an event; the other fields are skipped."""

    kind: str
    at: int
    id: str = ""
    seller: str = ""
    order: str = ""
    fault: bool = False


class Outcome(msgspec.Struct, gc=False):
    """What is said: its id is given by what it is about, so a repeat is recognised."""

    id: str
    numbers: list[int]


class Order(msgspec.Struct, array_like=True, tag="o", gc=False):
    """`due` is 0 before the first request, and -1 when its clock is closed."""

    seller: str
    forget: int
    ids: list[str]
    due: int = 0
    cancelled: bool = False

    def instants(self) -> Iterable[int]:
        """When a tick must look at it."""
        return (self.due, self.forget) if self.due > 0 else (self.forget,)


class Seller(msgspec.Struct, array_like=True, tag="s", gc=False):
    """Rolling counts, totals, and the instant of a report that is waiting (0: none)."""

    placed: Window = {}
    faults: Window = {}
    late: Window = {}
    totals: list[int] = msgspec.field(default_factory=lambda: [0, 0, 0])
    report: int = 0

    def instants(self) -> Iterable[int]:
        """When a tick must look at it."""
        return (self.report,) if self.report else ()


Row = Order | Seller

decode = msgspec.json.Decoder(Event).decode
encode = msgspec.json.Encoder().encode
pack = msgspec.msgpack.Encoder().encode
unpack = msgspec.msgpack.Decoder(Row).decode


class State:
    """A partition's state: rows, and the instants they wait for. The instants are a cache, made again from the rows."""

    def __init__(self, rows: MutableMapping[str, Row]) -> None:
        self.rows = rows
        self.due = [(at, key) for key, row in rows.items() for at in row.instants()]
        heapify(self.due)

    def wait(self, at: int, key: str) -> None:
        """Lets the first tick after `at` look at the row."""
        heappush(self.due, (at, key))

    def seller(self, name: str) -> Seller:
        """The seller's row, a new one for a new seller."""
        return self.rows.get("s/" + name) or Seller()  # type: ignore[return-value]


def step(state: State, event: Event) -> list[Outcome]:
    """What must be said because of this record. Every changed row is put into `state.rows`."""
    if event.kind == "tick":
        return _tick(state, event.at)
    if event.kind == "report":
        return _report(state, event)
    key = "o/" + event.order
    order = state.rows.get(key)
    if event.kind == "placed" and order is None:
        return _placed(state, key, event)
    if order is None or event.id in order.ids:  # type: ignore[union-attr]
        return []
    order.ids.append(event.id)  # type: ignore[union-attr]
    said = _told(state, key, order, event)  # type: ignore[arg-type]
    state.rows[key] = order
    return said


def _placed(state: State, key: str, event: Event) -> list[Outcome]:
    state.rows[key] = Order(event.seller, event.at + KEEP, [event.id])
    state.wait(event.at + KEEP, key)
    seller = state.seller(event.seller)
    _count(seller.placed, event.at // HOUR)
    seller.totals[0] += 1
    state.rows["s/" + event.seller] = seller
    return []


def _told(state: State, key: str, order: Order, event: Event) -> list[Outcome]:
    if event.kind == "requested" and order.due == 0:
        order.due = event.at + ANSWER
        state.wait(order.due, key)
    elif event.kind == "answered" and event.at <= order.due:
        order.due = -1
    elif event.kind == "cancelled" and not order.cancelled:
        order.cancelled = True
        return _fault(state, event) if event.fault else []
    return []


def _fault(state: State, event: Event) -> list[Outcome]:
    seller, hour = state.seller(event.seller), event.at // HOUR
    _count(seller.faults, hour)
    faults, placed = _sum(seller.faults, hour), _sum(seller.placed, hour)
    seller.totals[1] += 1
    state.rows["s/" + event.seller] = seller
    if faults >= FAULTS and faults * SHARE >= placed:
        return [Outcome("cancelling/" + event.order, [event.at, faults, placed])]
    return []


def _report(state: State, event: Event) -> list[Outcome]:
    seller = state.seller(event.seller)
    seller.report = event.at
    state.rows["s/" + event.seller] = seller
    state.wait(event.at, "s/" + event.seller)
    return []


def _tick(state: State, now: int) -> list[Outcome]:
    said: list[Outcome] = []
    while state.due and state.due[0][0] < now:
        at, key = heappop(state.due)
        row = state.rows.get(key)
        if isinstance(row, Order) and row.due == at:
            said += _unanswered(state, key, row)
        elif isinstance(row, Order) and row.forget == at:
            del state.rows[key]
        elif isinstance(row, Seller) and row.report == at:
            row.report = 0
            state.rows[key] = row
            said.append(Outcome("report/" + key[2:], list(row.totals)))
    return said


def _unanswered(state: State, key: str, order: Order) -> list[Outcome]:
    due, order.due = order.due, -1
    seller = state.seller(order.seller)
    _count(seller.late, due // HOUR)
    late = _sum(seller.late, due // HOUR)
    seller.totals[2] += 1
    state.rows[key], state.rows["s/" + order.seller] = order, seller
    said = [Outcome("unanswered/" + key[2:], [due])]
    return [*said, Outcome("slow/" + key[2:], [due, late])] if late == SLOW else said


def _count(window: Window, hour: int) -> None:
    """One more in this hour. Hours come in order, so those that have left the day stand first."""
    window[hour] = window.get(hour, 0) + 1
    while (oldest := next(iter(window))) <= hour - DAY_HOURS:
        del window[oldest]


def _sum(window: Window, hour: int) -> int:
    """The sum of the day that ends with this hour."""
    return sum(count for one, count in window.items() if one > hour - DAY_HOURS)
