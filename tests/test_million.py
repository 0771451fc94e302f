"""The short form of `make long`: the same worlds, a few thousand events of them; and that they can fail."""

from collections import Counter

import pytest

from detectors.store import Store
from streams.events import EVENTS
from tests import conservation, million
from tests.logs import apply, tick


def test_a_few_thousand_events_and_no_difference(capsys: pytest.CaptureFixture[str]) -> None:
    assert million.main(["4000"]) == 0
    assert capsys.readouterr().out.endswith(" s: 0 differences\n")


def test_the_worlds_hold_every_type_of_event() -> None:
    told = Counter(fact.type for seed in range(300) for fact in million.world(seed))
    assert set(told) == set(EVENTS)


def test_sums_that_do_not_add_up_are_told() -> None:
    facts = million.world(7)
    said = apply([*facts, tick(facts[-1].arrived + 1)], Store({}, {}))
    assert conservation.broken(facts, said) == []
    duty = next(one for one in said if one.type == "duty.changed")
    lost = [one for one in said if one is not duty]
    assert any(row.startswith(f"{duty.code} {duty.id}: said from") for row in conservation.broken(facts, lost))
    assert conservation.broken(facts, [*said, duty])
    assert conservation.broken(facts[1:], said)[-1].startswith(f"of {len(facts) - 1} facts ")
