"""The story of one order, in full: facts, clocks with a holiday and a consent, what was said and why."""

import pytest
from watching import rulebook

from detectors.facts import Fact
from streams.embedded import END_OF_TIME
from streams.explain import UnknownOrderError, explain
from streams.instants import instant

ORDER = [
    ("order.placed", "2026-04-28T10:00:00+09:00", {"buyer": "b-1", "lines": [{"line": "1", "sku": "k-1"}]}),
    ("order.paid", "2026-04-28T10:01:00+09:00", {"amount": "1980", "currency": "JPY"}),
    ("message.sent", "2026-04-28T12:00:00+09:00", {"from": "buyer", "hits": [], "listed": True}),
    ("consent.given", "2026-04-30T09:00:00+09:00", {"until": "2026-05-05"}),
    ("cancellation.requested", "2026-04-30T12:00:00+09:00", {"cancellation": "x-1", "by": "buyer", "reason": ""}),
]


def facts(order: str = "o-1", seller: str = "s-1") -> list[Fact]:
    return [
        Fact(1, kind, at := instant(when), at, "test", f"e-{n}", seller, "JP", order, "body", ("f", 0, n), data)
        for n, (kind, when, data) in enumerate(ORDER, 1)
    ]


STORY = """\
Order o-1 of s-1, market JP. Times are those of Asia/Tokyo.

Facts
  Tue 2026-04-28 10:00:00.000  order.placed             e-1  buyer b-1, lines 1
  Tue 2026-04-28 10:01:00.000  order.paid               e-2  amount 1980, currency JPY
  Tue 2026-04-28 12:00:00.000  message.sent             e-3  from buyer, listed yes
  Thu 2026-04-30 09:00:00.000  consent.given            e-4  until 2026-05-05
  Thu 2026-04-30 12:00:00.000  cancellation.requested   e-5  cancellation x-1, by buyer

Clocks    = counted   . skipped   ~ paused
  R-15 lapse_unpaid, owed by the buyer: met
    Tue 2026-04-28 10:00:00.000  |================================================|  Thu 2026-04-30 10:00:00.000
      = Tue 2026-04-28 10:00:00.000 to Thu 2026-04-30 10:00:00.000  elapsed time
  R-03 answer_request, owed by the seller: breached
    Thu 2026-04-30 12:00:00.000  |================================================|  Sat 2026-05-02 12:00:00.000
      = Thu 2026-04-30 12:00:00.000 to Sat 2026-05-02 12:00:00.000  elapsed time
  R-04 execute_approval, owed by the platform: open
    Sat 2026-05-02 12:00:00.000  |================================================|  Sat 2026-05-02 12:15:00.000
      = Sat 2026-05-02 12:00:00.000 to Sat 2026-05-02 12:15:00.000  elapsed time
  R-44 dispatch_ready, owed by the seller: open
    Tue 2026-04-28 10:01:00.000  |..........============~~~~~~~~~~~~~~~~~~~~~~~~~|  Tue 2026-05-05 23:59:59.999
      . Tue 2026-04-28 10:01:00.000 to Tue 2026-04-28 23:59:59.999  day of the start
      . Wed 2026-04-29 00:00:00.000 to Wed 2026-04-29 23:59:59.999  Showa Day
      = Thu 2026-04-30 00:00:00.000 to Thu 2026-04-30 23:59:59.999  working day
      = Fri 2026-05-01 00:00:00.000 to Fri 2026-05-01 23:59:59.999  working day
      ~ Sat 2026-05-02 00:00:00.000 to Tue 2026-05-05 23:59:59.999  consent e-4
  R-44 dispatch_handover, owed by the seller: open
    Tue 2026-04-28 10:01:00.000  |........==========.........................=====|  Thu 2026-05-07 23:59:59.999
      . Tue 2026-04-28 10:01:00.000 to Tue 2026-04-28 23:59:59.999  day of the start
      . Wed 2026-04-29 00:00:00.000 to Wed 2026-04-29 23:59:59.999  Showa Day
      = Thu 2026-04-30 00:00:00.000 to Thu 2026-04-30 23:59:59.999  working day
      = Fri 2026-05-01 00:00:00.000 to Fri 2026-05-01 23:59:59.999  working day
      . Sat 2026-05-02 00:00:00.000 to Sat 2026-05-02 23:59:59.999  weekend
      . Sun 2026-05-03 00:00:00.000 to Sun 2026-05-03 23:59:59.999  Constitution Day
      . Mon 2026-05-04 00:00:00.000 to Mon 2026-05-04 23:59:59.999  Greenery Day
      . Tue 2026-05-05 00:00:00.000 to Tue 2026-05-05 23:59:59.999  Children's Day
      . Wed 2026-05-06 00:00:00.000 to Wed 2026-05-06 23:59:59.999  Substitute Holiday
      = Thu 2026-05-07 00:00:00.000 to Thu 2026-05-07 23:59:59.999  working day
  R-44 auto_cancel (ready), owed by the platform: open
    Tue 2026-04-28 10:01:00.000  |.....======...............======......==========|  Thu 2026-05-14 00:14:59.999
      . Tue 2026-04-28 10:01:00.000 to Tue 2026-04-28 23:59:59.999  day of the start
      . Wed 2026-04-29 00:00:00.000 to Wed 2026-04-29 23:59:59.999  Showa Day
      = Thu 2026-04-30 00:00:00.000 to Thu 2026-04-30 23:59:59.999  working day
      = Fri 2026-05-01 00:00:00.000 to Fri 2026-05-01 23:59:59.999  working day
      . Sat 2026-05-02 00:00:00.000 to Sat 2026-05-02 23:59:59.999  weekend
      . Sun 2026-05-03 00:00:00.000 to Sun 2026-05-03 23:59:59.999  Constitution Day
      . Mon 2026-05-04 00:00:00.000 to Mon 2026-05-04 23:59:59.999  Greenery Day
      . Tue 2026-05-05 00:00:00.000 to Tue 2026-05-05 23:59:59.999  Children's Day
      . Wed 2026-05-06 00:00:00.000 to Wed 2026-05-06 23:59:59.999  Substitute Holiday
      = Thu 2026-05-07 00:00:00.000 to Thu 2026-05-07 23:59:59.999  working day
      = Fri 2026-05-08 00:00:00.000 to Fri 2026-05-08 23:59:59.999  working day
      . Sat 2026-05-09 00:00:00.000 to Sat 2026-05-09 23:59:59.999  weekend
      . Sun 2026-05-10 00:00:00.000 to Sun 2026-05-10 23:59:59.999  weekend
      = Mon 2026-05-11 00:00:00.000 to Mon 2026-05-11 23:59:59.999  working day
      = Tue 2026-05-12 00:00:00.000 to Tue 2026-05-12 23:59:59.999  working day
      = Wed 2026-05-13 00:00:00.000 to Wed 2026-05-13 23:59:59.999  working day
      = Thu 2026-05-14 00:00:00.000 to Thu 2026-05-14 00:14:59.999  time for the platform to act

Said
  Sat 2026-05-02 00:00:00.000  duty.approaching
    12 hours are left for answer_request.
  Sat 2026-05-02 10:00:00.000  duty.approaching
    2 hours are left for answer_request.
  Sat 2026-05-02 12:00:30.000  directive.issued approve_cancellation
    The order service is to approve cancellation of request x-1 by R-04.
    Facts: e-1, e-2, e-4, e-5
  Sat 2026-05-02 12:05:00.000  finding.raised V-01 SELLER_RESPONSE_OVERDUE (medium, seller)
    Request x-1 was due an answer by 2026-05-02T03:00:00.000Z, 48 hours after it was made, and had none.
    Facts: e-1, e-2, e-4, e-5
"""


def test_the_whole_story() -> None:
    told = explain(rulebook(), facts(), "o-1", instant("2026-05-02T12:10:00+09:00"))

    assert told == STORY


def test_sellers_who_use_the_same_id_are_told_apart() -> None:
    both = sorted([*facts(seller="s-1"), *facts(seller="s-2")], key=lambda fact: fact.arrived)

    told = explain(rulebook(), both, "o-1", END_OF_TIME)

    alone = [explain(rulebook(), facts(seller=seller), "o-1", END_OF_TIME) for seller in ("s-1", "s-2")]
    assert told == "\n".join(alone)


def test_what_comes_after_until_is_not_told() -> None:
    told = explain(rulebook(), facts(), "o-1", instant("2026-04-28T10:00:30+09:00"))

    assert "order.placed" in told
    assert "order.paid" not in told


def test_a_finding_of_the_whole_shop_is_told_with_the_order_it_stands_on() -> None:
    placed = {"buyer": "b-1", "lines": [{"line": "1", "sku": "k-1"}]}
    first = instant("2026-04-28T10:00:00+09:00")
    many = [
        Fact(1, "order.placed", at, at, "test", f"e-{n}", "s-1", "JP", f"o-{n}", "body", ("f", 0, n), placed)
        for n, at in enumerate(range(first, first + 10 * 60_000, 60_000))
    ]

    told = explain(rulebook(), many, "o-3", first + 3_600_000)

    assert "finding.raised V-24 BRUSHING_SUSPECT (high, seller)" in told


def test_an_unknown_order_is_said_in_a_sentence() -> None:
    with pytest.raises(UnknownOrderError, match='no order "o-9" in this history'):
        explain(rulebook(), facts(), "o-9")
