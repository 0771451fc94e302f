"""What the demo writes to the terminal: one line a finding, and at the end who was found for what."""

from collections import Counter
from typing import NamedTuple

from rich.console import Console
from rich.text import Text

from detectors.outcomes import Outcome
from detectors.verdict import Breach
from streams.account import utc
from streams.page import span
from streams.simulator import Marketplace, Truth

_COLOURS = {"info": "dim", "low": "cyan", "medium": "yellow", "high": "red", "critical": "bold red"}


class First(NamedTuple):
    """The first finding: real seconds since the start, and its simulated instant (ms UTC)."""

    seconds: float
    at: int


class DemoLines:
    """The demo's words. Colours on a terminal, plain text elsewhere; a finding is never broken over lines."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._first: First | None = None
        self._standing: dict[str, Outcome] = {}

    def _say(self, *parts: str | tuple[str, str]) -> None:
        self._console.print(Text.assemble(*parts), soft_wrap=True)

    def address(self, url: str, *, taken: bool) -> None:
        """Where the page is."""
        why = " (the usual port is taken)" if taken else ""
        self._say(("Page ", ""), (url, "bold"), f"   metrics {url}/metrics{why}")

    def begin(self, sellers: int, days: int) -> None:
        """What is about to be seen."""
        self._say(f"{sellers} simulated sellers, {days} days. Times are simulated, UTC. Ctrl-C ends the demo.\n")

    def interrupted(self) -> None:
        """The person has seen enough."""
        self._say("\nEnded by Ctrl-C.")

    def hear(self, outcome: Outcome, passed: float) -> None:
        """Takes one outcome in, `passed` real seconds after the start; a finding is told when it is first said."""
        if not isinstance(outcome.content, Breach):
            return
        fresh = outcome.id not in self._standing
        if outcome.state == "withdrawn":
            self._standing.pop(outcome.id, None)
            self._line(outcome, "withdrawn: ")
            return
        self._standing[outcome.id] = outcome
        if fresh:
            self._first = self._first or First(passed, outcome.at)
            self._line(outcome, "")

    def _line(self, outcome: Outcome, word: str) -> None:
        assert isinstance(outcome.content, Breach)
        breach, data = outcome.content, outcome.data
        who = outcome.seller if breach.holder == "seller" else f"{outcome.seller} ({breach.holder})"
        self._say(
            (f"{utc(outcome.at)}  ", "dim"),
            (f"{who:<16} ", "bold"),
            f"{outcome.market}  ",
            (f"{outcome.code} {data['name']} ", _COLOURS[breach.severity]),
            (f"{breach.severity}  ", "dim"),
            f"{word}{data['summary']}",
        )

    def end(self, market: Marketplace, *, complete: bool) -> int:
        """Who was found for what; 1 when an honest seller was accused, or a bad one missed in a `complete` run."""
        if self._first is not None:
            simulated = span(self._first.at - market.world.start)
            self._say(f"\nTime to first finding: {self._first.seconds:.1f} s (simulated: {simulated} after the start).")
        bad = [truth for truth in market.truth if not truth.honest]
        self._say(f"\n{len(bad)} sellers of this marketplace break the rules. What was found of them:")
        missed = [truth.seller for truth in bad if not self._found(truth)]
        honest = {truth.seller for truth in market.truth if truth.honest}
        accused = [one for one in self._against("seller") if one.seller in honest]
        self._say(f"\nFindings against the {len(honest)} honest sellers: {len(accused)}.")
        forgotten = len(market.service.forgotten)
        self._say(
            f"Findings against the platform: {len(self._against('platform'))}."
            f" Its order service forgot {forgotten} of the directives, on purpose."
        )
        return int(bool(accused) or (complete and bool(missed)))

    def _against(self, holder: str) -> list[Outcome]:
        found = self._standing.values()
        return [one for one in found if isinstance(one.content, Breach) and one.content.holder == holder]

    def _found(self, truth: Truth) -> bool:
        """Tells what was found of a bad seller; whether it was what he deserves."""
        found = [one for one in self._against("seller") if one.seller == truth.seller]
        codes = Counter(one.code for one in found)
        first = next((one for one in found if one.code in truth.codes), None)
        names = {one.code: str(one.data["name"]) for one in found}
        told = ", ".join(f"{n} x {code} {names[code]}" for code, n in sorted(codes.items()))
        self._say((f"  {truth.seller:<16} ", "bold"), f"{truth.kind:<26} ", told or ("nothing yet", "dim"))
        if first is not None:
            self._say((f"  {'':<16} {first.data['summary']}", "dim"))
        return first is not None
