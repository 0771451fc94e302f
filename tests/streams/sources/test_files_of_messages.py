"""Files with foreign messages among our own events: read, loaded, and named on the command line."""

import json
import subprocess
import sys
from pathlib import Path

from detectors.facts import Fact
from streams.history import FileReader
from streams.ingest import DeadLetter
from streams.load import History
from tests.streams.sources.reading import ORDER, SHOP, ingest, sample, with_data

OWN = {
    "specversion": "1.0",
    "id": "e-1",
    "source": "s",
    "type": "order.paid",
    "time": "2026-03-02T09:30:00Z",
    "subject": "o-1",
    "seller": "s-1",
    "market": "JP",
    "data": {"amount": "1", "currency": "JPY"},
}
LINES = [sample("order_detail_paid"), OWN, sample("webhook_1_cancel"), sample("webhook_1_cancel", shop_id="1")]


def written(folder: Path) -> Path:
    path = folder / "h.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in LINES))
    return path


def test_every_line_may_be_in_another_format(tmp_path: Path) -> None:
    items = list(FileReader([written(tmp_path)], ingest()))
    assert [(item.type, item.origin[2]) for item in items if isinstance(item, Fact)] == [
        ("order.placed", 1),
        ("order.paid", 1),
        ("order.paid", 2),
        ("order.status_changed", 3),
    ]
    assert [(item.reason, item.raw.offset) for item in items if isinstance(item, DeadLetter)] == [("unknown_market", 4)]
    assert [json.loads(item.raw.value) for item in items if isinstance(item, DeadLetter)] == LINES[3:]


def test_time_stands_still_where_a_line_tells_of_the_past(tmp_path: Path) -> None:
    facts = [item for item in FileReader([written(tmp_path)], ingest()) if isinstance(item, Fact)]
    assert [fact.arrived for fact in facts] == [1772442061000, 1772442061000, 1772443800000, 1772445900000]


def test_a_line_that_tells_several_things_is_loaded_once(tmp_path: Path) -> None:
    sent = list(History(ingest(), [written(tmp_path)], None, None, stamp=True))
    assert [(line.topic, line.key, line.at) for line in sent] == [
        ("orders", SHOP.encode(), 1772442061000),
        ("orders", b"s-1", 1772443800000),
        ("orders", SHOP.encode(), 1772445900000),
        ("orders", b"", None),
    ]
    told = [json.loads(line.value) for line in sent]
    assert told[0] == LINES[0] | {"recordedtime": "2026-03-02T09:01:01.000Z"}
    assert told[1:] == LINES[1:]


def test_loaded_lines_arrive_as_they_did_in_the_file(tmp_path: Path) -> None:
    late = with_data("webhook_1_cancel", update_time=1772442000) | {"tts_notification_id": "9"}
    path = tmp_path / "h.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in [*LINES, late]))
    read = [item.arrived for item in FileReader([path], ingest()) if isinstance(item, Fact)]
    loaded = tmp_path / "loaded.jsonl"
    loaded.write_bytes(b"".join(line.value + b"\n" for line in History(ingest(), [path], None, None, stamp=True)))
    raws = (item for item in FileReader([loaded], ingest()) if isinstance(item, Fact))
    assert [item.arrived for item in raws] == read
    assert read[-1] == 1772445900000


def test_the_command_line_takes_a_shops_file(tmp_path: Path) -> None:
    shops = tmp_path / "shops.toml"
    shops.write_text(f'[shops]\n"{SHOP}" = "JP"\n')
    countermand = [sys.executable, "-m", "streams.cli"]

    def run(*words: object, **settings: str) -> "subprocess.CompletedProcess[str]":
        told = [*countermand, *map(str, words)]
        return subprocess.run(
            told, capture_output=True, text=True, timeout=120, check=False, env={"PATH": "", **settings}
        )

    checked = run("check", written(tmp_path), "--shops", shops)
    assert (checked.returncode, checked.stdout.splitlines()[-1]) == (1, "5 events, 1 of them bad (unknown_market 1).")
    by_setting = run("check", written(tmp_path), COUNTERMAND_SHOPS=str(shops))
    assert by_setting.stdout == checked.stdout
    replayed = run("replay", written(tmp_path), "--shops", shops, "--out", tmp_path / "out", "--json")
    events = json.loads(replayed.stdout)["events"]
    assert events == {"received": 5, "accepted": 4, "duplicates": 0, "dead_letters": 1, "unread": 0}
    explained = run("explain", written(tmp_path), "--shops", shops, "--order", ORDER)
    assert "order.status_changed     7327112393057371901  status CANCELLED" in explained.stdout
    missing = run("replay", written(tmp_path), "--shops", tmp_path / "no.toml", "--out", tmp_path / "out2")
    assert (missing.returncode, missing.stderr) == (
        2,
        f"countermand: the shops file {tmp_path / 'no.toml'} cannot be read: No such file or directory\n",
    )
