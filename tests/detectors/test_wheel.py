"""The wheel against a plain dict of what waits for when."""

from hypothesis import given
from hypothesis import strategies as st

from detectors.wheel import Wheel

KEYS = st.sampled_from([b"a", b"b", b"c", b"d"])
INSTANTS = st.integers(0, 400_000)  # seven minutes
DONE = st.one_of(
    st.tuples(st.just("put"), KEYS, INSTANTS),
    st.tuples(st.just("gone"), KEYS, INSTANTS),
    st.tuples(st.just("due"), KEYS, INSTANTS),
)


def turn(wheel: Wheel, waits: dict[bytes, int], until: int) -> None:
    """All that is due before `until`, in order; then it waits no more."""
    while (due := wheel.due(until, waits.get)) is not None:
        least = min(waits.values())
        assert due == (least, sorted(key for key, at in waits.items() if at == least))
        assert least < until
        for key in due[1]:
            del waits[key]
    assert all(at >= until for at in waits.values())


@given(st.lists(DONE, max_size=40))
def test_what_is_due_comes_in_order_and_all_of_it(done):
    waits: dict[bytes, int] = {}
    wheel = Wheel()
    for what, key, at in done:
        if what == "put":
            waits[key] = at
            wheel.put(key, at)
        elif what == "gone":
            waits.pop(key, None)
        else:
            turn(wheel, waits, at)
        earliest = wheel.earliest(waits.get)
        assert not waits or (earliest is not None and earliest <= min(waits.values()))
    turn(wheel, waits, 400_001)
    assert wheel.earliest(waits.get) is None


@given(st.dictionaries(KEYS, INSTANTS, min_size=1))
def test_the_earliest_is_exact_where_nothing_has_moved(waits):
    wheel = Wheel()
    for key, at in waits.items():
        wheel.put(key, at)
    assert wheel.earliest(waits.get) == min(waits.values())
