"""Breaks the product on purpose, one line at a time, in a copy: each break must make a test fail.

`make mutations`, or `python -m tests.mutations NAME…`. Exits 1 when a mutant survives, or when its tests fail on the
sound product too and so prove nothing.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.mutants import MUTANTS, Mutant

ROOT = Path(__file__).parent.parent
_COPIED = ("detectors", "policies", "streams", "tests")
_SECONDS = 180
FAILED = 1  # pytest's word for: tests ran, and one failed
_ENVIRONMENT = os.environ | {"PROPERTIES": "verdict"}


class Result(NamedTuple):
    """What became of a mutant: `killed` by a failing test; `said` is the last line of the test run."""

    mutant: Mutant
    killed: bool
    said: str
    seconds: float


@contextmanager
def workshop() -> Iterator[Path]:
    """A copy of the product with its tests, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        left_out = shutil.ignore_patterns("__pycache__", "live", "kafka", "*.egg-info")
        for name in _COPIED:
            shutil.copytree(ROOT / name, Path(folder, name), ignore=left_out)
        shutil.copy(ROOT / "pyproject.toml", folder)
        yield Path(folder)


def mutated(mutant: Mutant, text: str) -> str:
    """The file's text with the mutant in it. ValueError when its place is not there, or not only once."""
    if text.count(mutant.old) != 1:
        raise ValueError(f'"{mutant.name}" does not fit {mutant.file} any more: bring its line up to date')
    return text.replace(mutant.old, mutant.new)


def attempt(mutant: Mutant, folder: Path) -> Result:
    """Puts the mutant into the copy, runs the tests that should notice, and takes it out again."""
    path = folder / mutant.file
    sound = path.read_text()
    start = time.monotonic()
    path.write_text(mutated(mutant, sound))
    try:
        code, said = _run(mutant.tests, folder)
    finally:
        path.write_text(sound)
    return Result(mutant, code == FAILED, said, time.monotonic() - start)


def unsound(tests: Sequence[str], folder: Path) -> str:
    """Why these tests prove nothing, failing without any mutant; "" when they pass."""
    code, said = _run(tests, folder)
    return said if code else ""


def _run(tests: Sequence[str], folder: Path) -> tuple[int, str]:
    """pytest's exit code (anything but 0 and FAILED shows nothing), and the line that says most."""
    command = [sys.executable, "-B", "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--no-header", *tests]
    try:
        done = subprocess.run(
            command, cwd=folder, env=_ENVIRONMENT, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return -1, f"no end within {_SECONDS} s: nothing is shown"
    lines = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))] or [done.stdout[-200:]]
    return done.returncode, lines[0]


def main(names: Sequence[str]) -> int:
    """Tries the named mutants, all when none is named; prints a table; 1 when one survives or shows nothing."""
    chosen = [mutant for mutant in MUTANTS if not names or mutant.name in names]
    survivors = 0
    with workshop() as folder:
        for tests in dict.fromkeys(mutant.tests for mutant in chosen):
            if why := unsound(tests, folder):
                print(f"{' '.join(tests)} fails on the sound product: {why}")
                return 1
        for mutant in chosen:
            result = attempt(mutant, folder)
            survivors += not result.killed
            print(f"{'killed' if result.killed else 'SURVIVED':9} {result.seconds:5.1f} s  {mutant.name}", flush=True)
            print(f"{'':18} {result.said[:110]}", flush=True)
    print(f"{len(chosen) - survivors} of {len(chosen)} killed")
    return 1 if survivors or not chosen else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
