"""Every timeline says exactly what its file expects: every finding, directive and duty of its rule, and no other."""

from pathlib import Path

import pytest

from tests.timelines.runner import FOLDER, Timeline

FILES = sorted(FOLDER.glob("*/*.toml"))


def _id(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


@pytest.mark.parametrize("path", FILES, ids=_id)
def test_everything_said_is_as_expected(path: Path) -> None:
    timeline = Timeline(path, {path.parent.name})
    assert timeline.problems() == [], timeline.story.table["about"]


@pytest.mark.parametrize("path", FILES, ids=_id)
def test_the_evidence_adds_up(path: Path) -> None:
    assert Timeline(path).unproved() == []
