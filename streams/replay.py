"""`countermand replay`: a history through the same step as live, written to a folder (contract §3)."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from detectors.clock import rfc3339
from detectors.facts import Fact, Tick, decode
from detectors.outcomes import Outcome
from detectors.rulebook import Rulebook
from detectors.step import step
from detectors.store import Store
from streams.deadletters import conflicting, file_line
from streams.embedded import END_OF_TIME, Embedded
from streams.history import FileReader, HistoryError
from streams.ingest import DeadLetter
from streams.outputs import OutputFolder
from streams.tally import Tally


class Counts:
    """What came in, beside what was said."""

    def __init__(self) -> None:
        self.received = 0
        self.unread = 0
        self.dead: Counter[str] = Counter()
        self.tally = Tally()

    def summary(self, policies: str, first: int | None, last: int | None, until: int | None) -> dict[str, Any]:
        """The contract's `summary.json`."""
        facts = self.tally.facts
        return {
            "events": {
                "received": self.received,
                "accepted": facts["accepted"],
                "duplicates": facts["duplicate"],
                "dead_letters": sum(self.dead.values()),
                "unread": self.unread,
            },
            "dead_letters": dict(sorted(self.dead.items())),
            **self.tally.summary(),
            "policies": policies,
            "log_time": {"first": _instant(first), "last": _instant(last)},
            "until": "end" if until == END_OF_TIME else _instant(last if until is None else until),
        }


def _instant(at: int | None) -> str | None:
    return None if at is None else rfc3339(at)


def replay(rules: Rulebook, reader: FileReader, out: OutputFolder, until: int | None = None) -> dict[str, Any]:
    """Runs the history and writes everything that is said of it; returns the summary."""
    embedded, counts = Embedded(rules), Counts()
    for item in reader:
        counts.received += 1
        if isinstance(item, DeadLetter):
            counts.dead[item.reason] += 1
            out.dead_letter(file_line(item))
            continue
        _write(embedded.accept(item), item, counts, out)
    _write(embedded.close(until), None, counts, out)
    counts.unread = reader.unread
    summary = counts.summary(rules.policies.hash, embedded.first, embedded.last, until)
    out.summary(summary)
    return summary


def _write(outcomes: Iterable[Outcome], fact: Fact | None, counts: Counts, out: OutputFolder) -> None:
    for outcome in outcomes:
        counts.tally.add(outcome)
        if outcome.type == "fact.conflicting_duplicate":
            assert fact is not None
            counts.dead["conflicting_duplicate"] += 1
            out.dead_letter(file_line(conflicting(fact)))
        else:
            out.write(outcome)


def replay_facts(rules: Rulebook, dump: Path, out: OutputFolder) -> dict[str, Any]:
    """Runs a dump of the facts log, ticks included: each partition through a store of its own, in log order.

    HistoryError names the line that is no record of a dump, or a tick under other policies or feeds than those given.
    """
    counts, stores = Counts(), dict[int, Store]()
    first: int | None = None
    last: int | None = None
    for number, partition, record in _records(dump):
        _under(rules, record, f"{dump}, line {number}")
        _declared(rules, record, f"{dump}, line {number}")
        store = stores.setdefault(partition, Store({}, {}))
        fact = record if isinstance(record, Fact) else None
        if fact is not None:
            counts.received += 1
            first = fact.arrived if first is None else min(first, fact.arrived)
            last = fact.arrived if last is None else max(last, fact.arrived)
        _write(step(store, rules, record), fact, counts, out)
    summary = counts.summary(rules.policies.hash, first, last, last)
    out.summary(summary)
    return summary


def _under(rules: Rulebook, record: Fact | Tick, where: str) -> None:
    """HistoryError for a tick under other policies: what was said because of it cannot be told by these."""
    own = rules.policies.hash
    if isinstance(record, Tick) and record.policies != own:
        raise HistoryError(
            f"{where} is a tick under the policies {record.policies}, but those given are {own};"
            " name the folder it was made under with --policies"
        )


def _declared(rules: Rulebook, record: Fact | Tick, where: str) -> None:
    """HistoryError for a tick that names a silent feed which is not declared here."""
    sources = {feed.source for feed in rules.feeds.declared}
    if isinstance(record, Tick) and (unknown := [source for source, _ in record.quiet if source not in sources]):
        raise HistoryError(
            f'{where} is a tick while the feed "{unknown[0]}" was silent, which is not declared;'
            " name the feeds.toml it was made under with --feeds"
        )


def _records(dump: Path) -> Iterator[tuple[int, int, Fact | Tick]]:
    with dump.open("rb") as lines:
        for number, raw in enumerate(lines, 1):
            try:
                partition, _, _, record = json.loads(raw)
                yield number, int(partition), decode(json.dumps(record, separators=(",", ":")).encode())
            except (ValueError, TypeError) as e:
                raise HistoryError(
                    f"{dump}, line {number} is no record of a facts dump; make one with facts dump"
                ) from e


def timed(work: Callable[[], dict[str, Any]]) -> tuple[dict[str, Any], float]:
    """The summary, and how many events a second it took (wall clock, for the person who waits)."""
    started = time.perf_counter()
    summary = work()
    return summary, summary["events"]["received"] / max(time.perf_counter() - started, 1e-9)
