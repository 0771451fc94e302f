"""The cards: each demands its timelines, and exactly those exist; what it says of itself is so."""

import re
from pathlib import Path

import pytest

from detectors.catalogue import ACTS, CARDS, DUTIES
from policies import load
from streams.events import EVENTS

TIMELINES = Path(__file__).with_name("timelines")
TYPES = set(EVENTS)


@pytest.mark.parametrize("card", CARDS.values(), ids=CARDS)
def test_exactly_the_demanded_timelines_exist(card):
    assert {path.stem for path in (TIMELINES / card.name).glob("*.toml")} == card.cases()


@pytest.mark.parametrize("card", CARDS.values(), ids=CARDS)
def test_a_card_says_what_it_promises(card):
    assert card.promise.endswith(".")
    assert card.first_look.endswith((".", "?"))
    assert card.innocents, "who looks guilty and is not?"
    assert card.holder in {"seller", "platform", "buyer"}
    assert card.severity in {"info", "low", "medium", "high", "critical"}
    assert all(re.fullmatch(r"R-\d\d", rule) for rule in card.rules)
    assert all(re.fullmatch(r"V-\d\d", code) for code in card.codes)


@pytest.mark.parametrize("card", CARDS.values(), ids=CARDS)
def test_what_a_card_needs_exists(card):
    policies = load()
    for market in policies.markets.values():
        for key in card.keys:
            market.get(key, 739_000)
    assert set(card.keys.values()) <= {"placed", "paid", "request", "cancel", "day"}
    assert {kind for any_of in card.needs for kind in any_of} <= TYPES


def test_names_and_codes_are_used_once_or_by_design():
    names = [rule.card.name for rule in (*DUTIES, *ACTS)]
    assert len(names) == len(set(names))
    owners = {}
    for card in CARDS.values():
        for code in card.codes:
            owners.setdefault(code, []).append(card.name)
    assert {code: cards for code, cards in owners.items() if len(cards) > 1} == {
        "V-18": ["dispatch_ready", "dispatch_handover"]
    }


def test_every_finding_of_the_issue_has_a_card():
    said = {code for card in CARDS.values() for code in card.codes}
    wanted = "V-01 V-03 V-04 V-05 V-06 V-07 V-08 V-09 V-10 V-12 V-13 V-18 V-19 V-24 V-25 V-27 V-29 V-40"
    assert said == set(wanted.split())
