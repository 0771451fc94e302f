"""Real workers in processes of their own."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.kafka.broker import ROOT, free_port
from tests.orphans import MORTAL

_PROGRAM = """
import os
from streams.settings import Settings
from streams.worker import worker
worker(Settings.from_env(os.environ))
"""
READY_S = 60.0
END_S = 30.0


class Worker:
    """One `countermand worker`, with metrics on a port of its own."""

    def __init__(self, environ: Mapping[str, str], log: Path, program: Sequence[str] = ("-c", _PROGRAM)) -> None:
        self.address = f"127.0.0.1:{free_port()}"
        self.log = log
        own = {
            **os.environ,
            **environ,
            "COUNTERMAND_METRICS": self.address,
            "COUNTERMAND_DATA": str(log.parent / log.stem),
        }
        with log.open("wb") as out:
            command = [*MORTAL, sys.executable, *program]
            self.process = subprocess.Popen(command, cwd=ROOT, env=own, stdout=out, stderr=out)

    def ready(self) -> bool:
        """Whether it has its partitions."""
        try:
            with urllib.request.urlopen(f"http://{self.address}/health", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def metrics(self) -> str:
        """What `/metrics` says."""
        with urllib.request.urlopen(f"http://{self.address}/metrics", timeout=5) as answer:
            return str(answer.read().decode())

    def stop(self) -> int:
        """Asks it to end; its exit code. Killed after 30 s."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(END_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def end_of_log(self) -> str:
        """The errors it told, and the last lines it wrote."""
        lines = self.log.read_text(errors="replace").splitlines()
        return "\n".join([line for line in lines[:-40] if "[ERROR]" in line or "[CRITICAL]" in line] + lines[-40:])


@contextmanager
def workers(environ: Mapping[str, str], count: int, folder: Path) -> Iterator[list[Worker]]:
    """So many workers, each with its share of the partitions; asked to end afterwards."""
    started = [Worker(environ, folder / f"worker-{n}.log") for n in range(count)]
    try:
        give_up = time.monotonic() + READY_S
        while not all(worker.ready() for worker in started):
            dead = [worker for worker in started if worker.process.poll() is not None]
            assert not dead, dead[0].end_of_log()
            assert time.monotonic() < give_up, started[0].end_of_log()
            time.sleep(0.2)
        yield started
    finally:
        codes = [worker.stop() for worker in started]
    assert codes == [0] * count, "\n".join(worker.end_of_log() for worker in started)
