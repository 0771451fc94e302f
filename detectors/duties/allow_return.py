"""R-58: a return asked for within the window after delivery is not refused."""

from collections.abc import Iterator

from detectors.aftersales import Return
from detectors.card import Card, Code
from detectors.duty import Case, Duty, elapsed
from detectors.order import Order
from detectors.parts import Moment
from detectors.terms import Terms
from detectors.verdict import Breach, NotApplicable

CARD = Card(
    name="allow_return",
    version=1,
    promise="A return asked for inside the return window is granted.",
    rules=("R-58",),
    holder="seller",
    needs=(("return.requested",), ("return.decided",), ("order.delivered",)),
    keys={"return_window": "request"},
    codes={
        "V-31": Code(
            "RETURN_WINDOW_DENIED",
            "The seller rejected return {return}, asked for inside the return window of order {order}.",
            about="return",
        )
    },
    severity="medium",
    first_look="Read the seller's reason: goods that were worn or opened may be refused by the platform's rules.",
    clock="days",
    gaps=("Categories that cannot be returned are not known.",),
    innocents=("Asked for after the window.", "Asked for before delivery: that is a cancellation."),
)


def _cases(order: Order, terms: Terms) -> Iterator[Case | NotApplicable]:
    assert order.after is not None
    for wanted in order.after.returns.values():
        arrived = _delivered(order, wanted)
        if arrived is not None and arrived.at <= wanted.asked.at <= _window_end(arrived.at, wanted, terms):
            yield _case(order, wanted, arrived)


def _delivered(order: Order, wanted: Return) -> Moment | None:
    """When the last of the lines that go back was delivered."""
    lines = order.chosen(wanted.lines) or order.chosen(())
    moments = [line.delivered for line in lines if line.delivered is not None]
    return max(moments, key=lambda m: m.at) if len(moments) == len(lines) else None


def _window_end(delivered: int, wanted: Return, terms: Terms) -> int:
    length = terms.market.at("return_window", wanted.asked.at)
    return terms.market.calendar.due(length, delivered)


def _case(order: Order, wanted: Return, arrived: Moment) -> Case:
    refused = next((d for d in wanted.decisions if not d.approves and d.by == "seller"), None)
    granted = next((d for d in wanted.decisions if d.approves), None)
    placed = (order.placed.fact,) if order.placed else ()
    facts = (*dict.fromkeys((*placed, arrived.fact, wanted.asked.fact)),)
    breach = Breach(
        code="V-31",
        holder="seller",
        severity="medium",
        subject=("return", wanted.id),
        facts=facts + ((refused.fact,) if refused else ()) + _later(refused, granted),
        numbers={"return": wanted.id},
        cleared=granted.at if refused and granted and granted.at > refused.at else None,
    )
    due = min((d.at for d in (refused, granted) if d is not None), default=wanted.asked.at)
    return Case(
        key=(wanted.id,),
        opened=wanted.asked.at,
        due=due,
        facts=facts,
        segments=elapsed(wanted.asked.at, due),
        met=Moment(granted.at, granted.fact) if granted else None,
        timeless=True,
        breached=Moment(refused.at, refused.fact) if refused else None,
        breaches=lambda: (breach,),
    )


def _later(refused: object, granted: object) -> tuple[str, ...]:
    at, then = getattr(refused, "at", None), getattr(granted, "at", None)
    return (str(getattr(granted, "fact", "")),) if at is not None and then is not None and then > at else ()


DUTY = Duty(CARD, lambda order: order.after is not None and bool(order.after.returns), _cases, eventful=True)
