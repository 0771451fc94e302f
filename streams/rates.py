"""`countermand rates`: how sellers stand at a daily run: M-01 to M-10, answers, the limit advised (rulebook §5)."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

import msgspec

from detectors.clock import HOUR, rfc3339
from detectors.facts import Fact
from detectors.figures import Standing, standing
from detectors.rates import Rate
from detectors.rulebook import Rulebook
from detectors.store import seller_of
from streams.embedded import Embedded
from streams.report import console, table

_HEADERS = ("rate", "what it counts", "orders", "share", "state")


class UnknownSellerError(LookupError):
    """Nothing is counted of that seller; the message is one sentence."""


def standings(rules: Rulebook, facts: Iterable[Fact], seller: str = "", day: int | None = None) -> dict[str, Standing]:
    """Every seller (or the one named) at the daily run of the local `day`; None: the day of the last log time.

    Raises UnknownSellerError when nothing is counted of the seller named.
    """
    embedded = Embedded(rules)
    for fact in facts:
        list(embedded.accept(fact))
    at = embedded.last or 0
    embedded.store.flush()
    names = [seller] if seller else sorted({seller_of(key) for key in embedded.store.sellers} - {""})
    found = {name: one for name in names if (one := standing(embedded.store, rules, name, day, at)) is not None}
    if seller and not found:
        raise UnknownSellerError(f'nothing is counted of a seller "{seller}" in this history; look at its spelling')
    return found


def show(found: dict[str, Standing], as_json: bool) -> None:
    """Prints the standings: a table a seller, or one JSON line a seller."""
    for name, one in found.items():
        if as_json:
            print(msgspec.json.encode(_plain(name, one)).decode())  # noqa: T201 - the command's output
            continue
        out = console()
        out.print(f"{name}, market {one.market}, daily run of {date.fromordinal(one.day).isoformat()}")
        out.print(table(_HEADERS, [_row(rate) for rate in one.rates]))
        for sentence in _sentences(one):
            out.print(sentence)
        out.print()


def _row(rate: Rate) -> tuple[str, ...]:
    known = rate.den > 0 and not rate.state.startswith("not applicable")
    share = f"{100 * rate.num / rate.den:.1f} %" if known else "-"
    return rate.metric.id, rate.metric.title, f"{rate.num} of {rate.den}" if known else "-", share, rate.state


def _sentences(one: Standing) -> Iterator[str]:
    if one.latency_p50 is not None and one.latency_p95 is not None:
        yield f"Answers to requests took {one.latency_p50 / HOUR:.1f} h (half), {one.latency_p95 / HOUR:.1f} h (95 %)."
    if one.limit is not None:
        start = rfc3339(one.limit.start)
        yield f"Advised: at most {one.limit.orders} orders a day from {start} for {one.limit.days} days."
    if one.points:
        yield f"The market's rules would set {one.points} violation points."


def _plain(name: str, one: Standing) -> dict[str, Any]:
    limit = one.limit
    return {
        "seller": name,
        "market": one.market,
        "run": date.fromordinal(one.day).isoformat(),
        "rates": {r.metric.id: {"num": r.num, "den": r.den, "state": r.state} for r in one.rates},
        "answer_ms": {"p50": one.latency_p50, "p95": one.latency_p95},
        "advice": limit and {"orders": limit.orders, "from": rfc3339(limit.start), "days": limit.days},
        "points": one.points,
    }
