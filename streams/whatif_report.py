"""What-if, told: totals first, then who changes side and by which clause; and the same as JSON lines."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from policies import PACKAGED
from streams.outputs import line
from streams.report import console, table
from streams.whatif import ONLY_A, ONLY_B, OTHERWISE, Moved, Side, Stood, about, traits
from streams.whatif_clause import DAY, Clause

_SIDES = (ONLY_A, ONLY_B, OTHERWISE)
_MOST, _MOST_ROWS = 20, 50
_NOTHING = "nothing that these folders say differently of the market"
_HEADERS = ("side", "rule", "market", "seller", "about", "A", "B", "because")


class Report(NamedTuple):
    """Both sides, what stands on each, and what moved with its clauses."""

    a: Side
    b: Side
    stood_a: Stood
    stood_b: Stood
    rows: Sequence[tuple[Moved, list[Clause]]]


def rule(one: Moved) -> str:
    """A finding's code and name; a directive's kind and rule."""
    data = one.one.data
    return f"{data['code']} {data['name']}" if "code" in data else f"{data['kind']} ({data['rule']})"


def totals(report: Report) -> dict[str, Any]:
    """How many stand on each side and move, by rule, market, seller and clause."""
    by: dict[str, Callable[[Moved, list[Clause]], str]] = {
        "rule": lambda one, _: rule(one),
        "market": lambda one, _: one.one.market,
        "seller": lambda one, _: one.one.seller,
        "clause": lambda _, found: "; ".join(map(_differs, found)) or _NOTHING,
    }
    sides = Counter(one.side for one, _ in report.rows)
    return {
        "a": {"policies": report.a.rules.policies.hash, "stand": len(report.stood_a.outcomes)},
        "b": {"policies": report.b.rules.policies.hash, "stand": len(report.stood_b.outcomes)},
        "same": len(report.stood_a.outcomes) - sides[ONLY_A] - sides[OTHERWISE],
        "moved": {side: sides[side] for side in _SIDES},
        **{f"by_{name}": _counted(report, of) for name, of in by.items()},
    }


def _counted(report: Report, of: Callable[[Moved, list[Clause]], str]) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    for one, found in report.rows:
        counts.setdefault(of(one, found), dict.fromkeys(_SIDES, 0))[one.side] += 1
    return dict(sorted(counts.items(), key=lambda item: (-sum(item[1].values()), item[0])))


def show(report: Report) -> None:
    """Prints the report."""
    out, counts = console(), totals(report)
    for sentence in _sentences(report, counts):
        out.print(sentence, soft_wrap=True)
    if not report.rows:
        return
    for name in ("rule", "market", "seller", "clause"):
        counted = list(counts[f"by_{name}"].items())
        rows = [(key, *(f"{sides[side]:,}" for side in _SIDES)) for key, sides in counted[:_MOST]]
        out.print("")
        out.print(table((name, *_SIDES), rows, room=out.width))
        if len(counted) > _MOST:
            out.print(f"and {len(counted) - _MOST:,} more")
    out.print("")
    out.print(table(_HEADERS, [_row(*row) for row in report.rows[:_MOST_ROWS]], room=out.width))
    if len(report.rows) > _MOST_ROWS:
        out.print(f"and {len(report.rows) - _MOST_ROWS:,} more; --out DIR writes all of them")


def _sentences(report: Report, counts: dict[str, Any]) -> Iterator[str]:
    for name, side, stood in (("A", report.a, report.stood_a), ("B", report.b, report.stood_b)):
        unusable = f", {stood.unusable:,} of them unusable" if stood.unusable else ""
        yield (
            f"{name}: {side.folder or PACKAGED} ({side.rules.policies.hash}): {len(stood.outcomes):,} findings and"
            f" directives stand after {stood.events:,} events{unusable}"
        )
    if report.rows:
        moves = ", ".join(f"{counts['moved'][side]:,} {side}" for side in _SIDES)
        yield f"{len(report.rows):,} differ: {moves}; {counts['same']:,} are the same."
    else:
        yield f"Nobody changes side: all {counts['same']:,} are the same under both."


def _row(one: Moved, clauses: Sequence[Clause]) -> tuple[str, ...]:
    outcome = one.one
    because = "; ".join(map(_because, clauses)) or _NOTHING
    return one.side, rule(one), outcome.market, outcome.seller, about(outcome), *_sayings(one), because


def _sayings(one: Moved) -> tuple[str, str]:
    """What A and what B says; where both say something, only what they say differently."""
    a, b = (traits(outcome) if outcome is not None else {} for outcome in (one.a, one.b))
    return _said(a, b), _said(b, a)


def _said(this: dict[str, str | bool], other: dict[str, str | bool]) -> str:
    told = [_words(name, value) for name, value in this.items() if other.get(name, False) != value]
    return ", ".join(told) or "-"


def _words(name: str, value: str | bool) -> str:
    if isinstance(value, bool):
        return "staged" if value else "may open a case"
    return f"due {value}" if name == "due" else value


def _because(clause: Clause) -> str:
    return f"{_differs(clause)} on {clause.day}" if clause.day and clause.key != DAY else _differs(clause)


def _differs(clause: Clause) -> str:
    """The clause in words, without the day that binds it."""
    key = clause.day if clause.key == DAY else clause.key
    return f"{'' if clause.own else 'through '}{key} {clause.a} -> {clause.b}"


def write(report: Report, folder: Path) -> Path:
    """Writes whatif.jsonl, a row a line in the report's order, and returns its path. OSError when it cannot."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "whatif.jsonl"
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(line(_data(*row)) for row in report.rows)
    return path


def _data(one: Moved, clauses: Sequence[Clause]) -> dict[str, Any]:
    outcome, data = one.one, one.one.data
    kind = "finding" if "finding" in data else "directive"
    return {
        "side": one.side,
        kind: outcome.id,
        "rule": rule(one),
        "market": outcome.market,
        "seller": outcome.seller,
        "about": about(outcome),
        "a": traits(one.a) if one.a is not None else None,
        "b": traits(one.b) if one.b is not None else None,
        "clause": [clause._asdict() for clause in clauses],
    }
