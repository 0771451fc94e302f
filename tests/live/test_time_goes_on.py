"""Under the wall clock: a silent seller is flagged though nothing arrives, and an outage accuses nobody."""

import json
import re
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kafka import KafkaProducer

from policies import PACKAGED
from streams.settings import Settings
from streams.topics import Names
from tests.live.reading import records
from tests.live.workers import workers

HOUR = 3600.0


def short(folder: Path, **values: str) -> Path:
    """The packaged policies with other default spans."""
    shutil.copytree(PACKAGED, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    path = folder / "default.toml"
    text = path.read_text()
    for key, value in values.items():
        text, n = re.subn(rf'(\[{key}\][^\[]*values = \[\{{ value = )"[^"]*"', rf'\1"{value}"', text)
        assert n == 1, key
    path.write_text(text)
    return folder


def event(name: str, kind: str, at: float, order: str, seller: str, **data: Any) -> tuple[str, bytes]:
    """(topic, record): an event that happened at `at` (seconds)."""
    moment = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
    value = {
        "specversion": "1.0",
        "id": name,
        "source": "live",
        "type": kind,
        "time": moment,
        "subject": order,
        "seller": seller,
        "market": "JP",
        "data": data,
    }
    topic = "orders" if kind.startswith("order.") else "cancellations"
    return topic, json.dumps(value).encode()


def bought(order: str, seller: str, at: float) -> Iterator[tuple[str, bytes]]:
    lines = [{"line": "1", "sku": "k1"}]
    yield event(f"{order}-placed", "order.placed", at, order, seller, buyer=f"b-{order}", lines=lines)
    yield event(f"{order}-paid", "order.paid", at, order, seller, amount="100", currency="JPY")


def test_a_request_left_unanswered_is_directed_in_time(
    applied: Settings, environ: dict[str, str], tmp_path: Path
) -> None:
    policies = short(tmp_path / "policies", instant_cancel="1 s", response_sla="6 s", settle="2 s")
    names = Names(applied)
    with workers({**environ, "COUNTERMAND_POLICIES": str(policies)}, 1, tmp_path) as (worker,):
        producer = KafkaProducer(bootstrap_servers=applied.bootstrap)
        asked = time.time()
        sent = [*bought("o1", "s1", asked - 60)]
        sent.append(event("asked", "cancellation.requested", asked, "o1", "s1", cancellation="c1", by="buyer"))
        for topic, value in sent:
            producer.send(names.raw[topic], value, b"s1").get(10)
        producer.close()
        give_up = time.monotonic() + 40
        while not (said := records(applied, names.directives)):
            assert time.monotonic() < give_up, worker.end_of_log()
            time.sleep(0.2)
    (record,) = said
    told = json.loads(record.value)
    due = datetime.fromisoformat(told["data"]["due"]).timestamp()
    assert told["type"] == "directive.issued"
    assert {key: told["data"][key] for key in ("kind", "order", "cancellation", "rule", "facts")} == {
        "kind": "approve_cancellation",
        "order": "o1",
        "cancellation": "c1",
        "rule": "R-04",
        "facts": ["o1-placed", "o1-paid", "asked"],
    }
    assert round(due - asked, 2) == 6
    assert due + 2 <= record.timestamp / 1000 <= due + 2 + 3


def honest(number: int, now: float) -> Iterator[tuple[str, bytes]]:
    """One honest order of three days: shipped in time, cancelled with notice and refund, or refused with a reason."""
    order, seller, at = f"o{number}", f"s{number % 37}", now - 72 * HOUR + number
    yield from bought(order, seller, at)
    if number % 50 == 0:
        reason = "seller_cancel_reason_out_of_stock"
        yield event(f"{order}-gone", "order.cancelled", at + 2 * HOUR, order, seller, by="seller", reason=reason)
        notice = {"to": "buyer", "channel": "in_app", "about": "seller_cancel", "locale": "ja", "reason": "sold out"}
        yield event(f"{order}-told", "notice.sent", at + 2 * HOUR + 60, order, seller, **notice)
        money = {"refund": f"r-{order}", "amount": "100", "currency": "JPY"}
        yield event(f"{order}-back", "refund.started", at + 2 * HOUR + 10, order, seller, **money)
        yield event(f"{order}-paid-back", "refund.completed", at + 26 * HOUR, order, seller, **money)
        return
    if number % 3 == 1:
        asked = {"cancellation": f"c-{order}", "by": "buyer", "reason": "x"}
        yield event(f"{order}-asked", "cancellation.requested", at + 3 * HOUR, order, seller, **asked)
        no = {"cancellation": f"c-{order}", "decision": "reject", "by": "seller", "reason": "product_packed"}
        yield event(f"{order}-no", "cancellation.decided", at + 4 * HOUR, order, seller, **no)
    yield event(f"{order}-ready", "order.ready", at + 5 * HOUR, order, seller)
    yield event(f"{order}-sent", "order.in_transit", at + 9 * HOUR, order, seller)


def test_the_hour_after_an_outage_accuses_nobody(applied: Settings, environ: dict[str, str], tmp_path: Path) -> None:
    policies = short(tmp_path / "policies", settle="6 s", grace="8 s")
    names, now = Names(applied), time.time()
    storm = [record for number in range(1000) for record in honest(number, now)]
    with workers({**environ, "COUNTERMAND_POLICIES": str(policies)}, 1, tmp_path) as (worker,):
        producer = KafkaProducer(bootstrap_servers=applied.bootstrap, linger_ms=20)
        for wanted in ("orders", "cancellations"):
            for topic, value in storm:
                if topic == wanted:
                    producer.send(names.raw[topic], value, json.loads(value)["seller"].encode())
            producer.flush()
            time.sleep(3)
        producer.close()
        last = time.time()
        give_up = time.monotonic() + 120
        while _ticked(worker.metrics()) < last + 12:
            assert time.monotonic() < give_up, worker.end_of_log()
            time.sleep(0.5)
        metrics = worker.metrics()
    assert f'countermand_facts_total{{outcome="accepted"}} {float(len(storm))}' in metrics
    assert [json.loads(record.value) for record in records(applied, names.directives, names.findings)] == []


def _ticked(metrics: str) -> float:
    found = re.search(r"^countermand_tick_timestamp_seconds (\S+)$", metrics, re.MULTILINE)
    return float(found[1]) if found else 0.0
