"""Directives: whether one was carried out, and what is said when a late fact proves it wrong afterwards."""

from collections.abc import Iterator, Mapping

import msgspec

from detectors.card import Card, Code
from detectors.order import Order
from detectors.policy import Market
from detectors.say import STANDS, Said
from detectors.verdict import FINDING, Breach, Directive, Verdict

PLATFORM = frozenset({"system", "operator"})

CARD = Card(
    name="directive_overtaken",
    version=1,
    promise="A directive that was carried out before a late fact proved it wrong is named.",
    rules=("R-44",),
    holder="platform",
    needs=(),
    keys={"settle": "day"},
    codes={
        "V-40": Code(
            "DATA_QUALITY",
            "The directive {directive} on order {order} was carried out, and a fact that came late proves it wrong.",
            about="order",
        )
    },
    severity="low",
    first_look="On-call: find which feed was late; the order may have to be made good by hand.",
    clock="none",
    innocents=("A directive taken back before anybody acted on it.",),
)


def carried_out(order: Order, directive: Directive, market: Market) -> bool:
    """Whether a fact after its issue shows that it was done; never a seller's own act."""
    issued = directive.due + market.ms("settle", directive.due)
    return any(at > issued for at in _acts(order, directive))


def _acts(order: Order, directive: Directive) -> Iterator[int]:
    if directive.kind == "start_refund":
        yield from (refund.started.at for refund in (order.after.refunds.values() if order.after else ()))
    elif directive.kind == "approve_return":
        yield from _approved_returns(order)
    else:
        yield from _decided(order, directive)


def _approved_returns(order: Order) -> Iterator[int]:
    for wanted in order.after.returns.values() if order.after else ():
        yield from (d.at for d in wanted.decisions if d.by in PLATFORM and d.approves)


def _decided(order: Order, directive: Directive) -> Iterator[int]:
    kind, request = directive.kind, order.requests.get(directive.cancellation)
    if request is not None:
        for decision in request.decisions:
            if decision.by in PLATFORM and decision.approves == (kind == "approve_cancellation"):
                yield decision.at
    if kind == "refuse_cancellation":
        return
    for cancel in order.cancels:
        if cancel.by in PLATFORM or (kind == "approve_cancellation" and cancel.by != "seller"):
            yield cancel.at


def overtaken(order: str, said: Mapping[str, Said], market: Market) -> list[Verdict]:
    """V-40 for every directive that stands although it proved wrong."""
    stand = [tag for tag, before in said.items() if before.state == STANDS]
    return [_finding(order, said[tag], market, tuple(tag.split("\x1f")[1:])) for tag in stand]


def _finding(order: str, said: Said, market: Market, key: tuple[str, ...]) -> Verdict:
    directive, since = msgspec.msgpack.decode(said.content, type=Directive), said.digest
    numbers = {"directive": directive.kind, "kind": "directive_overtaken", "cancellation": directive.cancellation}
    breach = Breach("V-40", "platform", "low", ("order", order), directive.facts, numbers)
    raised, confirmed = since + market.ms("settle", since), since + market.ms("finality", since)
    steps = ((raised, "raised"), (confirmed, "confirmed"))
    return Verdict(FINDING, "V-40", key, steps, market.ms("grace", since), CARD, lambda: breach)
