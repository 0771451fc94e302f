"""`countermand demo`: it names each bad seller with its reason and no honest one, and ends cleanly."""

import io
import re
import signal
import socket
import subprocess
import threading
from pathlib import Path
from urllib.request import urlopen

import pytest
from demo_process import COMMAND, environment, running
from rich.console import Console

from policies import lexicon, load
from streams import demo as module
from streams.demo import Pace, Plan
from streams.demo_lines import DemoLines
from streams.simulation.places import DAY, HOUR
from streams.simulator import DESERVES, MONDAY, STEP, Marketplace

TRUTH = Marketplace().truth


def test_it_names_each_bad_seller_with_its_reason_and_ends(tmp_path: Path) -> None:
    done = subprocess.run(
        COMMAND,
        cwd=tmp_path,
        env=environment(tmp_path, DEMO_EXIT="1"),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"Time to first finding: \d+\.\d s \(simulated: 3 h 16 min after the start\)", done.stdout)
    told, end = done.stdout.split("sellers of this marketplace break the rules.")
    for truth in TRUTH:
        reasons = re.search(rf"^  {truth.seller} +{truth.kind} +(.*)\n +(.+)$", end, re.M)
        assert bool(reasons) != truth.honest, truth
        if reasons:
            assert re.findall(r"\d+ x (V-\d\d)", reasons[1]) == list(truth.codes)
            assert truth.seller in told
    assert "Findings against the 9 honest sellers: 0." in end
    for line in told.splitlines():
        if " V-" in line and "(platform)" not in line:
            assert not [truth.seller for truth in TRUTH if truth.honest and f" {truth.seller} " in line], line


def test_ctrl_c_ends_it_without_a_word_of_python(tmp_path: Path) -> None:
    with running(tmp_path) as (demo, address):
        assert b"Sellers" in urlopen(address).read()
        rest: list[str] = []
        reader = threading.Thread(target=lambda: rest.append(demo.stdout.read()))
        reader.start()
        demo.send_signal(signal.SIGINT)
        assert demo.wait(30) == 0
        reader.join(30)

    assert "Ended by Ctrl-C." in rest[0]
    assert "Traceback" not in rest[0]


def test_a_taken_port_is_no_obstacle_and_the_metrics_are_told(tmp_path: Path) -> None:
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    taken.listen()
    host, port = taken.getsockname()
    seen: dict[str, str] = {}

    class Looks(DemoLines):
        def address(self, url: str, *, taken: bool) -> None:
            seen.update(url=url, taken=str(taken))

        def end(self, market: Marketplace, *, complete: bool) -> int:
            seen["metrics"] = urlopen(f"{seen['url']}/metrics").read().decode()
            return super().end(market, complete=complete)

    lines = Looks(Console(file=io.StringIO()))
    plan = Plan(days=2, seconds=0, ends=True, listen_on=(host, port))
    module.run(load(), lexicon(), plan, lines)
    taken.close()

    assert seen["taken"] == "True"
    assert seen["url"].startswith("http://127.0.0.1:")
    assert not seen["url"].endswith(f":{port}")
    assert re.search(r'^countermand_findings_total\{code="V-24",state="raised"\} [1-9]', seen["metrics"], re.M)
    assert re.search(r'^countermand_sellers\{tier="(ok|low_volume)"\} [1-9]', seen["metrics"], re.M)


@pytest.mark.parametrize("days", [7])
def test_a_run_that_misses_a_bad_seller_says_so_by_its_exit_code(days: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DESERVES, "prompt", ("V-01",))
    out = io.StringIO()

    code = module.run(
        load(),
        lexicon(),
        Plan(days=days, seconds=0, ends=True, listen_on=None),
        DemoLines(Console(file=out, width=200)),
    )

    assert code == 1
    assert re.search(r"harbour-nine +prompt +nothing yet", out.getvalue())


def test_the_week_passes_in_its_seconds_and_then_an_hour_a_second() -> None:
    pace = Pace(Plan(days=7, seconds=24), MONDAY)
    assert [pace.at(0), pace.at(12), pace.at(24)] == [MONDAY, MONDAY + 7 * DAY // 2, MONDAY + 7 * DAY]
    assert pace.at(26) == MONDAY + 7 * DAY + 2 * HOUR
    assert {pace.at(x / 7) % STEP for x in range(200)} == {0}
    assert not pace.over(pace.at(1000))
    assert Pace(Plan(ends=True), MONDAY).over(MONDAY + 7 * DAY)
