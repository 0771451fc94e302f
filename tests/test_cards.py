"""Cards are data, so they can be checked: each has exactly the timelines its rule needs, and says what is true."""

import string
import tomllib
from functools import cache
from typing import Any

import pytest

import policies
from detectors.card import Card
from detectors.catalogue import CARDS, CODES, DIRECTIVE_KINDS
from detectors.clock import Span
from detectors.outcomes import Outcome
from detectors.rates import METRICS
from streams.events import EVENTS
from tests.timelines.runner import FOLDER, Timeline, in_force

DEFAULTS: dict[str, Any] = tomllib.loads((policies.PACKAGED / "default.toml").read_text(encoding="utf-8"))
BINDS = {key: table["binds"] for key, table in DEFAULTS.items() if isinstance(table, dict)}
CLOCKS = {"elapsed", "days", "window", "none"}
OPENS = {
    "post_sla_delay",
    "edd_grace_local",
    "edd_grace_cross_border",
}  # which row of §3.4 holds, not how long a clock runs
GIVEN = {"order", "seller", "due"}  # what every sentence may name beside its numbers

every_card = pytest.mark.parametrize("card", CARDS.values(), ids=CARDS)


@cache
def fired(name: str) -> tuple[Outcome, ...]:
    """All that the card's `fires` timeline says."""
    return tuple(Timeline(FOLDER / name / "fires.toml", {name}).said)


@every_card
def test_exactly_the_timelines_that_the_rule_needs(card: Card) -> None:
    assert sorted(path.stem for path in (FOLDER / card.name).glob("*.toml")) == sorted(card.cases())


def test_every_timeline_says_what_it_is_about_and_is_told_once() -> None:
    told = {path: tomllib.loads(path.read_text(encoding="utf-8"))["about"] for path in FOLDER.glob("*/*.toml")}
    assert [str(path) for path, about in told.items() if not about.strip().endswith(".")] == []
    assert len(told) > len(CARDS)


@every_card
def test_a_card_leaves_nothing_unsaid(card: Card) -> None:
    for field in ("name", "promise", "rules", "holder", "severity", "first_look", "innocents"):
        assert getattr(card, field), field
    assert card.promise.endswith("."), card.promise
    assert card.first_look.endswith((".", "?")), card.first_look
    assert card.codes or card.directives, "a rule that follows with nothing"
    assert card.gaps or card.holder == "platform", "what a detector of sellers or buyers does not see"
    assert card.holder in {"seller", "platform", "buyer"}
    assert card.severity in {"info", "low", "medium", "high", "critical"}
    assert card.clock in CLOCKS
    assert all(rule.startswith("R-") and rule[2:].isdigit() for rule in card.rules), card.rules
    assert all(sentence.endswith(".") for sentence in (*card.gaps, *card.innocents))


@every_card
def test_a_card_needs_events_that_the_contract_has(card: Card) -> None:
    assert [kind for need in card.needs for kind in need if kind not in EVENTS] == []
    assert all(card.needs), "an empty list of alternatives can never be delivered"


@every_card
def test_a_card_names_keys_of_the_policy_and_the_day_that_binds_each(card: Card) -> None:
    assert card.keys == {key: BINDS.get(key) for key in card.keys}


def test_every_policy_key_is_named_on_a_card_or_holds_for_all() -> None:
    for_all = {"settle", "grace", "finality", "forget_after", "window_memory", "promoted", "directives", "feed_quiet"}
    figures = {
        "sfcr_window",
        "order_limit_percent",
        "order_limit_days",
        "sfcr_points",
        "sfcr_points_many",
        *(metric.limit for metric in METRICS),
    }
    named = {key for card in CARDS.values() for key in card.keys}
    assert sorted(set(BINDS) - named - for_all - figures) == []


@every_card
def test_a_card_is_dated_when_a_market_changes_one_of_its_keys(card: Card) -> None:
    changed = [
        (name, key)
        for name, market in in_force().markets.items()
        for key in card.keys
        if market._keys[key].always is None
    ]
    assert card.dated == bool(changed), changed


@every_card
def test_a_clock_of_days_is_one_that_a_policy_counts_in_days(card: Card) -> None:
    spans = [
        market.get(key, day)
        for market in in_force().markets.values()
        for key in set(card.keys) - OPENS
        for day in (735_000, 740_000)
        if DEFAULTS[key]["unit"] == "span"
    ]
    counted = {span.kind for span in spans if isinstance(span, Span)} - {"elapsed"}
    starts_a_clock = card.clock in {"elapsed", "days"}
    assert not starts_a_clock or (card.clock == "days") == bool(counted), counted


@every_card
def test_every_code_and_directive_of_a_card_is_seen_in_its_timelines(card: Card) -> None:
    said = fired(card.name)
    assert set(card.codes) - {one.code for one in said} - _seen_elsewhere(card) == set()
    assert {one.code for one in said if one.type == "directive.issued"} >= set(card.directives)


def _seen_elsewhere(card: Card) -> set[str]:
    """Codes that another of the card's own timelines, or one of a folder of stories, raises."""
    others = [path for path in FOLDER.glob("*/*.toml") if path.parent.name not in CARDS]
    rows = (row for path in others for row in tomllib.loads(path.read_text(encoding="utf-8")).get("expect", ()))
    return {row["finding"] for row in rows if "finding" in row} & set(card.codes)


@every_card
def test_sentences_are_rendered_from_the_numbers_alone(card: Card) -> None:
    for one in fired(card.name):
        if one.type.startswith("finding") and one.code in card.codes:
            data = one.data
            names = {name for _, name, _, _ in string.Formatter().parse(data["message"]) if name}
            assert names <= GIVEN | set(data["numbers"]), f"{one.code} names what no number says"
            shown = {
                name: f"{value['num']} of {value['den']}" if isinstance(value, dict) else value
                for name, value in data["numbers"].items()
            }
            given = {"order": one.subject, "seller": one.seller, "due": data.get("due", "")}
            assert data["summary"] == data["message"].format(**given, **shown)


@every_card
def test_numbers_are_flat(card: Card) -> None:
    for one in fired(card.name):
        if one.type.startswith("finding"):
            for name, value in one.data["numbers"].items():
                rate = isinstance(value, dict) and set(value) == {"num", "den"}
                assert rate or type(value) in {int, str}, f"{one.code} {name}: {value!r}"


def test_codes_and_directives_belong_to_the_rules_that_the_contract_names() -> None:
    shared = {"V-18", "V-22", "V-29"}  # two stages, two steps, two kinds of untrue reason
    owners = {code: [c.name for c in CARDS.values() if code in c.codes] for code in CODES}
    assert {code for code, names in owners.items() if len(names) > 1} == shared
    assert set(DIRECTIVE_KINDS) == {
        *("approve_cancellation", "refuse_cancellation", "cancel_order", "lapse_unpaid"),
        *("start_refund", "approve_return", "close_stale"),
    }
