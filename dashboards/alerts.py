"""The alerts: cases go to the queue of trust and safety, symptoms to whoever is on call."""

from typing import NamedTuple

REPOSITORY = "https://github.com/countermand/countermand/blob/main"


class Alert(NamedTuple):
    """One alert. `lasts`: how long the expression must hold. Its runbook is dashboards/runbooks/<name>.md."""

    name: str
    expr: str
    lasts: str
    severity: str
    audience: str
    summary: str
    description: str


def _flag(name: str, codes: str, summary: str) -> Alert:
    expr = f'sum(increase(countermand_findings_total{{code=~"{codes}", state="raised"}}[1h])) > 0'
    text = (
        f"{{{{ $value | humanize }}}} findings of {codes.replace('|', ', ')} within the last hour. Each is a suspicion."
    )
    return Alert(name, expr, "0m", "warning", "trust-safety", summary, text)


REACHED = "(min(countermand_tick_timestamp_seconds > 0) or min(countermand_tick_timestamp_seconds))"
"""The last tick that every partition has. A worker without partitions shows 0: that counts only when all do."""
_LATE = "sum(rate(countermand_lateness_seconds_count[15m]))"
ALERTS = (
    _flag("CountermandHighFrequencyCancellation", "V-13", "A seller cancels many orders by his own fault."),
    _flag("CountermandSolicitedCancellation", "V-10|V-12", "A seller is suspected of making buyers cancel."),
    _flag("CountermandFakeOrders", "V-24|V-25|V-27", "Orders are suspected to be made up."),
    Alert(
        "CountermandTicksStandStill",
        f"time() - {REACHED} > 60",
        "1m",
        "critical",
        "on-call",
        "A partition has had no tick for a minute: nothing is concluded there.",
        "The last tick is {{ $value | humanizeDuration }} old. Silent sellers are not flagged meanwhile.",
    ),
    Alert(
        "CountermandConclusionsOverdue",
        "countermand_tick_timestamp_seconds - (countermand_oldest_undecided_due_timestamp_seconds > 0) > 300",
        "1m",
        "critical",
        "on-call",
        "A conclusion is overdue although time goes on.",
        "The oldest undecided instant lies {{ $value | humanizeDuration }} behind the last tick.",
    ),
    Alert(
        "CountermandLagGrowing",
        "max by (topic) (countermand_lag_seconds) > 120",
        "5m",
        "warning",
        "on-call",
        "A topic is not read fast enough.",
        "The oldest unread record of {{ $labels.topic }} is {{ $value | humanizeDuration }} old.",
    ),
    Alert(
        "CountermandDeadLetters",
        'sum(rate(countermand_events_total{outcome="dead_letter"}[15m]))'
        " / sum(rate(countermand_events_total[15m])) > 0.01",
        "5m",
        "warning",
        "on-call",
        "More than one event in a hundred is a dead letter.",
        "{{ $value | humanizePercentage }} of the events of the last 15 minutes cannot be used.",
    ),
    Alert(
        "CountermandRuleFailed",
        "sum by (rule) (increase(countermand_failed_total[15m])) > 0",
        "0m",
        "critical",
        "on-call",
        "A rule failed for a subject: a defect of ours.",
        "{{ $labels.rule }} failed {{ $value | humanize }} times in 15 minutes; what it had said stands meanwhile.",
    ),
    Alert(
        "CountermandEventsLate",
        f'1 - sum(rate(countermand_lateness_seconds_bucket{{le="300.0"}}[15m])) / {_LATE} > 0.05',
        "10m",
        "warning",
        "on-call",
        "One event in twenty arrives more than five minutes late.",
        "{{ $value | humanizePercentage }} of the events of the last 15 minutes were over five minutes late.",
    ),
    Alert(
        "CountermandFeedQuiet",
        "max by (source, market) (countermand_feed_quiet) == 1",
        "0m",
        "critical",
        "on-call",
        "A declared feed is silent: conclusions from its absence wait.",
        "Nothing has come from {{ $labels.source }} in {{ $labels.market }} for longer than feed_quiet allows.",
    ),
    Alert(
        "CountermandPoliciesWaiting",
        "countermand_policies_waiting == 1",
        "5m",
        "critical",
        "on-call",
        "A worker waits because other policies than its own are in force.",
        "{{ $labels.instance }} has taken no partition for five minutes; workers with other policies lead.",
    ),
    Alert(
        "CountermandDown",
        'up{job="countermand"} == 0',
        "1m",
        "critical",
        "on-call",
        "A worker does not answer.",
        "{{ $labels.instance }} has not answered for a minute; the others take over its partitions.",
    ),
    Alert(
        "CountermandNoEvents",
        "sum(rate(countermand_events_total[15m])) == 0",
        "15m",
        "warning",
        "on-call",
        "No event has come for half an hour.",
        "A silent feed is never a silent seller: find out who stopped sending.",
    ),
)
