"""`countermand lag`: how far the worker's group is behind, by topic, in records and in seconds."""

import json
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple, Self

import typer
from kafka.errors import KafkaError

from streams.brokers import UnreachableError, admin
from streams.settings import Settings
from streams.topics import Names, require
from streams.watermark import UntoldError, Watermark

if TYPE_CHECKING:
    from streams.metrics import Metrics  # Faust is not loaded for a replay

PERIOD_S = 10.0


class Lag(NamedTuple):
    """One topic's lag. `seconds`: how long ago the oldest uncommitted record was appended; 0 for none."""

    group: str
    topic: str
    records: int
    seconds: float


def lag(mark: Watermark, group: str, topics: Iterable[str]) -> list[Lag]:
    """The lag of the group that the watermark asks about. Raises UntoldError when it cannot be told now, KafkaError."""
    unread = mark.unread()
    found = []
    for topic in topics:
        here = {tp: offsets for tp, offsets in unread.items() if tp.topic == topic}
        oldest = mark.oldest(here)
        seconds = 0.0 if oldest is None else max(time.time() - oldest / 1000, 0.0)
        found.append(Lag(group, topic, sum(end - start for start, end in here.values()), seconds))
    return found


class LagWatch:
    """A thread that tells the metrics the lag of ingest and monitor. While it cannot be told the last figures stay."""

    def __init__(self, settings: Settings, metrics: "Metrics", period_s: float = PERIOD_S) -> None:
        self._settings, self._metrics, self._period_s = settings, metrics, period_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lag", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join(10)

    def _run(self) -> None:
        while not self._stopping.wait(self._period_s):
            with suppress(KafkaError, OSError, UnreachableError, UntoldError):
                self._watch()

    def _watch(self) -> None:
        names = Names(self._settings)
        shorts = {name: short for short, name in names.raw.items()} | {names.facts: "facts"}
        with Watermark(self._settings, names.app, shorts) as mark:
            while True:
                for one in lag(mark, names.app, shorts):
                    self._metrics.lag(shorts[one.topic], one.records, one.seconds)
                if self._stopping.wait(self._period_s):
                    return


def lag_command(settings: Settings, as_json: bool) -> int:
    """Prints the lag of the workers' group in the raw topics and the facts log; the exit code.

    Raises UnreachableError, SettingError (topics), UntoldError when it cannot be told now.
    """
    names = Names(settings)
    topics = [*names.raw.values(), names.facts]
    with admin(settings) as client:
        require(client, settings)
    with Watermark(settings, names.app, topics) as mark:
        found = lag(mark, names.app, topics)
    if as_json:
        typer.echo(json.dumps([one._asdict() for one in found]))
    else:
        width = max(len(one.topic) for one in found)
        typer.echo(f"group {found[0].group}")
        for one in found:
            typer.echo(f"{one.topic:{width}}  {one.records:>12,} records  {one.seconds:>10,.1f} s")
    return 0
