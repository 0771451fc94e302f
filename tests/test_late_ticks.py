"""A tick that comes very late: what it would have said of days that are forgotten meanwhile is said all the same."""

from random import Random

from detectors.store import Store
from streams.embedded import END_OF_TIME, run
from tests.final_view import difference, view_of
from tests.histories import DAY, HOUR, MINUTE, Writer
from tests.logs import apply, rulebook, tick

START = 1_772_416_800_000


def test_a_run_that_no_tick_started_is_said_before_it_is_put_away() -> None:
    out = Writer(Random(0), "US")
    for n in range(40):
        _sold(out, f"o{n}", START + n * MINUTE)
    for n in range(20):
        at = START + 2 * HOUR + n * MINUTE
        out.add("order.cancelled", at, "s", f"o{n}", by="seller", reason="seller_cancel_reason_out_of_stock")
    _sold(out, "late", START + 60 * DAY)
    on_time = run(rulebook(), out.facts, END_OF_TIME)
    assert "V-14" in {one.code for one in on_time}
    late = apply([*out.facts, tick(END_OF_TIME + 1)], Store({}, {}))
    assert difference(view_of(on_time), view_of(late)) == []


def test_a_buyers_day_is_said_before_it_is_put_away() -> None:
    out = Writer(Random(0), "US")
    for n in range(5):
        _sold(out, f"o{n}", START + n * MINUTE, "b")
    for n in range(5):
        out.add("order.cancelled", START + DAY + n * MINUTE, "s", f"o{n}", by="buyer", reason="changed_mind")
    _sold(out, "late", START + 60 * DAY, "b")
    on_time = run(rulebook(), out.facts, END_OF_TIME)
    assert "V-27" in {one.code for one in on_time}
    late = apply([*out.facts, tick(END_OF_TIME + 1)], Store({}, {}))
    assert difference(view_of(on_time), view_of(late)) == []


def _sold(out: Writer, order: str, at: int, buyer: str = "") -> None:
    out.add("order.placed", at, "s", order, buyer=buyer or f"b-{order}", lines=[{"line": "1", "sku": "k"}])
    out.add("order.paid", at + MINUTE, "s", order, amount="1", currency="USD")
