"""R-26, R-55: a cancellation is refunded in full, in the currency and to the means it was paid with."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from detectors.act import Act, Deed
from detectors.aftersales import Refund
from detectors.card import Card, Code
from detectors.order import Order
from detectors.parts import Cancel
from detectors.refunding import last_completion, of_cancel, owed, paid_cancels
from detectors.terms import Terms
from detectors.verdict import Breach, NotApplicable

CARD = Card(
    name="refund_amount",
    version=1,
    promise="What was cancelled is refunded in full, in the same currency, to the means of payment.",
    rules=("R-26", "R-55"),
    holder="platform",
    needs=(("refund.completed",),),
    keys={},
    codes={
        "V-23": Code(
            "REFUND_AMOUNT_MISMATCH",
            "The refund of cancellation {cancellation} of order {order} is {what}: {refunded} of {owed} owed.",
            extra=0,
        )
    },
    severity="high",
    first_look="Compare the payment with the refunds; a part that is still to come clears it.",
    clock="none",
    gaps=("Vouchers and points are not in the amounts that the events carry.",),
    innocents=("More than is owed.", "Parts that add up to what is owed."),
)


def _deeds(order: Order, terms: Terms) -> Iterator[Deed | NotApplicable]:
    del terms
    for cancel in paid_cancels(order):
        refunds = of_cancel(order, cancel)
        done = last_completion(refunds)
        if done is not None:
            wrong = _judge(order, cancel, refunds)
            if isinstance(wrong, NotApplicable):
                yield wrong
            elif wrong:
                yield Deed(done.at, (cancel.id,), _breach(order, cancel, refunds, wrong))


def _judge(order: Order, cancel: Cancel, refunds: Sequence[Refund]) -> str | NotApplicable:
    """What is wrong with the refunds; "" for nothing."""
    if any(r.currency and order.currency and r.currency != order.currency for r in refunds):
        return "in another currency"
    if any(_elsewhere(order.method, r.method) for r in refunds):
        return "to other means"
    due = owed(order, cancel)
    if due is None or any(not r.amount for r in refunds):
        return NotApplicable("V-23", "amount")
    return "too small" if _sum(refunds) < due else ""


def _elsewhere(paid: str, refunded: str) -> bool:
    """Whether the money went to other means than it came from; a hash is compared when both name one."""
    ours, theirs = paid.casefold().split(":"), refunded.casefold().split(":")
    shared = min(len(ours), len(theirs))
    return bool(paid and refunded) and ours[:shared] != theirs[:shared]


def _sum(refunds: Sequence[Refund]) -> Decimal:
    return sum((Decimal(r.amount) for r in refunds if r.amount), Decimal())


def _breach(order: Order, cancel: Cancel, refunds: Sequence[Refund], what: str) -> Breach:
    assert order.placed is not None
    assert order.paid is not None
    due = owed(order, cancel)
    before = tuple(one.fact for one in order.cancels[: order.cancels.index(cancel)])
    shown = tuple(fact for refund in refunds for fact in refund.facts)
    return Breach(
        code="V-23",
        holder="platform",
        severity="high",
        subject=("order", order.id),
        facts=(*dict.fromkeys((order.placed.fact, order.paid.fact, *before, cancel.fact, *shown)),),
        numbers={
            "cancellation": cancel.id,
            "what": what,
            "owed": f"{due if due is not None else '?'} {order.currency}",
            "refunded": f"{_sum(refunds)} {refunds[0].currency or order.currency}",
        },
    )


ACT = Act(CARD, lambda order: bool(order.cancels and order.after and order.after.refunds), _deeds, eventful=True)
