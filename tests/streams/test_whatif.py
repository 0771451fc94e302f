"""`countermand whatif` on six orders (whatif_history.py) whose limits are counted by hand under both policies.

A: Japan 48 h to answer, the United Kingdom 2 working days to make ready. B: 24 h, and 1 working day.
"""

import json
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from policy_copies import cells, copied, put, replace
from whatif_history import EVENTS, add, write

COUNTERMAND = [sys.executable, "-m", "streams.cli", "whatif"]


class Two(NamedTuple):
    """Two policy folders and the history."""

    a: Path
    b: Path
    history: Path

    def run(self, *words: object, code: int = 0) -> subprocess.CompletedProcess[str]:
        """whatif of the history under both, every clock run out."""
        feeds = self.history.with_name("feeds.toml")
        return run("--policies", self.a, "--against", self.b, self.history, "--feeds", feeds, *words, code=code)

    def rows(self, out: Path) -> list[dict]:
        """Every row of its whatif.jsonl."""
        self.run("--until", "end", "--out", out)
        return [json.loads(line) for line in (out / "whatif.jsonl").read_text(encoding="utf-8").splitlines()]


def run(*words: object, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([*COUNTERMAND, *map(str, words)], capture_output=True, text=True, timeout=60)
    assert done.returncode == code, done.stderr
    return done


@pytest.fixture
def two(tmp_path: Path) -> Two:
    sides = []
    for name, hours, days in (("a", "48 h", "2 working days"), ("b", "24 h", "1 working days")):
        folder = copied(tmp_path / name)
        sides.append(folder)
        put(folder / "default.toml", "promoted", '[{ value = ["V-01", "V-04", "V-18"], source = "x" }]')
        put(folder / "markets" / "JP.toml", "response_sla", f'[{{ value = "{hours}", source = "x" }}]')
        put(folder / "markets" / "UK.toml", "rts_sla", f'[{{ value = "{days}", source = "x" }}]')
        put(folder / "markets" / "UK.toml", "dispatch_stages", '[{ value = ["ready"], source = "x" }]')
    return Two(*sides, write(tmp_path / "orders.jsonl"))


def alike(two: Two) -> None:
    """Makes B the same as A."""
    for market in ("JP", "UK"):
        (two.b / "markets" / f"{market}.toml").write_bytes((two.a / "markets" / f"{market}.toml").read_bytes())


def when(order: str, kind: str) -> datetime:
    """When the event happened, UTC."""
    told = next(at for subject, type_, at, _ in EVENTS if (subject, type_) == (order, kind))
    return datetime.fromisoformat(told).astimezone(UTC)


def due(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"


def test_the_report_has_totals_first_then_who_changes_side_and_why(two: Two) -> None:
    printed = cells(two.run("--until", "end").stdout)

    head = re.compile(r"(.*) \(\w{16}\): (\d+) findings and directives stand after 19 events")
    (first, on_a), (second, on_b) = (head.fullmatch(row[0]).groups() for row in printed[:2])
    assert (first, second, int(on_b) - int(on_a)) == (f"A: {two.a}", f"B: {two.b}", 4)
    assert printed[2] == [f"8 differ: 0 only A, 4 only B, 4 otherwise; {int(on_a) - 4} are the same."]
    tables = [row for row in printed[3:] if not row[0].startswith("─")]
    assert tables == [
        ["rule", "only A", "only B", "otherwise"],
        ["V-01 SELLER_RESPONSE_OVERDUE", "0", "1", "1"],
        ["V-04 AUTO_APPROVAL_NOT_EXECUTED", "0", "1", "1"],
        ["V-18 LATE_DISPATCH", "0", "1", "1"],
        ["approve_cancellation (R-04)", "0", "1", "1"],
        ["market", "only A", "only B", "otherwise"],
        ["JP", "0", "3", "3"],
        ["UK", "0", "1", "1"],
        ["seller", "only A", "only B", "otherwise"],
        ["s-japan", "0", "3", "3"],
        ["s-britain", "0", "1", "1"],
        ["clause", "only A", "only B", "otherwise"],
        ["response_sla 48 h -> 24 h", "0", "2", "2"],
        ["rts_sla 2 working days -> 1 working days", "0", "1", "1"],
        ["through response_sla 48 h -> 24 h", "0", "1", "1"],
        ["side", "rule", "market", "seller", "about", "A", "B", "because"],
        [
            *("only B", "V-01 SELLER_RESPONSE_OVERDUE", "JP", "s-japan", "j-1 x-j-1"),
            *("-", "medium, seller, due 2026-03-04T03:00:00.000Z", "response_sla 48 h -> 24 h on 2026-03-03"),
        ],
        [
            *("otherwise", "V-01 SELLER_RESPONSE_OVERDUE", "JP", "s-japan", "j-2 x-j-2"),
            *("due 2026-03-05T03:00:00.000Z", "due 2026-03-04T03:00:00.000Z"),
            "response_sla 48 h -> 24 h on 2026-03-03",
        ],
        [
            *("only B", "V-04 AUTO_APPROVAL_NOT_EXECUTED", "JP", "s-japan", "j-1 x-j-1"),
            *("-", "high, platform, due 2026-03-04T03:15:00.000Z"),
            "through response_sla 48 h -> 24 h on 2026-03-03",
        ],
        [
            *("otherwise", "V-04 AUTO_APPROVAL_NOT_EXECUTED", "JP", "s-japan", "j-2 x-j-2"),
            *("due 2026-03-05T03:15:00.000Z", "due 2026-03-04T03:15:00.000Z"),
            "through response_sla 48 h -> 24 h on 2026-03-03",
        ],
        [
            *("only B", "V-18 LATE_DISPATCH", "UK", "s-britain", "k-1 ready"),
            *("-", "medium, seller, due 2026-03-09T23:59:59.999Z"),
            "rts_sla 2 working days -> 1 working days on 2026-03-06",
        ],
        [
            *("otherwise", "V-18 LATE_DISPATCH", "UK", "s-britain", "k-2 ready"),
            *("due 2026-03-10T23:59:59.999Z", "due 2026-03-09T23:59:59.999Z"),
            "rts_sla 2 working days -> 1 working days on 2026-03-06",
        ],
        [
            *("only B", "approve_cancellation (R-04)", "JP", "s-japan", "j-1 x-j-1"),
            *("-", "due 2026-03-04T03:00:00.000Z", "response_sla 48 h -> 24 h on 2026-03-03"),
        ],
        [
            *("otherwise", "approve_cancellation (R-04)", "JP", "s-japan", "j-2 x-j-2"),
            *("due 2026-03-05T03:00:00.000Z", "due 2026-03-04T03:00:00.000Z"),
            "response_sla 48 h -> 24 h on 2026-03-03",
        ],
    ]


def test_three_rows_are_derived_again_by_hand(two: Two, tmp_path: Path) -> None:
    rows = {(row["rule"][:4], row["about"]): row for row in two.rows(tmp_path / "out")}

    # j-1: asked Tuesday noon. 48 h end Thursday noon, 24 h Wednesday noon; the answer of Thursday 10:00 lies between.
    asked, answered = when("j-1", "cancellation.requested"), when("j-1", "cancellation.decided")
    assert asked + timedelta(hours=24) < answered <= asked + timedelta(hours=48)
    row = rows["V-01", "j-1 x-j-1"]
    assert (row["side"], row["a"]) == ("only B", None)
    by_24_h = due(asked + timedelta(hours=24))
    assert row["b"] == {"severity": "medium", "holder": "seller", "due": by_24_h, "staged": False}
    assert row["clause"] == [
        {"key": "response_sla", "a": "48 h", "b": "24 h", "day": "2026-03-03", "own": True},
    ]

    # k-1: paid Friday 6 March. The first working day after it is Monday 9 March, the second Tuesday 10 March; each
    # limit is the last ms of its day, and the United Kingdom keeps UTC until 29 March. Ready Tuesday at 09:00.
    paid, ready = when("k-1", "order.paid"), when("k-1", "order.ready")
    assert f"{paid:%A %d %B}" == "Friday 06 March"
    monday, tuesday = (datetime(2026, 3, day + 1, tzinfo=UTC) - timedelta(milliseconds=1) for day in (9, 10))
    assert monday < ready <= tuesday
    row = rows["V-18", "k-1 ready"]
    assert (row["side"], row["a"]) == ("only B", None)
    assert row["b"] == {"severity": "medium", "holder": "seller", "due": due(monday), "staged": False}
    clause = {"key": "rts_sla", "a": "2 working days", "b": "1 working days", "day": "2026-03-06", "own": True}
    assert row["clause"] == [clause]

    # k-2: never ready, so late under both; only the limit differs.
    row = rows["V-18", "k-2 ready"]
    assert row["side"] == "otherwise"
    assert row["a"] == {"severity": "medium", "holder": "seller", "due": due(tuesday), "staged": False}
    assert row["b"] == {"severity": "medium", "holder": "seller", "due": due(monday), "staged": False}
    assert row["clause"] == [clause]

    # j-3 and k-3 are in time under both.
    assert not [about for _, about in rows if "-3" in about]


def test_the_other_way_round_the_sides_change_places(two: Two, tmp_path: Path) -> None:
    forth = two.rows(tmp_path / "forth")
    back = two._replace(a=two.b, b=two.a).rows(tmp_path / "back")

    places = {"only A": "only B", "only B": "only A", "otherwise": "otherwise"}
    swapped = [
        {
            **row,
            "side": places[row["side"]],
            "a": row["b"],
            "b": row["a"],
            "clause": [{**clause, "a": clause["b"], "b": clause["a"]} for clause in row["clause"]],
        }
        for row in forth
    ]
    assert back == swapped


def test_a_value_that_begins_later_moves_only_what_it_binds(two: Two, tmp_path: Path) -> None:
    later = '[{ value = "48 h", source = "x" }, { value = "24 h", from = 2026-03-04, source = "x" }]'
    put(two.b / "markets" / "JP.toml", "response_sla", later)

    assert {row["market"] for row in two.rows(tmp_path / "late")} == {"UK"}

    put(two.b / "markets" / "JP.toml", "response_sla", later.replace("03-04", "03-03"))
    assert {row["market"] for row in two.rows(tmp_path / "in time")} == {"JP", "UK"}


def test_a_holiday_is_the_clause_when_the_numbers_are_the_same(two: Two, tmp_path: Path) -> None:
    alike(two)
    for folder in (two.a, two.b):
        put(folder / "markets" / "UK.toml", "rts_sla", '[{ value = "1 working days", source = "x" }]')
    replace(two.b / "calendars" / "UK.toml", "[years.2026.holidays]\n", '[years.2026.holidays]\n2026-03-09 = "Rest"\n')

    # With Monday off the first working day is Tuesday: k-1 is in time, k-2 late by another limit.
    late = {row["about"]: row for row in two.rows(tmp_path / "out") if row["rule"].startswith("V-18")}

    clause = [{"key": "day", "a": "working day", "b": "Rest", "day": "2026-03-09", "own": True}]
    found = {"severity": "medium", "holder": "seller", "staged": False}
    assert {about: (row["side"], row["a"], row["b"], row["clause"]) for about, row in late.items()} == {
        "k-1 ready": ("only A", {**found, "due": "2026-03-09T23:59:59.999Z"}, None, clause),
        "k-2 ready": (
            "otherwise",
            {**found, "due": "2026-03-09T23:59:59.999Z"},
            {**found, "due": "2026-03-10T23:59:59.999Z"},
            clause,
        ),
    }
    because = [row[-1] for row in cells(two.run("--until", "end").stdout) if row[0] == "only A" and len(row) == 8]
    assert because == ["2026-03-09 working day -> Rest"]


def test_a_holiday_is_no_clause_of_hours(two: Two, tmp_path: Path) -> None:
    replace(two.b / "calendars" / "JP.toml", "[years.2026.holidays]\n", '[years.2026.holidays]\n2026-03-04 = "Rest"\n')

    because = {row["rule"][:4]: row["clause"] for row in two.rows(tmp_path / "out") if row["market"] == "JP"}

    hours = {"key": "response_sla", "a": "48 h", "b": "24 h", "day": "2026-03-03", "own": True}
    rest = {"key": "day", "a": "working day", "b": "Rest", "day": "2026-03-04", "own": True}
    assert (because["V-01"], because["V-18"]) == ([hours], [rest])


def test_each_request_is_bound_by_its_own_day(two: Two, tmp_path: Path) -> None:
    dated = '[{ value = "48 h", source = "x" }, { value = "36 h", from = 2026-03-10, source = "x" }]'
    put(two.a / "markets" / "JP.toml", "response_sla", dated)
    again = {"cancellation": "x-again", "by": "buyer"}
    add(two.history, [("j-2", "cancellation.requested", "2026-03-10T12:00:00+09:00", again)])

    rows = [row for row in two.rows(tmp_path / "out") if row["rule"].startswith("V-01") and "j-2" in row["about"]]

    # Asked on 3 and on 10 March at noon in Japan, 03:00 Z: 48 h and 36 h under A, 24 h under B.
    told = [(row["about"], row["a"]["due"], row["b"]["due"], row["clause"]) for row in rows]
    first = {"key": "response_sla", "a": "48 h", "b": "24 h", "day": "2026-03-03", "own": True}
    second = {"key": "response_sla", "a": "36 h", "b": "24 h", "day": "2026-03-10", "own": True}
    assert told == [
        ("j-2 x-again", "2026-03-11T15:00:00.000Z", "2026-03-11T03:00:00.000Z", [second]),
        ("j-2 x-j-2", "2026-03-05T03:00:00.000Z", "2026-03-04T03:00:00.000Z", [first]),
    ]


def test_staging_a_code_says_so_and_names_what_was_taken_out(two: Two) -> None:
    alike(two)
    put(two.b / "default.toml", "promoted", '[{ value = ["V-01", "V-04"], source = "x" }]')

    printed = cells(two.run("--until", "end").stdout)

    changed = [row for row in printed if row[0] == "otherwise"]
    assert changed == [
        [
            *("otherwise", "V-18 LATE_DISPATCH", "JP", "s-japan", "j-2 ready"),
            *("may open a case", "staged", "promoted V-18 -> none on 2026-03-02"),
        ],
        [
            *("otherwise", "V-18 LATE_DISPATCH", "UK", "s-britain", "k-2 ready"),
            *("may open a case", "staged", "promoted V-18 -> none on 2026-03-06"),
        ],
    ]


def test_a_market_that_one_side_lacks(two: Two, tmp_path: Path) -> None:
    alike(two)
    (two.b / "markets" / "UK.toml").unlink()

    rows = two.rows(tmp_path / "out")

    assert {(row["market"], row["side"]) for row in rows} == {("UK", "only A")}
    missing = {"key": "market", "a": "there", "b": "-", "day": "", "own": True}
    assert all(row["clause"] == [missing] for row in rows)
    assert "after 19 events, 8 of them unusable" in two.run("--until", "end").stdout


def test_when_nobody_changes_side_it_says_so_plainly(two: Two, tmp_path: Path) -> None:
    alike(two)

    *_, last = two.run("--until", "end").stdout.splitlines()

    assert re.fullmatch(r"Nobody changes side: all \d+ are the same under both\.", last)
    assert two.rows(tmp_path / "out") == []


def test_the_totals_for_programs_and_until(two: Two) -> None:
    told = json.loads(two.run("--json", "--until", "2026-03-05T00:00:00Z").stdout)

    # By then the 24 hours of j-1 and j-2 are over, not the 48; and the second working day, Wednesday, of all the same.
    assert told["moved"] == {"only A": 0, "only B": 6, "otherwise": 0}
    assert told["by_market"] == {"JP": {"only A": 0, "only B": 6, "otherwise": 0}}
    assert (told["a"]["stand"], told["b"]["stand"], told["same"]) == (2, 8, 2)


def test_foreign_events_are_read_by_the_mapping(two: Two, tmp_path: Path) -> None:
    forth = two.rows(tmp_path / "own")
    text = two.history.read_text(encoding="utf-8")
    two.history.write_text(text.replace('"order.paid"', '"acme.payment.done"'), encoding="utf-8")
    mapping = tmp_path / "mapping.toml"
    mapping.write_text('[[event]]\ntype = "acme.payment.done"\nbecomes = "order.paid"\n', encoding="utf-8")

    two.run("--until", "end", "--mapping", mapping, "--out", tmp_path / "out")

    rows = [json.loads(line) for line in (tmp_path / "out" / "whatif.jsonl").read_text(encoding="utf-8").splitlines()]
    assert rows == forth


def test_mistakes_are_one_sentence_and_exit_2(two: Two, tmp_path: Path) -> None:
    wanted = "name the histories to replay, and with --against the policies to compare with"
    cases = {
        ("--against", two.b): wanted,
        (two.history,): wanted,
        (two.history, "--against", tmp_path / "none"): "default.toml is missing; a policy folder replaces",
        (tmp_path / "none.jsonl", "--against", two.b): f"There is no file {tmp_path / 'none.jsonl'}; check the name.",
        (two.history, "--against", two.b, "--until", "soon"): '--until "soon" is no instant with offset;',
    }
    for words, sentence in cases.items():
        done = run(*words, code=2)
        assert sentence in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1
        assert done.stdout == ""
