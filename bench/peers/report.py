"""The rows as a table on the terminal, as a plot, and as a part of RESULTS.md."""

import platform
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from bench.peers.runs import ROOT, Drained

PLOT, RESULTS = ROOT / "docs" / "bench.png", ROOT / "bench" / "RESULTS.md"
_HEADS = (
    "engine",
    "events",
    "events a CPU second",
    "of the floor",
    "wall s",
    "start-up s",
    "peak MB",
    "after SIGKILL: missing",
    "doubled",
    "wrong",
)
_BEGIN, _END = "<!-- bench.compare -->", "<!-- end -->"


@dataclass(frozen=True)
class Row:
    """An engine's row; without a clean run `why` says the reason."""

    name: str
    drained: Drained | None
    crash: tuple[int, int, int] | None
    why: str = ""

    def short(self) -> str:
        """For who waits."""
        return self.why or (f"{self.drained.rate:,.0f} events a CPU second" if self.drained else "nothing")

    def cells(self, floor: float | None) -> list[str]:
        """One text a column."""
        if self.drained is None:
            return [self.name, f"does not count: {self.why}", *[""] * (len(_HEADS) - 2)]
        one = self.drained
        ratio = f"{one.rate / floor:.3f}" if floor else ""
        speed = [f"{one.rate:,.0f}", ratio, f"{one.wall:.1f}", f"{one.startup:.1f}", f"{one.peak_mb:,.0f}"]
        crash = [f"{number:,}" for number in self.crash] if self.crash else [self.why, "", ""]
        return [self.name, f"{one.events:,}", *speed, *crash]


def _cells(rows: list[Row]) -> list[list[str]]:
    floor = next((row.drained.rate for row in rows if row.name.startswith("floor") and row.drained), None)
    return [row.cells(floor) for row in rows]


def table(rows: list[Row]) -> Table:
    """For the terminal."""
    made = Table(title="one job, one broker, one core; rates of one run may be compared", caption="the job: bench/JOB.md")
    for n, head in enumerate(_HEADS):
        made.add_column(head, justify="right" if n else "left", overflow="fold")
    for cells in _cells(rows):
        made.add_row(*cells)
    return made


def plot(rows: list[Row]) -> None:
    """Writes docs/bench.png."""
    from matplotlib import use  # noqa: PLC0415  only `make bench` installs it

    use("Agg")
    from matplotlib import pyplot  # noqa: PLC0415

    shown = [row for row in reversed(rows) if row.drained]
    figure, axes = pyplot.subplots(figsize=(9, 0.45 * len(shown) + 1.2), layout="constrained")
    rates = [row.drained.rate for row in shown if row.drained]
    bars = axes.barh([row.name for row in shown], rates, color=["#888888" if "floor" in row.name else "#2f6f9f" for row in shown])
    axes.bar_label(bars, labels=[f"{rate:,.0f}" for rate in rates], padding=3)
    axes.set_xlim(0, max(rates) * 1.15)
    axes.set_xlabel("events a CPU second of the whole process tree, start-up left out")
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(PLOT, dpi=110)


def results(rows: list[Row], events: int) -> None:
    """Puts the rows into RESULTS.md, in the place of those of the run before."""
    lines = [
        _BEGIN,
        f"{time.strftime('%d %B %Y')}, {_processor()}, Python {platform.python_version()}; `python -m {_command(events)}`.",
        "",
        "| " + " | ".join(_HEADS) + " |",
        "|" + "---|" * len(_HEADS),
        *("| " + " | ".join(cells) + " |" for cells in _cells(rows)),
        _END,
    ]
    before, _, rest = RESULTS.read_text().partition(_BEGIN)
    RESULTS.write_text(before + "\n".join(lines) + rest.partition(_END)[2])


def _command(events: int) -> str:
    return f"bench.compare --events {events} {' '.join(one for one in sys.argv[1:] if one.startswith('--no'))}".strip()


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next(line.partition(": ")[2] for line in lines if line.startswith("model name"))
