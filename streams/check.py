"""`countermand check`: what is wrong with a file of events, for the team that sends them. Nothing is judged."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import typer

from policies import lexicon, load
from streams.history import FileReader, HistoryError
from streams.ingest import DeadLetter, Ingest
from streams.sources import Sources


def check(files: list[Path], as_json: bool, sources: Sources | None = None, policies: Path | None = None) -> int:
    """Prints every line that cannot be used and a count; each file is read by itself.

    Returns 0 when all is well, 1 when a line is bad, 2 when a file cannot be read. With `as_json` each bad line
    is one JSON line, and the count is the last. `policies`: the folder that says which markets there are.
    """
    ingest, bad, good = Ingest(load(policies), lexicon(policies), "log", sources), Counter[str](), 0
    try:
        readers = [FileReader([file], ingest) for file in files]
        for item in (item for reader in readers for item in reader):
            if isinstance(item, DeadLetter):
                bad[item.reason] += 1
                typer.echo(_line(item, as_json))
            else:
                good += 1
    except HistoryError as why:
        typer.echo(str(why), err=True)
        return 2
    typer.echo(_count(good, bad, as_json))
    return 1 if bad else 0


def _line(letter: DeadLetter, as_json: bool) -> str:
    raw = letter.raw
    if as_json:
        told = {"reason": letter.reason, "path": letter.path, "sentence": letter.sentence}
        return json.dumps({"file": raw.topic, "line": raw.offset, **told}, ensure_ascii=False)
    return f"{raw.topic}:{raw.offset}: {letter.path or 'event'}: {letter.sentence}"


def _count(good: int, bad: Counter[str], as_json: bool) -> str:
    events, unusable = good + bad.total(), bad.total()
    if as_json:
        return json.dumps({"events": events, "bad": unusable, "reasons": dict(sorted(bad.items()))})
    told = ", ".join(_reasons(bad))
    return f"{events:,} events, {unusable:,} of them bad{f' ({told})' if told else ''}."


def _reasons(bad: Counter[str]) -> Iterator[str]:
    for reason, n in sorted(bad.items()):
        yield f"{reason} {n:,}"
