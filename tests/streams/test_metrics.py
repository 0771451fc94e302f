"""Every metric at every value it should have, every child from the start, and no label that names anybody."""

from collections import Counter
from random import Random

import msgspec
import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from detectors.catalogue import CODES, DIRECTIVE_KINDS, DUTY_RULES, NOTES
from detectors.facts import VERSION, Fact, Tick, encode
from detectors.outcomes import Outcome
from streams.batch import Batch
from streams.embedded import END_OF_TIME, run
from streams.ingest import DeadLetter, Raw
from streams.messages import Post
from streams.metrics import RAW_TOPICS, REASONS, SEVERITIES, TIERS, Metrics
from streams.monitor import Monitor
from streams.settings import Settings
from streams.topics import TABLES
from tests.disorder import delayed, repeated
from tests.histories import DAY, Writer, history
from tests.logs import rulebook
from tests.streams.test_lock import Kept, Table, Written

Samples = dict[tuple[str, tuple[str, ...]], float]
LABELS = {
    *("topic", "outcome", "reason", "code", "state", "kind", "rule", "severity", "tier", "version", "hash", "le"),
    *("source", "market"),  # declared feeds
    *("agent", "stage"),
}
KNOWN = {
    *RAW_TOPICS,
    *REASONS,
    *CODES,
    *DIRECTIVE_KINDS,
    *DUTY_RULES,
    *NOTES,
    *SEVERITIES,
    *TIERS,
    *("facts", "monitor", "body", "send", "append"),
    *(
        "fact",
        "dead_letter",
        "accepted",
        "duplicate",
        "raised",
        "confirmed",
        "withdrawn",
        "issued",
        "shadowed",
        "shadow_withdrawn",
    ),
    *("open", "met", "breached", "excused", "void", "directive", "finding"),
}


def samples(metrics: Metrics) -> Samples:
    """What a scrape shows: (name, label values) and its value."""
    text = generate_latest(metrics.registry).decode()
    return {
        (sample.name, tuple(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.fixture(scope="module")
def outcomes() -> list[Outcome]:
    """What is said of one long history, disorder and repeats included."""
    rng = Random(3)
    return run(rulebook(), repeated(delayed(history(rng, 150), rng, 3 * DAY), rng), END_OF_TIME)


def test_from_the_start_every_child_is_there_and_counts_nothing() -> None:
    shown = samples(Metrics(rulebook()))
    ones = {name for name, _ in shown if shown[name, _] != 0}
    assert ones == {"countermand_build_info", "countermand_policies_info"}
    assert {topic for name, topic in shown if name == "countermand_lag_seconds"} == {
        (t,) for t in (*RAW_TOPICS, "facts")
    }
    for code in CODES:
        for state in ("raised", "confirmed", "withdrawn"):
            assert ("countermand_findings_total", (code, state)) in shown
    for kind in DIRECTIVE_KINDS:
        assert ("countermand_directives_total", (kind, "issued")) in shown
    for rule in DUTY_RULES:
        assert ("countermand_duties", (rule, "open")) in shown
    for reason in REASONS:
        assert ("countermand_dead_letters_total", (reason,)) in shown


def test_what_was_said_is_counted_as_said(outcomes: list[Outcome]) -> None:
    metrics = Metrics(rulebook())
    metrics.said(outcomes)
    shown = samples(metrics)
    steps = Counter((one.type, one.code) for one in outcomes)
    last = {one.id: one for one in outcomes if one.type.startswith(("finding.", "duty.changed"))}
    for code in CODES:
        for state in ("raised", "confirmed", "withdrawn"):
            assert shown["countermand_findings_total", (code, state)] == steps[f"finding.{state}", code], (code, state)
        standing = [o for o in last.values() if o.code == code and o.type.startswith("finding.")]
        standing = [o for o in standing if o.state != "withdrawn" and "cleared" not in o.data]
        assert sum(shown["countermand_findings_standing", (code, s)] for s in SEVERITIES) == len(standing), code
    for kind in DIRECTIVE_KINDS:
        for state in ("issued", "withdrawn"):
            assert shown["countermand_directives_total", (kind, state)] == steps[f"directive.{state}", kind]
    duties = Counter((o.code, o.state) for o in last.values() if o.type == "duty.changed")
    for rule in DUTY_RULES:
        for state in ("open", "met", "breached", "excused", "void"):
            assert shown["countermand_duties", (rule, state)] == duties[rule, state], (rule, state)


def test_facts_of_each_outcome_are_counted_and_a_conflict_is_a_dead_letter(outcomes: list[Outcome]) -> None:
    metrics = Metrics(rulebook())
    metrics.said(outcomes)
    shown, received = samples(metrics), Counter(one.type for one in outcomes)
    assert shown["countermand_facts_total", ("accepted",)] == received["fact.accepted"] > 0
    assert shown["countermand_facts_total", ("duplicate",)] == received["fact.duplicate"] > 0
    conflicts = received["fact.conflicting_duplicate"]
    assert shown["countermand_facts_total", ("dead_letter",)] == conflicts
    assert shown["countermand_dead_letters_total", ("conflicting_duplicate",)] == conflicts


def test_the_delay_of_a_conclusion_is_the_tick_less_its_instant(outcomes: list[Outcome]) -> None:
    finding = next(one for one in outcomes if one.type == "finding.raised")
    metrics = Metrics(rulebook())
    metrics.said([finding], finding.at + 1500)
    metrics.said([finding])  # by a fact: nobody waited for a tick
    shown = samples(metrics)
    assert shown["countermand_conclusion_delay_seconds_sum", ("finding",)] == 1.5
    assert shown["countermand_conclusion_delay_seconds_count", ("finding",)] == 1
    assert shown["countermand_conclusion_delay_seconds_count", ("directive",)] == 0


def test_ingest_counts_facts_with_their_lateness_and_dead_letters_with_their_reason() -> None:
    metrics = Metrics(rulebook())
    metrics.ingested("orders", fact(late=2500))
    metrics.ingested(
        "messages", DeadLetter("not_json", "", "The event is no JSON.", Raw(b"{", b"", (), "messages", 0, 0, 0))
    )
    shown = samples(metrics)
    assert shown["countermand_events_total", ("fact", "orders")] == 1
    assert shown["countermand_events_total", ("dead_letter", "messages")] == 1
    assert shown["countermand_dead_letters_total", ("not_json",)] == 1
    assert shown["countermand_lateness_seconds_sum", ("orders",)] == 2.5
    assert shown["countermand_lateness_seconds_count", ("messages",)] == 0


def fact(late: int) -> Fact:
    """One fact, so many ms late."""
    on_time = Writer(Random(1), "JP").add("order.paid", 1_772_445_600_000, "s1", "o1", amount="1", currency="JPY")
    return msgspec.structs.replace(on_time, arrived=on_time.at + late)


def test_times_and_gauges_show_what_they_were_told() -> None:
    metrics = Metrics(rulebook())
    metrics.ticked(1_772_445_600_500)
    metrics.stepped(0.25)
    metrics.lag("orders", 7, 1.5)
    metrics.watch(lambda: 1_772_445_601_000, lambda: {"T1": 2}, lambda: 3)
    shown = samples(metrics)
    assert shown["countermand_tick_timestamp_seconds", ()] == 1_772_445_600.5
    assert shown["countermand_step_seconds_sum", ()] == 0.25
    assert shown["countermand_lag_records", ("orders",)] == 7
    assert shown["countermand_lag_seconds", ("orders",)] == 1.5
    assert shown["countermand_oldest_undecided_due_timestamp_seconds", ()] == 1_772_445_601
    assert shown["countermand_sellers", ("T1",)] == 2
    assert shown["countermand_sellers", ("ok",)] == 0
    assert shown["countermand_orders_open", ()] == 3


def test_the_tick_is_the_least_that_every_partition_here_has() -> None:
    rules = rulebook()
    metrics = Metrics(rules)
    orders, sellers = Table(TABLES[0]), Table(TABLES[1])
    monitor = Monitor(rules, Post(Settings(partitions=3)), metrics, (orders, sellers))
    here = {partition: Kept({table: {} for table in TABLES}) for partition in (0, 1, 2)}

    def shown_after(partition: int, at: int) -> float:
        tick = Written(at, encode(Tick(VERSION, at * 1000, rules.policies.hash)))
        for _ in monitor(Batch("facts", partition, [tick], 50, here[partition])):  # type: ignore[arg-type]
            here[partition].write()
        return shown()

    def shown() -> float:
        return samples(metrics)["countermand_tick_timestamp_seconds", ()]

    assert [shown_after(0, 100), shown_after(1, 100), shown_after(2, 100)] == [100, 100, 100]
    assert [shown_after(0, 160), shown_after(2, 160), shown_after(0, 220)] == [100, 100, 100], "1 is stuck"
    monitor.look()
    assert shown() == 100
    del here[1]
    assert shown_after(0, 221) == 160, "what has left holds nothing back"
    here.clear()
    monitor.look()
    assert shown() == 0


def test_no_label_names_a_seller_an_order_or_a_buyer(outcomes: list[Outcome]) -> None:
    """Labels and their values come from closed lists, so that ten times the shops bring not one series more."""
    metrics = Metrics(rulebook())
    metrics.said(outcomes)
    cards = set(rulebook().cards)
    for family in text_string_to_metric_families(generate_latest(metrics.registry).decode()):
        for sample in family.samples:
            assert sample.labels.keys() <= LABELS, sample.name
            closed = {v for k, v in sample.labels.items() if k not in {"le", "version", "hash"}}
            assert closed <= KNOWN | cards, sample.name
    assert samples(metrics).keys() == samples(Metrics(rulebook())).keys()


def test_the_seam_tells_of_its_batches() -> None:
    metrics = Metrics(rulebook())
    before = samples(metrics)
    metrics.batches.cut("monitor", 40, 7, (0.5, 0.25, 0.125))
    metrics.batches.claimed()
    metrics.batches.restored(1000, 2.5)
    metrics.batches.voided(3)
    metrics.batches.split()
    value = metrics.registry.get_sample_value
    told = {
        "countermand_rows_written_total": 7,
        "countermand_claims_total": 1,
        "countermand_restores_total": 1,
        "countermand_restored_rows_total": 1000,
        "countermand_restore_seconds_total": 2.5,
        "countermand_void_batches_total": 3,
        "countermand_batches_split_total": 1,
    }
    assert {name: value(name) for name in told} == told
    stages = {"body": 0.5, "send": 0.25, "append": 0.125}
    for stage, seconds in stages.items():
        assert value("countermand_batch_seconds_sum", {"agent": "monitor", "stage": stage}) == seconds
    assert value("countermand_batch_records_sum", {"agent": "monitor"}) == 40
    assert samples(metrics).keys() == before.keys(), "every child was there from the start"
