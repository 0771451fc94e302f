"""Prometheus metrics of one process: base units, every known child from the start at 0, never an id in a label."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.metadata import version
from typing import get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from detectors.catalogue import CODES, DIRECTIVE_KINDS, DUTY_RULES, NOTES
from detectors.facts import Fact
from detectors.feeds import Pair
from detectors.outcomes import Outcome
from detectors.rulebook import Rulebook
from streams.batch import Meter
from streams.events.outgoing import DeadLetterReason
from streams.hearing import Hearing
from streams.ingest import DeadLetter
from streams.tally import DUTY_STATES, Tally

RAW_TOPICS = ("orders", "cancellations", "returns", "messages", "shops", "rulings")
REASONS: tuple[str, ...] = get_args(DeadLetterReason)
SEVERITIES = ("info", "low", "medium", "high", "critical")
TIERS = ("none", "low_volume", "ok", "target", "T1", "T2", "T3", "T4")
_DELAY = (0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600)
_LATENESS = (1, 5, 30, 60, 300, 900, 3600, 14400, 57600)
_READ = (*RAW_TOPICS, "facts")
_AGENTS, _STAGES = (*RAW_TOPICS, "monitor"), ("body", "send", "append")
_BATCH = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5)
_SIZES = (1, 10, 50, 100, 200, 500, 1000, 2000, 5000)
_STEP = (0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.005, 0.02, 0.1, 1)

_Values = Mapping[tuple[str, ...], float]


class Metrics:
    """The metrics of one worker, or of the demo. Told of what happens; asked by `/metrics`."""

    def __init__(self, rules: Rulebook, registry: CollectorRegistry | None = None) -> None:
        """One registry a process; it is made here unless given."""
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = registry or CollectorRegistry()
        self._tally = Tally()
        self._standing: dict[str, tuple[str, str]] = {}
        self._silent: set[Pair] = set()
        self._flows()
        self._times()
        self._counts(rules)
        self._states = _States(self._tally, self._standing)
        self.registry.register(self._states)
        self.batches = BatchMeter(self.registry)

    def _flows(self) -> None:
        self._events = self._counter("events", "Events read from the raw topics.", "topic", "outcome")
        self._facts = self._counter("facts", "Facts read by the monitor.", "outcome")
        self._dead = self._counter("dead_letters", "Dead letters of ingest and monitor.", "reason")
        self._findings = self._counter("findings", "What was said of findings.", "code", "state")
        self._directives = self._counter("directives", "What was said of directives.", "kind", "state")
        self._failed = self._counter("failed", "Times a rule failed for a subject.", "rule")
        _children(self._events, RAW_TOPICS, ("fact", "dead_letter"))
        _children(self._facts, ("accepted", "duplicate", "dead_letter"))
        _children(self._dead, REASONS)
        _children(self._findings, CODES, ("raised", "confirmed", "withdrawn"))
        _children(self._directives, DIRECTIVE_KINDS, ("issued", "withdrawn", "shadowed", "shadow_withdrawn"))

    def _times(self) -> None:
        self._lateness = Histogram(
            "countermand_lateness_seconds",
            "How long after it happened an event arrived.",
            ("topic",),
            buckets=_LATENESS,
            registry=self.registry,
        )
        self._delay = Histogram(
            "countermand_conclusion_delay_seconds",
            "How long after it became decidable a conclusion was said: the tick's instant less its own.",
            ("kind",),
            buckets=_DELAY,
            registry=self.registry,
        )
        about = "Time of one step, on average over a batch."
        self._step = Histogram("countermand_step_seconds", about, buckets=_STEP, registry=self.registry)
        self._tick = self._gauge("tick_timestamp_seconds", "The last tick that every partition here has; 0 for none.")
        self._lag_records = self._gauge("lag_records", "Records not read yet.", "topic")
        self._lag_seconds = self._gauge("lag_seconds", "Age of the oldest record not read yet.", "topic")
        _children(self._lateness, RAW_TOPICS)
        _children(self._delay, ("directive", "finding"))
        _children(self._lag_records, _READ)
        _children(self._lag_seconds, _READ)

    def _counts(self, rules: Rulebook) -> None:
        for name in rules.cards:
            self._failed.labels(name)
        self._quiet = self._gauge("feed_quiet", "1 while a watched feed is silent.", "source", "market")
        for source, market in Hearing(rules).watched:
            self._quiet.labels(source, market)
        self._gauge("build_info", "The version that runs.", "version").labels(version("countermand")).set(1)
        self._waits = self._gauge("policies_waiting", "1 while this worker waits because other policies are in force.")
        self._gauge("policies_info", "The policies that this worker has.", "hash").labels(rules.policies.hash).set(1)

    def _counter(self, name: str, about: str, *labels: str) -> Counter:
        return Counter(f"countermand_{name}", about, labels, registry=self.registry)

    def _gauge(self, name: str, about: str, *labels: str) -> Gauge:
        return Gauge(f"countermand_{name}", about, labels, registry=self.registry)

    def ingested(self, topic: str, result: Fact | DeadLetter) -> None:
        """Counts one event read from a raw topic (its name without prefix)."""
        if isinstance(result, DeadLetter):
            self._events.labels(topic, "dead_letter").inc()
            self._dead.labels(result.reason).inc()
            return
        self._events.labels(topic, "fact").inc()
        self._lateness.labels(topic).observe(max(result.arrived - result.at, 0) / 1000)

    def said(self, outcomes: Iterable[Outcome], tick: int | None = None) -> None:
        """Counts what one step said; `tick` (ms UTC) when a tick concluded it."""
        for outcome in outcomes:
            self._tally.add(outcome)
            kind, _, what = outcome.type.partition(".")
            if kind == "fact":
                self._received(what)
            elif kind == "finding":
                self._findings.labels(outcome.code, what).inc()
                self._stand(outcome)
            elif kind == "directive":
                self._directives.labels(outcome.code, what).inc()
            elif outcome.type == "rule.failed" and outcome.state == "on":
                self._failed.labels(outcome.code).inc()
            if tick is not None and kind in {"finding", "directive"}:
                self._delay.labels(kind).observe(max(tick - outcome.at, 0) / 1000)

    def _received(self, what: str) -> None:
        if what == "conflicting_duplicate":
            self._dead.labels(what).inc()
            what = "dead_letter"
        self._facts.labels(what).inc()

    def _stand(self, outcome: Outcome) -> None:
        data = outcome.data
        if outcome.state == "withdrawn" or "cleared" in data:
            self._standing.pop(data["finding"], None)
        else:
            self._standing[data["finding"]] = (outcome.code, data["severity"])

    def ticked(self, at: int, silent: Iterable[Pair] = ()) -> None:
        """Notes the last tick that every partition here has (ms UTC, 0 for none), and which feeds were silent then."""
        self._tick.set(at / 1000)
        now = set(silent)
        for pair in now ^ self._silent:
            self._quiet.labels(*pair).set(pair in now)
        self._silent = now

    def waiting(self, waits: bool) -> None:
        """Notes whether the worker waits because other policies than its own are in force."""
        self._waits.set(waits)

    def stepped(self, seconds: float) -> None:
        """Notes how long a step took, on average over a batch."""
        self._step.observe(seconds)

    def lag(self, topic: str, records: int, seconds: float) -> None:
        """Notes how far a consumer of the topic is behind."""
        self._lag_records.labels(topic).set(records)
        self._lag_seconds.labels(topic).set(seconds)

    def watch(
        self,
        earliest: Callable[[], int | None],
        tiers: Callable[[], Mapping[str, int]],
        open_orders: Callable[[], int],
    ) -> None:
        """What is asked at every scrape: the least undecided instant (ms UTC), sellers per tier, orders kept."""
        self._states.earliest, self._states.tiers, self._states.open_orders = earliest, tiers, open_orders


class BatchMeter(Meter):
    """The seam's own metrics: told once a batch."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._seconds = Histogram(
            "countermand_batch_seconds",
            "Time of a batch: its body, sending what it says, appending its rows.",
            ("agent", "stage"),
            buckets=_BATCH,
            registry=registry,
        )
        self._records = Histogram(
            "countermand_batch_records", "Records of a batch.", ("agent",), buckets=_SIZES, registry=registry
        )
        _children(self._seconds, _AGENTS, _STAGES)
        _children(self._records, _AGENTS)
        self._rows = _counted(registry, "rows_written", "Rows appended to the changelog.")
        self._split = _counted(registry, "batches_split", "Batches run again in parts: their rows did not fit.")
        self._void = _counted(registry, "void_batches", "Batches found of workers that had lost the partition.")
        self._claims = _counted(registry, "claims", "Partitions of the changelog claimed.")
        self._restores = _counted(registry, "restores", "Partitions whose rows were read back.")
        self._restored = _counted(registry, "restored_rows", "Records of the changelog read back.")
        self._restoring = _counted(registry, "restore_seconds", "Time of reading back.")

    def cut(self, agent: str, records: int, rows: int, seconds: tuple[float, float, float]) -> None:
        """A batch was kept."""
        for stage, one in zip(_STAGES, seconds, strict=True):
            self._seconds.labels(agent, stage).observe(one)
        self._records.labels(agent).observe(records)
        self._rows.inc(rows)

    def claimed(self) -> None:
        """A partition was claimed."""
        self._claims.inc()

    def restored(self, rows: int, seconds: float) -> None:
        """A partition's rows were read back."""
        self._restores.inc()
        self._restored.inc(rows)
        self._restoring.inc(seconds)

    def voided(self, batches: int) -> None:
        """Void batches were found."""
        self._void.inc(batches)

    def split(self) -> None:
        """A batch did not fit."""
        self._split.inc()


def _counted(registry: CollectorRegistry, name: str, about: str) -> Counter:
    return Counter(f"countermand_{name}", about, registry=registry)


class _States(Collector):
    """The gauges that are read at the scrape, so that a loop that stands still cannot freeze them."""

    def __init__(self, tally: Tally, standing: Mapping[str, tuple[str, str]]) -> None:
        self._tally, self._standing = tally, standing
        self.earliest: Callable[[], int | None] = lambda: None
        self.tiers: Callable[[], Mapping[str, int]] = dict
        self.open_orders: Callable[[], int] = int

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The gauges, each with every known child."""
        yield self._duties()
        yield self._open_findings()
        yield _family("not_applicable", "Subjects a rule cannot judge.", ("rule",), self._not_applicable())
        quality: _Values = {(kind,): self._tally.data_quality[kind] for kind in NOTES}
        yield _family("data_quality", "Oddities in the data (V-40).", ("kind",), quality)
        tiers = self.tiers()
        yield _family("sellers", "Sellers by tier of M-01r.", ("tier",), {(t,): tiers.get(t, 0) for t in TIERS})
        earliest = self.earliest()
        about = "The least instant that waits for a conclusion; 0 for none."
        due: _Values = {(): 0.0 if earliest is None else earliest / 1000}
        yield _family("oldest_undecided_due_timestamp_seconds", about, (), due)
        yield _family("orders_open", "Orders that are kept.", (), {(): self.open_orders()})

    def _duties(self) -> GaugeMetricFamily:
        counts: dict[tuple[str, ...], float] = {
            (r, s): self._tally.duties[r][s] for r in DUTY_RULES for s in DUTY_STATES
        }
        return _family("duties", "Duties by last state.", ("rule", "state"), counts)

    def _open_findings(self) -> GaugeMetricFamily:
        counts: dict[tuple[str, ...], float] = {(code, severity): 0 for code in CODES for severity in SEVERITIES}
        for held in list(self._standing.values()):
            counts[held] = counts.get(held, 0) + 1
        return _family("findings_standing", "Findings neither withdrawn nor cleared.", ("code", "severity"), counts)

    def _not_applicable(self) -> dict[tuple[str, ...], int]:
        rules = (*DUTY_RULES, *CODES)
        return {(rule,): sum(self._tally.not_applicable.get(rule, {}).values()) for rule in rules}


def _children(metric: Counter | Gauge | Histogram, *labels: Iterable[str]) -> None:
    """Creates every child, so that a series that never moved is 0 and not missing."""
    combinations: list[tuple[str, ...]] = [()]
    for values in labels:
        combinations = [(*one, value) for one in combinations for value in values]
    for one in combinations:
        metric.labels(*one)


def _family(name: str, about: str, labels: tuple[str, ...], values: _Values) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"countermand_{name}", about, labels=labels)
    for key, value in values.items():
        family.add_metric(key, value)
    return family
