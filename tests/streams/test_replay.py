"""Replays of whole files through the command line: the real histories, and the plain mistakes of a user."""

import gzip
import json
import os
import pty
import re
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path

import pytest
from contract_samples import event
from typer.testing import CliRunner

from bench.replay import measure
from detectors.figures import standing
from detectors.store import seller_of
from policies import PACKAGED
from streams.cli import app
from streams.embedded import Embedded

DATA = Path(__file__).parents[3] / "shared" / "data"
DAY, EPOCH = 86_400_000, date(1970, 1, 1).toordinal()
COUNTERMAND = [sys.executable, "-m", "streams.cli"]


def run(*words: object, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([*COUNTERMAND, *map(str, words)], capture_output=True, text=True, timeout=600)
    assert done.returncode == code, done.stderr
    return done


def replay(name: str, out: Path) -> dict:
    feeds = DATA / f"{name.removesuffix('-half')}.feeds.toml"
    run("replay", DATA / f"{name}.jsonl.gz", "--feeds", feeds, "--out", out)
    return json.loads((out / "summary.json").read_text())


@pytest.mark.shared
def test_olist(tmp_path):
    summary = replay("olist-half", tmp_path / "a")
    replay("olist-half", tmp_path / "b")
    for file in sorted((tmp_path / "a").iterdir()):
        assert file.read_bytes() == (tmp_path / "b" / file.name).read_bytes(), file.name

    assert summary["events"] == {
        "received": 12837,
        "accepted": 12837,
        "duplicates": 0,
        "dead_letters": 0,
        "unread": 0,
    }
    assert summary["duties"]["R-15"]["opened"] == 3599
    assert summary["findings"] == {"V-18": {"raised": 0, "confirmed": 828, "withdrawn": 0}}
    assert summary["directives"] == {"lapse_unpaid": {"issued": 187, "withdrawn": 0}}

    last = {}
    for line in (tmp_path / "a" / "findings.jsonl").read_text().splitlines():
        event = json.loads(line)
        last[event["data"]["finding"]] = event["data"]
    late = [finding for finding in last.values() if "cleared" in finding]
    assert len(late) == 322
    assert all(finding["numbers"]["late_ms"] > 0 for finding in late)
    assert {finding["numbers"]["stage"] for finding in last.values()} == {"handover"}
    assert len(last) - len(late) == 506

    told = _orders("olist-half")
    on_the_limit = {order for order, at in told.items() if at.get("order.in_transit") == at["hand_over_by"]}
    assert len(on_the_limit) == 2
    assert on_the_limit.isdisjoint(finding["subject"]["id"] for finding in last.values())
    assert _counted(told, "order.in_transit", before="order.paid") == 39
    assert _counted(told, "order.delivered", before="order.in_transit") == 2


def _orders(name: str) -> dict[str, dict[str, datetime]]:
    """When each order was told to have passed each step, and its handover limit, from the raw lines."""
    orders = defaultdict[str, dict[str, datetime]](dict)
    with gzip.open(DATA / f"{name}.jsonl.gz") as lines:
        for told in map(json.loads, lines):
            orders[told["subject"]][told["type"]] = datetime.fromisoformat(told["time"])
            if limit := told["data"].get("hand_over_by"):
                orders[told["subject"]]["hand_over_by"] = datetime.fromisoformat(limit)
    return orders


def _counted(orders: dict[str, dict[str, datetime]], step: str, before: str) -> int:
    """The orders that passed a step before another one."""
    return sum(at[step] < at[before] for at in orders.values() if step in at and before in at)


class Watched(Embedded):
    """Adds up M-01 over the runs of every seventh day, each seen four weeks later, when what was cancelled is known."""

    num = den = 0

    def accept(self, fact):
        today, before = (None if at is None else at // DAY for at in (fact.arrived, self.last))
        for day in range(fact.arrived // DAY if before is None else before + 1, today + 1):
            self._look(day - 27)
        yield from super().accept(fact)

    def close(self, until=None):
        for day in range(self.last // DAY - 26, self.last // DAY + 8):
            self._look(day)
        yield from super().close(until)

    def _look(self, day):
        if day % 7:
            return
        self.store.flush()
        for seller in {seller_of(key) for key in self.store.sellers} - {""}:
            told = standing(self.store, self.rules, seller, day + EPOCH)
            rate = next(rate for rate in told.rates if rate.metric.id == "M-01") if told else None
            if rate:
                Watched.num, Watched.den = Watched.num + rate.num, Watched.den + rate.den


@pytest.mark.shared
def test_online_retail(tmp_path, monkeypatch):
    monkeypatch.setattr("streams.replay.Embedded", Watched)
    words = ("replay", DATA / "online-retail.jsonl.gz", "--feeds", DATA / "online-retail.feeds.toml", "--out", tmp_path)
    assert CliRunner().invoke(app, [*map(str, words)]).exit_code == 0
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert (Watched.num, Watched.den) == (0, 190848), "the numerator of every seller-fault rate"
    assert summary["events"]["accepted"] == 393804
    assert summary["events"]["dead_letters"] == 0
    found = {code: counts["confirmed"] for code, counts in summary["findings"].items()}
    assert found == {"V-15": 3, "V-17": 2}
    assert _cancelled_by("online-retail") == {"buyer": 6054}
    assert summary["not_applicable"]["R-44"] == {"no feed: order.in_transit": 190848, "no feed: order.ready": 381696}
    assert summary["not_applicable"]["R-08"]["no feed: order.ready or order.in_transit"] == 5917


def _cancelled_by(name: str) -> Counter[str]:
    """Who cancelled, counted over the raw lines."""
    with gzip.open(DATA / f"{name}.jsonl.gz") as lines:
        events = (json.loads(line) for line in lines if b'"order.cancelled"' in line)
        return Counter(event["data"]["by"] for event in events)


def test_a_terminal_sees_how_far_it_is_and_nothing_else_does(tmp_path):
    history = tmp_path / "h.jsonl"
    history.write_text("".join(json.dumps(event(id=f"e-{n}")) + "\n" for n in range(100)))
    words = ("replay", history, "--out", tmp_path / "out")
    assert re.search(r"replay .*━.*100 %", _on_a_terminal(*words))
    assert run(*words).stderr == ""


def _on_a_terminal(*words: object) -> str:
    """What a terminal is shown on stderr."""
    ours, theirs = pty.openpty()
    with open(ours, "rb", buffering=0) as screen, open(theirs, "wb", buffering=0) as stderr:  # noqa: PTH123 - no paths
        environment = {**os.environ, "TERM": "xterm"}
        running = subprocess.Popen(
            [*COUNTERMAND, *map(str, words)], stdout=subprocess.DEVNULL, stderr=stderr, env=environment
        )
        stderr.close()
        shown = b""
        with suppress(OSError):  # Linux: nobody has the terminal any more
            while more := screen.read(1 << 16):
                shown += more
        assert running.wait(60) == 0, shown
    return shown.decode()


def test_the_bench_counts_every_event_and_puts_the_floor_beside_the_replay(tmp_path):
    history = tmp_path / "h.jsonl"
    history.write_text(
        "".join(json.dumps(event(id=f"e-{n}")) + "\n" for n in range(100)) + json.dumps(event(market="XX"))
    )
    told = re.sub(r" {2,}[\d.,]+(?= events a|$)", " N", measure([history], None), flags=re.MULTILINE)
    assert told.splitlines() == [
        "events 101, accepted 100, dead letters 1",
        "floor N events a CPU second",
        "replay N events a CPU second",
        "ratio N",
    ]


def test_a_user_s_mistakes_are_one_sentence_and_exit_2(tmp_path):
    history = tmp_path / "h.jsonl"
    history.write_text("")
    cases = {
        ("replay", tmp_path / "none.jsonl"): f"There is no file {tmp_path / 'none.jsonl'}; check the name.",
        ("replay", history, "--until", "tomorrow"): '--until "tomorrow" is no instant with offset;',
        ("replay", history, "--ledger", "some"): '--ledger "some" is neither "ended" nor "all"',
        ("replay",): "name the histories to replay, or one facts dump with --facts",
        ("replay", history, "--policies", tmp_path): "default.toml is missing; a policy folder replaces the packaged",
    }
    for words, sentence in cases.items():
        done = run(*words, "--out", tmp_path / "out", code=2)
        assert sentence in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1
        assert "Traceback" not in done.stderr


def test_an_empty_history_is_no_mistake(tmp_path):
    history = tmp_path / "h.jsonl"
    history.write_text("\n\n")
    run("replay", history, "--out", tmp_path / "out", "--until", "end")
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["events"]["received"] == 0
    assert summary["until"] == "end"
    assert summary["log_time"] == {"first": None, "last": None}


def test_the_settings_folder_holds_the_phrases_too(tmp_path, monkeypatch):
    folder = tmp_path / "policies"
    shutil.copytree(PACKAGED, folder, ignore=shutil.ignore_patterns("__pycache__", "*.py"))
    phrases = folder / "phrases" / "en.toml"
    phrases.write_text(phrases.read_text().replace("version = 1", 'version = "one"', 1))
    history = tmp_path / "h.jsonl"
    history.write_text("")
    monkeypatch.setenv("COUNTERMAND_POLICIES", str(folder))
    for words in (
        ("replay", history, "--out", tmp_path / "out"),
        ("check", history),
        ("explain", history, "--order", "o"),
    ):
        done = run(*words, code=2)
        assert "phrases/en.toml: version must be a whole number" in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1
