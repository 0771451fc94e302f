"""One history on its way through topics of its own, and what must hold of it at the end."""

from collections import Counter
from dataclasses import replace as changed
from pathlib import Path
from typing import Any

from msgspec.json import decode

from detectors.facts import Fact, Tick
from detectors.facts import decode as read_fact
from detectors.rulebook import Rulebook
from policies import lexicon
from policies import load as load_policies
from streams.brokers import admin
from streams.embedded import END_OF_TIME
from streams.facts import dump
from streams.history import FileReader
from streams.ingest import Ingest
from streams.load import load
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
        seen = self.every_prefix_is_the_fold()
        self.said_is_replayed()
        return seen

    def every_event_is_a_fact(self) -> None:
        """Each that the history has, and no other."""
        facts = [read_fact(one.value) for one in records(self.settings, self.names.facts)]
        read = FileReader([self.history], self.ingest)
        assert {(fact.source, fact.id) for fact in facts if isinstance(fact, Fact)} == {
            (item.source, item.id) for item in read if isinstance(item, Fact)
        }

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
            live = _live(self.settings, getattr(self.names, kind))
            replayed = _lines(again / f"{kind}.jsonl")
            assert _by_seller(live) == _by_seller(once(replayed)), kind
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
