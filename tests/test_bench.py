"""The job of the benchmark, without a broker: two ways to say the same, and a table whose engines exist."""

import json
from itertools import islice

import pytest

from bench import events, job, routine
from bench.history import STORIES, simulated
from bench.peers.engines import ENGINES, HERE
from bench.reference import reference
from detectors.facts import Fact
from detectors.rulebook import Rulebook
from policies import lexicon, load
from streams.embedded import run
from streams.events.catalogue import EVENTS
from streams.history import FileReader
from streams.ingest import Ingest, Raw


def stepped(records):
    """What step says over the records, each partition in a state of its own that is packed and unpacked on the way."""
    states, said = {}, {}
    for n, (partition, _, value) in enumerate(records):
        state = states.setdefault(partition, job.State({}))
        for one in job.step(state, job.decode(value)):
            assert one.id not in said, f"{one.id} is said twice"
            said[one.id] = one.numbers
        if n % 500 == 0:
            states[partition] = job.State({key: job.unpack(job.pack(row)) for key, row in state.rows.items()})
    return said


@pytest.fixture(scope="module")
def records():
    return list(events.records(6000, seed=7))


def test_step_says_what_the_reference_says(records):
    want = reference(job.decode(value) for _, _, value in records)
    assert {one.partition("/")[0] for one in want} == {"unanswered", "slow", "cancelling", "report"}
    assert stepped(records) == want


def test_the_same_seed_gives_the_same_bytes(records):
    assert list(events.records(6000, seed=7)) == records
    assert list(events.records(6000, seed=8)) != records


def test_time_never_goes_back_in_a_partition(records):
    """A tick says that everything before it stands above it: only repeated events may be older."""
    last, seen = dict[int, int](), set[str]()
    for partition, _, value in records:
        one = job.decode(value)
        if one.id and one.id in seen:
            continue
        seen.add(one.id)
        assert one.at >= last.get(partition, 0)
        last[partition] = one.at


def test_nothing_comes_twice_after_a_restart_in_the_middle(records):
    """A record that is read again, as after a crash, changes nothing."""
    twice = [one for record in records for one in ([record] * 2 if b'"tick"' not in record[2] else [record])]
    assert stepped(twice) == stepped(records)


def test_the_history_of_the_bench_has_every_event_type_and_no_dead_letter(tmp_path):
    """The rare ones are told at least in its stories."""
    items = list(FileReader([simulated(tmp_path, sellers=12, days=4)], Ingest(load(), lexicon(), "log")))
    assert [one for one in items if not isinstance(one, Fact)] == []
    told = {kind for story in STORIES for _, kind, _ in story.steps}
    assert {one.type for one in items} | told == EVENTS.keys()
    assert len({one.type for one in items}) > 30


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
def test_every_engine_of_the_table_has_its_file(engine):
    assert (HERE / engine.file).is_file()
    assert engine.command()


def lived(orders, lag):
    """The routine events of so many slots, a millisecond a slot, read by ingest."""
    ingest = Ingest(load(), lexicon(), "wall")
    for at, slot in enumerate(islice(routine.slots(lag), orders), 1_772_416_800_000):
        for event in slot:
            yield ingest.read(Raw(event.record(at), event.seller, (), "t", 0, 0, at))


def test_routine_events_are_facts_and_accuse_nobody():
    read = list(lived(300, 20))
    assert [item for item in read if not isinstance(item, Fact)] == []
    whole = [kind for kind, _ in routine.LIFE]
    for name in ("o1", "o51", "o101"):
        assert [fact.type for fact in read if fact.subject == name] == whole
    last = read[-1].arrived
    said = run(Rulebook(load()), read, last + routine.PAY_MS + 60_000)
    directed = [one.subject for one in said if one.type == "directive.issued"]
    assert sorted(directed) == sorted(f"o{n}" for n in range(0, 300, routine.UNPAID))
    assert [one for one in said if one.type.startswith("finding")] == []


def test_a_seller_keeps_an_order_and_an_event_its_id():
    ids = [json.loads(event.record(0))["id"] for slot in islice(routine.slots(5), 100) for event in slot]
    assert len(ids) == len(set(ids))
