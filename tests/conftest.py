"""What holds for all tests: which are left out where ../shared is not, and which give way to the live ones."""

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

settings.register_profile("busy", deadline=None)  # a machine that is busy is no failure
settings.load_profile("busy")
SHARED = Path(__file__).parents[2] / "shared"
LIVE = "tests/live/"
GIVES_WAY = 3


class LiveTogether(LoadScopeScheduling):
    """Live tests run one after another, from the beginning; each other test wherever there is time for it."""

    def _split_scope(self, nodeid: str) -> str:
        return LIVE if nodeid.startswith(LIVE) else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LiveTogether:
    """How several processes share the tests: one broker serves all that are live, and they have clocks to keep."""
    return LiveTogether(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leaves out what reads ../shared where it does not lie beside this checkout."""
    if SHARED.exists():
        return
    for item in items:
        if item.get_closest_marker("shared"):
            item.add_marker(pytest.mark.skip(reason="../shared is not beside this checkout"))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Beside live tests, those that only compute give way."""
    if "PYTEST_XDIST_WORKER" in os.environ and not item.nodeid.startswith(LIVE) and os.nice(0) < GIVES_WAY:
        os.nice(GIVES_WAY)
