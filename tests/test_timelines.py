"""Every timeline says exactly what its file expects: every finding, directive and duty of its rule, and no other."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.timelines.evidence import unproved
from tests.timelines.runner import FOLDER, Timeline
from tests.timelines.story import markets

DECISION = ("approve_at_once", "answer_request", "execute_approval", "refuse_after_shipment")
OWN = {"table_3_4": DECISION, "feeds": DECISION}


def _told() -> Iterator[object]:
    for path in sorted(FOLDER.glob("*/*.toml")):
        of = markets(tomllib.loads(path.read_text(encoding="utf-8")))
        for market in of:
            name = f"{path.parent.name}/{path.stem}"
            yield pytest.param(path, market, id=f"{name}-{market}" if len(of) > 1 else name)


timelines = pytest.mark.parametrize(("path", "market"), list(_told()))


@timelines
def test_everything_said_is_as_expected(path: Path, market: str) -> None:
    timeline = Timeline(path, OWN.get(path.parent.name, (path.parent.name,)), market)
    assert timeline.problems() == [], timeline.story.table["about"]


@timelines
def test_the_evidence_adds_up(path: Path, market: str) -> None:
    assert unproved(Timeline(path, market=market)) == []
