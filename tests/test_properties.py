"""The promises of design §6, on histories that reach every rule. PROPERTIES=long looks much further."""

import re
from collections import Counter
from collections.abc import Iterator
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors import step as stepping
from detectors.catalogue import CODES, DIRECTIVE_KINDS, DUTIES
from detectors.facts import Fact, Tick, decode, encode
from detectors.outcomes import Outcome
from detectors.step import step
from detectors.store import Store
from streams.embedded import END_OF_TIME, run
from tests import conservation
from tests.disorder import contradicted, delayed, repeated
from tests.final_view import View, difference, view_of
from tests.histories import DAY, SETTLE, histories, history
from tests.logs import Log, apply, as_bytes, few, log_time, restored, rulebook, with_ticks

LATE = 20 * DAY  # with the length of a history less than window_memory: every window is still judged
CHANCE = st.randoms(use_true_random=False)

UNREACHABLE = {  # no fact can bring these about
    *((duty.card.name, "excused") for duty in DUTIES if duty.card.name != "execute_approval"),  # duties §1: only A-26
    *((name, "void") for name in ("notify_buyer", "notify_seller", "allow_return", "settle_refused_parcel")),
    *((name, "void") for name in ("start_refund", "finish_refund", "close_stale")),  # duties §1: nothing voids these
    *((name, "withdrawn") for name in ("answer_return", "close_stale", "settle_refused_parcel")),  # what opened stays
}


def test_the_generator_reaches_every_rule() -> None:
    """Every code, directive and duty state comes up, so that no property below is about nothing."""
    reached: Counter[tuple[str, str]] = Counter()
    for seed in (*range(700), 1265, 1514):  # the last two: a consent that came to nothing, which is rare
        rng = Random(seed)
        for one in run(rulebook(), delayed(history(rng, 5), rng, 3 * DAY, percent=25), END_OF_TIME):
            if one.type == "duty.changed" and one.card:
                reached[one.card.name, one.state] += 1
            elif one.content is not None:
                reached[one.code, one.state] += 1
    states = ("open", "met", "breached", "void", "excused", "withdrawn")
    wanted = {(duty.card.name, state) for duty in DUTIES for state in states}
    wanted |= {(code, state) for code in CODES for state in ("raised", "confirmed")}
    wanted |= {(kind, state) for kind in DIRECTIVE_KINDS for state in ("issued", "withdrawn")}
    assert wanted - UNREACHABLE - reached.keys() == set()
    assert {key for key in reached if key in UNREACHABLE} == set()


# 1, 3. Log equality; every prefix


@few(30)
@given(histories(4), CHANCE, st.sampled_from((0, 40, 100)))
def test_the_same_log_gives_the_same_bytes(facts: list[Fact], rng: Random, percent: int) -> None:
    log = with_ticks(contradicted(repeated(delayed(facts, rng, LATE), rng), rng), rng, percent)
    again = [decode(encode(record)) for record in log]
    assert as_bytes(apply(log, Store({}, {}))) == as_bytes(apply(again, Store({}, {})))


@few(40)
@given(histories(4), CHANCE, st.sampled_from((0, 40, 100)), st.data())
def test_cut_anywhere_restored_and_gone_on(facts: list[Fact], rng: Random, percent: int, data: st.DataObject) -> None:
    log = with_ticks(contradicted(repeated(delayed(facts, rng, LATE), rng), rng), rng, percent)
    cut = data.draw(st.integers(0, len(log)), label="cut")
    store = Store({}, {})
    before = as_bytes(apply(log[:cut], store))
    assert before + as_bytes(apply(log[cut:], restored(store))) == as_bytes(apply(log, Store({}, {})))


@few(25)
@given(histories(4), CHANCE)
def test_a_fact_that_no_rule_reads_needs_no_judging(facts: list[Fact], rng: Random) -> None:
    log = with_ticks(delayed(facts, rng, LATE), rng)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stepping, "is_inert", lambda fact, known: False)
        judged = as_bytes(apply(log, Store({}, {})))
    assert as_bytes(apply(log, Store({}, {}))) == judged


# 2. Final equality


def _standing(view: View) -> View:
    """Findings and duties: directives are promised only for facts at most `settle` late."""
    return {name: row for name, row in view.items() if row[1] != "issued"}


@few(40)
@given(histories(4), CHANCE, st.sampled_from((0, 40, 100)))
def test_arrival_repeats_and_ticks_change_no_final_view(facts: list[Fact], rng: Random, percent: int) -> None:
    log = with_ticks(repeated(delayed(facts, rng, SETTLE), rng), rng, percent)
    assert difference(view_of(run(rulebook(), facts, END_OF_TIME)), view_of(apply(log, Store({}, {})))) == []


@few(40)
@given(histories(4), CHANCE, st.sampled_from((0, 40, 100)))
def test_days_of_delay_change_no_finding_and_no_duty(facts: list[Fact], rng: Random, percent: int) -> None:
    log = with_ticks(repeated(delayed(facts, rng, LATE), rng), rng, percent)
    punctual, late = view_of(run(rulebook(), facts, END_OF_TIME)), view_of(apply(log, Store({}, {})))
    assert difference(_standing(punctual), _standing(late)) == []


@few(20)
@given(histories(5), CHANCE)
def test_partitions_change_nothing_that_is_said_of_a_seller(facts: list[Fact], rng: Random) -> None:
    log = with_ticks(delayed(facts, rng, LATE), rng, 60)
    together = apply(log, Store({}, {}))
    for seller in sorted({fact.seller for fact in facts}):
        own: Log = [one for one in log if isinstance(one, Tick) or one.seller == seller]
        alone = apply(own, Store({}, {}))
        assert as_bytes(one for one in together if one.seller == seller) == as_bytes(alone)


# 4, 5. Conservation


@few(30)
@given(histories(4), CHANCE)
def test_duties_and_events_are_conserved(facts: list[Fact], rng: Random) -> None:
    log = contradicted(repeated(delayed(facts, rng, LATE), rng), rng)
    assert conservation.broken(log, run(rulebook(), log, END_OF_TIME)) == []


# 8. Evidence adds up


@few(40)
@given(histories(4), CHANCE)
def test_every_finding_is_proved_by_the_facts_it_lists(facts: list[Fact], rng: Random) -> None:
    by_id = {fact.id: fact for fact in facts}
    for one in _standing_findings(run(rulebook(), delayed(facts, rng, LATE), END_OF_TIME)):
        listed = sorted((by_id[name] for name in one.data["facts"]), key=lambda fact: fact.at)
        alone = {again.id: again for again in _standing_findings(run(rulebook(), listed, END_OF_TIME))}
        assert one.id in alone, one.data
        assert _proved(alone[one.id]) == _proved(one)


def _standing_findings(said: list[Outcome]) -> Iterator[Outcome]:
    """The last word on each finding that stands; V-40 is about what was said, not about the facts."""
    last = {one.id: one for one in said if one.type.startswith("finding.")}
    return (one for one in last.values() if one.state != "withdrawn" and one.code != "V-40")


def _proved(one: Outcome) -> dict[str, object]:
    return {name: value for name, value in one.data.items() if name not in {"at", "revision", "after_finality"}}


# The hold: a backlog is not a breach (design §3)


@few(40)
@given(histories(4), CHANCE, st.sampled_from((0, 40, 100)))
def test_after_a_backlog_nothing_new_is_said_too_soon(facts: list[Fact], rng: Random, percent: int) -> None:
    log = with_ticks(delayed(facts, rng, LATE), rng, percent)
    store, held = Store({}, {}), dict[tuple[str, str], int]()
    for record in log:
        said = step(store, rulebook(), record)
        if isinstance(record, Fact) and record.arrived - record.at > SETTLE:
            held[record.seller, record.subject] = record.arrived
        for one in said:
            wait = _wait(one)
            assert one.at <= log_time(record), one
            if wait and (one.seller, one.subject) in held:
                assert one.at >= held[one.seller, one.subject] + wait, one


def _wait(one: Outcome) -> int:
    """How long what is new must wait: settle for a directive, grace for a finding; 0 for what is not new."""
    if one.before not in {"", "withdrawn"} or one.profile is None:
        return 0
    key = {"directive.issued": "settle", "finding.raised": "grace"}.get(one.type)
    return one.profile.ms(key, one.at) if key else 0


# 10. No id in a count


@few(15)
@given(histories(4), CHANCE)
def test_no_id_in_anything_that_is_counted(facts: list[Fact], rng: Random) -> None:
    words = {word for fact in facts for word in (fact.seller, fact.subject, fact.id) if word}
    words |= {
        str(fact.data[name]) for fact in facts for name in ("buyer", "cancellation", "party_id") if name in fact.data
    }
    for one in run(rulebook(), delayed(facts, rng, LATE), END_OF_TIME):
        if one.type in {"count.changed", "rule.failed"}:
            assert words.isdisjoint(re.findall(r"[\w-]+", f"{one.code} {one.why} {one.state}")), one


# Design §3: a conclusion waits for its instant, and for nothing else


@few(30)
@given(histories(4), CHANCE)
def test_a_conclusion_is_said_at_the_first_tick_after_its_instant(facts: list[Fact], rng: Random) -> None:
    store, ticked = Store({}, {}), 0
    for record in with_ticks(delayed(facts, rng, LATE), rng):
        late = [one for one in step(store, rulebook(), record) if one.content is not None and one.at < ticked]
        assert late == [], f"{len(late)} said after the tick that should have said them"
        ticked = max(ticked, record.at) if isinstance(record, Tick) else ticked
