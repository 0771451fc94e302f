"""`countermand worker`: the Faust worker, its ticker, and its metrics on HTTP."""

import gc
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from signal import SIGTERM, signal

import faust
from fastapi import FastAPI, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from detectors.feeds import Feeds
from detectors.rulebook import Rulebook
from policies import lexicon, load
from streams.app import Watch, build
from streams.brokers import admin
from streams.ingest import Ingest
from streams.lag import LagWatch
from streams.metrics import Metrics
from streams.server import Server, address, listen
from streams.settings import Settings, load_feeds
from streams.sources import load_sources
from streams.ticker import Ticker
from streams.topics import require

log = logging.getLogger(__name__)


def worker(settings: Settings) -> None:
    """Runs until SIGTERM or Ctrl-C, then ends as SystemExit with the exit code.

    First looks whether the topics are as they must be: SettingError names the first that is not, UnreachableError
    that no broker answers, PolicyError and SettingError what is wrong with policies, feeds, shops and mapping.
    """
    logging.getLogger("kafka").setLevel(logging.CRITICAL)  # the ticker tells of the brokers itself
    policies = load(settings.policies)
    rules = Rulebook(policies, load_feeds(settings.feeds) if settings.feeds else Feeds())
    with admin(settings) as client:
        require(client, settings)
    metrics = Metrics(rules)
    sources = load_sources(settings.shops, settings.mapping)
    watch = build(settings, rules, Ingest(policies, lexicon(settings.policies), settings.clock, sources), metrics)
    signal(SIGTERM, lambda *_: sys.exit(0))  # while it waits; Faust takes its own way to end
    with _served(settings, watch, metrics.registry):
        watch.lock.until_others_are_gone()
        with Ticker(settings, policies.hash, rules=rules), LagWatch(settings, metrics):
            watch.lock.until_in_force()
            _run(watch.app)


def _run(app: faust.App) -> None:
    """Rows are packed bytes, which the collector does not look into: what it should leave alone is there already.

    What it looks through at once costs about a microsecond an object, in which nothing else is done: 20,000 then.
    """
    gc.freeze()
    gc.set_threshold(20_000, 200, 100)
    faust.Worker(app, loglevel="INFO").execute_from_commandline()


@contextmanager
def _served(settings: Settings, watch: Watch, registry: CollectorRegistry) -> Iterator[None]:
    """Serves `/metrics` and `/health` at COUNTERMAND_METRICS, or at a free port beside it when that is taken."""
    if settings.metrics is None:
        yield
        return
    bound = listen(*settings.metrics)
    with Server(pages(watch, registry), bound):
        log.warning("metrics and health on %s", address(bound))
        yield


def pages(watch: Watch, registry: CollectorRegistry) -> FastAPI:
    """What a worker answers; from its first moment on, before there is a consumer to ask."""
    served = FastAPI(openapi_url=None)

    @served.get("/metrics")
    def metrics() -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    @served.get("/health")
    def health() -> Response:
        """200 when the worker has its partitions, their rows and the policies in force; 503 while it has not."""
        why = "" if watch.app.settled else watch.lock.waits or "waiting for partitions"
        return Response(f"{why or 'ready'}\n", 503 if why else 200, media_type="text/plain")

    return served
