"""Foreign messages through the step: G-17, G-19, G-20, and that a second report of a state changes nothing."""

from typing import Any

import policies
from detectors.feeds import Feed, Feeds
from detectors.figures import figure_of
from detectors.outcomes import Outcome
from detectors.rulebook import Rulebook
from streams.embedded import END_OF_TIME, Embedded, run
from tests.streams.sources.reading import SHOP, facts, sample, with_data

TYPES = ("order.*", "cancellation.*", "return.*", "message.*")
RULES = Rulebook(policies.load(), Feeds([Feed("tiktok", ("*",), TYPES)]))
WITH_REFUNDS = Rulebook(policies.load(), Feeds([Feed("tiktok", ("*",), (*TYPES, "refund.*"))]))
PAID, DIRECT = sample("order_detail_paid"), sample("search_cancellations_direct")
CANCEL = sample("webhook_1_cancel")
SUCCESS = with_data("webhook_11_pending", cancel_status="CANCELLATION_REQUEST_SUCCESS", update_time=1772445900)


def hook(name: str, notification: str, **data: Any) -> dict[str, Any]:
    """The sample as another notification with other data."""
    return with_data(name, **data) | {"tts_notification_id": notification}


def said(*messages: Any, rules: Rulebook = RULES) -> list[Outcome]:
    """What is said of the messages in the order given, to the end of time; not what became of each fact."""
    outcomes = run(rules, facts(*messages), END_OF_TIME)
    return [one for one in outcomes if one.type.startswith(("duty.changed", "finding.", "directive."))]


def ended(outcomes: list[Outcome]) -> dict[str, list[str]]:
    """The states of every duty by its name, from the second on."""
    states: dict[str, list[str]] = {}
    for one in outcomes:
        if one.type == "duty.changed" and one.before:
            states.setdefault(one.data["name"], []).append(one.state)
    return states


def others(outcomes: list[Outcome]) -> list[tuple[str, str]]:
    """Findings and directives, as (type, code)."""
    return [(one.type, one.code) for one in outcomes if one.type != "duty.changed"]


def test_g17_a_direct_cancellation_by_the_buyer_is_his_own() -> None:
    for messages in ((PAID, DIRECT), (PAID, SUCCESS, CANCEL, DIRECT), (PAID, DIRECT, CANCEL)):
        outcomes = said(*messages)
        assert ended(outcomes) == {"lapse_unpaid": ["met"], "dispatch_ready": ["void"], "auto_cancel": ["void"]}
        assert others(outcomes) == []
        monitor = Embedded(RULES)
        for fact in facts(*messages):
            list(monitor.accept(fact))
        figure = figure_of(monitor.store, RULES, SHOP, facts(DIRECT)[0].arrived)
        assert (figure.num, figure.den, figure.tier) == (0, 1, "low_volume")


def test_g19_cancel_then_cancelled_is_one_transition() -> None:
    once = said(PAID, CANCEL)
    assert ended(once) == {"lapse_unpaid": ["met"], "dispatch_ready": ["void"], "auto_cancel": ["void"]}
    again = hook("webhook_1_cancel", "2", order_status="CANCELLED", update_time=1772445930)
    of_the_api = sample("order_detail_cancelled")
    for second in (again, of_the_api):
        assert [one.event() for one in said(PAID, CANCEL, second)] == [one.event() for one in once]


def test_a_second_report_of_a_state_changes_nothing() -> None:
    waiting = [PAID, sample("webhook_11_pending")]
    once = [one.event() for one in said(*waiting)]
    for second in (
        hook("webhook_11_pending", "8"),
        hook("webhook_1_cancel", "9", order_status="AWAITING_SHIPMENT", update_time=1772442100),
        sample("order_detail_paid"),
    ):
        assert [one.event() for one in said(*waiting, second)] == once


def test_a_request_closed_without_a_decision_is_void() -> None:
    outcomes = said(PAID, sample("search_cancellations_pending"), sample("webhook_11_cancelled"))
    assert ended(outcomes)["answer_request"] == ["void"]
    assert not [one for one in others(outcomes) if one[1] in {"V-01", "V-03", "V-05"}]


def test_g20_a_refund_told_15_hours_late_withdraws_the_finding() -> None:
    complete = hook("webhook_11_pending", "4", cancel_status="CANCELLATION_REQUEST_COMPLETE", update_time=1772446500)
    late = complete | {"recordedtime": "2026-03-03T01:15:00Z"}
    outcomes = said(PAID, CANCEL, late, rules=WITH_REFUNDS)
    assert others(outcomes) == [
        ("directive.issued", "start_refund"),
        ("finding.raised", "V-22"),
        ("finding.withdrawn", "V-22"),
    ]
    assert ended(outcomes)["start_refund"] == ["breached", "met"]
