"""The taxonomy of reasons (rulebook 4): every spelling that O3 documents leads to its row, in its market only."""

import tomllib

import pytest

import policies
from detectors.fault import Reasons

SAMPLES = [  # who, market, code, fault, in the rate
    ("seller", "JP", "seller_cancel_reason_out_of_stock", "S", "Y"),
    ("seller", "JP", "SELLER_CANCEL_REASON_OUT_OF_STOCK", "S", "Y"),
    ("seller", "UK", "seller_cancel_reason_out_of_stock_uk", "S", "Y"),
    ("seller", "US", "seller_cancel_reason_out_of_stock_S", "S", "Y"),
    ("seller", "US", "seller_cancel_reason_out_of_stock_RTS_RO", "S", "Y"),
    ("seller", "UK", "SELLER_CANCEL_REASON_OUT_OF_STOCK_UK", "S", "Y"),
    ("seller", "JP", "out_of_stock", "S", "Y"),
    ("seller", "JP", "pricing_error", "S", "Y"),
    ("seller", "JP", "seller_cancel_unpaid_reason_out_of_stock", "S", "N"),
    ("seller", "JP", "seller_cancel_unpaid_reason_buyer_hasnt_paid_within_time_allowed", "B", "N"),
    ("seller", "JP", "seller_cancel_paid_reason_address_not_deliver", "U", "L"),
    ("system", "TH", "system_cancel_order_reason_shipping_timeout", "S", "Y"),
    ("system", "TH", "package_damagaed", "L", "N"),
    ("system", "TH", "system_cancel_payment_risk_review_failed", "B", "N"),
    ("operator", "TH", "operator_cancel_risk_control_block", "P", "N"),
    ("buyer", "US", "no_longer_needed", "B", "N"),
]


@pytest.fixture(scope="module")
def reasons() -> Reasons:
    return policies.load().reasons


@pytest.mark.parametrize(("who", "market", "code", "fault", "sfcr"), SAMPLES)
def test_a_spelling_leads_to_its_row(reasons: Reasons, who: str, market: str, code: str, fault: str, sfcr: str) -> None:
    row = reasons.find(who, market, code)
    assert row is not None
    assert (row.who, row.fault, row.sfcr) == (who, fault, sfcr)


@pytest.mark.parametrize("code", ["", "no such reason", "seller_cancel_reason"])
def test_what_is_not_in_the_taxonomy_is_unknown(reasons: Reasons, code: str) -> None:
    assert reasons.find("seller", "JP", code) is None


def test_who_gave_the_reason_decides(reasons: Reasons) -> None:
    assert reasons.find("buyer", "JP", "seller_cancel_reason_out_of_stock") is None


def test_g18_the_same_code_signals_solicitation_in_the_eu_only(reasons: Reasons) -> None:
    code = "ecom_order_unpaid_canceled_reason_other"
    rows = {market: reasons.find("buyer", market, code) for market in ("DE", "FR", "SG")}
    assert {market: row and row.signal for market, row in rows.items()} == {"DE": "V-11", "FR": "V-11", "SG": ""}


def test_every_row_is_found_by_its_own_code(reasons: Reasons) -> None:
    table = tomllib.loads((policies.PACKAGED / "reasons.toml").read_text(encoding="utf-8"))
    for row in table["reasons"]:
        found = reasons.find(row["who"], row.get("markets", ["JP"])[0], row["code"])
        assert found is not None
        assert found.code == row["code"]
