"""The benches on a real broker, in short: their gates open, and what they measure is there."""

from pathlib import Path

import pytest

from bench import live, restart, steady
from bench.gate import agree, facts_of
from bench.history import simulated
from bench.orders import Orders
from bench.workers import Stage
from detectors.rulebook import Rulebook
from policies import load

pytestmark = pytest.mark.long


def test_the_worker_says_what_the_memory_says_of_the_same_facts(kafka: str, tmp_path: Path) -> None:
    play = live.Play([simulated(tmp_path, sellers=8, days=1)], None, tmp_path)
    table = live.measure(play, Stage(kafka, tmp_path, clock="log"), [1], "0,1")
    assert table.row_count == 2


def test_a_worker_goes_on_over_the_rows_that_are_there(kafka: str, tmp_path: Path) -> None:
    rules = Rulebook(load())
    scene = Stage(kafka, tmp_path, clock="log").scene()
    cells = restart.run(scene, rules, Orders(rules, 1000), tmp_path, backlog=50, measured=50)
    assert cells[0] == "1,000"


def test_a_steady_load_has_its_outcomes_and_their_delays(kafka: str, tmp_path: Path) -> None:
    rules, scene = Rulebook(load()), Stage(kafka, tmp_path, ledger="all").scene()
    sent, _ = steady.run(scene, 200, 2, 1, settled_s=0)
    log = facts_of(scene, sent)
    agree(scene, rules, log, tmp_path / "memory")
    found = steady.delays(scene, rules, log)
    assert found.directives == []
    assert len(found.events) == len(found.facts) > 50
    assert 0 < steady.at(found.facts, 0.5) <= steady.at(found.events, 0.5)
