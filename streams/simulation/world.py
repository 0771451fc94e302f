"""The simulated world: its clock, its random numbers, the orders in it, and the events that they send."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from heapq import heappop, heappush
from typing import Any, NamedTuple

from streams.simulation.places import DAY, PLACES, iso

Event = dict[str, Any]
_SOURCES = {"order": "order-service", "message": "chat", "identity": "shop-service", "stock": "shop-service"}


class Shop(NamedTuple):
    """A seller of the simulated world; `kind` names his habits."""

    seller: str
    market: str
    kind: str
    orders_a_day: int


@dataclass(eq=False)
class Deal:
    """One order as the simulated world knows it. Instants are ms UTC; 0: not yet."""

    shop: Shop
    order: str
    buyer: str
    locale: str
    amount: str
    cod: bool = False
    placed: int = 0
    paid: int = 0
    pending: str = ""
    answered: bool = False
    moved: bool = False
    cancelled: bool = False
    reasons: dict[str, str] = field(default_factory=dict)

    @property
    def method(self) -> str:
        """The buyer's payment means: kind and hash."""
        return f"card:{pseudonym('card', self.buyer)}"


def pseudonym(*parts: str) -> str:
    """A short hash, as ids of people and payment means arrive."""
    return blake2b("\x1f".join(parts).encode(), digest_size=6).hexdigest()


class World:
    """A clock with things to do. `until` lets time go on and hands out the events as they arrive."""

    def __init__(self, shops: tuple[Shop, ...], start: int, seed: int) -> None:
        """`start` (ms UTC): midnight of the first day. The same shops, start and seed give the same world."""
        self.shops, self.start, self.now = shops, start, start
        self.random = random.Random(seed)  # noqa: S311 - a simulation; nothing is secret
        self.deals: dict[tuple[str, str], Deal] = {}
        self._todo: list[tuple[int, int, Callable[[], None]]] = []
        self._sent: list[tuple[int, int, Event]] = []
        self._numbers = 0

    def _number(self) -> int:
        self._numbers += 1
        return self._numbers

    def at(self, when: int, act: Callable[[], None]) -> None:
        """Does it then, at the earliest now."""
        heappush(self._todo, (max(when, self.now), self._number(), act))

    def after(self, first: float, last: float, unit: int) -> int:
        """A random instant between `first` and `last` units from now."""
        return self.now + round(self.random.uniform(first, last) * unit)

    def name(self, prefix: str) -> str:
        """A new id."""
        return f"{prefix}-{self._number():06d}"

    def send(self, kind: str, shop: Shop, subject: str, data: dict[str, Any]) -> None:
        """Sends an event that happens now and arrives within a second."""
        number = self._number()
        arrives = self.now + self.random.randint(40, 900)
        event = {
            "specversion": "1.0",
            "id": f"e-{number:07d}",
            "source": _SOURCES.get(kind.split(".", maxsplit=1)[0], "after-sales"),
            "type": kind,
            "time": iso(self.now),
            "recordedtime": iso(arrives),
            **({"subject": subject} if subject else {}),
            "seller": shop.seller,
            "market": shop.market,
            "data": data,
        }
        heappush(self._sent, (arrives, number, event))

    def until(self, end: int) -> Iterator[Event]:
        """Lets time go on up to `end` (ms UTC): what is done by then is done, what has arrived is handed out."""
        while True:
            doing = self._todo[0][0] if self._todo else end + 1
            arriving = self._sent[0][0] if self._sent else end + 1
            if min(doing, arriving) > end:
                break
            if arriving < doing:
                yield heappop(self._sent)[2]
                continue
            self.now, _, act = heappop(self._todo)
            act()
        self.now = end

    def daily(self, act: Callable[[int], None]) -> None:
        """Does it at each midnight UTC, from the first day on; told the midnight (ms UTC)."""

        def again() -> None:
            act(self.now)
            self.at(self.now + DAY, again)

        self.at(self.start, again)

    def deal(self, shop: Shop, buyer: str = "", cod: bool = False) -> Deal:
        """A new order of that shop, by a new buyer unless one is named."""
        place = PLACES[shop.market]
        locale = place.locales[0] if self.random.random() < 0.7 else self.random.choice(place.locales)
        amount = str(place.price * self.random.randint(1, 4))
        who = buyer or f"b-{pseudonym('buyer', shop.market, str(self._number()))}"
        deal = Deal(shop, self.name("o"), who, locale, amount, cod)
        self.deals[shop.seller, deal.order] = deal
        return deal

    def forget(self, deal: Deal) -> None:
        """An order that is over leaves the world."""
        self.deals.pop((deal.shop.seller, deal.order), None)
