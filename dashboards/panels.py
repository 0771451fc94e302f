"""The panels of the dashboard: what each shows, in which unit, by which queries."""

from typing import NamedTuple

from dashboards.alerts import REACHED


class Panel(NamedTuple):
    """One panel. `queries`: (expression, legend). `unit` is Grafana's; `bad` is the threshold of a stat."""

    title: str
    about: str
    unit: str
    queries: tuple[tuple[str, str], ...]
    kind: str = "timeseries"
    width: int = 12
    bad: float = 1


class Row(NamedTuple):
    """A row of panels under a heading."""

    title: str
    panels: tuple[Panel, ...]


def _flag(name: str, codes: str, about: str) -> tuple[Panel, Panel]:
    standing = f'sum(countermand_findings_standing{{code=~"{codes}"}})'
    raised = (
        f'sum by (code) (increase(countermand_findings_total{{code=~"{codes}", state="raised"}}[$__rate_interval]))'
    )
    return (
        Panel(
            f"{name}, standing",
            f"{about} Findings neither withdrawn nor put right.",
            "short",
            ((standing, ""),),
            "stat",
            4,
        ),
        Panel(f"{name}, raised", f"{about} Findings raised and revised.", "short", ((raised, "{{code}}"),), width=8),
    )


_RATE = "[$__rate_interval]"
ROWS = (
    Row(
        "The three flags",
        (
            *_flag("High-frequency cancellation", "V-13", "Bursts of cancellations by the seller's fault."),
            *_flag("Solicited cancellation", "V-10|V-12", "Sellers who push buyers to cancel, or say so falsely."),
            *_flag("Fake orders", "V-24|V-25|V-27", "Orders that look made, not wanted."),
        ),
    ),
    Row(
        "Duties and directives",
        (
            Panel(
                "Duties open",
                "Duties whose end is not known yet, by rule.",
                "short",
                (('sum by (rule) (countermand_duties{state="open"})', "{{rule}}"),),
            ),
            Panel(
                "Duties breached",
                "Duties that ended breached, by rule.",
                "short",
                (('sum by (rule) (countermand_duties{state="breached"})', "{{rule}}"),),
            ),
            Panel(
                "Next conclusion",
                "Time from the last tick to the least instant that waits for a conclusion; below zero it is overdue.",
                "s",
                (
                    (
                        (
                            "min((countermand_oldest_undecided_due_timestamp_seconds > 0)"
                            " - countermand_tick_timestamp_seconds)"
                        ),
                        "left",
                    ),
                ),
            ),
            Panel(
                "Directives",
                "Directives issued and withdrawn.",
                "short",
                ((f"sum by (kind, state) (increase(countermand_directives_total{_RATE}))", "{{kind}} {{state}}"),),
            ),
            Panel(
                "Findings by code",
                "What was said of findings.",
                "short",
                ((f"sum by (code, state) (increase(countermand_findings_total{_RATE}))", "{{code}} {{state}}"),),
            ),
            Panel(
                "Sellers by tier",
                "Sellers by tier of M-01r, the seller-fault cancellation rate of the last 168 hours.",
                "short",
                (("sum by (tier) (countermand_sellers)", "{{tier}}"),),
            ),
        ),
    ),
    Row(
        "Time",
        (
            Panel(
                "Tick age",
                "Time since the last tick that every partition has. Without ticks nothing is concluded.",
                "s",
                ((f"time() - {REACHED}", "age"),),
            ),
            Panel(
                "Conclusion delay, p99",
                "How long after it became decidable a conclusion was said.",
                "s",
                (
                    (
                        (
                            "histogram_quantile(0.99, sum by (kind, le)"
                            f" (rate(countermand_conclusion_delay_seconds_bucket{_RATE})))"
                        ),
                        "{{kind}}",
                    ),
                ),
            ),
            Panel(
                "Lateness of events, p99",
                "How long after it happened an event arrived, by topic.",
                "s",
                (
                    (
                        (
                            "histogram_quantile(0.99, sum by (topic, le)"
                            f" (rate(countermand_lateness_seconds_bucket{_RATE})))"
                        ),
                        "{{topic}}",
                    ),
                ),
            ),
            Panel(
                "Lag",
                "Age of the oldest record not read yet, by topic.",
                "s",
                (("max by (topic) (countermand_lag_seconds)", "{{topic}}"),),
            ),
            Panel(
                "Records not read",
                "Records that wait, by topic.",
                "short",
                (("max by (topic) (countermand_lag_records)", "{{topic}}"),),
            ),
            Panel(
                "Time of a step",
                "Mean time of one step of the monitor.",
                "s",
                (
                    (
                        (
                            f"sum(rate(countermand_step_seconds_sum{_RATE}))"
                            f" / sum(rate(countermand_step_seconds_count{_RATE}))"
                        ),
                        "mean",
                    ),
                ),
            ),
            Panel(
                "Time of a batch",
                "Mean time of the monitor's batches: computing, sending what it says, appending its rows.",
                "s",
                (
                    (
                        (
                            f'sum by (stage) (rate(countermand_batch_seconds_sum{{agent="monitor"}}{_RATE}))'
                            f' / sum by (stage) (rate(countermand_batch_seconds_count{{agent="monitor"}}{_RATE}))'
                        ),
                        "{{stage}}",
                    ),
                ),
            ),
            Panel(
                "Partitions that change hands",
                "Claims and restores a second; void batches are those of a worker that slept longer than its session.",
                "ops",
                (
                    (f"sum(rate(countermand_claims_total{_RATE}))", "claims"),
                    (f"sum(rate(countermand_restores_total{_RATE}))", "restores"),
                    (f"sum(rate(countermand_void_batches_total{_RATE}))", "void batches"),
                ),
            ),
        ),
    ),
    Row(
        "Events and health",
        (
            Panel(
                "Events by outcome",
                "Events read a second, by topic and what became of them.",
                "ops",
                ((f"sum by (topic, outcome) (rate(countermand_events_total{_RATE}))", "{{topic}} {{outcome}}"),),
            ),
            Panel(
                "Facts by outcome",
                "Facts a second: accepted, duplicates, conflicting.",
                "ops",
                ((f"sum by (outcome) (rate(countermand_facts_total{_RATE}))", "{{outcome}}"),),
            ),
            Panel(
                "Dead letters",
                "Dead letters a second, by reason.",
                "ops",
                ((f"sum by (reason) (rate(countermand_dead_letters_total{_RATE}))", "{{reason}}"),),
            ),
            Panel(
                "Not applicable",
                "Subjects a rule cannot judge, by rule: a fact or a feed is missing.",
                "short",
                (("sum by (rule) (countermand_not_applicable)", "{{rule}}"),),
            ),
            Panel(
                "Data quality",
                "Oddities in the data (V-40): counted, accusing nobody.",
                "short",
                (("sum by (kind) (countermand_data_quality)", "{{kind}}"),),
            ),
            Panel(
                "Rules that failed",
                "Times a rule failed for a subject. It is never silent for that: it is a defect of ours.",
                "short",
                ((f"sum by (rule) (increase(countermand_failed_total{_RATE}))", "{{rule}}"),),
            ),
            Panel("Orders kept", "Orders in the tables.", "short", (("sum(countermand_orders_open)", "orders"),)),
            Panel(
                "Version and policies",
                "What runs, and by which policies.",
                "short",
                (("countermand_build_info", "{{version}}"), ("countermand_policies_info", "{{hash}}")),
            ),
            Panel(
                "Silent feeds",
                "Watched feeds that are silent for longer than feed_quiet allows, by source and market.",
                "short",
                (("max by (source, market) (countermand_feed_quiet)", "{{source}} {{market}}"),),
            ),
            Panel(
                "Waiting for its policies",
                "Workers whose policies are not those in force: they wait and take no partition.",
                "short",
                (("sum(countermand_policies_waiting)", ""),),
                "stat",
                4,
            ),
        ),
    ),
)
