"""What the job of JOB.md must say of an input, seen whole: slow and plain."""

from collections import defaultdict
from collections.abc import Iterable

from bench.job import ANSWER, DAY_HOURS, FAULTS, HOUR, SHARE, SLOW, Event


def reference(events: Iterable[Event]) -> dict[str, list[int]]:
    """Outcome id -> numbers."""
    said: dict[str, list[int]] = {}
    log = _known_once(list(events))
    last_tick = max(one.at for one in log if one.kind == "tick")
    sellers = defaultdict(list)
    for one in log:
        sellers[one.seller].append(one)
    for seller, own in sellers.items():
        late = _unanswered(own, last_tick)
        faults = [one for one in _firsts(own, "cancelled").values() if one.fault]
        placed = [one for one in own if one.kind == "placed"]
        said |= {"unanswered/" + order: [due] for due, order in late}
        for n, (due, order) in enumerate(late):
            if sum(_same_day(before, due) for before, _ in late[: n + 1]) == SLOW:
                said["slow/" + order] = [due, SLOW]
        for one in faults:
            cancelled = sum(_same_day(other.at, one.at) and own.index(other) <= own.index(one) for other in faults)
            orders = sum(_same_day(other.at, one.at) and own.index(other) < own.index(one) for other in placed)
            if cancelled >= FAULTS and cancelled * SHARE >= orders:
                said["cancelling/" + one.order] = [one.at, cancelled, orders]
        for report in (one for one in own if one.kind == "report"):
            unanswered = sum(due <= report.at for due, _ in late)
            said["report/" + seller] = [len(placed), len(faults), unanswered]
    return said


def _known_once(events: list[Event]) -> list[Event]:
    placed = {one.order for one in events if one.kind == "placed"}
    once = {one.id: one for one in reversed(events) if one.kind not in {"tick", "report"} and one.order in placed}
    return [one for one in events if one.kind in {"tick", "report"} or once.get(one.id) is one]


def _firsts(events: list[Event], kind: str) -> dict[str, Event]:
    return {one.order: one for one in reversed(events) if one.kind == kind}


def _unanswered(events: list[Event], last_tick: int) -> list[tuple[int, str]]:
    answers = defaultdict(list)
    for one in events:
        if one.kind == "answered":
            answers[one.order].append(one.at)
    dues = {order: first.at + ANSWER for order, first in _firsts(events, "requested").items()}
    late = [(due, order) for order, due in dues.items() if not any(at <= due for at in answers[order])]
    return sorted(one for one in late if one[0] < last_tick)


def _same_day(earlier: int, now: int) -> bool:
    """Whether the earlier instant is in the 24 whole hours that end with the hour of now."""
    return now // HOUR - DAY_HOURS < earlier // HOUR <= now // HOUR
