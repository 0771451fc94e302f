"""What the page shows: the monitor's rows, and the last word on each finding, directive and open duty."""

from collections import Counter, OrderedDict
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from threading import RLock
from typing import NamedTuple, TypeVar

from detectors.figures import Figure, figure_of
from detectors.outcomes import Outcome
from detectors.store import OrderRow, is_order, order_key, parts
from detectors.verdict import DUTY, Breach, Obligation
from streams.account import Account, account
from streams.embedded import Embedded

_KEPT = 5_000
_MOST_FACTS = 40


class SellerView(NamedTuple):
    """A seller: his orders, his rate M-01r, and how often each code stands against him."""

    seller: str
    market: str
    orders: int
    figure: Figure
    codes: tuple[tuple[str, int], ...]


class FactView(NamedTuple):
    """A fact that a finding stands on, and the order it is about; `at` is ms UTC."""

    at: int
    type: str
    id: str
    order: str


class Board:
    """Hears every outcome and answers the page's questions. Hold `lock` while the monitor works."""

    def __init__(self, embedded: Embedded) -> None:
        """`embedded`: the monitor whose rows are shown; its rows are only read."""
        self.lock = RLock()
        self._embedded, self.rules = embedded, embedded.rules
        self._orders: Counter[str] = Counter()
        self._markets: dict[str, str] = {}
        self._findings: OrderedDict[str, Outcome] = OrderedDict()
        self._open: dict[str, Outcome] = {}
        self._said: OrderedDict[tuple[str, str], list[Outcome]] = OrderedDict()

    @property
    def now(self) -> int:
        """The instant of the last tick (ms UTC)."""
        return self._embedded.store.ticked

    def hear(self, outcome: Outcome) -> None:
        """Takes one outcome in."""
        kind = outcome.type.partition(".")[0]
        if kind == "fact":
            self._markets[outcome.seller] = outcome.market
            self._orders[outcome.seller] += outcome.code == "order.placed" and outcome.state == "accepted"
        elif outcome.type == "duty.changed":
            self._open.pop(outcome.id, None)
            if outcome.state == "open":
                self._open[outcome.id] = outcome
        elif kind == "finding":
            _keep(self._findings, outcome.id, outcome)
        if kind in {"finding", "directive"}:
            _keep(self._said, (outcome.seller, outcome.subject), [*self.said_of(outcome), outcome])

    def said_of(self, outcome: Outcome) -> list[Outcome]:
        """What was said before of the same order or window."""
        return self._said.get((outcome.seller, outcome.subject), [])

    def sellers(self) -> list[SellerView]:
        """All sellers, those with the most standing findings first."""
        standing: dict[str, Counter[str]] = {seller: Counter() for seller in self._markets}
        for outcome in self._findings.values():
            if (
                outcome.state != "withdrawn"
                and isinstance(outcome.content, Breach)
                and outcome.content.holder == "seller"
            ):
                standing[outcome.seller][outcome.code] += 1
        views = [
            SellerView(
                seller,
                market,
                self._orders[seller],
                figure_of(self._embedded.store, self.rules, seller, self.now),
                tuple(sorted(standing[seller].items())),
            )
            for seller, market in self._markets.items()
        ]
        return sorted(views, key=lambda view: (-sum(n for _, n in view.codes), view.seller))

    def findings(self, seller: str = "") -> list[Outcome]:
        """The last word on every finding, those said last first; of one seller when he is named."""
        return [one for one in reversed(self._findings.values()) if seller in {"", one.seller}]

    def finding(self, name: str) -> Outcome | None:
        """The last word on one finding, by its id."""
        return self._findings.get(name)

    def due_next(self, most: int) -> list[tuple[int, Outcome]]:
        """(due in ms UTC, duty) of the open duties that run out next."""
        duties = [
            (one.content.due, one)
            for one in self._open.values()
            if isinstance(one.content, Obligation) and one.content.due >= self.now
        ]
        return sorted(duties, key=lambda item: (item[0], item[1].seller, item[1].id))[:most]

    def order(self, seller: str, order: str) -> Account | None:
        """One order's account; None when there is none, or it is forgotten."""
        row = self._embedded.store.get(order_key(seller, order), OrderRow)
        if row is None:
            return None
        states = {tag: said.state for tag, said in row.said.items() if tag.startswith(DUTY)}
        said = self._said.get((seller, order), [])
        return account(self.rules, seller, row.market, order, row.facts, states, said)

    def facts(self, seller: str, names: AbstractSet[str]) -> list[FactView]:
        """The facts of these ids in the seller's orders, oldest first, at most forty."""
        found = sorted(fact for fact in self._facts_of(seller) if fact.id in names)
        return found[:_MOST_FACTS]

    def _facts_of(self, seller: str) -> Iterator[FactView]:
        store = self._embedded.store
        store.flush()
        for key in list(store.orders):
            if is_order(key) and parts(key)[0] == seller:
                row = store.get(key, OrderRow)
                for fact in row.facts if row is not None else ():
                    yield FactView(fact.at, fact.type, fact.id, parts(key)[1])


K = TypeVar("K")
V = TypeVar("V")


def _keep(kept: "OrderedDict[K, V]", key: K, value: V) -> None:
    """Keeps the value as the newest; the oldest leaves when there are too many."""
    kept[key] = value
    kept.move_to_end(key)
    if len(kept) > _KEPT:
        kept.popitem(last=False)
