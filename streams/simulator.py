"""The simulated marketplace: shops of known habits, the events that they cause, and apart from these the truth."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol

from detectors.outcomes import Outcome
from streams.simulation.habits import open_shop
from streams.simulation.order_service import OrderService
from streams.simulation.places import DAY, SECOND
from streams.simulation.world import Event, Shop, World

MONDAY = 1_777_248_000_000  # 2026-04-27T00:00:00Z; a week with a holiday in Japan and one in most other places
STEP = 10 * SECOND


class Truth(NamedTuple):
    """What a shop really is. `codes`: the findings that its habits deserve; none for an honest one."""

    seller: str
    market: str
    kind: str
    codes: tuple[str, ...]

    @property
    def honest(self) -> bool:
        """Whether it keeps all rules."""
        return not self.codes


class Monitor(Protocol):
    """What watches the marketplace."""

    def take(self, event: Event) -> Iterable[Outcome]:
        """Takes one event in, at its log time."""

    def tick(self, at: int) -> Iterable[Outcome]:
        """Concludes everything decidable strictly before `at` (ms UTC)."""


DESERVES = {
    "silent": ("V-01",),
    "slow to ship": ("V-18",),
    "cancels without notice": ("V-07", "V-14"),
    "cancels in bursts": ("V-13", "V-14"),
    "pushes buyers to cancel": ("V-10",),
    "sells to himself": ("V-24", "V-25", "V-27"),
}

_FIRST = (
    Shop("sakura-home", "JP", "silent", 14),
    Shop("liberty-goods", "US", "slow to ship", 10),
    Shop("stella-moda", "IT", "cancels without notice", 12),
    Shop("sol-y-mar", "ES", "cancels in bursts", 20),
    Shop("waldkauz", "DE", "pushes buyers to cancel", 14),
    Shop("jade-river", "CN", "sells to himself", 12),
    Shop("maple-street", "US", "prompt", 20),
    Shop("kirschbaum", "DE", "slow but in time", 12),
    Shop("atelier-bleu", "FR", "answers late but in time", 12),
    Shop("golden-lantern", "CN", "flash sale", 14),
    Shop("fuji-mart", "JP", "big, cancels a few properly", 90),
    Shop("camden-tea", "UK", "refuses properly and ships", 14),
    Shop("casa-azul", "MX", "explains how to cancel", 12),
    Shop("lotus-crafts", "TH", "cash on delivery", 16),
    Shop("harbour-nine", "SG", "prompt", 12),
)
_HONEST = tuple(shop for shop in _FIRST if shop.kind not in DESERVES)
_BAD = tuple(shop for shop in _FIRST if shop.kind in DESERVES)


def marketplace(sellers: int) -> tuple[Shop, ...]:
    """So many shops: the six bad ones and one of every honest kind first, then honest ones and one bad in ten."""
    more = []
    for i in range(len(_FIRST), sellers):
        model = _BAD[i // 10 % len(_BAD)] if i % 10 == 0 else _HONEST[i % len(_HONEST)]
        more.append(model._replace(seller=f"{model.seller}-{i}"))
    return (*_FIRST, *more)[:sellers]


class Marketplace:
    """A world of shops with its order service."""

    def __init__(self, sellers: int = len(_FIRST), seed: int = 1, start: int = MONDAY, forgets: int = 0) -> None:
        """`forgets`: the order service forgets one approval in so many; 0: it carries out everything."""
        self.world = World(marketplace(sellers), start, seed)
        self.service = OrderService(self.world, forgets)
        for shop in self.world.shops:
            open_shop(self.world, shop)

    @property
    def truth(self) -> tuple[Truth, ...]:
        """What each shop really is."""
        return tuple(Truth(s.seller, s.market, s.kind, DESERVES.get(s.kind, ())) for s in self.world.shops)

    def run(self, monitor: Monitor, until: int) -> Iterator[Outcome]:
        """Lets the monitor watch up to `until` (ms UTC), ticking every ten seconds; its directives are carried out."""
        while self.world.now < until:
            step = min(self.world.now + STEP, until)
            for event in self.world.until(step):
                yield from self._heard(monitor.take(event))
            yield from self._heard(monitor.tick(step))

    def _heard(self, outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
        for outcome in outcomes:
            if outcome.type == "directive.issued":
                self.service.hear(outcome.seller, outcome.data)
            yield outcome


class _Recorder:
    """A monitor between the marketplace and another monitor, which keeps the events."""

    def __init__(self, monitor: Monitor) -> None:
        self.monitor, self.events = monitor, list[Event]()

    def take(self, event: Event) -> Iterable[Outcome]:
        self.events.append(event)
        return self.monitor.take(event)

    def tick(self, at: int) -> Iterable[Outcome]:
        return self.monitor.tick(at)


class Simulation(NamedTuple):
    """A history and, apart from it, what was said of it, the truth, and (seller, order) the order service forgot."""

    events: list[Event]
    outcomes: list[Outcome]
    truth: tuple[Truth, ...]
    forgotten: list[tuple[str, str]]


def simulate(sellers: int, days: int, seed: int, monitor: Monitor, forgets: int = 0) -> Simulation:
    """So many shops for so many days under that monitor, whose directives an order service carries out."""
    market, recorder = Marketplace(sellers, seed, forgets=forgets), _Recorder(monitor)
    outcomes = list(market.run(recorder, market.world.start + days * DAY))
    return Simulation(recorder.events, outcomes, market.truth, market.service.forgotten)
