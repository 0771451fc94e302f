"""A store is let go at once: it holds the rows of a partition, gigabytes of them."""

import gc
import weakref

from bench.orders import Orders, together
from detectors.rulebook import Rulebook
from detectors.store import Store
from policies import load


def test_a_store_that_nobody_needs_is_gone_without_the_collector() -> None:
    rows = together(Orders(Rulebook(load()), 20).rows(0))
    store = Store(rows["orders"], rows["sellers"])
    store.rebuild()
    assert store.earliest() is not None
    assert store.due(1 << 62) is not None
    gc.disable()
    try:
        gone = weakref.ref(store)
        del store
        assert gone() is None
    finally:
        gc.enable()
