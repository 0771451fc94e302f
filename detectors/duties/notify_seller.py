"""R-42: a seller is told, in Seller Center and by e-mail, that the platform cancelled over payment or fake purchase."""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from detectors.card import Card, Code
from detectors.duty import Case, Duty, elapsed
from detectors.order import Order
from detectors.parts import Cancel, Moment, Notice
from detectors.requests import named
from detectors.terms import Terms
from detectors.verdict import Breach

CARD = Card(
    name="notify_seller",
    version=1,
    promise="A platform's cancellation over payment or fake purchase is told to the seller on every channel.",
    rules=("R-42", "R-40", "R-41"),
    holder="platform",
    needs=(("notice.sent",),),
    keys={
        "notify_seller_reasons": "cancel",
        "notify_seller_channels": "cancel",
        "notice_after": "cancel",
        "notice_before": "cancel",
    },
    codes={
        "V-28": Code(
            "PLATFORM_NOTICE_MISSING",
            "The platform cancelled order {order} ({reason}), and the seller was not told by {channel} by {due}.",
            about="order",
            extra=1,
        )
    },
    severity="low",
    first_look="On-call: find out whether notices on that channel leave the platform at all.",
    clock="elapsed",
    gaps=("Whether the seller read it is not seen.",),
    innocents=("A notice up to 24 hours before the cancellation.",),
)


def _told_of(cancel: Cancel, terms: Terms) -> bool:
    patterns = terms.market.at("notify_seller_reasons", cancel.at)
    return any(fnmatchcase(cancel.reason.casefold(), pattern) for pattern in patterns)


def _cases(order: Order, terms: Terms) -> Iterator[Case]:
    for cancel in order.cancels:
        if cancel.by in {"system", "operator"} and _told_of(cancel, terms):
            for channel in terms.market.at("notify_seller_channels", cancel.at):
                yield _case(order, cancel, channel, terms)


def _about(order: Order, cancel: Cancel, notice: Notice) -> bool:
    if (notice.to, notice.about) != ("seller", "platform_cancel"):
        return False
    told = named(order, notice.cancellation) if notice.cancellation else []
    if told:
        return cancel in told
    return not any(cancel.at < later.at <= notice.at for later in order.cancels)


def _case(order: Order, cancel: Cancel, channel: str, terms: Terms) -> Case:
    due = cancel.at + terms.market.ms("notice_after", cancel.at)
    first = cancel.at - terms.market.ms("notice_before", cancel.at)
    notices = (n for n in order.notices if n.at >= first and n.channel == channel and _about(order, cancel, n))
    told = next((Moment(n.at, n.fact) for n in notices), None)
    facts = (*((order.placed.fact,) if order.placed else ()), cancel.fact)
    return Case(
        key=(cancel.id, channel),
        opened=cancel.at,
        due=due,
        facts=facts,
        segments=elapsed(cancel.at, due),
        met=told,
        cancellation=cancel.id,
        breaches=lambda: (_missing(order, cancel, channel, facts, due, told),),
    )


def _missing(
    order: Order, cancel: Cancel, channel: str, facts: tuple[str, ...], due: int, cure: Moment | None
) -> Breach:
    return Breach(
        code="V-28",
        holder="platform",
        severity="low",
        subject=("order", order.id),
        facts=facts + ((cure.fact,) if cure else ()),
        numbers={
            "channel": channel,
            "reason": cancel.reason,
            "cancellation": cancel.id,
            **({"late_ms": cure.at - due} if cure else {}),
        },
        due=due,
        cleared=cure.at if cure else None,
    )


DUTY = Duty(CARD, lambda order: any(c.by in {"system", "operator"} for c in order.cancels), _cases, eventful=True)
