"""A tick is worked off in pieces: cut anywhere, and begun again over the rows as they are then, it says the same."""

from random import Random

import pytest

from detectors.facts import Fact, Tick
from detectors.outcomes import Outcome
from detectors.rulebook import Rulebook
from detectors.step import step, steps
from detectors.store import Store
from tests.disorder import delayed
from tests.histories import HOUR, history
from tests.logs import Log, as_bytes, rulebook, with_ticks
from tests.streams.test_lock import NEW, _under

Tables = tuple[dict[bytes, bytes], dict[bytes, bytes]]


def _log(seed: int) -> Log:
    """A history whose second half stands under other policies."""
    rng = Random(seed)
    log = with_ticks(delayed(history(rng, 8), rng, HOUR), rng, 30)
    half = len(log) // 2
    return [*log[:half], *(_under(NEW, one) if isinstance(one, Tick) else one for one in log[half:])]


def _rules(record: Fact | Tick, store: Store) -> Rulebook:
    hash_ = record.policies if isinstance(record, Tick) else store.policies
    return NEW if hash_ == NEW.policies.hash else rulebook()


def _restored(tables: Tables) -> Store:
    orders, sellers = dict(tables[0]), dict(tables[1])
    store = Store(orders, sellers)
    store.rebuild()
    return store


def _whole(log: Log) -> tuple[list[Outcome], Tables]:
    orders: dict[bytes, bytes] = {}
    sellers: dict[bytes, bytes] = {}
    store = Store(orders, sellers)
    said = [one for record in log for one in step(store, _rules(record, store), record)]
    store.flush()
    return said, (orders, sellers)


@pytest.mark.parametrize("limit", [1, 3])
def test_a_tick_that_was_cut_says_the_rest_when_it_is_read_again(limit: int) -> None:
    log, rng = _log(limit), Random(limit)
    store, said, cuts = Store({}, {}), list[Outcome](), 0
    for record in log:
        done = False
        while not done:
            for piece in steps(store, _rules(record, store), record, limit):
                said += piece.said
                done = piece.done
                if not done and rng.random() < 0.5:
                    cuts += 1
                    break
            store.flush()
            if not done:
                store = _restored((store.orders, store.sellers))  # type: ignore[arg-type]
    whole, tables = _whole(log)
    assert cuts > 3
    assert (store.orders, store.sellers) == tables
    assert as_bytes(said) == as_bytes(whole)


def test_orders_are_judged_again_each_once() -> None:
    log = _log(5)
    at = next(n for n, one in enumerate(log) if isinstance(one, Tick) and one.policies == NEW.policies.hash)
    _, tables = _whole(log[:at])
    store = _restored(tables)
    tick = log[at]
    pieces = steps(store, NEW, tick, len(tables[0]) // 2)
    while not (piece := next(pieces)).done and not store.judged_by(NEW.policies.hash):
        pass
    assert not piece.done
    assert store.policies == rulebook().policies.hash, "the tick has not been"
    assert store.judged_by("others") == b""
    judged = store.judged_by(NEW.policies.hash)
    store.flush()
    again = _restored((store.orders, store.sellers))  # type: ignore[arg-type]
    assert again.judged_by(NEW.policies.hash) == judged > b""
    list(steps(again, NEW, tick))
    assert again.policies == NEW.policies.hash
    assert again.judged_by(NEW.policies.hash) == b""
