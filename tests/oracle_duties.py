"""The oracle of duties: which clocks an order of one line has, when each starts and ends. No code of `detectors`.

An order is a dict of tests/oracle_orders.py with what came after: `refused` (the seller's "packed"), `cancel`
(at, by, reason), `refund`, `return` (asked, kind, respond_by, received) and `back`, each None when it did not happen.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from tests.oracle import HOUR, Market, row_of_3_4, stage_due

MINUTE = 60_000
ENDLESS = 1 << 60
Clock = tuple[str, str, int, int]  # duty, stage, step or channel, opened, due


def clocks(market: Market, order: Mapping[str, Any], request: int) -> set[Clock]:
    """Every clock that rulebook and duties.md give the order."""
    cod = order["placed"] if order["cod"] else None
    clock = cod if cod is not None else order["paid"]
    paid = {**order, "paid": clock}
    found = {*_placed(market, order), *_after_sale(market, order)}
    if clock is not None:
        found |= {*_dispatch(market, paid), *_cancelled(order, clock)}
    cancel = order["cancel"]
    if cancel is None or cancel["at"] >= request:
        found |= set(_requested(market, order, paid, request))
    return found


def _placed(market: Market, order: Mapping[str, Any]) -> Iterator[Clock]:
    placed = order["placed"]
    if not order["cod"]:
        due = order["pay_by"]
        yield "lapse_unpaid", "", placed, market.due("48 h", placed) if due is None else due
    if market.table["name"] == "CN":
        yield "close_stale", "", placed, market.due("150 calendar days", placed) + 15 * MINUTE


def _dispatch(market: Market, order: Mapping[str, Any]) -> Iterator[Clock]:
    paid, name = order["paid"], market.table["name"]
    stages = market.value("dispatch_stages", paid)
    sellers = order["fulfilment"] != "platform" and order["kind"] != "virtual"
    dues = {stage: stage_due(market, order, stage, ENDLESS) for stage in ("ready", "handover")}
    if sellers and "ready" in stages:
        yield "dispatch_ready", "ready", paid, dues["ready"]
    if sellers and "handover" in stages and (order["shipping"] == "seller" or name == "US"):
        yield "dispatch_handover", "handover", paid, dues["handover"]
    stage = "ready" if name == "CN" else "handover"
    plain = stage_due(market, {**order, "consents": []}, stage, ENDLESS)
    if sellers and dues[stage] > plain:
        given = [one["at"] for one in order["consents"] if one["at"] <= plain]
        yield "keep_consent", "", given[-1], dues[stage]
    if order["kind"] != "virtual":
        for stage in market.value("auto_cancel_stages", paid):
            yield "auto_cancel", stage, paid, _auto_cancel(market, order, stage) + 15 * MINUTE


def _auto_cancel(market: Market, order: Mapping[str, Any], stage: str) -> int:
    paid = order["paid"]
    after = market.value("auto_cancel_after_dispatch", paid).get(order["kind"])
    due = order["auto_cancel_at"]
    if due is None and after is None:
        due = market.due(market.value(f"auto_cancel_{stage}", paid), paid)
    if due is None:
        judged = market.value("dispatch_stages", paid)
        first = stage if stage in judged else judged[0]
        due = market.due(after, stage_due(market, {**order, "consents": []}, first, ENDLESS))
    # as a dispatch limit of its own that the consents move
    return stage_due(market, {**order, "ready_by": due}, "ready", ENDLESS)


def _cancelled(order: Mapping[str, Any], clock: int) -> Iterator[Clock]:
    cancel = order["cancel"]
    if cancel is None:
        return
    at = cancel["at"]
    if cancel["by"] == "seller" and clock <= at:
        yield "notify_buyer", "", at, at + HOUR


def _after_sale(market: Market, order: Mapping[str, Any]) -> Iterator[Clock]:
    cancel, back, paid = order["cancel"], order["return"], order["paid"]
    if cancel is not None and paid is not None and paid <= cancel["at"]:
        yield "start_refund", "", cancel["at"], cancel["at"] + 15 * MINUTE
    if cancel is not None and cancel["by"] == "system" and "payment" in cancel["reason"]:
        for channel in ("seller_center", "email"):
            yield "notify_seller", channel, cancel["at"], cancel["at"] + HOUR
    if order["refund"] is not None:
        yield "finish_refund", "", order["refund"], market.due("10 working days", order["refund"])
    if order["back"] is not None and paid is not None:
        yield "settle_refused_parcel", "", order["back"], market.due("10 working days", order["back"])
    if back is not None:
        yield from _return(market, order, back)


def _return(market: Market, order: Mapping[str, Any], back: Mapping[str, Any]) -> Iterator[Clock]:
    key = "return_response_replacement" if back["kind"] == "replacement" else "return_response"
    asked, received = back["asked"], back["received"]
    due = back["respond_by"]
    yield "answer_return", "request", asked, market.due(market.value(key, asked), asked) if due is None else due
    if received is not None:
        yield "answer_return", "receipt", received, market.due(market.value(key, received), received)
    delivered = order["delivered"]
    if delivered is not None and delivered <= asked <= market.due(market.value("return_window", asked), delivered):
        yield "allow_return", "", asked, asked


def _requested(market: Market, order: Mapping[str, Any], paid: Mapping[str, Any], request: int) -> Iterator[Clock]:
    row = row_of_3_4(market, order, request)
    if row in {1, 2, 3, 4, 6}:
        yield "approve_at_once", "", request, request + 2 * MINUTE
    if row == 6:
        yield "delivery_right", "", request, request + 48 * HOUR
    if row == 7:
        yield "refuse_after_shipment", "", request, request
    if row == 5:
        due = order["respond_by"]
        due = market.due(market.value("response_sla", request), request) if due is None else due
        yield "answer_request", "", request, due
        if all(end is None or end > due for end in _ends(market, order, request)):
            yield "execute_approval", "", due, due + 15 * MINUTE
    if order["refused"] is not None and paid["paid"] is not None:
        limit = stage_due(market, paid, "handover", ENDLESS)
        yield "honest_rejection", "", order["refused"], max(limit, order["refused"])


def _ends(market: Market, order: Mapping[str, Any], request: int) -> Iterator[int | None]:
    yield order["refused"]
    yield None if order["cancel"] is None else order["cancel"]["at"]
    if market.table["name"] == "US" and order["ready"] is not None and order["ready"] >= request:
        yield order["ready"]
