"""The Faust app: topics, tables, agents. Reads as the design's picture of the way the data goes."""

from functools import partial
from typing import Any, NamedTuple

from detectors.rulebook import Rulebook
from streams.agents import ingesting
from streams.batch import App
from streams.hearing import Hearing
from streams.ingest import Ingest
from streams.lock import Lock
from streams.messages import Post
from streams.metrics import Metrics
from streams.monitor import Monitor
from streams.settings import Settings
from streams.ticker import last_word
from streams.topics import LARGEST_BATCH, LARGEST_OUTCOME, TABLES, Names

SESSION_S = 10.0
COMMIT_S = 0.25
LOOK_S = 5.0
_RAW: dict[str, Any] = {"key_type": bytes, "value_type": bytes, "key_serializer": "raw", "value_serializer": "raw"}


class Watch(NamedTuple):
    """The app, the monitor that its agent calls, and the lock before it."""

    app: App
    monitor: Monitor
    lock: Lock


def build(settings: Settings, rules: Rulebook, ingest: Ingest, metrics: Metrics, session_s: float = SESSION_S) -> Watch:
    """The whole app. `session_s`: after this silence of a worker the others take its partitions."""
    app, names, post = _app(settings, metrics, session_s), Names(settings), Post(settings)
    hearing = Hearing(rules)

    for short, name in names.raw.items():
        topic = app.topic(name, **_RAW, allow_empty=True)
        app.agent(topic, name=short)(ingesting(short, ingest, post, metrics, hearing))

    orders, sellers = (app.Table(table, key_type=bytes, value_type=bytes) for table in TABLES)
    lock = Lock(rules.policies.hash, partial(last_word, settings), metrics)
    monitor = Monitor(rules, post, metrics, (orders, sellers), lock.check)
    app.agent(app.topic(names.facts, **_RAW), name="monitor", tables=True)(monitor)

    metrics.watch(lambda: monitor.earliest, monitor.sellers, lambda: len(orders))

    async def look() -> None:
        monitor.look()

    app.timer(LOOK_S)(look)
    return Watch(app, monitor, lock)


def _app(settings: Settings, metrics: Metrics, session_s: float) -> App:
    names = Names(settings)
    return App(
        names.app,
        settings.bootstrap,
        changelog=names.changelog,
        meter=metrics.batches,
        largest=LARGEST_BATCH,
        datadir=settings.data,
        topic_partitions=settings.partitions,
        topic_replication_factor=settings.replication,
        broker_session_timeout=session_s,
        broker_heartbeat_interval=session_s / 10,
        broker_commit_interval=COMMIT_S,
        producer_request_timeout=30.0,
        producer_max_request_size=LARGEST_OUTCOME,
        cython_optimizations=True,
        web_enabled=False,
        web_bind="127.0.0.1",
        worker_redirect_stdouts=False,
    )
