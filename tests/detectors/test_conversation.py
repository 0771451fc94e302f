"""Messages that name no order: the card of their conversation says which it is, in whatever order they arrive."""

from itertools import permutations
from random import Random
from typing import Any

from detectors.facts import Fact
from detectors.outcomes import Outcome
from detectors.store import Store
from detectors.verdict import Breach
from streams.embedded import END_OF_TIME
from tests.final_view import view_of
from tests.histories import HOUR, Writer
from tests.logs import apply, tick

START = 1_772_409_600_000  # 2026-03-02T00:00:00Z
PUSH = [["solicit", "ja@1", "ja-cancel-kudasai", 0]]
ASK = [["ask", "ja@1", "ja-cancel-shitai", 0]]


class Talk(Writer):
    """The facts of one conversation of a seller in Japan."""

    def __init__(self) -> None:
        super().__init__(Random(0), "JP")

    def order(self, name: str) -> None:
        lines = [{"line": "1", "sku": "k"}]
        self.add("order.placed", START, "s", name, buyer="b", lines=lines, currency="JPY")
        self.add("order.paid", START + 1000, "s", name, amount="1", currency="JPY")

    def card(self, at: int, order: str) -> None:
        self._sent(at, order, "buyer", [], listed=False)

    def text(self, at: int, who: str, hits: list[list[Any]]) -> None:
        self._sent(at, "", who, hits, listed=True)

    def asked(self, at: int, order: str) -> None:
        self.add("cancellation.requested", at, "s", order, cancellation="c" + order, by="buyer")

    def cancelled(self, at: int, order: str) -> None:
        reason = "seller_cancel_paid_reason_buyer_requested_cancellation"
        self.add("order.cancelled", at, "s", order, by="seller", reason=reason)

    def _sent(self, at: int, order: str, who: str, hits: list[list[Any]], listed: bool) -> None:
        told = {"conversation": "v", "from": who, "hits": hits, "listed": listed}
        self.add("message.sent", at, "s", order, **told)


def _said(facts: list[Fact]) -> list[Outcome]:
    return apply([*facts, tick(END_OF_TIME + 1)], Store({}, {}))


def _found(code: str, said: list[Outcome]) -> dict[str, tuple[str, ...]]:
    """The facts of the findings that stand, by order."""
    last = {one.id: one for one in said if one.code == code}
    return {
        one.subject: one.content.facts
        for one in last.values()
        if isinstance(one.content, Breach) and one.state != "withdrawn"
    }


def test_a_push_counts_for_the_order_of_the_card_before_it() -> None:
    out = Talk()
    out.order("o1")
    out.order("o2")
    out.card(START + HOUR, "o1")
    out.text(START + 2 * HOUR, "seller", PUSH)
    out.card(START + 3 * HOUR, "o2")
    out.asked(START + 4 * HOUR, "o1")
    out.asked(START + 4 * HOUR, "o2")
    found = _found("V-10", _said(out.facts))
    assert list(found) == ["o1"]
    card, push = (fact.id for fact in out.facts[4:6])
    assert found["o1"][1:3] == (card, push), "the card is evidence too"


def test_without_a_card_before_it_the_first_after_it_counts() -> None:
    out = Talk()
    out.order("o1")
    out.text(START + HOUR, "service", PUSH)
    out.card(START + 2 * HOUR, "o1")
    out.asked(START + 3 * HOUR, "o1")
    assert list(_found("V-10", _said(out.facts))) == ["o1"]


def test_a_push_in_a_conversation_without_a_card_is_about_no_order() -> None:
    out = Talk()
    out.order("o1")
    out.text(START + HOUR, "seller", PUSH)
    out.asked(START + 2 * HOUR, "o1")
    assert _found("V-10", _said(out.facts)) == {}


def test_a_buyers_wish_without_an_order_saves_the_seller() -> None:
    for named in (True, False):
        out = Talk()
        out.order("o1")
        if named:
            out.card(START + HOUR, "o1")
        out.text(START + 2 * HOUR, "buyer", ASK)
        out.cancelled(START + 3 * HOUR, "o1")
        assert list(_found("V-12", _said(out.facts))) == ([] if named else ["o1"])


def test_the_order_of_arrival_changes_nothing() -> None:
    out = Talk()
    out.order("o1")
    out.order("o2")
    known = list(out.facts)
    out.card(START + HOUR, "o2")
    out.card(START + 2 * HOUR, "o1")
    out.text(START + 3 * HOUR, "seller", PUSH)
    out.asked(START + 4 * HOUR, "o1")
    out.asked(START + 4 * HOUR, "o2")
    views = [view_of(_said([*known, *some])) for some in permutations(out.facts[len(known) :])]
    assert all(view == views[0] for view in views)
    assert list(_found("V-10", _said(out.facts))) == ["o1"]


def test_a_message_told_twice_is_taken_once() -> None:
    out = Talk()
    out.order("o1")
    out.card(START + HOUR, "o1")
    out.text(START + 2 * HOUR, "seller", PUSH)
    said = _said([*out.facts, *out.facts[2:]])
    assert sum(one.type == "fact.duplicate" for one in said) == 2


def test_a_card_in_time_holds_nothing_back_for_the_sake_of_an_older_message() -> None:
    """The message is old, the card is not: there is no backlog, and the unpaid order lapses when it is due."""
    talk, due = Talk(), START + 48 * HOUR
    talk.add("order.placed", START, "s", "o1", buyer="b", lines=[{"line": "1", "sku": "k"}], currency="JPY")
    talk.text(START + HOUR, "buyer", ASK)
    talk.card(due + 10_000, "o1")
    assert [(one.code, one.at) for one in _said(talk.facts) if one.type == "directive.issued"] == [
        ("lapse_unpaid", due + 30_000)
    ]
