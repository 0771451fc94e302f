"""`directives = issue | shadow | off`, by market and rule: only what is said of directives hangs on it."""

from collections import Counter
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.facts import VERSION, Fact, Tick
from detectors.feeds import Feeds
from detectors.outcomes import Outcome
from detectors.policy import Policies, PolicyError
from detectors.rulebook import Rulebook
from detectors.step import step
from detectors.store import Store
from policies import load, read
from policies.groups import groups
from streams.embedded import END_OF_TIME, run
from streams.events.outgoing import OUTCOMES
from streams.messages import Post
from streams.outputs import OutputFolder
from streams.policy_show import holds, written
from streams.settings import Settings
from streams.tally import Tally
from streams.whatif import Side, Stood, moved
from streams.whatif_clause import clauses
from tests.disorder import delayed
from tests.histories import DAY, HOUR, Writer, histories
from tests.logs import as_bytes, few, rulebook
from tests.streams.policy_copies import copied, put

START = 1_772_409_600_000  # 2026-03-02 00:00 UTC, 09:00 in Japan
SECOND = 1000
DUE = START + 3 * HOUR + 48 * HOUR
ISSUED = DUE + 30 * SECOND


def switched(*rows: dict[str, Any], market: str = "") -> Rulebook:
    """The rules that ship under these dated switches, of one market or all."""
    tables, values = read(), [{**row, "source": "a test"} for row in rows]
    default, markets = dict(tables.default), dict(tables.markets)
    if market:
        markets[market] = {**markets[market], "directives": {"values": values}}
    else:
        default["directives"] = {**default["directives"], "values": values}
    return Rulebook(Policies.of(default, markets, *tables[2:]))


def everywhere(mode: str) -> Rulebook:
    return switched({"value": {"*": mode}})


def asked() -> Writer:
    """A paid order whose buyer asks to cancel two hours after paying; nobody answers."""
    out = Writer(Random(0), "JP")
    out.add("order.placed", START, "s", "o", buyer="b", lines=[{"line": "1", "sku": "k"}])
    out.add("order.paid", START + HOUR, "s", "o", amount="1", currency="JPY")
    out.add("cancellation.requested", START + 3 * HOUR, "s", "o", cancellation="c", by="buyer")
    return out


def told(said: list[Outcome], kind: str) -> list[tuple[str, str, int, int]]:
    return [(one.type, one.state, one.at, one.revision) for one in said if one.code == kind]


def tick(store: Store, rules: Rulebook, at: int) -> list[Outcome]:
    return step(store, rules, Tick(VERSION, at, rules.policies.hash))


def facts(store: Store, rules: Rulebook, several: list[Fact]) -> list[Outcome]:
    return [one for fact in several for one in step(store, rules, fact)]


def test_the_switch_stands_in_the_policy_as_issue() -> None:
    assert {market.directs("R-04", START) for market in load().markets.values()} == {"issue"}


def test_a_shadowed_directive_is_said_in_the_ledger_alone(tmp_path: Path) -> None:
    said = run(everywhere("shadow"), asked().facts, DUE + HOUR)
    assert told(said, "approve_cancellation") == [("directive.shadowed", "shadowed", ISSUED, 1)]
    with OutputFolder(tmp_path, "ended") as out:
        for one in said:
            out.write(one)
    assert (tmp_path / "directives.jsonl").read_text() == ""
    assert '"type":"directive.shadowed"' in (tmp_path / "ledger.jsonl").read_text()
    assert {message.topic for message in Post(Settings()).said(said)} == {"countermand.ledger", "countermand.findings"}
    (shadow,) = (one.event() for one in said if one.shadow)
    topic, model = OUTCOMES[shadow["type"]]
    assert (topic, model.model_validate(shadow["data"]).model_dump()["shadow"]) == ("countermand.ledger", True)
    tally = Tally()
    for one in said:
        tally.add(one)
    assert tally.summary()["directives"] == {"approve_cancellation": {"issued": 0, "withdrawn": 0, "shadowed": 1}}


def test_off_says_nothing_of_it_and_the_platforms_duty_stands_all_the_same() -> None:
    said = run(everywhere("off"), asked().facts, END_OF_TIME)
    assert [one for one in said if one.type.startswith("directive")] == []
    platform = {code: [one.state for one in said if one.code == code] for code in ("R-04", "V-04")}
    assert platform == {"R-04": ["open", "breached"], "V-04": ["raised", "confirmed"]}


@few(30)
@given(histories(4), st.randoms(use_true_random=False), st.sampled_from(("shadow", "off")))
def test_only_directives_hang_on_the_switch(history: list[Fact], rng: Random, mode: str) -> None:
    log = delayed(history, rng, 3 * DAY)
    plain, other = (run(rules, log, END_OF_TIME) for rules in (rulebook(), everywhere(mode)))
    assert as_bytes(_rest(plain)) == as_bytes(_rest(other))
    assert Counter(one.type for one in other if one.type == "directive.issued") == Counter()
    if mode == "shadow" and not any(one.code == "V-40" for one in plain):
        assert [_plain(one) for one in other if one.shadow] == [_plain(o) for o in plain if o.type[:9] == "directive"]


def _rest(said: list[Outcome]) -> list[Outcome]:
    """All but directives and V-40, which is about directives that were carried out."""
    return [one for one in said if not one.type.startswith("directive") and one.code != "V-40"]


def _plain(one: Outcome) -> tuple[Any, ...]:
    return one.id, one.type.replace("shadow_", "").replace("shadowed", "issued"), one.at, one.content, one.revision


def test_one_rule_of_one_market_is_switched_alone() -> None:
    rules = switched({"value": {"*": "issue", "R-04": "off"}}, market="JP")
    assert [rules.terms("JP").market.directs(rule, START) for rule in ("R-04", "R-44")] == ["off", "issue"]
    assert rules.terms("UK").market.directs("R-04", START) == "issue"
    said = run(rules, asked().facts, END_OF_TIME)
    assert {one.code for one in said if one.type == "directive.issued"} == {"cancel_order"}


@pytest.mark.parametrize(("day", "expected"), [(4, "shadowed"), (5, "issued")])
def test_the_local_day_on_which_it_would_be_issued_decides(day: int, expected: str) -> None:
    """It falls due at 12:00 on Wednesday, the 4th, in Japan."""
    since = {"value": {"*": "shadow"}, "from": date(2026, 3, day)}
    said = run(switched({"value": {"*": "issue"}}, since), asked().facts, DUE + HOUR)
    assert [state for _, state, _, _ in told(said, "approve_cancellation")] == [expected]


@pytest.mark.parametrize("mode", ["off", "shadow"])
def test_what_was_issued_is_not_taken_back_by_the_switch(mode: str) -> None:
    store, history = Store({}, {}), asked()
    said = facts(store, rulebook(), history.facts) + tick(store, rulebook(), ISSUED + 1)
    assert told(said, "approve_cancellation") == [("directive.issued", "issued", ISSUED, 1)]
    other = everywhere(mode)
    said = tick(store, other, ISSUED + HOUR) + tick(store, other, ISSUED + 2 * HOUR)
    assert told(said, "approve_cancellation") == []
    late = history.add("cancellation.withdrawn", DUE - HOUR, "s", "o", cancellation="c")
    wrong = step(store, other, late) + tick(store, other, END_OF_TIME)
    assert [row[:2] for row in told(wrong, "approve_cancellation")] == [("directive.withdrawn", "withdrawn")]


def test_what_was_shadowed_or_off_is_issued_when_the_switch_goes_back() -> None:
    for mode, revision in (("off", 1), ("shadow", 2)):
        store, back = Store({}, {}), ISSUED + 5 * HOUR
        facts(store, everywhere(mode), asked().facts)
        tick(store, everywhere(mode), ISSUED + HOUR)
        said = tick(store, rulebook(), back)
        assert told(said, "approve_cancellation") == [("directive.issued", "issued", back, revision)]


def test_a_shadowed_directive_that_proves_wrong_is_withdrawn_and_never_was_carried_out() -> None:
    store, rules, history = Store({}, {}), everywhere("shadow"), asked()
    facts(store, rules, history.facts)
    tick(store, rules, ISSUED + 1)
    done = history.add(
        "cancellation.decided", ISSUED + HOUR, "s", "o", cancellation="c", decision="approve", by="system"
    )
    late = history.add("cancellation.withdrawn", DUE - HOUR, "s", "o", cancellation="c")
    said = step(store, rules, done) + step(store, rules, late) + tick(store, rules, END_OF_TIME)
    assert [row[:2] for row in told(said, "approve_cancellation")] == [("directive.shadow_withdrawn", "withdrawn")]
    assert [one for one in said if one.code == "V-40"] == []


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ('{ "*" = "issue", "R-99" = "off" }', "there is no 'R-99'; it may be *, R-01, R-04,"),
        ('{ "*" = "maybe" }', "* is 'maybe'; it may be issue, shadow, off"),
        ('{ "R-04" = "off" }', '"*" is missing, which says what holds for every other name'),
        ('"off"', "'off' is no word_by_name"),
    ],
)
def test_a_switch_that_cannot_be_read_is_one_sentence(tmp_path: Path, value: str, sentence: str) -> None:
    folder = copied(tmp_path)
    put(folder / "markets" / "JP.toml", "directives", f'[{{ value = {value}, source = "t" }}]')
    with pytest.raises(PolicyError) as refused:
        load(folder)
    assert str(refused.value).startswith(f"markets/JP.toml, [directives]: {sentence}")


def test_whatif_names_the_switch_and_policy_shows_it(tmp_path: Path) -> None:
    a, b = Side.of(copied(tmp_path / "a"), Feeds()), Side.of(_shadowing(tmp_path / "b"), Feeds())
    stood = [_stood(side) for side in (a, b)]
    (one,) = (one for one in moved(*stood) if one.one.code == "approve_cancellation")
    assert (one.side, one.one.state) == ("only A", "issued")
    assert [(clause.key, clause.a, clause.b) for clause in clauses(a, b, one, {})] == [
        ("directives", "* issue", "* issue, R-04 shadow")
    ]
    held = holds(b.tables, "JP", "directives", date(2026, 3, 4))
    assert (held.of, written(held.value)) == ("JP", "* issue, R-04 shadow")
    assert any("directives" in keys for _, keys in groups(tmp_path / "b"))


def _shadowing(folder: Path) -> Path:
    value = '[{ value = { "*" = "issue", "R-04" = "shadow" }, source = "incident" }]'
    put(copied(folder) / "markets" / "JP.toml", "directives", value)
    return folder


def _stood(side: Side) -> Stood:
    outcomes = {one.id: one for one in run(side.rules, asked().facts, END_OF_TIME) if one.type == "directive.issued"}
    return Stood(outcomes, 3, 0)
