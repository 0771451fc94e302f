"""What holds for all tests: which are left out where ../shared is not, and which give way to the live ones."""

import os
from pathlib import Path

import pytest

SHARED = Path(__file__).parents[2] / "shared"
GIVES_WAY = 10


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leaves out what reads ../shared where it does not lie beside this checkout."""
    if SHARED.exists():
        return
    for item in items:
        if item.get_closest_marker("shared"):
            item.add_marker(pytest.mark.skip(reason="../shared is not beside this checkout"))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Beside other tests, those that only compute give way to the live ones, which have clocks to keep."""
    if "PYTEST_XDIST_WORKER" in os.environ and not item.get_closest_marker("live") and os.nice(0) < GIVES_WAY:
        os.nice(GIVES_WAY)
