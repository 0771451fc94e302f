"""One history on its way through topics of its own, and what must hold of it at the end."""

from collections import Counter
from dataclasses import replace as changed
from pathlib import Path
from typing import Any

from msgspec import convert
from msgspec.json import decode, encode
from msgspec.structs import replace

from detectors.facts import Fact, Tick
from detectors.facts import decode as read_fact
from detectors.rulebook import Rulebook
from policies import lexicon
from policies import load as load_policies
from streams.brokers import admin
from streams.deadletters import conflicting
from streams.embedded import END_OF_TIME
from streams.facts import dump
from streams.history import FileReader
from streams.ingest import DeadLetter, Ingest, Raw
from streams.load import load
from streams.messages import Message, Post
from streams.outputs import OutputFolder
from streams.replay import replay_facts
from streams.settings import Settings
from streams.topics import Names, apply
from tests.live.folding import Seen, check
from tests.live.reading import records
from tests.live.test_live_is_replay import OUT, _by_seller, _lines, _live, _wait_until_done, once
from tests.live.workers import Worker


class Scene:
    """Topics made, history loaded. `environ` is that of its workers."""

    def __init__(self, environ: dict[str, str], folder: Path, history: Path) -> None:
        self.environ = {**environ, "COUNTERMAND_CLOCK": "log", "COUNTERMAND_LEDGER": "all"}
        self.settings = changed(Settings.from_env(environ), clock="log", ledger="all")
        self.folder, self.names, self.history = folder, Names(self.settings), history
        policies = load_policies()
        self.rules, self.ingest = Rulebook(policies), Ingest(policies, lexicon(), "log")
        with admin(self.settings) as client:
            assert apply(client, self.settings)[1] == []
        load(self.settings, self.ingest, [history], END_OF_TIME)

    def wait(self, workers: list[Worker]) -> None:
        """Until they have worked everything off."""
        _wait_until_done(self.settings, workers)

    def changelog(self) -> list[Any]:
        """Its records, by partition in order."""
        return records(self.settings, self.names.changelog)

    def claims(self) -> int:
        """How often a partition was taken over."""
        return sum(record.key == b"\0claim" for record in self.changelog())

    def check(self) -> Seen:
        """AssertionError where anything is lost, doubled, or other than `replay` says."""
        self.every_event_is_a_fact()
        self.no_tick_is_false()
        seen = self.every_prefix_is_the_fold()
        self.said_is_replayed()
        self.every_dead_letter_has_its_reason()
        return seen

    def every_event_is_a_fact(self) -> None:
        """Each that the history has, and no other; byte for byte what ingest makes of the raw records."""
        sent = {one for one in self._messages(self.names.facts) if isinstance(read_fact(one.value), Fact)}
        items = [item for item in self._read_again() if isinstance(item, Fact)]
        _same(sent, {Post(self.settings).read(item) for item in items})
        history = [item for item in FileReader([self.history], self.ingest) if isinstance(item, Fact)]
        _same({_wherever(item) for item in items}, {_wherever(item) for item in history})

    def every_dead_letter_has_its_reason(self) -> None:
        """Of ingest, byte for byte what it makes of the raw records; of the monitor, the conflicts that `replay` says.

        There are some of both.
        """
        post = Post(self.settings)
        unusable = {post.dead_letter(item) for item in self._read_again() if isinstance(item, DeadLetter)}
        told = map(decode, _lines(self.folder / "again" / "deadletters.jsonl"))
        conflicts = {post.dead_letter(conflicting(convert(one["fact"], Fact))) for one in told}
        assert unusable
        assert conflicts
        _same(set(self._messages(self.names.deadletters)), unusable | conflicts)

    def no_tick_is_false(self) -> None:
        """What arrived before a tick's instant stands above it; below it, only once more.

        Under the log clock an event arrives at its log time, and one that arrives at the very instant may stand below.
        """
        ticked, known = Counter[int](), set[bytes]()
        for record in records(self.settings, self.names.facts):
            told = read_fact(record.value)
            if isinstance(told, Tick):
                ticked[record.partition] = max(ticked[record.partition], told.at)
            elif record.value not in known:
                late = f"{told.id} arrived at {told.arrived} and stands below a tick at {ticked[record.partition]}"
                assert told.arrived >= ticked[record.partition], late
                known.add(record.value)

    def _messages(self, topic: str) -> list[Message]:
        """What stands in a topic, as it was sent."""
        return [
            Message(topic, one.partition, one.key, one.value, tuple(one.headers))
            for one in records(self.settings, topic)
        ]

    def _read_again(self) -> list[Fact | DeadLetter]:
        """What ingest makes of the raw records."""
        raw = records(self.settings, *self.names.raw.values())
        return [item for one in raw for item in self.ingest.read_all(_raw(one))]

    def every_prefix_is_the_fold(self, believe: bool = False) -> Seen:
        """Of the changelog. `believe`: void batches are taken for good, as nobody may."""
        return check(self.rules, records(self.settings, self.names.facts), self.changelog(), believe)

    def said_is_replayed(self) -> None:
        """Byte for byte, repeats by id removed. `replay` repeats nothing, but of sellers of whom ingest repeated facts
        behind the end of time: their orders are forgotten by then.
        """
        late = self._sellers_behind_the_end()
        log, again = self.folder / "facts.jsonl", self.folder / "again"
        dump(self.settings, log)
        with OutputFolder(again, "all") as out:
            replay_facts(self.rules, log, out)
        for kind in OUT:
            live = _live(self.settings, getattr(self.names, kind), late)
            replayed = _lines(again / f"{kind}.jsonl")
            assert _by_seller(live) == _by_seller(once(replayed, late)), kind
            said = Counter(decode(line)["id"] for line in replayed)
            assert {decode(line)["seller"] for line in replayed if said[decode(line)["id"]] > 1} <= late, kind

    def _sellers_behind_the_end(self) -> set[str]:
        """Those of facts that stand behind the tick at the end of time."""
        ended, late = set[int](), set[str]()
        for record in records(self.settings, self.names.facts):
            told = read_fact(record.value)
            if isinstance(told, Fact) and record.partition in ended:
                late.add(told.seller)
            elif isinstance(told, Tick) and told.at > END_OF_TIME:
                ended.add(record.partition)
        return late


def _same(there: set[Any], expected: set[Any]) -> None:
    """AssertionError with a few of those that are missing, and of those that should not be."""
    missing, odd = list(expected - there), list(there - expected)
    assert not missing + odd, f"{len(missing)} missing: {missing[:3]}\n{len(odd)} should not be: {odd[:3]}"


def _raw(record: Any) -> Raw:
    headers = tuple(record.headers)
    return Raw(record.value, record.key, headers, record.topic, record.partition, record.offset, record.timestamp)


def _wherever(fact: Fact) -> bytes:
    """The fact, without where its original lies."""
    return encode(replace(fact, origin=("", 0, 0)))
