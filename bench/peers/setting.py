"""What `bench.compare` tells an engine's process, and the one word the process says back."""

import gc
import os
import sys
from pathlib import Path

BROKER = os.environ.get("BENCH_BROKER", "")
INPUT = os.environ.get("BENCH_IN", "")
OUTCOMES = os.environ.get("BENCH_OUT", "")
GROUP = os.environ.get("BENCH_GROUP", "")
COMMIT_MS = int(os.environ.get("BENCH_COMMIT_MS", "1000"))
FOLDER = Path(os.environ.get("BENCH_FOLDER", "."))  # the same one after a crash
SESSION_MS = 3000  # after a SIGKILL the group forgets the dead member by then

gc.set_threshold(50_000, 20, 1000)  # for every Python engine, as our command line has it


class First:
    """Says `first` when the first record is there: what came before is start-up."""

    said = False

    def __call__(self) -> None:
        """Called with every record or batch; speaks once."""
        if not self.said:
            self.said = True
            say("first")


def say(word: str) -> None:
    """One line to `bench.compare`."""
    sys.stdout.write(f"\n{word}\n")  # on a line of its own: Faust draws a spinner on the line before
    sys.stdout.flush()
