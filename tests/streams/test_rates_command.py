"""`countermand rates`: a table for people, one JSON line a seller for programs, one sentence for a mistake."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from streams.cli import app
from streams.rates import UnknownSellerError

PLACED = {"buyer": "b", "lines": [{"line": "1", "sku": "k"}]}


def _event(n: int, kind: str, order: str, time: str, **data: object) -> str:
    event = {
        "specversion": "1.0",
        "id": f"e{n}",
        "source": "shop",
        "type": kind,
        "time": time,
        "subject": order,
        "seller": "s",
        "market": "TH",
        "data": data,
    }
    return json.dumps(event)


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """Twenty-eight orders of the second of March, four of them cancelled for want of stock."""
    lines = []
    for n in range(28):
        at = f"2026-03-02T{2 + n // 4:02}:{n % 4 * 10:02}:00+07:00"
        order = f"o{n:02}"
        lines.append((at, _event(3 * n, "order.placed", order, at, **PLACED)))
        lines.append((at, _event(3 * n + 1, "order.paid", order, at, amount="1", currency="THB")))
        if n % 7 == 0:
            later = at.replace("T0", "T1")
            reason = "seller_cancel_reason_out_of_stock"
            lines.append((later, _event(3 * n + 2, "order.cancelled", order, later, by="seller", reason=reason)))
    path = tmp_path / "orders.jsonl"
    path.write_text("\n".join(text for _, text in sorted(lines)) + "\n")
    return path


def test_a_program_reads_every_rate_and_the_advice(history: Path) -> None:
    result = CliRunner().invoke(app, ["rates", str(history), "--day", "2026-03-03", "--json"])
    assert result.exit_code == 0
    told = json.loads(result.output)
    assert {key: told[key] for key in ("seller", "market", "run", "answer_ms", "advice", "points")} == {
        "seller": "s",
        "market": "TH",
        "run": "2026-03-03",
        "answer_ms": {"p50": None, "p95": None},
        "advice": {"orders": 0, "from": "2026-03-08T17:00:00.000Z", "days": 7},
        "points": 2,
    }
    assert told["rates"]["M-01"] == {"num": 4, "den": 28, "state": "T1"}
    assert told["rates"]["M-03"] == {"num": 4, "den": 28, "state": "ok"}
    assert told["rates"]["M-10"] == {"num": 0, "den": 4, "state": "low_volume"}
    assert told["rates"]["M-05"] == {"num": 0, "den": 0, "state": "none"}
    assert list(told["rates"]) == ["M-01", "M-02", "M-03", "M-03i", "M-04", "M-05", "M-05a", *_LAST]


_LAST = ("M-06", "M-07", "M-08", "M-09", "M-10")


def test_a_person_reads_a_table(history: Path) -> None:
    result = CliRunner().invoke(app, ["rates", str(history), "--seller", "s", "--day", "2026-03-03"])
    assert result.exit_code == 0
    assert "s, market TH, daily run of 2026-03-03" in result.output
    row = next(line for line in result.output.splitlines() if line.startswith("M-01 "))
    assert row.split() == ["M-01", "seller-fault", "cancellation", "rate", "4", "of", "28", "14.3", "%", "T1"]
    assert "Advised: at most 0 orders a day from 2026-03-08T17:00:00.000Z for 7 days." in result.output
    assert "The market's rules would set 2 violation points." in result.output


def test_a_seller_of_whom_nothing_is_counted(history: Path) -> None:
    result = CliRunner().invoke(app, ["rates", str(history), "--seller", "x"])
    assert isinstance(result.exception, UnknownSellerError)
    assert str(result.exception) == 'nothing is counted of a seller "x" in this history; look at its spelling'
