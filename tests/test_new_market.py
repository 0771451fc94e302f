"""docs/adding-a-market.md is executed on a copy of the policies: KR is a policy file and its timelines, no code."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import policies
from detectors.facts import Fact
from streams.ingest import DeadLetter, Ingest, Raw
from tests.streams.policy_copies import cells
from tests.timelines import runner
from tests.timelines.evidence import unproved
from tests.timelines.runner import Timeline

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^```(\w+) ([^\n]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = BLOCK.findall((ROOT / "docs" / "adding-a-market.md").read_text(encoding="utf-8"))
FILES = {words.removeprefix("file="): text for _, words, text in BLOCKS if words.startswith("file=")}
COMMANDS = [line for _, words, text in BLOCKS if words == "run" for line in text.splitlines()]
TIMELINES = [name for name in FILES if name.startswith("tests/timelines/")]
EVENT = {
    "specversion": "1.0",
    "id": "e1",
    "source": "shop",
    "type": "order.paid",
    "time": "2026-02-13T01:00:00Z",
    "seller": "s1",
    "market": "KR",
    "subject": "o1",
    "data": {"amount": "1980", "currency": "KRW"},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a copy of the policies and the page's files in it."""
    shutil.copytree(policies.PACKAGED, tmp_path / "policies", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    for name, text in FILES.items():
        path = tmp_path / name
        assert not path.exists(), f"{name} is there already"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture
def in_force(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same, with its policies in the place of those that ship."""
    loaded = policies.load(folder / "policies")
    ingest = Ingest(loaded, policies.lexicon(folder / "policies"), "log")
    monkeypatch.setattr(runner, "in_force", lambda: loaded)
    monkeypatch.setattr(runner, "_ingest", lambda: ingest)
    return folder


def read(folder: Path | None) -> Fact | DeadLetter:
    ingest = Ingest(policies.load(folder), policies.lexicon(folder), "log")
    return ingest.read(Raw(json.dumps(EVENT).encode(), b"", (), "shop.orders", 0, 7, 0))


def test_a_market_is_a_policy_a_calendar_and_timelines_and_no_code() -> None:
    kinds = {str(Path(name).parent): Path(name).suffix for name in FILES}
    assert kinds == {"policies/markets": ".toml", "policies/calendars": ".toml", "tests/timelines/markets": ".toml"}
    assert {name for name in FILES if name not in TIMELINES} == {
        "policies/markets/KR.toml",
        "policies/calendars/KR.toml",
    }
    assert {language for language, words, _ in BLOCKS if words != "run"} == {"toml"}


@pytest.mark.parametrize("name", TIMELINES)
def test_everything_said_in_the_new_market_is_as_expected(in_force: Path, name: str) -> None:
    timeline = Timeline(in_force / name, ("answer_request", "execute_approval"))
    assert timeline.story.market == "KR"
    assert timeline.dead == []
    assert timeline.problems() == []
    assert unproved(Timeline(in_force / name)) == []


def test_ingest_knows_the_market_by_the_folder_alone(folder: Path) -> None:
    fact, refused = read(folder / "policies"), read(None)
    assert isinstance(fact, Fact)
    assert (fact.market, fact.type, fact.subject, fact.at) == ("KR", "order.paid", "o1", 1_770_944_400_000)
    assert isinstance(refused, DeadLetter)
    assert (refused.reason, refused.path) == ("unknown_market", "market")
    assert '"KR"' in refused.sentence


def test_no_other_market_changes(folder: Path) -> None:
    ours, theirs = policies.read(folder / "policies"), policies.read()
    assert ours.markets.keys() - theirs.markets.keys() == {"KR"}
    assert {name: table for name, table in ours.markets.items() if name != "KR"} == theirs.markets
    assert (ours.default, ours.reasons) == (theirs.default, theirs.reasons)


def test_the_commands_of_the_page_run(folder: Path) -> None:
    said = ""
    for line in COMMANDS:
        words = shlex.split(line)
        assert words[0] == "countermand"
        done = subprocess.run(
            [sys.executable, "-P", "-m", "streams.cli", *words[1:]],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        said += done.stdout
    assert "18 markets" in said
    assert "KR 2027" in said
    rows = cells(said)
    assert ["response_sla", "1 working day", "since 2026-02-01", "KR", "default", "an example of this page"] in rows
    assert ["tts_sla", "3 working days", "always", "KR", "official", "E-Commerce Act (KR) art. 15 (1)"] in rows
