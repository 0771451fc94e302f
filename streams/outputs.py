"""What a replay writes: directives, findings, ledger and dead letters as JSON lines, and the summary."""

import json
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import msgspec

from detectors.outcomes import Outcome

Ledger = Literal["ended", "all"]
_ENDED = frozenset({"breached", "excused", "void"})
FILES = ("directives.jsonl", "findings.jsonl", "ledger.jsonl", "deadletters.jsonl")


def in_ledger(outcome: Outcome, ledger: Ledger) -> bool:
    """Whether the ledger holds it: everything, or what ended other than met, its corrections, warnings and shadows."""
    if outcome.type == "duty.approaching" or outcome.shadow:
        return True
    if outcome.type != "duty.changed":
        return False
    return ledger == "all" or outcome.state in _ENDED or outcome.before in _ENDED


encode = msgspec.json.Encoder().encode
"""JSON without spaces, in UTF-8; the same data gives the same bytes."""


def line(data: dict[str, Any]) -> str:
    """One JSON line of a file."""
    return encode(data).decode() + "\n"


class OutputFolder:
    """The files of one replay, opened together and closed together."""

    def __init__(self, folder: Path, ledger: Ledger) -> None:
        """Makes the folder; OSError when it cannot be written."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._ledger = folder, ledger
        self._files = {name: (folder / name).open("w", encoding="utf-8", newline="\n") for name in FILES}

    def write(self, outcome: Outcome) -> None:
        """Writes the outcome to the file it belongs to, if any."""
        kind = outcome.type.partition(".")[0]
        if kind == "directive" and not outcome.shadow:
            self._files["directives.jsonl"].write(line(outcome.event()))
        elif kind == "finding":
            self._files["findings.jsonl"].write(line(outcome.event()))
        elif in_ledger(outcome, self._ledger):
            self._files["ledger.jsonl"].write(line(outcome.event()))

    def dead_letter(self, letter: dict[str, Any]) -> None:
        """Writes one dead letter."""
        self._files["deadletters.jsonl"].write(line(letter))

    def summary(self, counts: dict[str, Any]) -> None:
        """Writes the summary."""
        text = json.dumps(counts, ensure_ascii=False, indent=2) + "\n"
        (self._folder / "summary.json").write_text(text, encoding="utf-8")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in self._files.values():
            file.close()
