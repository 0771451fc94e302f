"""docs/rulebook.md: every row of the rulebook is enforced by something that exists, or says plainly why not."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import policies
from detectors.card import Card
from detectors.catalogue import CARDS
from tests.conftest import SHARED

ROOT = Path(__file__).parents[1]
REFERENCE = SHARED / "reference" / "rulebook.md"
NO_MACHINE = {"R-09", "R-16", "R-30", "R-34", "R-48", "R-50", "R-63", "R-64", "N-4", "N-6"}  # and those of §1.7
CONTEXT = {"X-1", "X-2", "X-3", "X-4", "X-5"}
CASES = {
    *(f"R-{n}" for n in (*range(70, 82), *range(85, 92))),  # tickets, deposits, closing
    *("V-33", "V-34", "V-35", "V-36", "N-5", "M-15"),
    *("R-18", "R-19", "R-47", "M-11", "N-7", "A-21", "A-22", "A-23", "A-24"),  # investigation, penalties, appeals
    *("G-12", "G-15"),  # deposits, exports
}


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_rulebook", ROOT / "docs" / "build_rulebook.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


BUILD = _load()
MEANINGS = BUILD.read()
ROWS = BUILD.rows(MEANINGS)


def ids_of_the_page(text: str) -> list[str]:
    return re.findall(r"^\| ([A-Z]-\d+[a-z]?) \|", text, re.MULTILINE)


def test_every_row_stands_on_the_page_once() -> None:
    assert ids_of_the_page(BUILD.page(MEANINGS)) == list(MEANINGS)


def test_a_row_is_enforced_or_exempt_or_to_come_never_two_of_them() -> None:
    torn = [row.id for row in ROWS if row.enforced + bool(row.unenforced) + row.cases > 1]
    assert torn == []


def test_nothing_is_still_to_be_built() -> None:
    assert [row.id for row in ROWS if not (row.enforced or row.unenforced or row.cases)] == []


def test_what_no_machine_enforces_is_a_closed_list() -> None:
    assert {row.id for row in ROWS if row.unenforced} == NO_MACHINE | CONTEXT


def test_what_comes_with_the_cases_is_a_closed_list() -> None:
    assert {row.id for row in ROWS if row.cases} == CASES


@pytest.mark.parametrize("card", CARDS.values(), ids=lambda card: card.name)
def test_every_card_stands_at_each_of_its_rules_and_codes(card: Card) -> None:
    at = {row.id for row in ROWS if card.name in {by.split(" ", 1)[1] for by in row.by}}
    assert {*card.rules, *card.codes} - at == set()


def test_what_is_named_exists() -> None:
    keys = policies.read().default.keys() - {"version"}
    unknown = [f"{name}: {key}" for name, said in MEANINGS.items() for key in said.get("policy", ()) if key not in keys]
    absent = [f"{name}: {file}" for name, said in MEANINGS.items() for file in said.get("files", ()) if not at(file)]
    lost = [f"{name}: {to}" for name, said in MEANINGS.items() for to in said.get("through", ()) if to not in MEANINGS]
    assert unknown + absent + lost == []


def at(file: str) -> bool:
    return (ROOT / file).is_file()


def test_only_known_words_are_said_of_a_row() -> None:
    known = {"means", "through", "policy", "files", "cases", "unenforced"}
    assert [
        name for name, said in MEANINGS.items() if not said.keys() <= known or not said["means"].endswith(".")
    ] == []


def test_an_ambiguity_says_where_it_is_settled() -> None:
    told = {"policy", "files", "through", "cases"}
    assert [name for name, said in MEANINGS.items() if name[0] == "A" and not told & said.keys()] == []


def test_sources_that_look_machine_made_are_not_used() -> None:
    tables = policies.read()
    sources = [
        row["source"]
        for table in (tables.default, *tables.markets.values())
        for key in table.values()
        if isinstance(key, dict)
        for row in key["values"]
    ]
    barred = re.compile(r"10100\.com|sellerops|tokhq|shoptikmall|\bT16\b", re.IGNORECASE)
    assert len(sources) > len(tables.default)
    assert [source for source in sources if barred.search(source)] == []


def test_the_committed_page_is_fresh() -> None:
    command = [sys.executable, "docs/build_rulebook.py", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.shared
def test_the_ids_are_those_of_the_rulebook() -> None:
    text = REFERENCE.read_text(encoding="utf-8")
    rows = re.findall(r"^\| \**([RXVMAG]-\d+[a-z]?)\** \|", text, re.MULTILINE)
    notices = re.findall(r"\b(N-\d) ", text[text.index("**Notification duties (N):**") :].split("\n", 1)[0])
    assert sorted(MEANINGS) == sorted([*rows, *notices])
