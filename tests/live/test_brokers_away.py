"""Brokers that are away for longer than any request has patience: the workers wait, and lose nothing."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from streams.batch.appender import PATIENCE_S
from tests.kafka.broker import Broker
from tests.live.conftest import wait_for_groups
from tests.live.crowd import crowd, until
from tests.live.scene import Scene


@pytest.mark.long
@pytest.mark.timeout(400)
def test_workers_wait_for_brokers_that_are_away(
    staged: Callable[[], Scene], own_broker: Broker, tmp_path: Path
) -> None:
    scene = staged()
    with crowd(scene.environ, tmp_path) as workers:
        started = [workers.join(slow_s=0.1) for _ in range(2)]
        for worker in started:
            until(worker.ready, "it gets no partitions", worker)
        time.sleep(1)
        own_broker.kill()
        time.sleep(PATIENCE_S * 1.5)
        own_broker.start()
        wait_for_groups(own_broker)
        scene.wait(started)
        for worker in started:
            assert worker.process.poll() is None, worker.end_of_log()
        workers.end()
        scene.check()
