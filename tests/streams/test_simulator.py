"""The simulated marketplace: the same by its seed, honest sellers stay honest, bad ones are found."""

from collections import defaultdict

import pytest
from watching import Monitor, rulebook, watched

from detectors.clock import DAY, HOUR, MINUTE
from detectors.outcomes import Outcome
from detectors.verdict import Breach
from streams.embedded import run
from streams.simulation.chat import KEEP, PUSH
from streams.simulator import DESERVES, MONDAY, Simulation, marketplace, simulate

SEEDS = [(7, 1), (4, 2), (4, 3)]


def last_findings(outcomes: list[Outcome]) -> dict[str, Outcome]:
    return {one.id: one for one in outcomes if isinstance(one.content, Breach)}


def held_by(simulation: Simulation, holder: str) -> dict[str, set[str]]:
    """Codes ever said, withdrawn ones included, by seller."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for one in simulation.outcomes:
        if isinstance(one.content, Breach) and one.content.holder == holder:
            found[one.seller].add(one.code)
    return dict(found)


@pytest.mark.parametrize(("days", "seed"), SEEDS)
def test_each_bad_seller_is_found_for_what_he_does_and_no_honest_one_for_anything(days: int, seed: int) -> None:
    simulation = watched(days, seed).simulation
    expected = {truth.seller: set(truth.codes) for truth in simulation.truth if not truth.honest}

    assert held_by(simulation, "seller") == expected
    assert len(expected) == 6
    assert held_by(simulation, "platform") == {}, "the order service carried everything out"


def test_every_event_is_of_the_contract() -> None:
    monitor, simulation = watched(7, 1)

    assert [(one.reason, one.path, one.sentence) for one in monitor.dead] == []
    assert len(monitor.facts) == len(simulation.events) > 5_000
    assert {one.code for one in simulation.outcomes if one.type in {"rule.failed", "count.changed"}} == set()


def test_the_same_seed_gives_the_same_world_and_another_seed_another() -> None:
    def two_days(seed: int) -> list:
        return simulate(15, 2, seed, Monitor()).events

    assert two_days(5) == two_days(5)
    assert two_days(5) != two_days(6)


def test_its_history_replayed_ends_with_the_same_findings() -> None:
    monitor, simulation = watched(4, 2)

    replayed = last_findings(run(rulebook(), monitor.facts, MONDAY + 4 * DAY - 1))

    live = last_findings(simulation.outcomes)
    assert {name: (one.state, one.code, one.seller, one.content) for name, one in replayed.items()} == {
        name: (one.state, one.code, one.seller, one.content) for name, one in live.items()
    }


def test_what_the_order_service_forgets_is_the_platforms_failure_and_nothing_else_is() -> None:
    simulation = watched(4, 2, forgets=5).simulation
    forgotten = set(simulation.forgotten)

    failures = [
        one
        for one in last_findings(simulation.outcomes).values()
        if isinstance(one.content, Breach) and one.content.holder == "platform"
    ]

    assert forgotten
    assert {(one.seller, one.subject) for one in failures} <= forgotten
    assert {one.code for one in failures} == {"V-03", "V-04"}
    assert set(held_by(simulation, "seller")) == {t.seller for t in simulation.truth if not t.honest}


class TestLookAlikes:
    """The honest habits really come close to what is forbidden: a look-alike that looks like nothing proves nothing."""

    @pytest.fixture(autouse=True)
    def _week(self) -> None:
        monitor, self.simulation = watched(7, 1)
        kinds = {truth.seller: truth.kind for truth in self.simulation.truth}
        self.facts = defaultdict(list)
        for fact in monitor.facts:
            self.facts[kinds[fact.seller]].append(fact)

    def of(self, kind: str, type_: str, **data: object) -> list:
        return [f for f in self.facts[kind] if f.type == type_ and data.items() <= f.data.items()]

    def test_the_late_answer_comes_in_the_last_hours(self) -> None:
        asked = {f.data["cancellation"]: f.at for f in self.of("answers late but in time", "cancellation.requested")}
        answers = self.of("answers late but in time", "cancellation.decided", by="seller")
        waits = [f.at - asked[f.data["cancellation"]] for f in answers]
        assert len(waits) >= 3
        assert all(40 * HOUR <= wait < 48 * HOUR for wait in waits)

    def test_the_flash_sale_is_dense(self) -> None:
        placed = sorted(f.at for f in self.of("flash sale", "order.placed"))
        assert max(sum(at <= x <= at + 20 * MINUTE for x in placed) for at in placed) >= 60

    def test_the_big_seller_cancels_with_a_notice_each_time(self) -> None:
        cancelled = {f.subject for f in self.of("big, cancels a few properly", "order.cancelled", by="seller")}
        told = {f.subject for f in self.of("big, cancels a few properly", "notice.sent", channel="in_app")}
        assert 1 <= len(cancelled) == len(told)

    def test_refusals_are_followed_by_a_parcel(self) -> None:
        refused = {f.subject for f in self.of("refuses properly and ships", "cancellation.decided", by="seller")}
        shipped = {f.subject for f in self.of("refuses properly and ships", "order.in_transit")}
        assert len(refused & shipped) >= 3

    def test_the_seller_who_explains_uses_words_that_push(self) -> None:
        said = self.of("explains how to cancel", "message.sent", **{"from": "seller"})
        pushing = [f for f in said if any(hit[0] == "solicit" for hit in f.data["hits"])]
        assert len(pushing) >= 3

    def test_the_push_is_heard_in_every_language_of_the_buyers(self) -> None:
        said = self.of("pushes buyers to cancel", "message.sent", **{"from": "seller"})
        assert {f.data["locale"] for f in said} == {"de-DE", "en-DE"}
        assert all(any(hit[0] == "solicit" for hit in f.data["hits"]) for f in said)

    def test_begging_to_stay_is_no_push(self) -> None:
        said = self.of("answers late but in time", "message.sent", **{"from": "seller"})
        assert said
        assert not [f for f in said if any(hit[0] == "solicit" for hit in f.data["hits"])]

    def test_no_text_is_in_any_fact(self) -> None:
        everything = repr([f.data for facts in self.facts.values() for f in facts])
        assert not [text for text in (*PUSH.values(), *KEEP.values()) if text in everything]


def test_a_larger_marketplace_has_one_bad_seller_in_ten_more() -> None:
    shops = marketplace(115)
    assert len({shop.seller for shop in shops}) == 115
    assert sum(shop.kind in DESERVES for shop in shops) == 6 + 10
