"""The rules in force: policies, feeds and the catalogue. It never changes; a new policy is a new rulebook."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from detectors import catalogue, directive
from detectors.act import Act, Deed, found
from detectors.attribution import attribute
from detectors.card import Card
from detectors.counts import answered, counted
from detectors.directive import overtaken
from detectors.duty import Duty
from detectors.feeds import Feeds, Silence
from detectors.order import Order
from detectors.own_terms import TermsChange
from detectors.patterns import (
    cancellation_anomaly,
    cancellation_rate,
    fake_orders,
    fake_tracking,
    high_frequency_cancellation,
    product_hotspot,
    serial_cancellation,
    suspected_solicitation,
    unfavourable_terms,
)
from detectors.policy import Policies
from detectors.rates import Run
from detectors.say import Hush, Said
from detectors.terms import NOTHING, Terms
from detectors.verdict import Judgement, NotApplicable, Note, Verdict
from detectors.window import TRACKING, Buyer, Entry, Link, Window, contributions

_ATTRIBUTING = (directive.CARD.name, high_frequency_cancellation.CARD.name)
_COUNTING = (cancellation_rate.CARD.name, cancellation_anomaly.CARD.name)
_OVER_ORDERS = (
    high_frequency_cancellation.CARD,
    cancellation_rate.CARD,
    cancellation_anomaly.CARD,
    product_hotspot.CARD,
    serial_cancellation.CARD,
    suspected_solicitation.CARD,
)


Known = Callable[[Order, Terms], bool]


class Judged(NamedTuple):
    """The verdicts, what is counted ("group|name|why"), and the cards of rules that failed with their error."""

    verdicts: list[Verdict]
    notes: list[str]
    failed: dict[str, str]


class Counted(NamedTuple):
    """What an order adds to its seller's daily counts (see `counts`)."""

    counts: list[int]
    answers: list[tuple[int, int]]


class Rulebook:
    """What is judged, and by which numbers."""

    def __init__(
        self,
        policies: Policies,
        feeds: Feeds | None = None,
        rules: Sequence[Duty | Act] = (*catalogue.DUTIES, *catalogue.ACTS),
    ) -> None:
        """`feeds`: what is delivered; None: everything. `rules`: what is judged of each order."""
        self.policies, self.feeds, self.rules = policies, feeds or Feeds(), tuple(rules)
        self.cards: dict[str, Card] = {**catalogue.CARDS, **{rule.card.name: rule.card for rule in rules}}
        self._blind = cache(self._rules_and_blind)
        self._patterns_blind = cache(self._patterns_without_feed)
        self._terms = {name: Terms(market, policies.reasons, self.feeds) for name, market in policies.markets.items()}

    def _rules_and_blind(self, market: str, eventful: bool) -> list[tuple[Duty | Act, str, Known | None]]:
        """Every rule that may arise; the note that it is blind in the market, "" where its feeds are delivered; and
        what tells whether the market knows the rule at all.
        """
        told = []
        for rule in self.rules:
            if rule.eventful and not eventful:
                continue
            missing = self.feeds.missing(market, rule.card.needs)
            name = next(iter(rule.card.codes)) if isinstance(rule, Act) else rule.card.rules[0]
            known = rule.applies if isinstance(rule, Duty) else None
            told.append((rule, f"not_applicable|{name}|no feed: {missing}" if missing else "", known))
        return told

    def _patterns_without_feed(self, market: str) -> list[str]:
        needed = ((card, self.feeds.missing(market, card.needs)) for card in _OVER_ORDERS)
        return [f"not_applicable|{next(iter(card.codes))}|no feed: {missing}" for card, missing in needed if missing]

    def terms(self, market: str) -> Terms:
        """The terms of one market; KeyError for a market without policy."""
        return self._terms[market]

    def hush(self, silence: Silence, tick: int) -> Hush | None:
        """What silent feeds keep from being said; `tick`: up to where time has come (ms UTC)."""
        return Hush(self.feeds, silence, tick) if silence != Silence() else None

    def is_late(self, market: str, at: int, log: int) -> bool:
        """Whether what happened at `at` and was told at `log` (ms UTC) comes out of a backlog."""
        return log - at > self._terms[market].market.ms("settle", log)

    def longest_wait(self, market: str, at: int) -> int:
        """How long (ms) after a silent feed talks again something may still be held back."""
        terms = self._terms.get(market)
        return max(terms.market.ms(key, at) for key in ("settle", "grace")) if terms is not None else 0

    def judge_order(self, order: Order, said: dict[str, Said], kept: Mapping[str, int] = NOTHING) -> Judged:
        """What the facts say of the order. A rule that fails is named; the next one still runs.

        `kept`: what a change of policies does not touch.
        """
        terms, judged = self._terms[order.market], Judged([], [], {})
        terms = terms._replace(kept=kept) if kept else terms
        for rule, blind, known in self._blind(order.market, order.eventful):
            try:
                if not rule.arises(order):
                    continue
                if blind:
                    if known is None or known(order, terms):
                        judged.notes.append(blind)
                    continue
                found_here = rule.judge(order, terms)
            except Exception as e:  # noqa: BLE001 - promise 7: one failing rule stops no other
                judged.failed[rule.card.name] = type(e).__name__
                continue
            _sort(found_here, judged)
        judged.verdicts.extend(overtaken(order.id, said, terms.market))
        judged.notes.extend(self._patterns_blind(order.market))
        try:
            _sort(list(_oddities(order, terms)), judged)
        except Exception as e:  # noqa: BLE001 - promise 7: what is odd cannot be told without attribution
            judged.failed.update(dict.fromkeys(_ATTRIBUTING, type(e).__name__))
        return judged

    def contributions(self, order: Order, before: list[Entry], judged: Judged) -> list[Entry]:
        """What the order adds to its seller's windows; what it added `before` when that cannot be told."""
        try:
            terms = self._terms[order.market]
            return [*contributions(order, terms), *self._signs(order, terms)]
        except Exception as e:  # noqa: BLE001 - promise 7
            judged.failed.update(dict.fromkeys(_ATTRIBUTING, type(e).__name__))
            return before

    def _signs(self, order: Order, terms: Terms) -> list[Entry]:
        suspected = order.placed is not None and (order.requests or order.cancels or order.messages)
        return list(suspected_solicitation.asked(order, terms)) if suspected else []

    def counts(self, order: Order, judged: Judged) -> Counted | None:
        """What the order adds to its seller's daily counts; None when that cannot be told."""
        terms = self._terms[order.market]
        try:
            return Counted(counted(order, terms, judged.verdicts), answered(order, terms, judged.verdicts))
        except Exception as e:  # noqa: BLE001 - promise 7
            judged.failed.update(dict.fromkeys(_COUNTING, type(e).__name__))
            return None

    def judge_day(self, window: Window) -> Judged:
        """What a seller's day shows."""
        terms = self._terms[window.day.market]
        return _judged(
            terms,
            (high_frequency_cancellation.CARD, lambda: high_frequency_cancellation.deeds(window, terms)),
            (fake_orders.CARD, lambda: fake_orders.deeds(window, terms)),
            (product_hotspot.CARD, lambda: product_hotspot.deeds(window, terms)),
            (suspected_solicitation.CARD, lambda: suspected_solicitation.deeds(window, terms)),
        )

    def judge_buyer(self, seller: str, row: Buyer) -> Judged:
        """What one buyer's orders with a seller show."""
        terms = self._terms[row.market]
        return _judged(
            terms,
            (fake_orders.CARD, lambda: fake_orders.cancelled_after(row, seller, terms.market)),
            (serial_cancellation.CARD, lambda: serial_cancellation.deeds(row, terms.market)),
        )

    def judge_link(self, seller: str, link: Link) -> Judged:
        """What one identifying hash shows of a seller."""
        terms = self._terms[link.market]
        if link.link.startswith(TRACKING):
            return _judged(terms, (fake_tracking.CARD, lambda: fake_tracking.reused(link)))
        return _judged(terms, (fake_orders.CARD, lambda: fake_orders.linked(seller, link, terms)))

    def judge_terms(self, seller: str, market: str, changes: Sequence[TermsChange]) -> Judged:
        """What a seller's own after-sales terms show."""
        terms = self._terms[market]
        return _judged(
            terms, (unfavourable_terms.CARD, lambda: unfavourable_terms.deeds(seller, changes, terms.market))
        )

    def judge_run(self, run: Run) -> Judged:
        """What a daily run over a seller's counts shows."""
        return _judged(
            self._terms[run.market.name],
            (cancellation_rate.CARD, lambda: cancellation_rate.deeds(run)),
            (cancellation_anomaly.CARD, lambda: cancellation_anomaly.deeds(run)),
            (product_hotspot.CARD, lambda: product_hotspot.of_run(run)),
        )


def _judged(terms: Terms, *patterns: tuple[Card, Callable[[], Iterator[Deed]]]) -> Judged:
    """The verdicts of the patterns whose feeds are delivered; one that fails is named, the next one still runs."""
    judged = Judged([], [], {})
    for card, deeds in patterns:
        if terms.feeds.missing(terms.market.name, card.needs):
            continue
        try:
            judged.verdicts.extend([found(deed, card, terms) for deed in deeds()])
        except Exception as e:  # noqa: BLE001 - promise 7
            judged.failed[card.name] = type(e).__name__
    return judged


def _sort(found_here: Sequence[Judgement], judged: Judged) -> None:
    for one in found_here:
        if isinstance(one, Verdict):
            judged.verdicts.append(one)
        elif isinstance(one, NotApplicable):
            judged.notes.append(f"not_applicable|{one.rule}|{one.why}")
        else:
            judged.notes.append(f"data_quality|{one.kind}|")


def _oddities(order: Order, terms: Terms) -> Iterator[Note]:
    """What is odd in the order's data: counted, accusing nobody (V-40)."""
    yield from (Note(kind) for kind in order.oddities)
    for cancel in order.cancels:
        given = attribute(order, cancel, terms)
        if not given.known and cancel.by != "unknown":
            yield Note("unknown_reason" if cancel.reason else "no_reason")
        elif given.reason is not None and order.market in given.reason.offered_not:
            yield Note("reason_not_offered")
    late = order.paid is not None and order.placed is not None and not order.cod
    if late and _paid_after_limit(order, terms):
        yield Note("paid_after_limit")


def _paid_after_limit(order: Order, terms: Terms) -> bool:
    assert order.placed is not None
    assert order.paid is not None
    limit = order.term("pay_by") or terms.market.due("unpaid_timeout", order.placed.at)
    return bool(order.paid.at > limit)
