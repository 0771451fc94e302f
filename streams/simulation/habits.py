"""The habits of shops: how they sell, ship, answer and cancel. One function a habit, six of them bad."""

from collections.abc import Callable
from typing import NamedTuple

from streams.simulation import buying
from streams.simulation.chat import ASK, EXPLAIN, KEEP, PUSH, SMALL_TALK
from streams.simulation.places import DAY, HOUR, MINUTE, SECOND, at_hour, local, weekday_evening
from streams.simulation.world import Deal, Shop, World, pseudonym

PACKED = "product_has_been_packed"
_SOLD_OUT = "Sold out: the warehouse found the last pieces damaged. Your money comes back at once."


class Habits(NamedTuple):
    """What a kind of shop does: `sells` on a day, `ships` and `tends` a paid order, `answers` a request."""

    sells: Callable[[World, Shop, int], None]
    ships: Callable[[World, Deal], None]
    answers: Callable[[World, Deal, str], None]
    tends: Callable[[World, Deal], None]


def _sale(world: World, shop: Shop, when: int, buyer: str = "", cod: bool = False) -> Deal:
    """An order at that instant, which its buyer pays within minutes and its shop then looks after."""
    deal = world.deal(shop, buyer, cod)
    world.at(when, lambda: buying.place(world, deal))
    world.at(when + (0 if cod else world.random.randint(MINUTE, 15 * MINUTE)), lambda: _bought(world, deal))
    return deal


def _bought(world: World, deal: Deal) -> None:
    if not deal.cod:
        buying.pay(world, deal)
    habits = KINDS[deal.shop.kind]
    habits.ships(world, deal)
    habits.tends(world, deal)


def _hours(first: float, last: float) -> Callable[[World, Shop, int], None]:
    """Sells between these hours of the local day; one order in thirty is never paid."""

    def sells(world: World, shop: Shop, day: int) -> None:
        for _ in range(shop.orders_a_day):
            when = at_hour(shop.market, day, world.random.uniform(first, last))
            if world.random.random() < 1 / 30:
                unpaid = world.deal(shop)
                world.at(when, lambda deal=unpaid: buying.place(world, deal))  # type: ignore[misc]
                continue
            _sale(world, shop, when)

    return sells


def _on_delivery(world: World, shop: Shop, day: int) -> None:
    for _ in range(shop.orders_a_day):
        _sale(world, shop, at_hour(shop.market, day, world.random.uniform(8, 20)), cod=True)


def _flash_sale(world: World, shop: Shop, day: int) -> None:
    """Every third day sixty buyers order within twenty minutes."""
    if (day - world.start) // DAY % 3 == 1:
        opens = at_hour(shop.market, day, 12)
        for _ in range(60):
            _sale(world, shop, opens + world.random.randint(0, 20 * MINUTE))
    _hours(8, 20)(world, shop, day)


def _to_himself(world: World, shop: Shop, day: int) -> None:
    """Every third day fifteen orders of three puppets with the card of his own people; then ones that he cancels."""
    puppets = [f"b-{pseudonym('puppet', shop.seller, str(i))}" for i in range(3)]
    turn = (day - world.start) // DAY % 3
    if turn == 0:
        opens = at_hour(shop.market, day, 11)
        for i in range(15):
            _sale(world, shop, opens + (i * 3 + 1) * MINUTE, buyer=puppets[i % 3])
        world.at(opens - HOUR, lambda: _own_card(world, shop, puppets[0]))
    elif turn == 1:
        for i in range(6):
            deal = _sale(world, shop, at_hour(shop.market, day, 9 + i), buyer=puppets[0])
            world.at(at_hour(shop.market, day, 9.5 + i), lambda deal=deal: _asks(world, deal))  # type: ignore[misc]
    _hours(8, 20)(world, shop, day)


def _own_card(world: World, shop: Shop, puppet: str) -> None:
    seen = {"party": "seller", "party_id": shop.seller, "kind": "payment", "hash": pseudonym("card", puppet)}
    world.send("identity.seen", shop, "", seen)


def _promptly(world: World, deal: Deal) -> None:
    ready = world.after(2, 12, HOUR)
    buying.move(world, deal, ready, ready + world.random.randint(2, 8) * HOUR)


def _by_the_limit(world: World, deal: Deal) -> None:
    """Ready on the second weekday in the evening, with the carrier on the third: slow, and always in time."""
    ready = weekday_evening(deal.shop.market, world.now, 2)
    buying.move(world, deal, ready, weekday_evening(deal.shop.market, world.now, 3))


def _the_next_day(world: World, deal: Deal) -> None:
    ready = world.after(20, 24, HOUR)
    buying.move(world, deal, ready, ready + 3 * HOUR)


def _late(world: World, deal: Deal) -> None:
    """Days after the limit."""
    ready = world.after(5, 6, DAY)
    buying.move(world, deal, ready, ready + 4 * HOUR)


def _approves(first: float, last: float) -> Callable[[World, Deal, str], None]:
    def answers(world: World, deal: Deal, name: str) -> None:
        world.at(world.after(first, last, HOUR), lambda: buying.decide(world, deal, name, "approve", "seller"))

    return answers


def _refuses_and_ships(world: World, deal: Deal, name: str) -> None:
    when = world.after(1, 5, HOUR)
    world.at(when, lambda: buying.decide(world, deal, name, "reject", "seller", PACKED))
    buying.move(world, deal, when + HOUR, when + 5 * HOUR)


def _never(world: World, deal: Deal, name: str) -> None:
    """Silence."""
    del world, deal, name


def _asks(world: World, deal: Deal) -> None:
    """The buyer asks for a cancellation; the shop's habit answers where the platform does not do so at once."""
    name = buying.request(world, deal)
    if name and world.now > deal.paid + HOUR and not deal.moved:
        KINDS[deal.shop.kind].answers(world, deal, name)


def _some_ask(instantly: float, later: float, moved: float = 0.02) -> Callable[[World, Deal], None]:
    """Buyers ask, with these chances: within the free hour, before the parcel is ready, after it has left."""

    def tends(world: World, deal: Deal) -> None:
        draw = world.random.random()
        if draw < instantly:
            world.at(world.after(2, 55, MINUTE), lambda: _asks(world, deal))
        elif draw < instantly + later:
            world.at(world.after(62, 115, MINUTE), lambda: _asks(world, deal))
        elif draw < instantly + later + moved:
            world.at(world.after(26, 40, HOUR), lambda: _asks(world, deal))
        elif draw > 0.8:
            world.at(world.after(3, 20, HOUR), lambda: buying.write(world, deal, "buyer", SMALL_TALK))

    return tends


_usually = _some_ask(0.04, 0.04)


def _asks_how(world: World, deal: Deal) -> None:
    """One buyer in three asks first; the shop explains how to cancel; he does, and it approves."""
    if world.random.random() > 1 / 3:
        return _usually(world, deal)
    asked = world.after(65, 80, MINUTE)
    world.at(asked, lambda: buying.write(world, deal, "buyer", ASK))
    world.at(asked + 5 * MINUTE, lambda: buying.write(world, deal, "seller", EXPLAIN))
    return world.at(asked + 20 * MINUTE, lambda: _asks(world, deal))


def _begs_to_stay(world: World, deal: Deal) -> None:
    """Answers late but in time, and writes that the parcel leaves soon: no push."""
    if world.random.random() < 0.15:
        world.at(world.after(61, 64, MINUTE), lambda: buying.write(world, deal, "seller", KEEP))
    _some_ask(0.04, 0.15)(world, deal)


def _pushes(world: World, deal: Deal) -> None:
    """Has nothing left, and makes the buyer cancel."""
    if world.random.random() > 1 / 4:
        return _usually(world, deal)
    world.at(world.after(65, 90, MINUTE), lambda: _push(world, deal))
    return world.at(world.after(2, 6, HOUR), lambda: _asks(world, deal))


def _push(world: World, deal: Deal) -> None:
    if not (deal.cancelled or deal.moved):
        buying.write(world, deal, "seller", PUSH)


def _cancels(share: float, tell: bool) -> Callable[[World, Deal], None]:
    """Cancels that share of its orders, telling the buyer properly or not at all."""

    def tends(world: World, deal: Deal) -> None:
        if world.random.random() < share:
            world.at(world.after(70, 110, MINUTE), lambda: _cancel(world, deal, tell=tell))
        else:
            _usually(world, deal)

    return tends


def _cancel(world: World, deal: Deal, *, tell: bool) -> None:
    if deal.cancelled or deal.moved or deal.pending:
        return
    buying.cancel(world, deal, "seller", buying.OUT_OF_STOCK)
    if tell:
        world.at(world.after(1, 30, MINUTE), lambda: buying.notify(world, deal, _SOLD_OUT))


def _clears_out(world: World, deal: Deal) -> None:
    """Every third evening cancels half the day's orders within half an hour, each with a proper notice."""
    now = local(deal.shop.market, world.now)
    if now.toordinal() % 3 == local(deal.shop.market, world.start).toordinal() % 3 and world.random.random() < 0.7:
        evening = at_hour(deal.shop.market, world.now // DAY * DAY, 21)
        when = evening + world.random.randint(0, 30 * MINUTE)
        world.at(max(when, world.now + 30 * SECOND), lambda: _cancel(world, deal, tell=True))


_DAY = _hours(8, 20)
_MORNING = _hours(8, 12)

KINDS = {
    "prompt": Habits(_DAY, _promptly, _approves(0.2, 5), _usually),
    "slow but in time": Habits(_DAY, _by_the_limit, _approves(1, 12), _usually),
    "answers late but in time": Habits(_MORNING, _the_next_day, _approves(40, 47.9), _begs_to_stay),
    "flash sale": Habits(_flash_sale, _promptly, _approves(0.2, 5), _usually),
    "big, cancels a few properly": Habits(_DAY, _promptly, _approves(0.2, 5), _cancels(0.006, tell=True)),
    "refuses properly and ships": Habits(_DAY, _promptly, _refuses_and_ships, _some_ask(0.04, 0.15)),
    "explains how to cancel": Habits(_DAY, _the_next_day, _approves(0.1, 1), _asks_how),
    "cash on delivery": Habits(_on_delivery, _promptly, _approves(0.2, 5), _usually),
    "silent": Habits(_DAY, _promptly, _never, _some_ask(0.04, 0.2)),
    "slow to ship": Habits(_DAY, _late, _approves(0.2, 5), _usually),
    "cancels without notice": Habits(_DAY, _the_next_day, _approves(0.2, 5), _cancels(0.2, tell=False)),
    "cancels in bursts": Habits(_DAY, _the_next_day, _approves(0.2, 5), _clears_out),
    "pushes buyers to cancel": Habits(_DAY, _the_next_day, _approves(0.05, 0.1), _pushes),
    "sells to himself": Habits(_to_himself, _promptly, _approves(0.2, 5), _usually),
}


def open_shop(world: World, shop: Shop) -> None:
    """The shop sells every day from the first on."""
    world.daily(lambda day: KINDS[shop.kind].sells(world, shop, day))
