"""Promise 9: other policies or another calendar move open clocks with a reason, and never touch what is closed."""

from collections.abc import Mapping
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from detectors.facts import VERSION, Fact, Tick, decode, encode
from detectors.outcomes import Outcome
from detectors.policy import Policies
from detectors.rulebook import Rulebook
from detectors.step import step
from detectors.store import Store
from policies import read
from streams.embedded import END_OF_TIME
from streams.events.outgoing import OUTCOMES
from tests.disorder import delayed
from tests.final_view import difference, view_of
from tests.histories import DAY, HOUR, Writer, histories
from tests.logs import as_bytes, changed, few, restored, rulebook

START = 1_772_409_600_000  # Monday, 2026-03-02 00:00 UTC, 09:00 in Japan
FINAL = 16 * HOUR + 6 * 60_000


def with_holiday(day: str) -> Rulebook:
    """The rules that ship, with one more holiday in Japan."""
    tables = read()
    years = {name: dict(days) for name, days in tables.calendars["JP"]["years"].items()}
    years[day[:4]]["holidays"] = {**years[day[:4]]["holidays"], day: "proclaimed late"}
    calendars = {**tables.calendars, "JP": {**tables.calendars["JP"], "years": years}}
    return Rulebook(Policies.of(tables.default, tables.markets, calendars, tables.reasons))


def bought(seller: str = "s") -> Writer:
    out = Writer(Random(0), "JP")
    out.add("order.placed", START, seller, "o", buyer="b", lines=[{"line": "1", "sku": "k"}])
    out.add("order.paid", START + HOUR, seller, "o", amount="1", currency="JPY")
    return out


def asked() -> Writer:
    out = bought()
    out.add("cancellation.requested", START + 3 * HOUR, "s", "o", cancellation="c", by="buyer")
    return out


DUE = START + 51 * HOUR


def facts(store: Store, rules: Rulebook, several: list[Fact]) -> list[Outcome]:
    """What is said of them, time having begun before."""
    tick(store, rules, several[0].at)
    return [one for fact in several for one in step(store, rules, fact)]


def tick(store: Store, rules: Rulebook, at: int) -> list[Outcome]:
    return step(store, rules, Tick(VERSION, at, rules.policies.hash))


def of(said: list[Outcome], *codes: str) -> list[tuple[str, str, str]]:
    return [(one.code, one.type.split(".")[1], one.state) for one in said if one.code in codes]


def test_an_open_clock_moves_and_says_why() -> None:
    store, new = Store({}, {}), changed(response_sla="72 h")
    facts(store, rulebook(), asked().facts)
    tick(store, rulebook(), START + 4 * HOUR)
    (moved,) = (one for one in tick(store, new, START + 5 * HOUR) if one.code == "R-03")
    data = moved.event()["data"]
    assert (data["state"], data["revision"], data["due"]) == ("open", 2, "2026-03-05T03:00:00.000Z")
    old, hash_ = rulebook().policies.hash, new.policies.hash
    assert data["reason"] == f"the policies {hash_} took the place of {old}"
    OUTCOMES["duty.changed"][1].model_validate(data)
    assert of(tick(store, new, DUE + DAY - 1), "V-01", "approve_cancellation") == []
    assert of(tick(store, new, DUE + DAY + HOUR), "V-01") == [("V-01", "raised", "raised")]


def test_a_holiday_proclaimed_late_moves_the_open_dispatch_clock() -> None:
    store, new = Store({}, {}), with_holiday("2026-03-04")
    before = [one for one in facts(store, rulebook(), bought().facts) if one.code == "R-44"]
    tick(store, rulebook(), START + 2 * HOUR)
    after = [one for one in tick(store, new, START + 3 * HOUR) if one.code == "R-44"]
    assert {one.id for one in after} == {one.id for one in before}
    assert all(one.data["reason"] for one in after)
    dues = [{one.id: one.content.due for one in several} for several in (before, after)]  # type: ignore[union-attr]
    assert {dues[1][name] - dues[0][name] for name in dues[0]} == {DAY}


def test_a_duty_that_was_met_is_not_breached_by_a_shorter_limit() -> None:
    store, new, out = Store({}, {}), changed(response_sla="1 h"), asked()
    reject = {
        "cancellation": "c",
        "decision": "reject",
        "by": "seller",
        "reason": "seller_reject_apply_product_has_been_packed",
    }
    out.add("cancellation.decided", START + 20 * HOUR, "s", "o", **reject)
    assert of(facts(store, rulebook(), out.facts), "R-03") == [("R-03", "changed", "open"), ("R-03", "changed", "met")]
    tick(store, rulebook(), START + 21 * HOUR)
    late = out.add(
        "message.sent", START + 10 * HOUR, "s", "o", conversation="m", hits=[], listed=True, **{"from": "buyer"}
    )
    said = tick(store, new, START + 22 * HOUR) + step(store, new, late) + tick(store, new, END_OF_TIME)
    assert of(said, "R-03", "R-04", "V-01", "V-04", "approve_cancellation") == []


def test_a_breach_that_is_final_is_not_excused_by_a_longer_limit() -> None:
    store, new = Store({}, {}), changed(response_sla="96 h")
    facts(store, rulebook(), asked().facts)
    said = tick(store, rulebook(), DUE + FINAL)
    assert of(said, "V-01") == [("V-01", "raised", "raised"), ("V-01", "confirmed", "confirmed")]
    again = tick(store, new, DUE + FINAL + 1) + tick(store, new, END_OF_TIME)
    assert of(again, "R-03", "V-01", "approve_cancellation") == []


def test_a_fact_that_came_late_still_proves_innocence_by_the_due_it_was_closed_with() -> None:
    for hours, state in ((30, "met"), (60, "breached")):
        store, new, out = Store({}, {}), changed(response_sla="96 h"), asked()
        facts(store, rulebook(), out.facts)
        tick(store, rulebook(), DUE + FINAL)
        tick(store, new, DUE + FINAL + 1)
        late = out.add(
            "cancellation.decided", START + hours * HOUR, "s", "o", cancellation="c", decision="approve", by="seller"
        )
        said = step(store, new, late) + tick(store, new, END_OF_TIME)
        duty = [one for one in said if one.code == "R-03"]
        if state == "met":
            assert [(one.state, one.content.due) for one in duty] == [("met", DUE)]  # type: ignore[union-attr]
            assert [one[1] for one in of(said, "V-01")] == ["withdrawn"]
        else:
            (finding,) = (one for one in said if one.code == "V-01")
            assert duty == []
            assert finding.data["cleared"] == "2026-03-04T12:00:00.000Z"
            assert finding.data["due"] == "2026-03-04T03:00:00.000Z", "as it was said, but put right"


def test_before_it_is_final_a_breach_is_open_to_a_longer_limit() -> None:
    store, new = Store({}, {}), changed(response_sla="96 h")
    facts(store, rulebook(), asked().facts)
    tick(store, rulebook(), DUE + HOUR)
    said = tick(store, new, DUE + 2 * HOUR)
    assert {one[::2] for one in of(said, "R-03", "V-01", "approve_cancellation")} == {
        ("R-03", "open"),
        ("V-01", "withdrawn"),
        ("approve_cancellation", "withdrawn"),
    }


def test_what_was_over_is_not_judged_anew_by_a_rule_that_did_not_hold_then() -> None:
    """Under the new numbers the request, two hours after paying, would have been approved at once."""
    store, new, out = Store({}, {}), changed(instant_cancel="5 h"), asked()
    out.add(
        "cancellation.decided",
        START + 20 * HOUR,
        "s",
        "o",
        cancellation="c",
        decision="reject",
        by="seller",
        reason="x",
    )
    facts(store, rulebook(), out.facts)
    tick(store, rulebook(), START + 3 * DAY)
    said = tick(store, new, START + 3 * DAY + 1) + tick(store, new, END_OF_TIME)
    assert of(said, "R-01", "R-03", "V-03", "V-01", "approve_cancellation") == []


def test_a_rule_that_fails_under_new_policies_keeps_nothing_and_goes_on_when_it_works_again() -> None:
    """A calendar that lost the year: what was said stands meanwhile, and is judged as ever afterwards."""
    tables = read()
    years = {year: days for year, days in tables.calendars["JP"]["years"].items() if year < "2026"}
    broken = {**tables.calendars, "JP": {**tables.calendars["JP"], "years": years}}
    store, out = Store({}, {}), bought()
    lost = Rulebook(Policies.of(tables.default, tables.markets, broken, tables.reasons))
    out.add("order.in_transit", START + 5 * HOUR, "s", "o")
    met = [one for one in facts(store, rulebook(), out.facts) if one.code == "R-44" and one.state == "met"]
    tick(store, rulebook(), START + DAY)
    said = tick(store, lost, START + DAY + 1)
    assert {one.why for one in said if one.type == "rule.failed"} == {"MissingYearError"}
    said += tick(store, rulebook(), START + DAY + 2)
    assert met
    assert [one for one in said if one.id in {one.id for one in met} and one.content is not None] == []


NEW = changed(
    response_sla="30 h",
    instant_cancel="3 h",
    rts_sla="1 working days",
    tts_sla="5 working days",
    auto_cancel_ready="3 working days",
    refund_start="1 min",
    notice_after="10 min",
    return_window="2 calendar days",
    stale_orders_close=True,
    buyer_cancel_until="in_transit",
    unpaid_timeout="24 h",
    return_response="1 working days",
    edd_grace_local="1 calendar days",
    edd_grace_cross_border="20 calendar days",
)
CHANCE = st.randoms(use_true_random=False)
_ENDED = {"met", "excused", "void"}


def _closed(said: list[Outcome], at: int) -> Mapping[str, Outcome]:
    """What was closed by then: ended duties, breaches and findings that are final."""
    last = {one.id: one for one in said if one.type == "duty.changed" or one.type.startswith("finding.")}
    final = rulebook().terms("JP").market.ms("finality", at)
    return {
        name: one
        for name, one in last.items()
        if one.card is not None
        and one.card.name in {duty.card.name for duty in rulebook().rules}
        and (
            one.state in _ENDED
            or one.state == "confirmed"
            or (one.state == "breached" and one.content.due + final < at)  # type: ignore[union-attr]
        )
    }


@few(40)
@given(histories(4), CHANCE)
def test_a_change_of_policies_alone_touches_nothing_that_is_closed(history: list[Fact], rng: Random) -> None:
    store, log = Store({}, {}), delayed(history, rng, 3 * DAY)
    said = [one for fact in log for one in [*tick(store, rulebook(), fact.arrived), *step(store, rulebook(), fact)]]
    at = max(fact.arrived for fact in log) + rng.choice((1, HOUR, 20 * HOUR, 3 * DAY))
    said += tick(store, rulebook(), at)
    closed = _closed(said, at)
    later = [*tick(store, NEW, at + 1), *tick(store, NEW, at + 2), *tick(store, NEW, END_OF_TIME + 1)]
    assert [one for one in later if one.id in closed and one.content is not None] == []


@few(25)
@given(histories(4), CHANCE)
def test_policies_that_say_the_same_change_nothing(history: list[Fact], rng: Random) -> None:
    same = Rulebook(_renamed())
    log, store, other = delayed(history, rng, 3 * DAY), Store({}, {}), Store({}, {})
    plain, twice = list[Outcome](), list[Outcome]()
    for n, fact in enumerate(log):
        rules = same if n % 2 else rulebook()
        plain += [*tick(store, rulebook(), fact.arrived), *step(store, rulebook(), fact)]
        twice += [*tick(other, rules, fact.arrived), *step(other, rules, fact)]
    plain += tick(store, rulebook(), END_OF_TIME + 1)
    twice += tick(other, same, END_OF_TIME + 1)
    assert difference(view_of(plain), view_of(twice)) == []
    assert all(b"kept" not in row for row in other.orders.values())


def _renamed() -> Policies:
    tables = read()
    return Policies.of({**tables.default, "version": "another day"}, *tables[1:])


@few(25)
@given(histories(4), CHANCE, st.data())
def test_cut_anywhere_around_a_change(history: list[Fact], rng: Random, data: st.DataObject) -> None:
    log: list[Fact | Tick] = []
    turn = data.draw(st.integers(0, len(history)), label="turn")
    for n, fact in enumerate(delayed(history, rng, 3 * DAY)):
        hash_ = (NEW if n >= turn else rulebook()).policies.hash
        log += [Tick(VERSION, fact.arrived - rng.choice((0, 1, HOUR)), hash_), fact]
    log.append(Tick(VERSION, END_OF_TIME + 1, NEW.policies.hash))
    log = [decode(encode(record)) for record in log]
    cut = data.draw(st.integers(0, len(log)), label="cut")
    store = Store({}, {})
    before = as_bytes(_apply(log[:cut], store))
    assert before + as_bytes(_apply(log[cut:], restored(store))) == as_bytes(_apply(log, Store({}, {})))


def _apply(log: list[Fact | Tick], store: Store) -> list[Outcome]:
    """Each record under the policies of the last tick."""
    said: list[Outcome] = []
    for record in log:
        hash_ = record.policies if isinstance(record, Tick) else store.policies
        said += step(store, NEW if hash_ == NEW.policies.hash else rulebook(), record)
    return said
