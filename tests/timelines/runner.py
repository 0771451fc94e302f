"""Runs a timeline through ingest and the embedded monitor, and compares everything said with what is expected."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import policies
from detectors.catalogue import CARDS
from detectors.facts import Fact
from detectors.feeds import Feed, Feeds
from detectors.figures import figure_of
from detectors.outcomes import Outcome
from detectors.rulebook import Rulebook
from streams.embedded import END_OF_TIME, Embedded
from streams.ingest import DeadLetter, Ingest, Raw
from tests.timelines.story import Story

FOLDER = Path(__file__).parent
_SUBJECTS = {  # duties.md §2
    **dict.fromkeys(("V-01", "V-03", "V-04", "V-29"), "cancellation c1"),
    **dict.fromkeys(("V-13", "V-24", "V-25", "V-27", "V-32"), "seller s1"),
}
_ROW = re.compile(r"(.*?)(\d+)\.\.(\d+)(.*)")


@cache
def in_force() -> policies.Policies:
    """The policies that ship."""
    return policies.load()


@cache
def _ingest() -> Ingest:
    return Ingest(in_force(), policies.lexicon(), "log")


USUAL_FEEDS = (
    *("order.*", "cancellation.*", "notice.*", "consent.*", "return.*", "dispute.*", "message.*", "complaint.*"),
    *("review.*", "shop.*", "stock.*", "price.*", "listing.*", "identity.*", "campaign.*", "outage.*", "ruling.*"),
)  # everything but refunds, so that a story about something else need not tell them


class Timeline:
    """One file, run to its end: the facts, the dead letters, what was said, and what stood at each checkpoint."""

    def __init__(self, path: Path, own: Iterable[str] = (), market: str = "") -> None:
        """`own`: the duties that are always compared; others only when they are listed."""
        self.story = Story(path, {name: str(m.calendar.tz) for name, m in in_force().markets.items()}, market)
        self.own = frozenset(own) | set(self.story.table.get("duties", ()))
        read = [
            _ingest().read(Raw(event.line(), b"", (), path.name, 0, n, event.arrived))
            for n, event in enumerate(self.story.events)
        ]
        self.facts = [one for one in read if isinstance(one, Fact)]
        self.dead = [one for one in read if isinstance(one, DeadLetter)]
        self.rules = Rulebook(in_force(), _feeds(self.story))
        until = self.story.table.get("until", "end")
        self.until = END_OF_TIME if until == "end" else self.story.times.read(until)
        self.checkpoints = {self.story.times.read(then["at"]): then for then in self.story.table.get("then", ())}
        self.stood: dict[int, list[str]] = {}
        self.monitor = Embedded(self.rules)
        self.said = self._run(self.monitor)

    def _run(self, monitor: Embedded) -> list[Outcome]:
        said: list[Outcome] = []
        waiting = sorted(self.checkpoints)
        for fact in self.facts:
            while waiting and waiting[0] < fact.arrived:
                said += self._stop(monitor, said, waiting.pop(0))
            said += monitor.accept(fact)
        for at in waiting:
            said += self._stop(monitor, said, at)
        return said + monitor.close(self.until)

    def _stop(self, monitor: Embedded, said: list[Outcome], at: int) -> list[Outcome]:
        """Concludes what is decidable up to and including `at`, and notes what stands then."""
        more = monitor.close(at)
        last = {one.id: f"{one.code} {one.state}" for one in said + more if one.type.startswith(("find", "direct"))}
        self.stood[at] = sorted(last.values())
        return more

    def problems(self) -> list[str]:
        """Every difference between what was expected and what was said; empty when there is none."""
        return [*self._differences(self.expected(), self.actual()), *self._checkpoints()]

    def _checkpoints(self) -> Iterator[str]:
        for at, then in self.checkpoints.items():
            if sorted(then["said"]) != self.stood[at]:
                yield f"at {self.story.times.show(at)}: expected {sorted(then['said'])}, stood {self.stood[at]}"

    @staticmethod
    def _differences(expected: list[dict[str, Any]], actual: list[dict[str, Any]]) -> Iterator[str]:
        left = list(actual)
        for one in expected:
            rivals = [a for a in left if all(a.get(k) == one[k] for k in ("kind", "name", "order", "of") if k in one)]
            found = next((a for a in rivals if _agree(one, a)), rivals[0] if rivals else None)
            if found is None:
                yield f"expected, never said: {one}"
                continue
            left.remove(found)
            yield from (
                f"{one['name']} {key}: expected {one[key]!r}, said {found.get(key)!r}"
                for key in one
                if one[key] != found.get(key)
            )
        yield from (f"said, not expected: {one}" for one in left)

    # What was said, as plain tables

    def actual(self) -> list[dict[str, Any]]:
        """What was said, by its last state, everything compared."""
        compared = self.own | {row["duty"] for row in self.story.table.get("expect", ()) if "duty" in row}
        by_id: dict[str, list[Outcome]] = {}
        for one in self.said:
            if one.type.startswith(("finding", "directive")) or (one.card and one.card.name in compared):
                by_id.setdefault(one.id, []).append(one)
        return [*(self._one(said) for said in by_id.values()), *self._counts(), *self._figures()]

    def _figures(self) -> Iterator[dict[str, Any]]:
        """M-01r of the sellers that the file names, at its end."""
        for row in self.story.table.get("expect", ()):
            if "figure" in row:
                seller = row.get("seller", "s1")
                figure = figure_of(self.monitor.store, self.rules, seller, self.until)
                yield {"kind": "figure", "name": figure.tier, "num": figure.num, "den": figure.den, "of": seller}

    def _one(self, said: list[Outcome]) -> dict[str, Any]:
        warned = [one for one in said if one.type == "duty.approaching"]
        last = next(one for one in reversed(said) if one.type != "duty.approaching")
        history = [f"{one.state} {self._time(one.at)}" for one in said if one.type != "duty.approaching"]
        kind = last.type.split(".", maxsplit=1)[0]
        shown = {"finding": self._finding, "directive": self._directive, "duty": self._duty}[kind](last)
        of = " ".join(part for part in last.key if part)
        told = {"kind": kind, "of": of, "said": history, **shown}
        return {**told, "warned": [self._time(one.at) for one in warned]} if kind == "duty" else told

    def _finding(self, last: Outcome) -> dict[str, Any]:
        data = last.data
        return {
            "name": last.code,
            "subject": f"{data['subject']['kind']} {data['subject']['id']}",
            "holder": data["holder"],
            "severity": data["severity"],
            "due": self._time(data.get("due")),
            "cleared": self._time(data.get("cleared")),
            "facts": sorted(data["facts"]),
            "numbers": data["numbers"],
            "summary": data["summary"],
            "staged": data["staged"],
            "after_finality": data.get("after_finality", False),
        }

    def _directive(self, last: Outcome) -> dict[str, Any]:
        data = last.data
        return {
            "name": last.code,
            "order": data["order"],
            "rule": data["rule"],
            "due": self._time(data["due"]),
            "cancellation": data.get("cancellation", ""),
            "facts": sorted(data["facts"]),
        }

    def _duty(self, last: Outcome) -> dict[str, Any]:
        data = last.data
        return {
            "name": data["name"],
            "order": data["order"],
            "state": data["state"],
            "holder": data["holder"],
            "opened": self._time(data["opened"]),
            "due": self._time(data["due"]),
            "skipped": [piece["why"] for piece in data["clock"] if piece["kind"] == "skipped"],
            "paused": [piece["why"] for piece in data["clock"] if piece["kind"] == "paused"],
        }

    def _time(self, at: int | str | None) -> str:
        return self.story.times.show(self.story.times.read(at) if isinstance(at, str) else at)

    def _counts(self) -> Iterator[dict[str, Any]]:
        """What is counted at the end: facts sent again, dead letters, not applicable, data quality, failures."""
        on: Counter[tuple[str, str, str]] = Counter()
        for one in self.said:
            if one.type in {"count.changed", "rule.failed"}:
                on[(one.before or "failed", one.code, one.why)] += 1 if one.state == "on" else -1
            elif one.type in {"fact.duplicate", "fact.conflicting_duplicate"}:
                on[("fact", one.state, "")] += 1
        on.update(("dead_letter", letter.reason, letter.path) for letter in self.dead)
        for (kind, name, why), times in sorted((+on).items()):
            if "feeds" not in self.story.table and why.startswith("no feed: refund."):
                continue
            yield {"kind": kind, "name": name, "why": why, "times": times}

    # What the file expects, as the same tables

    def expected(self) -> list[dict[str, Any]]:
        """The file's expectations; what a row leaves out takes its usual value."""
        return [self._expected(row) for row in self.story.table.get("expect", ())]

    def _expected(self, row: Mapping[str, Any]) -> dict[str, Any]:
        for kind in ("finding", "directive", "duty"):
            if kind in row:
                return getattr(self, f"_expect_{kind}")(row)
        if "figure" in row:
            of = row.get("seller", "s1")
            return {"kind": "figure", "name": row["figure"], "num": row["num"], "den": row["den"], "of": of}
        kind = next(k for k in ("fact", "dead_letter", "not_applicable", "data_quality") if k in row)
        return {"kind": kind, "name": row[kind], "why": row.get("why", ""), "times": row.get("times", 1)}

    def _expect_finding(self, row: Mapping[str, Any]) -> dict[str, Any]:
        code = row["finding"]
        card = next(card for card in CARDS.values() if code in card.codes)
        shown = {
            "kind": "finding",
            "name": code,
            "said": self._history(row),
            "subject": row.get("subject", _SUBJECTS.get(code, "order o1")),
            "holder": row.get("holder", card.holder),
            "severity": row.get("severity", card.severity),
            "due": self._time(row.get("due")),
            "cleared": self._time(row.get("cleared")),
            "facts": self._facts(row),
            "numbers": {name: self._number(value) for name, value in row.get("numbers", {}).items()},
            "staged": row.get("staged", False),
            "after_finality": row.get("after_finality", False),
        }
        return shown | {key: row[key] for key in ("of", "summary") if key in row}

    def _expect_directive(self, row: Mapping[str, Any]) -> dict[str, Any]:
        about = {"approve_cancellation": "c1", "refuse_cancellation": "c1"}
        shown = {
            "kind": "directive",
            "name": row["directive"],
            "said": self._history(row),
            "order": row.get("order", "o1"),
            "rule": row["rule"],
            "due": self._time(row["due"]),
            "cancellation": row.get("cancellation", about.get(row["directive"], "")),
            "facts": self._facts(row),
        }
        return shown | {key: row[key] for key in ("of",) if key in row}

    def _expect_duty(self, row: Mapping[str, Any]) -> dict[str, Any]:
        shown = {
            "kind": "duty",
            "name": row["duty"],
            "order": row.get("order", "o1"),
            "state": row["state"],
            "holder": row.get("holder", CARDS[row["duty"]].holder),
            "opened": self._time(row["opened"]),
            "due": self._time(row["due"]),
            "warned": [self._time(at) for at in row.get("warned", ())],
        }
        if "said" in row:
            shown["said"] = self._history(row)
        return shown | {key: row[key] for key in ("of", "skipped", "paused") if key in row}

    def _history(self, row: Mapping[str, Any]) -> list[str]:
        steps = (step.split(" ", 1) for step in row["said"])
        return [f"{state} {self._time(at)}" for state, at in steps]

    def _facts(self, row: Mapping[str, Any]) -> list[str]:
        return sorted(name for word in row["facts"] for name in _names(word))

    def _number(self, value: Any) -> Any:
        """A number as it must stand; "@…" is an instant in ms."""
        return self.story.times.read(value[1:]) if isinstance(value, str) and value.startswith("@") else value


def _agree(expected: Mapping[str, Any], actual: Mapping[str, Any]) -> bool:
    return all(expected[key] == actual.get(key) for key in expected)


def _names(word: str) -> Iterator[str]:
    """The names of a row: a1..5.placed is a1.placed to a5.placed."""
    row = _ROW.fullmatch(word)
    if row is None:
        yield word
        return
    for n in range(int(row[2]), int(row[3]) + 1):
        yield f"{row[1]}{n}{row[4]}"


def _feeds(story: Story) -> Feeds:
    types = story.table.get("feeds", USUAL_FEEDS)
    return Feeds([Feed("story", (story.market,), tuple(types))])
