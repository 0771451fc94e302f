"""The demo as a process of its own, from an empty HOME, as a newcomer starts it."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

COMMAND = [sys.executable, "-c", "from streams.cli import main; main()", "demo"]
ROOT = Path(__file__).parents[2]


def environment(home: Path, **more: str) -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("COUNTERMAND_", "DEMO_"))}
    return {**ours, "HOME": str(home), "PYTHONPATH": str(ROOT), **more}


@contextmanager
def running(home: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The demo, going on until it is stopped, and the address of its page."""
    demo = subprocess.Popen(
        COMMAND, cwd=home, env=environment(home), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        assert demo.stdout is not None
        first = demo.stdout.readline()
        address = re.match(r"Page (http://127\.0\.0\.1:\d+) ", first)
        assert address, first
        yield demo, address[1]
    finally:
        demo.kill()
        demo.wait()
        demo.stdout.close()
