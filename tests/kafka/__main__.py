"""`make kafka`: the tests' broker in the foreground for a person, topics applied; Ctrl-C stops it.

Its records are kept in `.kafka/person`; PORT=… takes another port than 9092.
"""

import argparse
import os
import signal
import sys
import threading
from dataclasses import replace

from streams.brokers import admin
from streams.settings import SettingError, Settings
from streams.topics import apply
from tests.kafka.broker import CACHE, VERSION, Broker, BrokerError

_NEXT = """\
Kafka {version} on {address}; {topics} topics, {partitions} partitions; Ctrl-C stops it (its records stay in {folder}).

In other terminals:
  {export}.venv/bin/countermand worker                         watch what comes
  {export}.venv/bin/countermand load HISTORY.jsonl.gz          send a history
  {export}.venv/bin/countermand lag                            how far behind it is
To run a history by its own clock, set COUNTERMAND_CLOCK=log for the worker and for load.
"""


def main() -> int:
    """Runs the broker until it is asked to stop; the exit code."""
    options = argparse.ArgumentParser(prog="make kafka", description=__doc__)
    options.add_argument("--port", type=int, default=int(os.environ.get("PORT", "9092")))
    stop = threading.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, lambda *_: stop.set())
    try:
        settings = Settings.from_env(os.environ)
        return _run(replace(settings, brokers=(("127.0.0.1", options.parse_args().port),)), stop)
    except (SettingError, BrokerError) as why:
        sys.stderr.write(f"make kafka: {why}\n")
        return 2


def _run(settings: Settings, stop: threading.Event) -> int:
    port = settings.brokers[0][1]
    broker = Broker(CACHE / "person", port).start()
    try:
        with admin(settings) as client:
            done, left = apply(client, settings)
        for one in left:
            sys.stdout.write(one.sentence + "\n")
        sys.stdout.write(_next(settings, broker, len(done)))
        sys.stdout.flush()
        while broker.running() and not stop.wait(0.5):
            pass
    finally:
        lived = broker.running()
        broker.stop()
    if not lived:
        sys.stderr.write(f"make kafka: the broker ended by itself; see {broker.log}\n")
    return 0 if lived else 1


def _next(settings: Settings, broker: Broker, made: int) -> str:
    export = "" if settings.bootstrap == Settings().bootstrap else f"COUNTERMAND_BROKERS={broker.address} "
    return _NEXT.format(
        version=VERSION,
        address=broker.address,
        topics=f"{made} new" if made else "all",
        partitions=settings.partitions,
        folder=CACHE.name + "/person",
        export=export,
    )


if __name__ == "__main__":
    sys.exit(main())
