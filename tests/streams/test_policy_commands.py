"""`countermand policy show / check / diff` on copies of the packaged policies whose numbers the test sets itself."""

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from policy_copies import cells, copied, put, replace

import policies
from policies import PACKAGED
from policies.groups import Group, groups

COUNTERMAND = [sys.executable, "-m", "streams.cli", "policy"]

JP = """\
name = "JP"
version = "2026-11-24"
tz = "Asia/Tokyo"
languages = ["ja"]
weekend = [5, 6]
calendar = "JP"

[response_sla]
values = [
  { value = "48 h", source = "R-03; O2", sure = "official" },
  { value = "36 h", from = 2026-02-01, source = "C7", sure = "copy" },
  { value = "24 h", from = 2026-07-01, source = "T3", sure = "third party" },
]
"""


def run(*words: object, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([*COUNTERMAND, *map(str, words)], capture_output=True, text=True, timeout=60)
    assert done.returncode == code, done.stderr
    return done


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy = copied(tmp_path / "a")
    (copy / "markets" / "JP.toml").write_text(JP, encoding="utf-8")
    put(copy / "default.toml", "instant_approval", '[{ value = "120 s", source = "rulebook 3.4 row 2" }]')
    put(copy / "default.toml", "sfcr_tiers", '[{ value = [10, 30, 50], source = "M-01; O26" }]')
    put(copy / "default.toml", "seller_ships_to_reject", '[{ value = false, source = "rulebook 2.1" }]')
    return copy


def test_show_says_every_key_with_its_value_days_owner_sureness_and_source(folder: Path) -> None:
    printed = cells(run("show", "JP", "2026-05-01", "--policies", folder).stdout)

    assert printed[:10] == [
        ["Policy of JP on 2026-05-01"],
        ["time zone", "Asia/Tokyo"],
        ["languages", "ja"],
        ["weekend", "Saturday, Sunday"],
        ["calendar", "JP, 2010 to 2027"],
        ["holidays in 2026-05", "2026-05-03 Constitution Day"],
        ["2026-05-04 Greenery Day"],
        ["2026-05-05 Children's Day"],
        ["2026-05-06 Substitute Holiday"],
        ["The buyer's cancellation (R-01 ... R-10)"],
    ]
    assert printed[10] == ["key", "value", "holds", "of", "sure", "source"]
    assert ["response_sla", "36 h", "2026-02-01 to 2026-06-30", "JP", "copy", "C7"] in printed
    assert ["instant_approval", "120 s", "always", "default", "default", "rulebook 3.4 row 2"] in printed
    assert ["sfcr_tiers", "10, 30, 50", "always", "default", "default", "M-01; O26"] in printed
    assert ["seller_ships_to_reject", "no", "always", "default", "default", "rulebook 2.1"] in printed


def test_every_key_of_default_toml_is_shown_once_in_its_order(folder: Path) -> None:
    shown = json.loads(run("show", "JP", "2026-05-01", "--policies", folder, "--json").stdout)

    keys = [key for key, table in policies.read(folder).default.items() if isinstance(table, dict)]
    assert [one["key"] for one in shown["keys"]] == keys


@pytest.mark.parametrize(
    ("day", "value", "since", "until"),
    [
        ("2026-01-31", "48 h", None, "2026-01-31"),
        ("2026-02-01", "36 h", "2026-02-01", "2026-06-30"),
        ("2026-06-30", "36 h", "2026-02-01", "2026-06-30"),
        ("2026-07-01", "24 h", "2026-07-01", None),
    ],
)
def test_the_day_decides_which_value_holds(folder: Path, day: str, value: str, since: str, until: str) -> None:
    shown = json.loads(run("show", "JP", day, "--policies", folder, "--json").stdout)

    held = next(one for one in shown["keys"] if one["key"] == "response_sla")
    assert (held["value"], held["since"], held["until"]) == (value, since, until)
    judged = policies.load(folder).markets["JP"].get("response_sla", date.fromisoformat(day).toordinal())
    assert judged.n == int(value.removesuffix(" h")) * 3_600_000


def test_days_in_lieu_and_years_without_calendar_are_said() -> None:
    china = cells(run("show", "CN", "2026-02-01").stdout)
    assert ["holidays in 2026-02", "2026-02-16 Chinese New Year's Eve"] in china
    assert ["working days in lieu", "2026-02-14, 2026-02-28"] in china

    estimate = cells(run("show", "CN", "2027-01-15").stdout)
    assert ["holidays in 2027-01", "2027-01-01 New Year's Day (this year is an estimate)"] in estimate

    beyond = cells(run("show", "CN", "2031-02-01").stdout)
    unknown = "unknown: no working day is counted in 2031, which the calendar does not hold"
    assert ["holidays", unknown] in beyond


def test_headings_are_those_of_the_file_and_no_key_is_left_out(tmp_path: Path) -> None:
    parts = [
        "# The head.\n# More of it.",
        'version = "1"',
        "[a]\nx = 1",
        "# First (R-1)",
        "[b]\nx = 1",
        "[c]",
        '["d"]\n',
    ]
    (tmp_path / "default.toml").write_text("\n\n".join(parts))

    assert groups(tmp_path) == [Group("", ("a",)), Group("First (R-1)", ("b", "c")), Group("Others", ("d",))]


def test_check_says_what_is_there_and_what_is_an_estimate(folder: Path) -> None:
    calendar = folder / "calendars" / "JP.toml"
    for year in (2020, 2022, 2023, 2024):
        replace(calendar, f"[years.{year}]\n", f"[years.{year}]\nestimate = true\n")

    good, estimates = run("check", folder).stdout.splitlines()

    loaded = policies.read(folder)
    keys = sum(1 for table in loaded.default.values() if isinstance(table, dict))
    lists = len(list((folder / "phrases").glob("*.toml")))
    assert good == (
        f"{folder}: good; {len(loaded.markets)} markets, {keys} keys, {len(loaded.calendars)} calendars,"
        f" {lists} phrase lists, {len(loaded.reasons['reasons'])} reasons; hash {policies.load(folder).hash}"
    )
    assert estimates == (
        "estimated years: CN 2027; ID 2027; JP 2020, 2022 to 2024; MY 2027; PH 2027; SG 2027; TH 2027; VN 2027"
    )


def test_diff_says_market_key_days_values_and_sources(folder: Path, tmp_path: Path) -> None:
    other = copied(tmp_path / "b")
    (other / "markets" / "JP.toml").write_text(JP.replace('"36 h"', '"30 h"'), encoding="utf-8")
    put(other / "default.toml", "instant_approval", '[{ value = "60 s", source = "R-01" }]')
    put(other / "default.toml", "sfcr_tiers", '[{ value = [10, 30, 50], source = "M-01; O26" }]')
    put(other / "default.toml", "seller_ships_to_reject", '[{ value = false, source = "rulebook 2.1" }]')
    put(folder / "default.toml", "v24_ratio", '[{ value = 3, source = "M-13; T11" }]')
    put(other / "default.toml", "v24_ratio", '[{ value = 3, source = "M-13; T11", sure = "official" }]')
    put(other / "markets" / "UK.toml", "rts_sla", '[{ value = "1 working days", source = "T9", sure = "copy" }]')
    put(folder / "markets" / "UK.toml", "rts_sla", '[{ value = "2 working days", source = "T9", sure = "copy" }]')

    printed = cells(run("diff", folder, other).stdout)

    assert printed[0] == ["Numbers: 4"]
    assert printed[1] == ["market", "what", "holds", "A", "B", "source"]
    sources = "rulebook 3.4 row 2 (default) -> R-01 (default)"
    ratio = "M-13; T11 (default) -> M-13; T11 (official)"
    assert printed[3:] == [
        ["all", "instant_approval", "always", "120 s", "60 s", sources],
        ["JP", "response_sla", "2026-02-01 to 2026-06-30", "36 h", "30 h", "C7 (copy)"],
        ["UK", "rts_sla", "always", "2 working days", "1 working days", "T9 (copy)"],
        ["all", "v24_ratio", "always", "3", "3", ratio],
    ]


def test_diff_cuts_days_where_either_side_changes(folder: Path, tmp_path: Path) -> None:
    other = copied(folder.parent / "b")
    (other / "markets" / "JP.toml").write_text(JP, encoding="utf-8")
    for copy, values in (
        (folder, '[{ value = 1, source = "x" }, { value = 3, from = 2020-01-01, source = "x" }]'),
        (other, '[{ value = 1, source = "x" }, { value = 2, from = 2019-01-01, source = "x" }]'),
    ):
        put(copy / "markets" / "JP.toml", "min_num", values)
        put(copy / "markets" / "JP.toml", "response_sla", '[{ value = "1 h", source = "x" }]')

    parts = json.loads(run("diff", folder, other, "--json").stdout)

    days = [(one["markets"], one["holds"], one["before"], one["after"]) for one in parts["Numbers"]]
    assert days == [
        (["JP"], "2019-01-01 to 2019-12-31", "1", "2"),
        (["JP"], "since 2020-01-01", "3", "2"),
    ]


def test_diff_says_markets_days_reasons_and_phrases(tmp_path: Path) -> None:
    old, new = copied(tmp_path / "a"), copied(tmp_path / "b")
    for copy in (old, new):
        (copy / "markets" / "JP.toml").write_text(JP, encoding="utf-8")
    replace(new / "markets" / "JP.toml", "weekend = [5, 6]", "weekend = [6]")
    replace(new / "calendars" / "JP.toml", '2026-05-06 = "Substitute Holiday"', '2026-05-07 = "A day off"')
    replace(new / "reasons.toml", 'package_damagaed = "package_damaged"\n', "")
    replace(new / "phrases" / "en.toml", "version = 1\n", "version = 2\n")
    (new / "markets" / "CN.toml").unlink()

    printed = cells(run("diff", old, new).stdout)

    assert ["CN", "market", "always", "there", "-"] in printed
    assert ["JP", "weekend", "always", "5, 6", "6"] in printed
    assert ["JP", "holiday", "2026-05-06", "Substitute Holiday", "-"] in printed
    assert ["JP", "holiday", "2026-05-07", "-", "A day off"] in printed
    assert ["CN", "calendar CN", "2010 to 2027", "there", "-"] in printed
    assert ["all", "alias package_damagaed", "always", "package_damaged", "-"] in printed
    assert ["all", "en version", "always", "1", "2"] in printed


def test_nothing_differs_is_said_plainly(tmp_path: Path) -> None:
    assert run("diff", PACKAGED, copied(tmp_path / "b")).stdout == "nothing differs\n"


def test_mistakes_are_one_sentence_and_exit_2(folder: Path, tmp_path: Path) -> None:
    replace(folder / "phrases" / "en.toml", "version = 1\n", 'version = "one"\n')
    cases = {
        ("show", "XX", "2026-05-01"): 'there is no market "XX" in these policies, only BR, CN, DE,',
        ("show", "JP", "May"): '"May" is not a date like 2026-03-01',
        ("show", "JP", "2026-02-30"): '"2026-02-30" is not a date like 2026-03-01',
        ("check", tmp_path / "none"): "default.toml is missing; a policy folder replaces the packaged policies/",
        ("check", folder): "phrases/en.toml: version must be a whole number",
        ("diff", PACKAGED, tmp_path): "default.toml is missing; a policy folder replaces the packaged policies/",
    }
    for words, sentence in cases.items():
        done = run(*words, code=2)
        assert sentence in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1
        assert done.stdout == ""
