"""One partition's rows and its wheel. Rows are packed: the next instant, eight bytes, then msgpack."""

from collections.abc import MutableMapping
from typing import TypeVar

import msgspec

from detectors.conversation import TalkRow
from detectors.feeds import Silence
from detectors.order import OrderFact
from detectors.own_terms import TermsChange
from detectors.pages import bind, head, turned
from detectors.rates import RateRow
from detectors.say import Said
from detectors.wheel import Wheel
from detectors.window import Buyer, Day, Entry, Link

NEVER = (1 << 63) - 1
_ORDER, _SELLER = "\x1f", "\x1e"
_SELLERS_MARK = _SELLER.encode()
_UNPACKED = 4096

Row = TypeVar("Row", bound=msgspec.Struct)


class OrderRow(msgspec.Struct, gc=False, array_like=True):
    """An order as it is kept: its facts, what was said, what it added to the windows, and what was noted of it.

    `hold`: log time (ms) of its latest fact out of a backlog. `counts`, `answers`: what it added to the daily counts.
    `kept`: what was closed and the policies that came later do not touch, by tag (`terms`).
    """

    market: str
    facts: list[OrderFact] = []
    said: dict[str, Said] = {}
    added: list[Entry] = []
    notes: list[str] = []
    hold: int = 0
    counts: list[int] = []
    answers: list[tuple[int, int]] = []
    kept: dict[str, int] = {}


class ClockRow(msgspec.Struct, gc=False, array_like=True):
    """How far a partition's time has come: its last tick (ms UTC), the hash of the policies it named, and which feeds
    are silent or were a moment ago.

    `judged`: the policies by which orders are being judged again, and the key of the last one that was.
    """

    ticked: int = 0
    policies: str = ""
    silence: Silence = Silence()
    judged: tuple[str, bytes] = ("", b"")


class ShopRow(msgspec.Struct, gc=False, array_like=True):
    """A shop's own facts: starts and ends of campaigns (at, whether an end, fact) in order; its own terms, and what
    was said of them.

    `market`: that of the terms ("" before any). `hold`: log time (ms) of the latest change of terms out of a backlog.
    """

    campaigns: list[tuple[int, bool, str]] = []
    market: str = ""
    terms: list[TermsChange] = []
    hold: int = 0
    said: dict[str, Said] = {}
    failed: dict[str, str] = {}


class SeenRow(msgspec.Struct, gc=False, array_like=True):
    """A fact that is about no order, for 24 hours of log time: when it arrived (ms UTC), and its body."""

    arrived: int
    body: str


def order_key(seller: str, order: str) -> bytes:
    """The row key of an order."""
    return f"{seller}{_ORDER}{order}".encode()


def shop_key(seller: str) -> bytes:
    """The row key of a shop's own facts."""
    return f"{seller}{_SELLER}shop".encode()


def day_key(seller: str, day: int) -> bytes:
    """The row key of a seller's UTC day."""
    return f"{seller}{_SELLER}day{_SELLER}{day}".encode()


def page_key(day: bytes, minute: int) -> bytes:
    """The row key of a minute of the seller's UTC day that has this key."""
    return day + f"{_SELLER}{minute}".encode()


def link_key(seller: str, link: str) -> bytes:
    """The row key of an identifying hash at a seller."""
    return f"{seller}{_SELLER}link{_SELLER}{link}".encode()


def buyer_key(seller: str, buyer: str) -> bytes:
    """The row key of one buyer's orders with a seller."""
    return f"{seller}{_SELLER}buyer{_SELLER}{buyer}".encode()


def seen_key(seller: str, source: str, name: str) -> bytes:
    """The row key of a fact that is about no order."""
    return f"{seller}{_SELLER}seen{_SELLER}{source}{_ORDER}{name}".encode()


def talk_key(seller: str, conversation: str) -> bytes:
    """The row key of a conversation with a seller."""
    return f"{seller}{_SELLER}talk{_SELLER}{conversation}".encode()


def rates_key(seller: str) -> bytes:
    """The row key of a seller's daily counts."""
    return f"{seller}{_SELLER}rates".encode()


def clock_key(partition: int) -> bytes:
    """The row key of a partition's clock; it is no seller's."""
    return f"{_SELLER}clock{_SELLER}{partition}".encode()


def is_order(key: bytes) -> bool:
    """Whether the key is an order's."""
    return _SELLERS_MARK not in key


def parts(key: bytes) -> list[str]:
    """The key's parts; the first is the seller."""
    return key.decode().split(_ORDER if is_order(key) else _SELLER)


def seller_of(key: bytes) -> str:
    """The seller whose row it is: rows lie in the seller's partition."""
    return parts(key)[0]


class Store:
    """Orders and sellers of one partition, any mappings of bytes to bytes, and the wheel over them.

    Rows that were touched lately are kept unpacked, and packed when they have been left alone or at `flush`: the
    mappings hold everything only then.
    """

    def __init__(
        self,
        orders: MutableMapping[bytes, bytes],
        sellers: MutableMapping[bytes, bytes],
        partition: int = 0,
        unpacked: int = _UNPACKED,
    ) -> None:
        """Starts with an empty wheel; call `rebuild` when the mappings already hold rows. `unpacked`: how many rows, up
        to twice, stay unpacked.
        """
        self._most = unpacked
        self.orders, self.sellers = orders, sellers
        self._unpacked: dict[bytes, msgspec.Struct] = {}
        self._older: dict[bytes, msgspec.Struct] = {}
        self._changed: dict[bytes, int] = {}
        self._clock_key = clock_key(partition)
        self._clock = self.get(self._clock_key, ClockRow) or ClockRow()
        self._wheel = Wheel()

    def rebuild(self) -> None:
        """Puts every row of the mappings back on the wheel; reads only their heads."""
        self._wheel = Wheel()
        for rows in (self.orders, self.sellers):
            for key, raw in rows.items():
                instant = int.from_bytes(raw[:8], "big")
                if instant != NEVER:
                    self._wheel.put(key, instant)

    def due(self, until: int) -> tuple[int, list[bytes]] | None:
        """The least instant (ms UTC) before `until` that rows wait for, and the keys of all that do; None for none."""
        return self._wheel.due(until, self.waits_until)

    def earliest(self) -> int | None:
        """No row waits for an earlier instant (ms UTC), see `Wheel.earliest`; None when none waits."""
        return self._wheel.earliest(self.waits_until)

    @property
    def ticked(self) -> int:
        """The instant of the last tick (ms UTC): everything before it is concluded."""
        return self._clock.ticked

    @property
    def policies(self) -> str:
        """The hash of the policies under which that was."""
        return self._clock.policies

    @property
    def silence(self) -> Silence:
        """Which feeds are silent, and which talk again."""
        return self._clock.silence

    def tick(self, at: int, policies: str, silence: Silence) -> None:
        """Keeps how far time has come, among the rows: a restored store goes on from there."""
        self._keep_clock(ClockRow(at, policies, silence))

    def judge(self, policies: str, key: bytes) -> None:
        """Keeps, until the next tick, that the orders up to this one were judged again by these policies."""
        self._keep_clock(msgspec.structs.replace(self._clock, judged=(policies, key)))

    def judged_by(self, policies: str) -> bytes:
        """The key of the last order that was judged again by these policies; empty for none."""
        by, key = self._clock.judged
        return key if by == policies else b""

    def _keep_clock(self, clock: ClockRow) -> None:
        self._unpacked[self._clock_key] = self._clock = clock
        self._changed[self._clock_key] = NEVER

    def _table(self, key: bytes) -> MutableMapping[bytes, bytes]:
        return self.sellers if _SELLERS_MARK in key else self.orders

    def waits_until(self, key: bytes) -> int | None:
        """The instant at which the row is looked at again; None for never, or no row."""
        instant = self._changed.get(key)
        if instant is None:
            raw = self._table(key).get(key)
            instant = NEVER if raw is None else int.from_bytes(raw[:8], "big")
        return None if instant == NEVER else instant

    def get(self, key: bytes, kind: type[Row]) -> Row | None:
        """The row of that key; None when there is none. What is changed in it must be `put`."""
        row = self._unpacked.get(key) or self._older.get(key)
        if row is None:
            raw = self._table(key).get(key)
            if raw is None:
                return None
            row = _decoder(kind).decode(memoryview(raw)[8:])
            if isinstance(row, Day):
                bind(row, (_decoder(Day).decode(self.sellers[page_key(key, minute)][8:]) for minute in row.pages))
            self._keep(key, row)
        return row  # type: ignore[return-value]

    def put(self, key: bytes, row: msgspec.Struct, instant: int | None) -> None:
        """Keeps the row; `instant` (ms UTC): when to look at it again, None for never."""
        if instant is not None and instant != self.waits_until(key):
            self._wheel.put(key, instant)
        self._keep(key, row)
        self._changed[key] = NEVER if instant is None else instant

    def drop(self, key: bytes) -> None:
        """Forgets the row."""
        row = self._unpacked.pop(key, None) or self._older.get(key)
        for minute in row.pages if isinstance(row, Day) else ():
            self.sellers.pop(page_key(key, minute), None)
        self._older.pop(key, None)
        self._changed.pop(key, None)
        self._table(key).pop(key, None)

    def flush(self) -> None:
        """Packs every changed row into the mappings."""
        for key, instant in self._changed.items():
            row = self._unpacked[key]
            if isinstance(row, Day):
                self._write_pages(key, row)
                row = head(row)
            self._table(key)[key] = _packed(instant, row)
        self._changed.clear()

    def _write_pages(self, key: bytes, day: Day) -> None:
        for minute, page in turned(day):
            if page is None:
                self.sellers.pop(page_key(key, minute), None)
            else:
                self.sellers[page_key(key, minute)] = _packed(NEVER, page)

    def count_orders(self) -> int:
        """How many orders are kept."""
        self.flush()
        return len(self.orders)

    def _keep(self, key: bytes, row: msgspec.Struct) -> None:
        if len(self._unpacked) >= self._most:
            self.flush()
            self._older, self._unpacked = self._unpacked, {}
        self._unpacked[key] = row

    def day(self, seller: str, number: int) -> Day | None:
        """A seller's UTC day."""
        return self.get(day_key(seller, number), Day)


_encoder = msgspec.msgpack.Encoder()
_decoders = {
    kind: msgspec.msgpack.Decoder(kind)
    for kind in (OrderRow, ClockRow, ShopRow, SeenRow, RateRow, Day, Buyer, Link, TalkRow)
}


def _packed(instant: int, row: msgspec.Struct) -> bytes:
    return instant.to_bytes(8, "big") + _encoder.encode(row)


def _decoder(kind: type[Row]) -> "msgspec.msgpack.Decoder[Row]":
    return _decoders[kind]  # type: ignore[index, return-value]
