"""Histories dense enough to reach every rule: few sellers, few buyers, bursts, wrongs of every kind.

One generator for both uses: it draws from a `random.Random`, and hypothesis supplies one that shrinks. The facts
come in perfect order, each arriving as it happens; `tests/disorder.py` delays, repeats and shuffles them.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from random import Random
from typing import Any

from hypothesis import strategies as st

from detectors.facts import Fact

SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000
SETTLE = 30 * SECOND  # policies/default.toml
MARKETS = ("US", "UK", "IE", "DE", "FR", "IT", "ES", "JP", "SG", "MY", "PH", "TH", "VN", "ID", "MX", "BR", "CN")
STARTS = (
    "2026-03-27T09:00:00Z",  # summer time begins in Europe
    "2026-03-06T18:00:00Z",  # ... and in America
    "2025-10-24T21:30:00Z",  # winter time begins in Europe
    "2025-12-30T15:59:59.999Z",  # the end of a year
    "2026-02-12T04:00:00Z",  # Spring Festival and its make-up working days
    "2026-01-10T23:00:00Z",  # the American dispatch definition changes
    "2026-01-24T12:00:00Z",  # ... again
    "2025-04-30T16:00:00Z",  # May Day, Golden Week
    "2018-11-02T02:59:00Z",  # the midnight that Brazil left out
)
_SHORT = (0, 0, 1, SECOND, 30 * SECOND, MINUTE, 2 * MINUTE, 15 * MINUTE, 50 * MINUTE)
_HOURS = tuple(n * HOUR for n in (1, 2, 12, 24, 48, 60, 72, 96, 216))
_LONG = (*_HOURS, HOUR + 1, 48 * HOUR + 1)

_SELLERS_REASONS = (
    "out_of_stock",
    "wrong_price",
    "buyer_requested",
    "seller_cancel_paid_reason_address_not_deliver",
    "",
)
_BUYERS_REASONS = (
    "no_longer_needed",
    "seller_ask_cancel",
    "buyer_cancel_late_shipment",
    "ecom_order_unpaid_canceled_reason_other",
    "something new",
)
_OTHERS_REASONS = (
    "system_cancel_order_untracked",
    "system_cancel_order_reason_shipping_timeout",
    "system_cancel_order_exceed_edt_not_arrive",
    "system_cancel_unpaid_time_out",
    "operator_cancel_risk_control_block",
    "",
)
_NO_RESPONSE = "ecom_order_to_ship_canceled_reason_seller_no_response"
_REASONS = {"seller": _SELLERS_REASONS, "buyer": _BUYERS_REASONS} | dict.fromkeys(
    ("system", "operator"), _OTHERS_REASONS
)
_HITS = {"": [], "solicit": [["solicit", "en@1", "s1", 4]], "ask": [["ask", "en@1", "a1", 0]]}


class Writer:
    """Writes the facts of one history; ids count up, each fact arrives as it happens."""

    def __init__(self, rng: Random, market: str) -> None:
        self.rng, self.market = rng, market
        self.facts: list[Fact] = []

    def add(self, kind: str, at: int, seller: str, subject: str, /, **data: Any) -> Fact:
        """One fact; None leaves a field out."""
        data = {name: value for name, value in data.items() if value is not None}
        number = len(self.facts)
        name, body = f"e{number}", f"{number:016x}"
        origin = ("history", 0, number)
        self.facts.append(Fact(1, kind, at, at, "src", name, seller, self.market, subject, body, origin, data))
        return self.facts[-1]

    def gap(self, long: int = 40) -> int:
        """A span of ms that likes limits; `long`: the percentage of hours and days."""
        kind = self.rng.randrange(100)
        if kind < long:
            return self.rng.choice(_LONG)
        return self.rng.choice(_SHORT) if kind < 90 else self.rng.randrange(4 * DAY)

    def chance(self, percent: int) -> bool:
        """True in so many of a hundred."""
        return self.rng.randrange(100) < percent


class OrderWriter:
    """Writes one order's facts. `now` moves on from fact to fact; some facts are put before it."""

    def __init__(self, out: Writer, seller: str, order: str, buyer: str, at: int) -> None:
        self.out, self.seller, self.order, self.buyer = out, seller, order, buyer
        self.rng, self.placed, self.now = out.rng, at, at
        self.lines = [str(n) for n in range(1, self.rng.choice((2, 2, 2, 3)))]
        self.requests: list[str] = []

    def tell(self, kind: str, /, **data: Any) -> None:
        """A fact about the order, now."""
        self.out.add(kind, self.now, self.seller, self.order, **data)

    def wait(self, long: int = 40) -> None:
        """Time goes on."""
        self.now += self.out.gap(long)

    def place(self, **changed: Any) -> None:
        """`order.placed`, in all its kinds."""
        rng, chance = self.rng, self.out.chance
        day = datetime.fromtimestamp((self.placed + rng.choice((0, 3, 9)) * DAY) / 1000).astimezone().date()
        fields: dict[str, Any] = {
            "buyer": self.buyer,
            "lines": [{"line": line, "sku": f"k{line}"} for line in self.lines],
            "buyer_locale": rng.choice((None, "en-GB", "zh-Hant", "pt-BR")),
            "cod": True if chance(8) else None,
            "cross_border": rng.choice((None, False, True)),
            "shipping": rng.choice((None, None, "platform")),
            "fulfilment": "platform" if chance(8) else None,
            "kind": rng.choice(("sample", "virtual", "preorder")) if chance(10) else None,
            "region": rng.choice((None, None, "north", "south")),
            "deliver_by": rng.choice((None, day.isoformat(), self.placed + 2 * DAY)),
        }
        for name, percent in (("pay_by", 10), ("ready_by", 15), ("hand_over_by", 15), ("auto_cancel_at", 15)):
            fields[name] = self.placed + self.out.gap() if chance(percent) else None
        self.tell("order.placed", **(fields | changed))

    def pay(self, method: str = "card") -> None:
        """`order.paid`."""
        self.tell("order.paid", amount="10", currency="USD", method=method)

    def some(self) -> list[str] | None:
        """Lines that an event names; mostly none: all of them."""
        return [self.rng.choice(self.lines)] if self.out.chance(15) else None

    def move(self, step: str) -> None:
        """The parcel moves on."""
        package = "p1" if self.out.chance(20) else None
        tracking = {"tracking": f"T-{self.rng.randrange(3)}"} if package and step == "ready" else {}
        self.tell(f"order.{step}", lines=None if step == "delivered" else self.some(), package=package, **tracking)

    def ask(self, by: str = "buyer") -> None:
        """Somebody asks for a cancellation."""
        name = f"{self.order}-c{len(self.requests)}"
        self.requests.append(name)
        respond_by = self.now + self.out.gap() if self.out.chance(10) else None
        reason = self.rng.choice(_BUYERS_REASONS)
        lines = self.some()
        self.tell("cancellation.requested", cancellation=name, by=by, reason=reason, lines=lines, respond_by=respond_by)

    def which(self) -> str:
        """A request that was made, or one that nobody made."""
        return self.rng.choice(self.requests) if self.requests else f"{self.order}-c9"

    def decide(self) -> None:
        """Somebody answers."""
        decision = self.rng.choice(("approve", "reject", "reject", "auto_approve"))
        by = "system" if decision == "auto_approve" else self.rng.choice(("seller", "seller", "system", "operator"))
        reason = self.rng.choice(("shipped", "packed", "because", "", None))
        self.tell("cancellation.decided", cancellation=self.which(), decision=decision, by=by, reason=reason)

    def withdraw(self) -> None:
        """The buyer takes his request back."""
        self.tell("cancellation.withdrawn", cancellation=self.which())

    def cancel(self, by: str = "", reason: str = "") -> None:
        """The order, or a line of it, is cancelled."""
        by = by or self.rng.choice(("seller", "seller", "buyer", "system", "operator"))
        named = self.rng.choice((None, None, self.which()))
        reason = reason or self.rng.choice(_REASONS[by])
        self.tell("order.cancelled", by=by, reason=reason or None, cancellation=named, lines=self.some())

    def notice(self) -> None:
        """A notice, good or bad."""
        rng = self.rng
        self.tell(
            "notice.sent",
            to=rng.choice(("buyer", "buyer", "buyer", "seller")),
            channel=rng.choice(("in_app", "in_app", "in_app", "email")),
            about=rng.choice(("seller_cancel", "seller_cancel", "seller_cancel", "refund")),
            locale=rng.choice((None, "en", "zh-Hans", "xx")),
            reason_given=rng.choice((True, False)),
            cancellation=rng.choice((None, None, self.which())),
        )

    def consent(self) -> None:
        """The buyer agrees to wait."""
        until = self.now + self.rng.choice((0, 2, 5, 12)) * DAY
        day = datetime.fromtimestamp(until / 1000).astimezone().date()
        self.tell("consent.given", until=self.rng.choice((until, day.isoformat())))

    def message(self) -> None:
        """Somebody writes."""
        who = self.rng.choice(("seller", "service", "robot", "buyer", "buyer", "system"))
        hits = _HITS[self.rng.choice(("", "solicit", "solicit", "ask"))]
        self.tell("message.sent", conversation="m", hits=hits, listed=self.out.chance(85), **{"from": who})

    def identity(self, mark: str = "h1") -> None:
        """A hash seen on the order."""
        kind = self.rng.choice(("device", "address", "ip"))
        self.tell("identity.seen", party="buyer", party_id=self.buyer, kind=kind, hash=mark)

    def estimate(self) -> None:
        """The estimate moves."""
        self.tell("order.estimate_changed", deliver_by=self.now + self.rng.choice((0, 1, 8)) * DAY)

    def refund(self) -> None:
        """Money goes back: a part or all, to these or other means."""
        name = f"{self.order}-r{self.rng.randrange(2)}"
        about = self.rng.choice(({}, {}, {"cancellation": self.which()}, {"return": f"{self.order}-b0"}))
        amount, currency = self.rng.choice(("10", "10", "5", None)), self.rng.choice(("USD", "USD", None, "EUR"))
        kind = self.rng.choice(("refund.started", "refund.completed", "refund.completed"))
        method = self.rng.choice(("card", None, "voucher"))
        self.tell(kind, refund=name, amount=amount, currency=currency, method=method, **about)

    def goods_back(self) -> None:
        """A return, and what becomes of it."""
        name = {"return": f"{self.order}-b{self.rng.randrange(2)}"}
        kind = self.rng.choice(("requested", "requested", "decided", "decided", "received", "closed", "shipped"))
        data: dict[str, Any] = {}
        if kind == "requested":
            data = {"kind": self.rng.choice(("refund", "return_and_refund", "replacement"))}
        if kind == "decided":
            decision = self.rng.choice(("approve", "reject", "reject"))
            data = {"decision": decision, "by": self.rng.choice(("seller", "seller", "system"))}
        self.tell(f"return.{kind}", **name, **data)

    def bounce(self) -> None:
        """The parcel is refused, or comes back."""
        self.tell(self.rng.choice(("order.refused", "order.returned_to_sender")))

    def tell_seller(self) -> None:
        """The platform tells the seller of its cancellation."""
        channel = self.rng.choice(("seller_center", "email"))
        self.tell("notice.sent", to="seller", channel=channel, about="platform_cancel", reason_given=True)

    def other(self) -> None:
        """Facts that no rule of today reads."""
        kind = self.rng.choice(("order.completed", "order.scanned", "order.status_changed"))
        status = self.rng.choice(("AWAITING_SHIPMENT", "IN_TRANSIT", "UNHEARD_OF"))
        self.tell(kind, **({"status": status} if kind == "order.status_changed" else {}))


def _cancel_and_tell(o: OrderWriter) -> None:
    """The seller cancels and writes one or two notices around it."""
    o.cancel(by="seller")
    for _ in range(o.rng.choice((1, 1, 2))):
        o.wait(long=10)
        o.notice()


def _ask_and_answer(o: OrderWriter) -> None:
    """A request, and what follows it at once or near a limit."""
    o.ask()
    o.wait(long=20)
    o.rng.choice((o.decide, o.decide, o.decide, o.withdraw, o.cancel))()


def _ask_and_wait(o: OrderWriter) -> None:
    """A request and the seller's silence; then an answer around the platform's limit."""
    o.now += 2 * HOUR
    o.ask()
    o.now += o.rng.choice((24, 48)) * HOUR + o.rng.choice((0, 1, MINUTE, 15 * MINUTE, 15 * MINUTE + 1, HOUR))
    o.rng.choice((o.decide, o.decide, o.withdraw, o.cancel))()


def _cancel_and_refund(o: OrderWriter) -> None:
    """A cancellation, its refund near a limit, and perhaps its end."""
    o.cancel()
    o.now += o.rng.choice((0, MINUTE, 15 * MINUTE, 15 * MINUTE + 1, HOUR))
    o.refund()
    o.now += o.rng.choice((HOUR, 3 * DAY, 20 * DAY))
    o.refund()


def _deliver_and_return(o: OrderWriter) -> None:
    """Goods arrive, and some of them go back."""
    o.move("delivered")
    o.now += o.rng.choice((HOUR, 7 * DAY))
    o.tell("return.requested", kind=o.rng.choice(("refund", "replacement")), **{"return": f"{o.order}-b0"})
    for _ in range(o.rng.choice((0, 1, 3))):
        o.now += o.rng.choice((HOUR, DAY, 2 * DAY, 2 * DAY + MINUTE, 2 * DAY + 1))
        o.goods_back()


def _overdue(o: OrderWriter) -> None:
    """The parcel is long under way when the buyer asks; it may have arrived meanwhile."""
    o.estimate()
    o.now += o.rng.choice((0, HOUR))
    o.tell("order.in_transit")
    o.now += o.rng.choice((5, 12, 17)) * DAY
    o.rng.choice((lambda: None, lambda: None, lambda: o.tell("order.delivered")))()
    o.now += HOUR
    o.ask()
    o.now += o.rng.choice((HOUR, 2 * DAY, 3 * DAY))
    o.rng.choice((lambda: None, o.decide, o.withdraw, o.cancel))()


def _fake_purchase(o: OrderWriter) -> None:
    """The platform cancels over payment or fake purchase, and tells the seller or not."""
    o.cancel(by="system", reason="system_cancel_payment_risk_review_failed")
    for _ in range(o.rng.choice((0, 1, 2))):
        o.wait(long=10)
        o.tell_seller()


def _ship_anyway(o: OrderWriter) -> None:
    """The seller says it is packed; it leaves, or not; or the buyer had agreed to wait."""
    o.rng.choice((o.ask, o.consent))()
    o.now += o.rng.choice((HOUR, 3 * HOUR))
    o.tell("cancellation.decided", cancellation=o.which(), decision="reject", by="seller", reason="packed")
    o.now += o.rng.choice((HOUR, DAY, 3 * DAY, 9 * DAY))
    o.rng.choice((lambda: o.tell("order.in_transit"), o.cancel, o.withdraw))()


def _push(o: OrderWriter) -> None:
    """Somebody writes, and the buyer cancels."""
    o.message()
    o.wait()
    o.rng.choice((o.ask, lambda: o.cancel(by="buyer")))()


def _story(o: OrderWriter) -> None:
    """A likely course, with acts of many kinds between its steps."""
    if o.out.chance(6):
        o.place(fulfilment="platform", cod=True)  # a first word on the order: when it is late, it corrects the next
    o.place()
    o.wait(long=10)
    if o.out.chance(85):
        o.pay(o.rng.choice(("card", "card", "card:m1", "card:m2")))
    acts: tuple[Callable[[], None], ...] = (
        *(o.ask,) * 4,
        *(o.decide,) * 3,
        *(o.cancel,) * 3,
        *(o.message, o.notice) * 2,
        *(lambda: o.move("ready"), lambda: o.move("in_transit"), lambda: o.move("delivered")) * 2,
        *(o.withdraw, o.consent, o.identity, o.estimate, o.other),
        *(partial(act, o) for act in (_cancel_and_tell, _ask_and_answer, _ask_and_wait, _push) * 2),
        *(partial(act, o) for act in (_cancel_and_refund, _fake_purchase, _ship_anyway)),
        *(partial(act, o) for act in (_deliver_and_return, _overdue) * 2),
        *(o.refund, o.goods_back, o.bounce, o.tell_seller),
        *(lambda: o.ask(by="seller"), lambda: o.pay("card:m3"), o.place),
    )
    for _ in range(o.rng.randrange(7)):
        o.wait()
        back = o.out.gap() if o.out.chance(7) else 0
        o.now -= back
        o.rng.choice(acts)()
        o.now += back


def _cancelled_burst(out: Writer, seller: str, name: str, at: int) -> None:
    """V-13, V-12: a seller cancels many orders of many buyers within an hour or a day."""
    many, step = out.rng.choice(((4, MINUTE), (6, 15 * MINUTE), (6, MINUTE), (22, HOUR), (7, 12 * MINUTE)))
    reason = out.rng.choice(("out_of_stock", "buyer_requested"))
    for n in range(many):
        o = OrderWriter(out, seller, f"{name}-{n}", f"b{n}", at + n * SECOND)
        o.place()
        o.pay()
        o.now = at + HOUR + n * step
        o.cancel(by="seller", reason=reason)
    for n in range(out.rng.choice((0, 0, 5, 14))):
        o = OrderWriter(out, seller, f"{name}-x{n}", f"b{n}", at + n * MINUTE)
        o.place()
        o.pay()


def _crowded_burst(out: Writer, seller: str, name: str, at: int) -> None:
    """V-24, V-27: few buyers place many orders, and some of them are cancelled."""
    many, buyers = out.rng.choice(((12, 4), (12, 5), (10, 1), (11, 3), (6, 1), (10, 10)))
    step = out.rng.choice((0, SECOND, HOUR // 11, HOUR // 10, HOUR))
    share = out.rng.choice((0, 70, 100))
    for n in range(many):
        o = OrderWriter(out, seller, f"{name}-{n}", f"b{n % buyers}", at + n * step)
        o.place()
        o.pay(f"card:m{n % 2}")
        if out.chance(share):
            o.wait(long=30)
            o.cancel(by=out.rng.choice(("buyer", "system")))


def _linked_burst(out: Writer, seller: str, name: str, at: int) -> None:
    """V-25: buyers share a hash with each other or with the seller's own people."""
    staff = out.rng.choice((0, 1, 1))
    buyers = out.rng.choice((1, 4, 5, 6))
    for n in range(buyers):
        o = OrderWriter(out, seller, f"{name}-{n}", f"b{n}", at + n * out.rng.choice((0, HOUR, 30 * HOUR)))
        o.place()
        o.identity(mark=name)
    for _ in range(staff):
        when = at + out.gap()
        kind, who = out.rng.choice(("device", "address")), out.rng.choice(("seller", "staff"))
        out.add("identity.seen", when, seller, "", party=who, party_id="s-own", kind=kind, hash=name)


def _weeks_burst(out: Writer, seller: str, name: str, at: int) -> None:
    """V-14, V-16: a quiet week of many orders, and one in which many are cancelled."""
    for n in range(20):
        o = OrderWriter(out, seller, f"{name}-{n}", f"b{n}", at + n * MINUTE)
        o.place()
        o.pay()
    for n in range(out.rng.choice((20, 24))):
        o = OrderWriter(out, seller, f"{name}-x{n}", f"b{n}", at + 8 * DAY + n * 10 * MINUTE)
        o.place()
        o.pay()
        if out.chance(30):
            o.now += 2 * HOUR
            o.cancel(by=out.rng.choice(("buyer", "seller", "system")))


def _fickle_burst(out: Writer, seller: str, name: str, at: int) -> None:
    """V-15, V-17: one buyer cancels most of what he ordered over some days, or many buyers one product."""
    buyers = out.rng.choice((1, 1, 6))
    for n in range(out.rng.choice((5, 6, 11))):
        o = OrderWriter(out, seller, f"{name}-{n}", f"b{n % buyers}", at + n * out.rng.choice((MINUTE, 11 * HOUR)))
        o.place()
        o.pay()
        if out.chance(90):
            o.now = max(o.now, at + out.rng.choice((2 * DAY, 3 * DAY)) + n * MINUTE)
            o.cancel(by="buyer", reason="no_longer_needed")


def _sold_out_burst(out: Writer, seller: str, name: str, at: int) -> None:
    """V-11: a product ends, and its buyers cancel with reasons that hint at the seller; some are pushed in vain."""
    for n in range(out.rng.choice((1, 3, 4))):
        o = OrderWriter(out, seller, f"{name}-{n}", f"b{n}", at + n * MINUTE)
        o.place()
        o.pay()
        o.now = at + out.rng.choice((HOUR, 23 * HOUR, 6 * DAY)) + n * out.rng.choice((MINUTE, 12 * HOUR))
        if out.chance(20):
            o.message()
            continue
        reason = out.rng.choice(("ecom_order_unpaid_canceled_reason_other", _NO_RESPONSE, None))
        o.tell("cancellation.requested", cancellation=f"{o.order}-c0", by="buyer", reason=reason)
        o.now += out.rng.choice((MINUTE, 5 * MINUTE - 1, 5 * MINUTE, DAY))
        o.tell("cancellation.decided", cancellation=f"{o.order}-c0", decision="approve", by="seller")
    if out.chance(80):
        kind, left = out.rng.choice((("stock.changed", {"quantity": 0}), ("listing.changed", {"listed": False})))
        out.add(kind, at + out.rng.choice((0, HOUR, 5 * DAY)), seller, "k1", sku="k1", **left)


def _shop(out: Writer, seller: str, at: int) -> None:
    """Facts of the shop itself."""
    kinds = ("campaign.started", "campaign.ended", "campaign.started", "outage.started")
    for _ in range(out.rng.randrange(4)):
        at += out.gap()
        out.add(out.rng.choice(kinds), at, seller, seller, scope="shop")
    for _ in range(out.rng.choice((0, 0, 1, 2, 4))):
        days, conditions = out.rng.choice((None, 3, 6, 7, 90)), out.rng.choice((None, "", "video", "video; unworn"))
        at += out.gap()
        out.add("shop.policy_changed", at, seller, seller, return_days=days, conditions=conditions)
    if out.chance(20):
        out.add("message.sent", at, seller, "", conversation="m", hits=[], listed=True, **{"from": "buyer"})


_BURSTS = (_cancelled_burst, _crowded_burst, _linked_burst, _fickle_burst, _weeks_burst, _sold_out_burst)


def history(rng: Random, orders: int = 8) -> list[Fact]:
    """One history, in order of happening: up to `orders` orders that live on their own, and perhaps a burst."""
    market = rng.choice(MARKETS)
    start = round(datetime.fromisoformat(rng.choice(STARTS)).timestamp() * 1000)
    out = Writer(rng, market)
    sellers = ("s1", "s2")
    for n in range(rng.randrange(1, orders + 1)):
        _story(OrderWriter(out, rng.choice(sellers), f"o{n}", f"b{rng.randrange(3)}", start + out.gap()))
    if out.chance(45):
        burst = rng.choice(_BURSTS)
        burst(out, "s1", "u", start + out.gap())
        _shop(out, "s1", start)
    return sorted(out.facts, key=lambda fact: fact.at)


def histories(orders: int = 8) -> st.SearchStrategy[list[Fact]]:
    """Histories for hypothesis."""
    return st.randoms(use_true_random=False).map(lambda rng: history(rng, orders))
