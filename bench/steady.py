"""Steady load: how long after an event was appended what it leads to stands in the outcome topics.

    .venv/bin/python -m bench.steady [--rate 5000] [--seconds 120] [--workers 1] [--write]

Orders that go their way, each with messages (`bench/routine.py`), paced in real time under the wall clock, to real
workers beside the broker and the load on all cores. Every instant is the brokers' own (LogAppendTime, also on the
outcome topics), and nothing is watched while it runs. `events`: from the raw record to the outcome it led to; `facts`:
from the fact to it; `directives`: from due + settle to the directive. Left out: the ramp, until orders of every age are
under way. The gate: every event is a fact, what the topics hold is what the memory says of the facts log, and every
order that nobody paid has its directive.
"""

import argparse
import asyncio
import gc
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from kafka.admin import ConfigResource, ConfigResourceType

from bench.gate import agree, facts_of
from bench.peers.runs import ROOT, Process
from bench.routine import RAMP_S, pour
from bench.workers import Scene, Stage, broker, wait
from detectors.clock import rfc3339
from detectors.facts import Fact, decode
from detectors.rulebook import Rulebook
from policies import load
from streams.brokers import admin
from streams.instants import instant
from streams.topics import STAMP
from streams.watermark import Watermark
from tests.live.reading import records

PLOT = ROOT / "docs" / "latency.png"
LABELS = {
    "events": "event to outcome",
    "facts": "fact to outcome",
    "directives": "due + settle to directive",
}
SETTLED_S, LIMIT_S = 55.0, 300.0  # the last order that nobody pays is judged 20 s and the policy's settle later


@dataclass(frozen=True)
class Delays:
    """Milliseconds, of each kind, in order."""

    events: list[int]
    facts: list[int]
    directives: list[int]

    def table(self) -> str:
        """A line a kind."""
        shares = {"p50": 0.5, "p99": 0.99, "most": 1.0}
        return "\n".join(
            f"{name:<11}{len(told):>9,}"
            + "".join(f"  {head} {at(told, share):>7,} ms" for head, share in shares.items())
            for name, told in vars(self).items()
        )


def at(told: list[int], share: float) -> int:
    """The value below which that share lies."""
    return told[min(int(len(told) * share), len(told) - 1)]


def run(scene: Scene, rate: int, seconds: float, workers: int, settled_s: float = SETTLED_S) -> tuple[int, str]:
    """Pours, and waits until all is done and said; how many events, and what they cost, in a sentence."""
    stamp_by_brokers(scene)
    topics = [*scene.names.raw.values(), scene.names.facts]
    with scene.workers(workers, "0,1") as started, Watermark(scene.settings, scene.names.app, topics) as mark:
        before, began = cpu(started), time.monotonic()
        sent = asyncio.run(pour(scene.settings, rate, seconds))
        poured, used = time.monotonic(), cpu(started) - before
        left = sum(unread.end - unread.start for unread in mark.unread().values())
        wait(lambda: not mark.unread(), LIMIT_S)
        caught_up = time.monotonic() - poured
        time.sleep(settled_s)
        memory = sum(process.peak_mb() for process in started)
    return sent, (
        f"{sent:,} events; the workers used {used / (poured - began):.2f} cores and {memory:,.0f} MB;"
        f" at the end {left:,} records were unread, {caught_up:.1f} s later none"
    )


def cpu(started: list[Process]) -> float:
    """CPU seconds of all so far."""
    return sum(process.cpu() for process in started)


def stamp_by_brokers(scene: Scene) -> None:
    """Lets the brokers date what is said."""
    names = (scene.names.directives, scene.names.findings, scene.names.ledger)
    with admin(scene.settings) as client:
        client.alter_configs(
            [ConfigResource(ConfigResourceType.TOPIC, name, {STAMP: "LogAppendTime"}) for name in names]
        )


def delays(scene: Scene, rules: Rulebook, log: list[Any]) -> Delays:
    """Of everything that came after the ramp."""
    facts = [(fact, record.timestamp) for record in log if isinstance(fact := decode(record.value), Fact)]
    begin = min(fact.arrived for fact, _ in facts) + RAMP_S * 1000
    caused = {(fact.subject, rfc3339(fact.arrived)): (fact.arrived, at) for fact, at in facts if fact.arrived >= begin}
    hops = []
    for record in records(scene.settings, scene.names.ledger, scene.names.findings):
        told = msgspec.json.decode(record.value)
        arrived, fact = caused.get((told["data"].get("order"), told["time"]), (0, 0))
        if arrived:
            hops.append((record.timestamp - arrived, record.timestamp - fact))
    settle = rules.terms("UK").market.ms("settle", begin)
    directed = [
        record.timestamp - instant(msgspec.json.decode(record.value)["data"]["due"]) - settle
        for record in records(scene.settings, scene.names.directives)
    ]
    events, from_facts = map(sorted, zip(*hops, strict=True))
    return Delays(events, from_facts, sorted(directed))


def plot(told: Delays, title: str) -> None:
    """Writes docs/latency.png: which share came within how long."""
    from matplotlib import use  # noqa: PLC0415  only `make bench` installs it

    use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415

    figure, axes = plt.subplots(figsize=(9, 4), layout="constrained")
    for (name, delays_ms), colour in zip(vars(told).items(), ("#2f6f9f", "#c8553d", "#999999"), strict=True):
        shares = [n / 1000 for n in range(1001)]
        label = f"{LABELS[name]}: p50 {at(delays_ms, 0.5):,} ms, p99 {at(delays_ms, 0.99):,} ms"
        axes.plot([max(at(delays_ms, share), 1) for share in shares], shares, color=colour, label=label)
    axes.set(xscale="log", xlabel="milliseconds, by the brokers' clock", ylabel="share", title=title)
    axes.axhline(0.99, color="#dddddd", zorder=0)
    axes.legend(loc="lower right")
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(PLOT, dpi=110)


def measure(stage: Stage, folder: Path, given: argparse.Namespace) -> tuple[str, Delays]:
    """One run behind its gate: what it cost, and the delays."""
    rules, scene = Rulebook(load()), stage.scene()
    sent, told = run(scene, given.rate, given.seconds, given.workers)
    log = facts_of(scene, sent)
    agree(scene, rules, log, folder / "memory")
    found = delays(scene, rules, log)
    wanted = sum(1 for record in log if b'"pay_by"' in record.value)
    if len(found.directives) != wanted:
        raise SystemExit(f"wrong: {len(found.directives)} directives for {wanted} orders that nobody paid")
    return told, found


def main() -> None:
    """Reads the command line, runs and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=int, default=5000, help="events a second")
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="a folder for logs and topics, kept")
    parser.add_argument("--write", action="store_true", help="write docs/latency.png")
    given = parser.parse_args()
    gc.set_threshold(50_000, 20, 1000)
    with tempfile.TemporaryDirectory(prefix="bench-") as made:
        folder = given.keep or Path(made)
        with broker(folder) as address:
            told, found = measure(Stage(address, folder, ledger="all"), folder, given)
    title = f"{given.rate:,} events/s for {given.seconds:,.0f} s, workers: {given.workers}"
    print(f"{title}; {told}\n{found.table()}")
    if given.write:
        plot(found, title)


if __name__ == "__main__":
    main()
