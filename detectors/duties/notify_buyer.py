"""R-22 … R-25: a seller who cancels tells the buyer so: in the app, with the reason, in the buyer's language."""

from collections.abc import Iterator, Mapping, Sequence

from detectors.card import Card, Code
from detectors.duty import Case, Duty, elapsed
from detectors.order import Order
from detectors.parts import Cancel, Moment, Notice
from detectors.requests import named
from detectors.terms import Terms
from detectors.verdict import Breach, NotApplicable

CARD = Card(
    name="notify_buyer",
    version=1,
    promise="A seller's cancellation of a paid order is told to the buyer in time, in the app, with the reason, "
    "in the buyer's language.",
    rules=("R-22", "R-23", "R-24", "R-25"),
    holder="seller",
    needs=(("notice.sent",),),
    keys={"notice_after": "cancel", "notice_before": "cancel"},
    codes={
        "V-07": Code(
            "CANCEL_NOTICE_MISSING",
            "The seller cancelled order {order} and sent no in-app notice to the buyer by {due}.",
            about="order",
        ),
        "V-08": Code(
            "CANCEL_NOTICE_WRONG_LANGUAGE",
            "The notice about the cancellation of order {order} was in {notice_language}; the buyer reads "
            "{buyer_languages}.",
            about="order",
        ),
        "V-09": Code(
            "CANCEL_NOTICE_NO_REASON",
            "The notice about the cancellation of order {order} gave no reason.",
            about="order",
        ),
    },
    severity="medium",
    first_look="Read the notices sent about the order; a late one clears the finding and lowers it.",
    clock="elapsed",
    gaps=("A notice without a locale is taken to be in the right language.",),
    innocents=(
        "A notice up to 24 hours before the cancellation.",
        "Approving a buyer's own request needs no notice.",
    ),
)


def primary(locale: str) -> str:
    """The primary language subtag: zh-Hans and zh-Hant are one (A-12)."""
    return locale.replace("_", "-").split("-")[0].lower()


def buyer_languages(order: Order, terms: Terms) -> tuple[str, ...]:
    """The buyer's language, else any of the market's (§2.0)."""
    locale = order.term("buyer_locale")
    return (primary(locale),) if locale else terms.market.languages


def _sellers(order: Order) -> Iterator[Cancel]:
    paid = order.clock
    return (c for c in order.cancels if c.initiator == "seller" and paid is not None and paid.at <= c.at)


def _about(order: Order, cancel: Cancel, notice: Notice) -> bool:
    """Whether the notice is about this cancellation: by name, else about the order's latest."""
    if (notice.to, notice.about) != ("buyer", "seller_cancel"):
        return False
    told = named(order, notice.cancellation) if notice.cancellation else []
    if told:
        return cancel in told
    later = (c for c in order.cancels if c.at > cancel.at)
    return not any(c.at <= notice.at for c in later)


def _cases(order: Order, terms: Terms) -> Iterator[Case | NotApplicable]:
    for cancel in _sellers(order):
        yield _case(order, cancel, terms)


def _case(order: Order, cancel: Cancel, terms: Terms) -> Case:
    due = cancel.at + terms.market.ms("notice_after", cancel.at)
    first = cancel.at - terms.market.ms("notice_before", cancel.at)
    languages = buyer_languages(order, terms)
    told = [n for n in order.notices if n.at >= first and n.channel == "in_app" and _about(order, cancel, n)]
    good = next((n for n in told if n.reason_given and _understood(n, languages)), None)
    paid = order.clock
    assert paid is not None
    facts = (*dict.fromkeys((*((order.placed.fact,) if order.placed else ()), paid.fact, cancel.fact)),)
    return Case(
        key=(cancel.id,),
        opened=cancel.at,
        due=due,
        facts=facts,
        segments=elapsed(cancel.at, due),
        met=Moment(good.at, good.fact) if good else None,
        cancellation=cancel.id,
        breaches=lambda: tuple(_breaches(order, facts, told, due, languages)),
    )


def well_told(order: Order, cancel: Cancel, terms: Terms) -> Moment | None:
    """The first notice of the cancellation that is as it must be: in the app, with the reason, understood."""
    first = cancel.at - terms.market.ms("notice_before", cancel.at)
    languages = buyer_languages(order, terms)
    told = (n for n in order.notices if n.at >= first and n.channel == "in_app" and _about(order, cancel, n))
    return next((Moment(n.at, n.fact) for n in told if n.reason_given and _understood(n, languages)), None)


def _understood(notice: Notice, languages: Sequence[str]) -> bool:
    return not notice.locale or primary(notice.locale) in languages


def _breaches(
    order: Order, facts: tuple[str, ...], told: Sequence[Notice], due: int, languages: Sequence[str]
) -> Iterator[Breach]:
    in_time = [n for n in told if n.at <= due]
    if not in_time:
        yield _missing(order, facts, told, due)
        return
    listed = (*facts, *(n.fact for n in in_time))
    if not any(n.reason_given for n in in_time):
        cure = next((n for n in told if n.at > due and n.reason_given), None)
        yield _poor("V-09", order, listed, due, cure, {})
    if not any(_understood(n, languages) for n in in_time):
        cure = next((n for n in told if n.at > due and _understood(n, languages)), None)
        words = {"notice_language": in_time[0].locale, "buyer_languages": " or ".join(languages)}
        yield _poor("V-08", order, listed, due, cure, words)


def _missing(order: Order, facts: tuple[str, ...], late: Sequence[Notice], due: int) -> Breach:
    """V-07; a late notice lowers it and clears it."""
    cure = late[0] if late else None
    return Breach(
        code="V-07",
        holder="seller",
        severity="low" if cure else "medium",
        subject=("order", order.id),
        facts=facts + ((cure.fact,) if cure else ()),
        numbers={"late_ms": cure.at - due} if cure else {},
        due=due,
        cleared=cure.at if cure else None,
    )


def _poor(
    code: str, order: Order, facts: tuple[str, ...], due: int, cure: Notice | None, numbers: Mapping[str, object]
) -> Breach:
    return Breach(
        code=code,
        holder="seller",
        severity="low",
        subject=("order", order.id),
        facts=facts + ((cure.fact,) if cure else ()),
        numbers={**numbers, **({"late_ms": cure.at - due} if cure else {})},
        due=due,
        cleared=cure.at if cure else None,
    )


DUTY = Duty(CARD, lambda order: any(True for _ in _sellers(order)), _cases, eventful=True)
