"""The Faust app: topics, tables, agents. Reads as the design's picture of the way the data goes."""

from collections.abc import Iterable
from functools import partial
from typing import Any, NamedTuple

import faust

from detectors.rulebook import Rulebook
from streams.agents import Sending, ingesting, monitoring
from streams.hearing import Hearing
from streams.ingest import Ingest
from streams.lock import Lock
from streams.messages import Post
from streams.metrics import Metrics
from streams.monitor import Monitor, owner
from streams.settings import Settings
from streams.ticker import last_word
from streams.topics import LARGEST_ROW, TABLES, Names
from streams.transport import connect

SESSION_S = 10.0
COMMIT_S = 0.25
LINGER_S = 0.01
LOOK_S = 15.0
_RAW: dict[str, Any] = {"key_type": bytes, "value_type": bytes, "key_serializer": "raw", "value_serializer": "raw"}


class Watch(NamedTuple):
    """The app, the monitor that its agent calls, and the lock before it."""

    app: faust.App
    monitor: Monitor
    lock: Lock


def build(settings: Settings, rules: Rulebook, ingest: Ingest, metrics: Metrics, session_s: float = SESSION_S) -> Watch:
    """The whole app. `session_s`: after this silence of a worker the others take its partitions."""
    app, names, post = _app(settings, session_s), Names(settings), Post(settings)
    sending, hearing = Sending(app), Hearing(rules)

    for short, name in names.raw.items():
        topic = app.topic(name, **_RAW, allow_empty=True)
        app.agent(topic, name=short)(ingesting(short, ingest, post, metrics, sending, hearing))

    orders, sellers = (
        app.Table(table, partitions=settings.partitions, key_type=bytes, value_type=bytes) for table in TABLES
    )
    monitor = Monitor(rules, post, metrics, (orders, sellers), settings.partitions)
    lock = Lock(rules.policies.hash, partial(last_word, settings), metrics)
    app.agent(app.topic(names.facts, **_RAW), name="monitor")(monitoring(monitor, sending, lock))

    metrics.watch(lambda: monitor.earliest, monitor.sellers, lambda: len(orders) if lock.open else 0)
    _mind_rebalances(app, monitor, names.facts, (orders, sellers), settings.partitions)

    async def look() -> None:
        monitor.look()

    app.timer(LOOK_S)(look)
    return Watch(app, monitor, lock)


def _app(settings: Settings, session_s: float) -> faust.App:
    app = faust.App(
        Names(settings).app,
        broker=[f"kafka://{host}:{port}" for host, port in settings.brokers],
        store="memory://",
        datadir=settings.data,
        topic_partitions=settings.partitions,
        topic_replication_factor=settings.replication,
        topic_allow_declare=False,
        topic_disable_leader=True,
        table_standby_replicas=0,
        consumer_auto_offset_reset="earliest",
        broker_session_timeout=session_s,
        broker_heartbeat_interval=session_s / 10,
        broker_commit_interval=COMMIT_S,
        producer_acks=-1,
        producer_linger=LINGER_S,
        producer_request_timeout=30.0,
        producer_max_request_size=LARGEST_ROW,
        stream_wait_empty=False,
        cython_optimizations=True,
        web_enabled=False,
        web_bind="127.0.0.1",
        worker_redirect_stdouts=False,
    )
    connect(app, settings)
    return app


def _mind_rebalances(app: faust.App, monitor: Monitor, facts: str, tables: Iterable[faust.Table], n: int) -> None:
    """Stores are caches of rows, and rows of partitions that others own now are stale: both go."""

    async def revoked(*_: Any, **__: Any) -> None:
        monitor.forget()

    async def complete(*_: Any, **__: Any) -> None:
        monitor.forget()
        ours = {tp.partition for tp in app.consumer.assignment() if tp.topic == facts}
        for table in tables:
            for key in [key for key in table if owner(key, n) not in ours]:
                table.data.pop(key, None)

    app.on_partitions_revoked.connect(revoked)
    app.on_rebalance_complete.connect(complete)
