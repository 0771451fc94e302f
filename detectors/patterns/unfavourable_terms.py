"""V-32: a seller's own after-sales terms are worse for the buyer than the platform's."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from detectors.act import Deed
from detectors.card import Card, Code
from detectors.clock import DAY
from detectors.own_terms import TermsChange
from detectors.policy import Market
from detectors.verdict import Breach

CARD = Card(
    name="unfavourable_terms",
    version=1,
    promise="A seller's own terms that are worse than the platform's are found, and cleared once he mends them.",
    rules=("R-62",),
    holder="seller",
    needs=(("shop.policy_changed",),),
    keys={"return_window": "request", "return_conditions": "request"},
    codes={
        "V-32": Code(
            "POLICY_LESS_FAVOURABLE",
            "The seller's own terms are worse than the platform's: {worse}.",
            about="order",
        )
    },
    severity="medium",
    first_look="Read the seller's terms as the buyer sees them; a condition may repeat the platform's in other words.",
    clock="none",
    gaps=(
        "Terms in prose are not read: each condition that the platform does not set itself counts as extra.",
        "Terms are measured on the day they change: a window that the platform lengthens later changes nothing.",
    ),
    innocents=("A window as long as the platform's, or longer.", "Conditions that the platform sets itself."),
)


class _Measured(NamedTuple):
    """One parameter as a change set it; `numbers` are None where it is no worse than the platform's."""

    change: TermsChange
    numbers: dict[str, object] | None


def deeds(seller: str, changes: Sequence[TermsChange], market: Market) -> Iterator[Deed]:
    """One finding for each parameter that was ever worse: cleared by what mended it, until it is worse again."""
    yield from _deed(seller, "return_days", [_days(c, market) for c in changes if c.return_days is not None])
    told = [change for change in changes if change.conditions is not None]
    for name in sorted({name for change in told for name in _conditions(change)}):
        yield from _deed(seller, f"conditions: {name}", [_condition(change, name, market) for change in told])


def _days(change: TermsChange, market: Market) -> _Measured:
    own, granted = change.return_days, _granted(market, change.at)
    assert own is not None
    worse = {"return_days": own, "platform_days": granted, "worse": f"{own} days to return, not {granted}"}
    return _Measured(change, worse if own < granted else None)


def _granted(market: Market, at: int) -> int:
    """The days of the platform's return window."""
    window = market.at("return_window", at)
    return int(-(-window.n // DAY) if window.kind == "elapsed" else window.n)


def _condition(change: TermsChange, name: str, market: Market) -> _Measured:
    extra = name in _conditions(change) and name not in _own(market, change.at)
    return _Measured(change, {"condition": name, "worse": f'the condition "{name}"'} if extra else None)


def _conditions(change: TermsChange) -> list[str]:
    """The conditions, each once, without regard to case and spaces; they are parted by semicolons or lines."""
    parts = (_plain(part) for part in re.split(r"[;\n]", change.conditions or ""))
    return list(dict.fromkeys(part for part in parts if part))


def _own(market: Market, at: int) -> frozenset[str]:
    return frozenset(_plain(name) for name in market.at("return_conditions", at))


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _deed(seller: str, parameter: str, measured: Sequence[_Measured]) -> Iterator[Deed]:
    """The finding tells the latest time that the parameter was worse: what began it, how it stood, what mended it."""
    worse = [n for n, one in enumerate(measured) if one.numbers is not None]
    if not worse:
        return
    first = last = worse[-1]
    while first and measured[first - 1].numbers is not None:
        first -= 1
    mended = measured[last + 1].change if last + 1 < len(measured) else None
    told = [measured[first].change, measured[last].change, *([mended] if mended else [])]
    breach = Breach(
        code="V-32",
        holder="seller",
        severity="medium",
        subject=("seller", seller),
        facts=(*dict.fromkeys(change.fact for change in told),),
        numbers={"parameter": parameter, **(measured[last].numbers or {})},
        cleared=mended.at if mended else None,
    )
    yield Deed(measured[worse[0]].change.at, (parameter,), breach)
