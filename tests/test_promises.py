"""Named outcomes and dated numbers (design §6.7, §6.9): a failing rule stops no other; no number in rule code."""

import ast
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors import catalogue
from detectors.act import Act
from detectors.card import Card
from detectors.duty import Duty
from detectors.facts import Fact
from detectors.order import Order
from detectors.outcomes import Outcome
from detectors.rulebook import Rulebook
from detectors.step import step
from detectors.store import Store
from detectors.terms import Terms
from detectors.verdict import Judgement
from streams.embedded import END_OF_TIME, run
from tests.disorder import delayed
from tests.histories import DAY, HOUR, Writer, histories
from tests.logs import as_bytes, few, rulebook, with_ticks

DETECTORS = Path(catalogue.__file__).parent


# 7. Named outcomes


class Broken:
    """A rule that raises as soon as the order has a second fact of the buyer's or the seller's will."""

    def __init__(self, rule: Duty | Act) -> None:
        self._rule, self.card, self.eventful = rule, rule.card, rule.eventful

    def arises(self, order: Order) -> bool:
        return self._rule.arises(order)

    def judge(self, order: Order, terms: Terms) -> Iterator[Judgement]:
        if _breaks(order):
            raise ZeroDivisionError
        return self._rule.judge(order, terms)


def _breaks(order: Order) -> bool:
    return len(order.requests) + len(order.cancels) + len(order.notices) > 1


@few(25)
@given(histories(4), st.sampled_from((*catalogue.DUTIES, *catalogue.ACTS)), st.randoms(use_true_random=False))
def test_a_rule_that_fails_stops_no_other_and_takes_nothing_back(
    facts: list[Fact], rule: Duty | Act, rng: Random
) -> None:
    facts = delayed(facts, rng, 3 * DAY)
    whole = (*catalogue.DUTIES, *catalogue.ACTS)
    broken = Rulebook(rulebook().policies, rules=[Broken(one) if one is rule else one for one in whole])  # type: ignore[misc]
    assert _others(run(broken, facts, END_OF_TIME), rule.card) == _others(
        run(rulebook(), facts, END_OF_TIME), rule.card
    )
    failing: set[tuple[str, str]] = set()
    store = Store({}, {})
    for record in with_ticks(facts, rng):
        said = step(store, broken, record)
        failures = [one for one in said if one.type == "rule.failed" and one.code == rule.card.name]
        if isinstance(record, Fact) and failures:
            assert [(one.state, one.why) for one in failures] == [("on", "ZeroDivisionError")]
            failing.add((record.seller, record.subject))
        for one in said:
            assert one.card is not rule.card or (one.seller, one.subject) not in failing, "said by a rule that failed"


def _others(said: list[Outcome], card: Card) -> list[bytes]:
    """What others said. What two rules say under one id (approve_cancellation, V-29) is left out, and so is V-40."""
    shared = {"V-40", *card.directives, *card.codes}
    return as_bytes(one for one in said if one.card is not card and one.content is not None and one.code not in shared)


@pytest.mark.parametrize("start", [1_230_768_000_000 - 3 * DAY, 1_830_297_600_000 - 2 * DAY], ids=["2008", "2027"])
def test_a_year_without_a_calendar_fails_by_name_and_stops_nothing(start: int) -> None:
    out = Writer(Random(0), "JP")
    out.add("order.placed", start, "s", "o", buyer="b", lines=[{"line": "1", "sku": "k"}])
    out.add("order.paid", start + 1, "s", "o", amount="1", currency="JPY")
    out.add("cancellation.requested", start + 2 * HOUR, "s", "o", cancellation="c", by="buyer")
    out.add("order.cancelled", start + 2 * DAY, "s", "o", by="buyer", reason="buyer_cancel_late_shipment")
    out.add("order.placed", start + 2 * DAY, "s2", "o", buyer="b", lines=[{"line": "1", "sku": "k"}])
    said = run(rulebook(), out.facts, END_OF_TIME)
    failed = {(one.code, one.why) for one in said if one.type == "rule.failed"}
    assert ("dispatch_ready", "MissingYearError") in failed
    assert ("high_frequency_cancellation", "MissingYearError") in failed
    assert {one.state for one in said if one.code == "R-03"} == {"open", "void"}
    assert [one.seller for one in said if one.code == "lapse_unpaid"] == ["s2"]


def test_instants_beyond_the_calendar_are_still_written() -> None:
    last = END_OF_TIME
    out = Writer(Random(0), "JP")
    lines = [{"line": "1", "sku": "k"}]
    out.add("order.placed", 1_767_225_600_000, "s", "o", buyer="b", lines=lines, auto_cancel_at=last, cod=True)
    told = [one.event()["data"] for one in run(rulebook(), out.facts, last) if one.content is not None]
    assert [data["due"] for data in told if data["name"] == "auto_cancel"] == ["9999-12-31T23:59:59.999Z"]


# 9. Dated numbers

ALLOWED = {
    0: "nothing, the first",
    1: "the next, a version, a flag",
    -1: "the last; rounding up",
    100: "a percentage is of a hundred",
    1000: "a permille is of a thousand",
}


def _rule_files() -> list[Path]:
    return sorted([*DETECTORS.glob("duties/*.py"), *DETECTORS.glob("patterns/*.py")])


def _numbers(tree: ast.AST) -> Iterator[tuple[int, object]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and type(node.value) in {int, float}:
            yield node.lineno, node.value


@pytest.mark.parametrize("path", _rule_files(), ids=lambda path: path.stem)
def test_no_number_stands_in_a_rule(path: Path) -> None:
    found = [(line, value) for line, value in _numbers(ast.parse(path.read_text())) if value not in ALLOWED]
    assert found == [], f"{path.name}: a number of a rule belongs into policies/default.toml, under its date"


def test_every_policy_key_that_a_card_names_exists() -> None:
    market = rulebook().terms("JP").market
    for card in catalogue.CARDS.values():
        for key in card.keys:
            assert market.get(key, 737_000) is not None, (card.name, key)
