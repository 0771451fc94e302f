"""The platform's order service in the simulated world: it carries out directives, all but a few it forgets."""

from collections.abc import Callable, Mapping
from typing import Any

from streams.simulation import buying
from streams.simulation.places import MINUTE, SECOND
from streams.simulation.world import Deal, World

UNPAID, NOT_SHIPPED = "system_cancel_unpaid_time_out", "system_cancel_order_reason_shipping_timeout"


class OrderService:
    """Carries out a directive a few seconds after it was issued. `forgets`: one approval in so many, 0 for none.

    An operator puts a forgotten one right forty minutes later; `forgotten` lists (seller, order).
    """

    def __init__(self, world: World, forgets: int = 0) -> None:
        self._world, self._forgets = world, forgets
        self._approvals = 0
        self.forgotten: list[tuple[str, str]] = []

    def hear(self, seller: str, directive: Mapping[str, Any]) -> None:
        """Takes a directive (the contract's `data` of directive.issued)."""
        deal = self._world.deals.get((seller, directive["order"]))
        if deal is None:
            return
        act = self._act(deal, directive)
        if act is not None:
            self._world.at(self._world.after(2, 6, SECOND), act)

    def _act(self, deal: Deal, directive: Mapping[str, Any]) -> Callable[[], None] | None:
        world, kind, name = self._world, directive["kind"], directive.get("cancellation", "")
        if kind == "approve_cancellation":
            return self._approval(deal, name)
        if kind == "refuse_cancellation":
            return lambda: buying.decide(world, deal, name, "reject", "system", "delivered")
        if kind in {"lapse_unpaid", "cancel_order"}:
            reason = UNPAID if kind == "lapse_unpaid" else NOT_SHIPPED
            return lambda: buying.cancel(world, deal, "system", reason)
        return None

    def _approval(self, deal: Deal, name: str) -> Callable[[], None] | None:
        world = self._world
        self._approvals += 1
        if self._forgets and self._approvals % self._forgets == 0:
            self.forgotten.append((deal.shop.seller, deal.order))
            later = world.now + 40 * MINUTE
            world.at(later, lambda: buying.decide(world, deal, name, "approve", "operator"))
            return None
        return lambda: buying.decide(world, deal, name, "auto_approve", "system")
