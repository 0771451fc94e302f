"""`countermand whatif`: a history under two policies."""

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from detectors.feeds import Feeds
from streams.progress import progress
from streams.settings import Settings, load_feeds
from streams.sources import load_sources
from streams.usage import UsageError, until_instant
from streams.whatif import Side, Stood, facts_of, moved, stand, wanted_facts
from streams.whatif_clause import clauses
from streams.whatif_report import Report, show, totals, write


def whatif_command(
    files: Annotated[list[Path] | None, typer.Argument(help="Histories: JSON lines, optionally .gz.")] = None,
    policies: Annotated[Path | None, typer.Option("--policies", help="A: a folder of policy files.")] = None,
    against: Annotated[Path | None, typer.Option("--against", help="B: another one.")] = None,
    feeds: Annotated[Path | None, typer.Option("--feeds", help="feeds.toml: what the sources deliver.")] = None,
    shops: Annotated[Path | None, typer.Option("--shops", help="shops.toml: the markets of shops.")] = None,
    mapping: Annotated[Path | None, typer.Option("--mapping", help="A mapping file: foreign types.")] = None,
    until: Annotated[str, typer.Option("--until", help='An instant, or "end"; default: the last log time.')] = "",
    out: Annotated[Path | None, typer.Option("--out", help="A folder for whatif.jsonl, every row of it.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The totals, for programs.")] = False,
) -> None:
    """Replays a history under two policies and says who changes side, with the clause that made the difference.

    Example: countermand whatif --policies policies --against my-policies orders.jsonl.gz --until end
    """
    settings, last = Settings.from_env(os.environ), until_instant(until)
    if not files or against is None:
        raise UsageError("name the histories to replay, and with --against the policies to compare with")
    declared = feeds or settings.feeds
    delivered = load_feeds(declared) if declared else Feeds()
    sources = load_sources(shops or settings.shops, mapping or settings.mapping)
    a, b = (Side.of(folder, delivered, sources) for folder in (policies or settings.policies, against))
    report = _compare(a, b, files, last)
    if as_json:
        typer.echo(json.dumps(totals(report), ensure_ascii=False))
    else:
        show(report)
    if out is not None:
        typer.echo(f"written to {write(report, out)}", err=as_json)


def _compare(a: Side, b: Side, files: list[Path], until: int | None) -> Report:
    stood_a, stood_b = _stand(a, "under A", files, until), _stand(b, "under B", files, until)
    changed = moved(stood_a, stood_b)
    wanted = wanted_facts(changed)
    facts = facts_of(a.reader(files, until, None), wanted)
    facts.update(facts_of(b.reader(files, until, None), wanted - facts.keys()))
    return Report(a, b, stood_a, stood_b, [(one, clauses(a, b, one, facts)) for one in changed])


def _stand(side: Side, what: str, files: list[Path], until: int | None) -> Stood:
    with progress(what) as bar:
        return stand(side, side.reader(files, until, bar), until)
