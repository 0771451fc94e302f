"""What happens to an order in the simulated world: placed, paid, asked about, moved, cancelled, refunded."""

from datetime import UTC, datetime

from streams.simulation.chat import said
from streams.simulation.places import DAY, HOUR, MINUTE, PLACES, SECOND
from streams.simulation.world import Deal, World

NO_LONGER_NEEDED = "ecom_order_to_ship_canceled_reason_no_longer_needed"
OUT_OF_STOCK = "seller_cancel_reason_out_of_stock"


def place(world: World, deal: Deal) -> None:
    """The buyer places the order; one on delivery counts as paid."""
    deal.placed = world.now
    sku = f"sku-{world.random.randint(1, 40)}"
    line = {"line": "1", "sku": sku, "quantity": 1, "amount": deal.amount}
    by = datetime.fromtimestamp(world.now / SECOND + 10 * DAY / SECOND, UTC).date()
    data = {
        "buyer": deal.buyer,
        "buyer_locale": deal.locale,
        "lines": [line],
        "currency": PLACES[deal.shop.market].currency,
        "cross_border": False,
        "deliver_by": by.isoformat(),
    }
    if deal.cod:
        data["cod"], deal.paid = True, world.now
    world.send("order.placed", deal.shop, deal.order, data)


def pay(world: World, deal: Deal) -> None:
    """The buyer pays."""
    deal.paid = world.now
    data = {"amount": deal.amount, "currency": PLACES[deal.shop.market].currency, "method": deal.method}
    world.send("order.paid", deal.shop, deal.order, data)


def write(world: World, deal: Deal, sender: str, lines: dict[str, str]) -> None:
    """One of them writes to the other, in the buyer's language."""
    data = {"conversation": f"c-{deal.order}", "from": sender, "text": said(lines, deal.locale), "locale": deal.locale}
    world.send("message.sent", deal.shop, deal.order, data)


def request(world: World, deal: Deal, reason: str = NO_LONGER_NEEDED) -> str:
    """The buyer asks for a cancellation; gives its id, "" when there is nothing to cancel any more."""
    if deal.cancelled or deal.pending:
        return ""
    name = world.name("x")
    deal.pending, deal.reasons[name] = name, reason
    world.send("cancellation.requested", deal.shop, deal.order, {"cancellation": name, "by": "buyer", "reason": reason})
    return name


def decide(world: World, deal: Deal, name: str, decision: str, by: str, reason: str = "") -> None:
    """Somebody answers the request; an approval cancels the order."""
    if deal.pending != name:
        return
    deal.pending, deal.answered = "", True
    data = {"cancellation": name, "decision": decision, "by": by, **({"reason": reason} if reason else {})}
    world.send("cancellation.decided", deal.shop, deal.order, data)
    if decision != "reject":
        world.at(world.now + SECOND, lambda: cancel(world, deal, "buyer", deal.reasons[name], name))


def cancel(world: World, deal: Deal, by: str, reason: str, name: str = "") -> None:
    """The order is cancelled, and refunded when it was paid for."""
    if deal.cancelled:
        return
    deal.cancelled, deal.pending = True, ""
    data = {"by": by, "reason": reason, **({"cancellation": name} if name else {})}
    world.send("order.cancelled", deal.shop, deal.order, data)
    if deal.paid and not deal.cod:
        refund = world.name("r")
        steps = ((MINUTE, "refund.started"), (20 * HOUR, "refund.completed"))
        for wait, kind in steps:
            world.at(world.now + wait, lambda kind=kind: _refund(world, deal, kind, refund))  # type: ignore[misc]
    world.at(world.now + 3 * DAY, lambda: world.forget(deal))


def _refund(world: World, deal: Deal, kind: str, refund: str) -> None:
    data = {"refund": refund, "amount": deal.amount, "currency": PLACES[deal.shop.market].currency}
    world.send(kind, deal.shop, deal.order, {**data, "method": deal.method})


def notify(world: World, deal: Deal, text: str) -> None:
    """The seller tells the buyer of his cancellation: in the app, with the reason, in the buyer's language."""
    data = {"to": "buyer", "channel": "in_app", "locale": deal.locale, "about": "seller_cancel", "reason": text}
    world.send("notice.sent", deal.shop, deal.order, data)


def move(world: World, deal: Deal, ready: int, transit: int) -> None:
    """The parcel is made ready, goes with the carrier, arrives; unless cancelled, or held by a request."""
    world.at(ready, lambda: _ready(world, deal, transit))


def _ready(world: World, deal: Deal, transit: int) -> None:
    if deal.cancelled or deal.pending or deal.moved:
        return
    deal.moved = True
    world.send("order.ready", deal.shop, deal.order, {"package": f"p-{deal.order}", "tracking": f"t-{deal.order}"})
    world.at(transit, lambda: _carry(world, deal))


def _carry(world: World, deal: Deal) -> None:
    if deal.cancelled:
        return
    world.send("order.in_transit", deal.shop, deal.order, {"package": f"p-{deal.order}"})
    arrives = world.after(1, 3, DAY)
    for wait, kind in ((0, "order.delivered"), (2 * DAY, "order.completed")):
        world.at(arrives + wait, lambda kind=kind: _arrive(world, deal, kind))  # type: ignore[misc]
    world.at(arrives + 3 * DAY, lambda: world.forget(deal))


def _arrive(world: World, deal: Deal, kind: str) -> None:
    if not deal.cancelled:
        world.send(kind, deal.shop, deal.order, {"package": f"p-{deal.order}"})
