"""The floor: read and decode the same lines, do nothing. Every speed of ours is a ratio to this, in one run.

    .venv/bin/python -m bench.floor FILE…

Job and bytes are fixed: each line of each file is read (gzip included) and decoded as one JSON object by msgspec;
the objects are dropped. CPU seconds of this process.
"""

import gzip
import sys
import time
from pathlib import Path

import msgspec


def floor(paths: list[Path]) -> tuple[int, float]:
    """(events, CPU seconds) of reading and decoding every line of the files."""
    decode = msgspec.json.Decoder().decode
    events, started = 0, time.process_time()
    for path in paths:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as lines:
            for line in lines:
                decode(line)
                events += 1
    return events, time.process_time() - started


if __name__ == "__main__":
    count, seconds = floor([Path(name) for name in sys.argv[1:]])
    print(f"floor: {count} events, {count / seconds:,.0f} a CPU second")
