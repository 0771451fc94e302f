"""Facts that change nothing of what is judged: they are kept with the order, and no rule need look at it again."""

from collections.abc import Callable, Sequence

from detectors.facts import Fact
from detectors.order import READ, OrderFact

_ENDED = ("cancellation.", "order.cancelled", "order.status_changed")
_SCANS = frozenset({"order.scanned", "order.in_transit", "order.delivered"})


def is_inert(fact: Fact, known: Sequence[OrderFact]) -> bool:
    """Whether the fact, told in time, changes no verdict and no window of an order of which these facts are known."""
    if not known:
        return False
    if fact.type not in READ:
        return True
    rule = _INERT.get(fact.type)
    return rule is not None and rule(fact, known)


def _nothing_new(fact: Fact, known: Sequence[OrderFact]) -> bool:
    """A word without meaning, or the completion, of an order that nobody wanted cancelled: else it may be evidence."""
    if fact.data.get("hits") or not fact.data.get("listed", True):
        return False
    return not any(one.type.startswith(_ENDED) for one in known)


def _seen_before(fact: Fact, known: Sequence[OrderFact]) -> bool:
    """A scan of a package after another one: only the first scan says anything (V-26)."""
    package = str(fact.data.get("package") or "").strip()
    return any(
        one.at < fact.at and one.type in _SCANS and str(one.data.get("package") or "").strip() in {"", package}
        for one in known
    )


_INERT: dict[str, Callable[[Fact, Sequence[OrderFact]], bool]] = {
    "message.sent": _nothing_new,
    "order.completed": _nothing_new,
    "order.scanned": _seen_before,
}
