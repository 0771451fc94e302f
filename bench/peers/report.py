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
    "killed: missing",
    "doubled",
    "wrong",
)
_BEGIN, _END = "<!-- bench.compare -->", "<!-- end -->"


@dataclass(frozen=True)
class Crash:
    """What stood in the outcomes topic after a SIGKILL and a restart."""

    missing: int
    doubled: int
    wrong: int


@dataclass(frozen=True)
class Row:
    """An engine's row: its clean run or why it does not count, its crash or why there is none."""

    name: str
    drained: Drained | str
    crash: Crash | str

    def cells(self, floor: float | None) -> list[str]:
        """One text a column."""
        one = self.drained
        if isinstance(one, str):
            return [self.name, f"does not count: {one}", *[""] * (len(_HEADS) - 2)]
        ratio = f"{one.rate / floor:.3f}" if floor else ""
        speed = [f"{one.rate:,.0f}", ratio, f"{one.wall:.1f}", f"{one.startup:.1f}", f"{one.peak_mb:,.0f}"]
        return [self.name, f"{one.events:,}", *speed, *self._crash_cells()]

    def _crash_cells(self) -> list[str]:
        if isinstance(self.crash, str):
            return [self.crash, "", ""]
        return [f"{number:,}" for number in (self.crash.missing, self.crash.doubled, self.crash.wrong)]


def _cells(rows: list[Row]) -> list[list[str]]:
    floors = [one.rate for row in rows if row.name.startswith("floor") and isinstance(one := row.drained, Drained)]
    floor = floors[0] if floors else None
    return [row.cells(floor) for row in rows]


def table(rows: list[Row]) -> Table:
    """For the terminal."""
    made = Table(title="one job, one broker, one core: bench/JOB.md", caption="rates of one run may be compared")
    for n, head in enumerate(_HEADS):
        made.add_column(head, justify="right" if n else "left", overflow="fold")
    for cells in _cells(rows):
        made.add_row(*cells)
    return made


def plot(rows: list[Row]) -> None:
    """Writes docs/bench.png."""
    from matplotlib import use  # noqa: PLC0415  only `make bench` installs it

    use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415

    rates = {row.name: row.drained.rate for row in reversed(rows) if isinstance(row.drained, Drained)}
    figure, axes = plt.subplots(figsize=(9, 0.45 * len(rates) + 1.2), layout="constrained")
    bars = axes.barh(list(rates), list(rates.values()), color=[_colour(name) for name in rates])
    axes.bar_label(bars, labels=[f"{rate:,.0f}" for rate in rates.values()], padding=3)
    axes.set_xlim(0, max(rates.values()) * 1.15)
    axes.set_xlabel("events a CPU second of the whole process tree, start-up left out")
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(PLOT, dpi=110)


def _colour(name: str) -> str:
    colours = {"floor": "#999999", "ours": "#c8553d"}
    return next((colour for word, colour in colours.items() if name.startswith(word)), "#2f6f9f")


def results(rows: list[Row]) -> None:
    """Puts the rows into RESULTS.md, in the place of those of the run before."""
    lines = [
        _BEGIN,
        f"{time.strftime('%d %B %Y')}, {_processor()}, Python {platform.python_version()};",
        f"`python -m bench.compare {' '.join(sys.argv[1:])}`.",
        "",
        "| " + " | ".join(_HEADS) + " |",
        "|" + "---|" * len(_HEADS),
        *("| " + " | ".join(cells) + " |" for cells in _cells(rows)),
        _END,
    ]
    before, _, rest = RESULTS.read_text().partition(_BEGIN)
    RESULTS.write_text(before + "\n".join(lines) + (rest.partition(_END)[2] or "\n"))


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next(line.partition(": ")[2] for line in lines if line.startswith("model name"))
