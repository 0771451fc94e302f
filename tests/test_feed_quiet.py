"""A feed that falls silent is not a silent seller (design §3): what its absence would prove waits."""

from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.facts import VERSION, Fact, Tick, decode, encode
from detectors.feeds import NEVER, Feed, Feeds, Silence
from detectors.outcomes import Outcome
from detectors.policy import Policies
from detectors.rulebook import Rulebook
from detectors.step import step
from detectors.store import Store
from policies import read
from streams.embedded import END_OF_TIME, Embedded
from streams.hearing import Hearing
from streams.history import HistoryError
from streams.messages import NOTICE, Post
from streams.metrics import Metrics
from streams.outputs import OutputFolder
from streams.replay import replay_facts
from streams.settings import Settings
from tests.disorder import delayed
from tests.final_view import difference, view_of
from tests.histories import DAY, HOUR, SETTLE, Writer, histories
from tests.logs import as_bytes, few, restored

START = 1_772_409_600_000  # 2026-03-02 00:00 UTC
MINUTE = 60_000
RETURNS, ORDERS = Feed("returns", ("*",), ("return.*", "refund.*")), Feed("src", ("*",), ("order.*", "message.*"))
OTHERS = Feed("other", ("*",), ("cancellation.*", "notice.*", "consent.*", "shop.*", "campaign.*", "identity.*"))


def watching(feeds: tuple[Feed, ...] = (RETURNS, ORDERS, OTHERS), **quiet: str) -> Rulebook:
    """The rules that ship with these feeds, silent after so long."""
    tables = read()
    value = {"value": {name.replace("_", "*"): span for name, span in quiet.items()}, "source": "a test"}
    own = {**tables.default["feed_quiet"], "values": [value]}
    return Rulebook(Policies.of({**tables.default, "feed_quiet": own}, *tables[1:]), Feeds(feeds))


def by(fact: Fact, source: str, arrived: int | None = None) -> Fact:
    return msgspec.structs.replace(fact, source=source, arrived=fact.at if arrived is None else arrived)


class Returns:
    """A hundred sellers are each asked for a return within an hour; their answers are due two days later."""

    def __init__(self, market: str = "UK") -> None:
        self.out, self.facts = Writer(Random(0), market), list[Fact]()
        for n in range(100):
            at = START + n * 30_000
            self._tell("src", "order.placed", at, n, buyer="b", lines=[{"line": "1", "sku": "k"}])
            self._tell("src", "order.paid", at + 1, n, amount="1", currency="GBP")
            self._tell("src", "order.ready", at + HOUR, n)
            self._tell("src", "order.in_transit", at + 2 * HOUR, n)
            self._tell("src", "order.delivered", at + 3 * HOUR, n)
            self._tell("returns", "return.requested", at + 4 * HOUR, n, **{"return": "r", "kind": "return_and_refund"})

    def _tell(self, source: str, name: str, at: int, n: int, /, arrived: int | None = None, **data: Any) -> None:
        self.facts.append(by(self.out.add(name, at, f"s{n}", "o", **data), source, arrived))

    def decide(self, sellers: Iterator[int] | range, at: int, arrived: int) -> None:
        """These sellers approve; the feed brings it when it works again."""
        for n in sellers:
            decision = {"return": "r", "decision": "approve", "by": "seller"}
            self._tell("returns", "return.decided", at + n, n, arrived=arrived + n, **decision)

    def noise(self, until: int, every: int = 10 * MINUTE) -> None:
        """The other feed goes on: again and again somebody buys."""
        for at in range(START + 5 * HOUR, until, every):
            lines = [{"line": "1", "sku": "k"}]
            self.facts.append(
                by(self.out.add("order.placed", at, "n", f"n{at}", buyer="b", lines=lines, cod=True), "src")
            )

    def log(self) -> list[Fact]:
        return sorted(self.facts, key=lambda fact: fact.arrived)


def accused(said: list[Outcome]) -> list[str]:
    """The sellers of V-30, each as often as he is accused."""
    return sorted(one.seller for one in said if one.code == "V-30" and one.state == "raised")


def told(rules: Rulebook, facts: list[Fact], until: int) -> list[Outcome]:
    monitor = Embedded(rules)
    return [one for fact in facts for one in monitor.accept(fact)] + monitor.close(until)


def _story() -> tuple[list[Fact], int]:
    """The feed dies 20 hours after the requests; 99 sellers answer in time; it comes back a day after the limit."""
    story = Returns()
    limit = next(o for o in told(watching(), story.log(), START + 5 * HOUR) if o.code == "R-05").content.due  # type: ignore[union-attr]
    story._tell("returns", "return.requested", START + 24 * HOUR, 100, **{"return": "r", "kind": "refund"})
    back = limit + DAY
    story.decide(range(99), START + 30 * HOUR, back)
    story.noise(back + 3 * HOUR)
    return story.log(), back


def test_a_dead_feed_accuses_nobody_and_a_silent_seller_is_accused_when_it_is_back() -> None:
    facts, back = _story()
    unwatched = told(watching(), facts, back + HOUR)
    assert len(accused(unwatched)) >= 99, "without the watch, honest sellers are accused"
    said = told(watching(returns="1 h"), facts, back + HOUR)
    assert accused(said) == ["s99"]
    assert [one.seller for one in said if one.code == "approve_return" and one.state == "issued"] == ["s99"]
    raised = next(one for one in said if one.code == "V-30")
    assert raised.at == back + 5 * MINUTE + 1, "grace after the tick after the feed was heard"
    assert [one.state for one in said if one.code == "R-05" and one.seller == "s99"] == ["open", "breached"]
    assert {o.state for o in said if o.code == "R-05" and o.seller not in {"s99", "s100"}} == {"open", "met"}


def test_while_it_is_silent_nobody_is_accused_at_all() -> None:
    facts, back = _story()
    said = told(watching(returns="1 h"), [fact for fact in facts if fact.arrived < back], back - 1)
    assert accused(said) == []


def test_what_was_said_before_it_fell_silent_stands() -> None:
    story = Returns()
    story.noise(START + 20 * DAY, every=HOUR)
    said = told(watching(returns="240 h"), story.log(), START + 15 * DAY)
    assert len(accused(said)) == 100
    assert [one for one in said if one.state == "withdrawn"] == []


def test_at_the_end_of_time_every_clock_runs_out_whatever_was_silent() -> None:
    facts, _ = _story()
    before = [fact for fact in facts if fact.type != "return.decided"]
    watched, unwatched = (told(rules, before, END_OF_TIME) for rules in (watching(returns="1 h"), watching()))
    assert difference(view_of(watched), view_of(unwatched)) == []
    assert len(accused(watched)) == 100


QUIET = watching(returns="3 h", src="5 h", other="20 min")
CHANCE = st.randoms(use_true_random=False)


def _sourced(facts: list[Fact]) -> list[Fact]:
    """The facts as these three feeds bring them."""
    feeds = (RETURNS, ORDERS, OTHERS)
    return [
        by(
            fact,
            next((f.source for f in feeds if any(fact.type.startswith(t[:-1]) for t in f.types)), "src"),
            fact.arrived,
        )
        for fact in facts
    ]


def _log(facts: list[Fact], rng: Random) -> list[Fact | Tick]:
    """Facts and ticks that say whatever of the feeds, at last that all is over."""
    log: list[Fact | Tick] = []
    pairs = [(feed.source, market) for feed in (RETURNS, ORDERS, OTHERS) for market in QUIET.policies.markets]
    for fact in facts:
        quiet = tuple(sorted(pair for pair in pairs if rng.randrange(3) == 0))
        log += [Tick(VERSION, fact.arrived - rng.choice((0, 1, HOUR)), QUIET.policies.hash, quiet=quiet), fact]
    last = facts[-1].arrived if facts else 0
    return [*log, Tick(VERSION, last + 1, QUIET.policies.hash), Tick(VERSION, END_OF_TIME + 1, QUIET.policies.hash)]


def _apply(log: list[Fact | Tick], store: Store) -> list[Outcome]:
    return [one for record in log for one in step(store, QUIET, record)]


@few(25)
@given(histories(4), CHANCE)
def test_silence_changes_no_final_finding_and_no_duty(facts: list[Fact], rng: Random) -> None:
    facts = _sourced(delayed(facts, rng, SETTLE))
    views = [view_of(told(QUIET, facts, END_OF_TIME)), view_of(told(watching(), facts, END_OF_TIME))]
    views.append(view_of(_apply(_log(facts, rng), Store({}, {}))))
    standing = [{name: row for name, row in view.items() if row[1] != "issued"} for view in views]
    assert difference(standing[0], standing[1]) == []
    assert difference(standing[2], standing[1]) == []


@few(25)
@given(histories(4), CHANCE, st.data())
def test_cut_anywhere_while_feeds_are_silent(facts: list[Fact], rng: Random, data: st.DataObject) -> None:
    log = [decode(encode(record)) for record in _log(_sourced(delayed(facts, rng, 3 * DAY)), rng)]
    cut = data.draw(st.integers(0, len(log)), label="cut")
    store = Store({}, {})
    before = as_bytes(_apply(log[:cut], store))
    assert before + as_bytes(_apply(log[cut:], restored(store))) == as_bytes(_apply(log, Store({}, {})))


@few(25)
@given(histories(4), CHANCE)
def test_nothing_new_is_said_from_the_absence_of_what_a_silent_feed_brings(facts: list[Fact], rng: Random) -> None:
    store, silent = Store({}, {}), set[tuple[str, str]]()
    for record in _log(_sourced(delayed(facts, rng, DAY)), rng):
        said = step(store, QUIET, record)
        silent = set(store.silence.silent)
        for one in said:
            new = one.type.split(".")[-1] in {"raised", "confirmed", "issued"} or one.state == "breached"
            repeated = one.before == one.state
            if new and not repeated and one.card is not None:
                assert not _silenced(one, silent), one


def _silenced(one: Outcome, silent: set[tuple[str, str]]) -> bool:
    feeds = {feed for feed in (RETURNS, ORDERS, OTHERS) if (feed.source, one.market) in silent}
    assert one.card is not None
    return any(
        all(any(kind.startswith(p[:-1]) for feed in feeds for p in feed.types) for kind in need)
        for need in one.card.needs
    )


def test_one_feed_that_talks_is_enough_for_each_need() -> None:
    feeds = Feeds(
        (Feed("a", ("JP",), ("order.*",)), Feed("b", ("JP",), ("order.paid",)), Feed("c", ("*",), ("return.*",)))
    )
    needs = (("order.paid", "refund.started"),)
    assert feeds.talk_from(Silence((("a", "JP"),)), "JP", needs) == 0
    assert feeds.talk_from(Silence((("a", "JP"), ("b", "JP"))), "JP", needs) == NEVER
    assert feeds.talk_from(Silence((("a", "JP"),), (("b", "JP", 7),)), "JP", needs) == 7
    assert feeds.talk_from(Silence((("a", "JP"), ("b", "JP"))), "UK", needs) == 0
    assert feeds.talk_from(Silence((("c", "JP"),)), "JP", (*needs, ("return.decided",))) == NEVER


def test_a_tick_without_silence_has_the_old_bytes_and_one_with_it_is_read_again() -> None:
    assert encode(Tick(VERSION, 5, "ab")) == b'[1,"tick",5,"ab"]'
    quiet = Tick(VERSION, 5, "ab", quiet=(("returns", "JP"),))
    assert encode(quiet) == b'[1,"tick",5,"ab",[["returns","JP"]]]'
    assert [decode(encode(one)) for one in (Tick(VERSION, 5, "ab"), quiet)] == [Tick(VERSION, 5, "ab"), quiet]


def test_only_what_the_policy_names_is_watched_and_it_is_silent_after_the_span_and_not_before() -> None:
    assert Hearing(watching()).watched == ()
    hearing = Hearing(watching(returns="1 h"))
    assert {source for source, _ in hearing.watched} == {"returns"}
    hearing.begin(START)
    fact = by(Writer(Random(0), "UK").add("return.closed", START + 5, "s", "o"), "returns")
    hearing.hear(hearing.told_by([fact]))
    assert ("returns", "UK") not in hearing.silent(START + 5 + HOUR)
    assert ("returns", "UK") in hearing.silent(START + 6 + HOUR)
    assert ("returns", "JP") in hearing.silent(START + 1 + HOUR), "never heard: silent since somebody listens"
    turns = list(hearing.ticks(START, START + 2 * HOUR, ended=False))
    assert [at for at, _ in turns] == [START + 1 + HOUR, START + 6 + HOUR, START + 2 * HOUR]


@pytest.mark.parametrize("source", ["tiktok/77", "tiktok/78"])
def test_a_source_may_be_a_pattern(source: str) -> None:
    hearing = Hearing(watching((Feed("tiktok/*", ("UK",), ("*",)),), _="1 h"))
    fact = by(Writer(Random(0), "UK").add("return.closed", START, "s", "o"), source)
    assert hearing.told_by([fact]) == [("tiktok/*", "UK", START)]


def test_ingest_tells_the_ticker_of_watched_feeds_and_nothing_else() -> None:
    post, fact = Post(Settings()), by(Writer(Random(0), "UK").add("return.closed", START, "s", "o"), "returns")
    assert list(post.heard(Hearing(watching()).told_by([fact]))) == []
    (notice,) = post.heard(Hearing(watching(returns="1 h")).told_by([fact, fact]))
    assert (notice.topic, notice.partition, notice.key) == ("countermand.ticks", 0, NOTICE)
    assert notice.value == b'[["returns", "UK", %d]]' % START


def test_the_metric_shows_which_watched_feed_is_silent() -> None:
    rules = watching(returns="1 h")
    metrics = Metrics(rules)

    def shown(market: str) -> float | None:
        labels = {"source": "returns", "market": market}
        return metrics.registry.get_sample_value("countermand_feed_quiet", labels)

    assert [shown("UK"), shown("JP")] == [0, 0]
    metrics.ticked(5, [("returns", "UK")])
    assert [shown("UK"), shown("JP")] == [1, 0]
    metrics.ticked(6, [])
    assert shown("UK") == 0


def test_a_dump_made_with_other_feeds_is_refused(tmp_path: Path) -> None:
    quiet = Tick(VERSION, START, QUIET.policies.hash, quiet=(("elsewhere", "UK"),))
    dump = tmp_path / "facts.jsonl"
    dump.write_bytes(b"[0,0,0,%b]\n" % encode(quiet))
    with OutputFolder(tmp_path / "out", "all") as out, pytest.raises(HistoryError) as refused:
        replay_facts(QUIET, dump, out)
    assert str(refused.value) == (
        f'{dump}, line 1 is a tick while the feed "elsewhere" was silent, which is not declared;'
        " name the feeds.toml it was made under with --feeds"
    )
