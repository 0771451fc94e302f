"""The command line: `countermand COMMAND`. A user's mistake is one plain sentence and exit 2, never a traceback."""

import gc
import json
import os
import sys
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from detectors.facts import Fact
from detectors.feeds import Feeds
from detectors.policy import PolicyError
from detectors.rulebook import Rulebook
from policies import lexicon
from policies import load as load_policies
from streams import topics
from streams.check import check
from streams.embedded import END_OF_TIME
from streams.explain import UnknownOrderError, explain
from streams.facts import dump
from streams.history import FileReader, HistoryError, Progress
from streams.ingest import Ingest
from streams.lag import lag_command
from streams.load import LoadError, load
from streams.outputs import Ledger, OutputFolder
from streams.pinned import require_pinned
from streams.policy_commands import policy_app
from streams.policy_show import UnknownMarketError
from streams.progress import progress
from streams.rates import UnknownSellerError, show, standings
from streams.replay import replay, replay_facts, timed
from streams.settings import SettingError, Settings, load_feeds
from streams.sources import Sources, load_sources
from streams.usage import UsageError, local_day, until_instant
from streams.whatif_command import whatif_command

_COLLECTOR = (50_000, 20, 1000)  # rows hold no cycles: looking at them again and again cost a quarter of the time
_MISTAKES = (
    UsageError,
    SettingError,
    PolicyError,
    HistoryError,
    UnknownOrderError,
    UnknownSellerError,
    UnknownMarketError,
    LoadError,
)

app = typer.Typer(
    name="countermand",
    help="Watches whether marketplace order cancellations keep the rules.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
topics_app = typer.Typer(help="The Kafka topics: plan, apply, check.", no_args_is_help=True)
facts_app = typer.Typer(help="The facts log.", no_args_is_help=True)
app.add_typer(topics_app, name="topics")
app.add_typer(facts_app, name="facts")
app.add_typer(policy_app, name="policy")
app.command("whatif")(whatif_command)

Files = Annotated[list[Path], typer.Argument(help="Histories: JSON lines, one event each, optionally .gz.")]
PolicyFolder = Annotated[Path | None, typer.Option("--policies", help="A folder of policy files.")]
FeedsFile = Annotated[Path | None, typer.Option("--feeds", help="feeds.toml: what the sources deliver.")]
ShopsFile = Annotated[Path | None, typer.Option("--shops", help="shops.toml: the markets of a platform's shops.")]
MappingFile = Annotated[Path | None, typer.Option("--mapping", help="A mapping file: foreign types and fields.")]
Until = Annotated[str, typer.Option("--until", help='An instant (RFC 3339), or "end"; default: the last log time.')]
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]


def main() -> None:
    """Runs the command line; every user's mistake ends as one sentence and exit 2."""
    gc.set_threshold(*_COLLECTOR)
    try:
        app()
    except (
        UsageError,
        SettingError,
        PolicyError,
        HistoryError,
        UnknownOrderError,
        UnknownSellerError,
        UnknownMarketError,
        LoadError,
    ) as e:
        _fail(str(e))
    except OSError as e:
        _fail(f"{e.filename or 'a file'}: {e.strerror or e}")


def _fail(sentence: str) -> None:
    typer.echo(f"countermand: {sentence}", err=True)
    sys.exit(2)


def rulebook(policies: Path | None, feeds: Path | None) -> Rulebook:
    """The rules by the given folder and feeds, else by the settings, else as they ship."""
    declared = feeds or Settings.from_env(os.environ).feeds
    return Rulebook(load_policies(policies_folder(policies)), load_feeds(declared) if declared else Feeds())


def policies_folder(given: Path | None = None) -> Path | None:
    """The folder given, else that of the settings, else None: the packaged one."""
    return given or Settings.from_env(os.environ).policies


def sources(shops: Path | None, mapping: Path | None) -> Sources:
    """The foreign formats by the given files, else by the settings."""
    settings = Settings.from_env(os.environ)
    return load_sources(shops or settings.shops, mapping or settings.mapping)


def _reader(ingest: Ingest, files: list[Path], until: int | None, bar: Progress | None) -> FileReader:
    return FileReader(files, ingest, until if until != END_OF_TIME else None, bar)


@app.command("replay")
def replay_command(
    files: Annotated[list[Path] | None, typer.Argument(help="Histories: JSON lines, optionally .gz.")] = None,
    out: Annotated[Path, typer.Option("--out", help="The folder to write to.")] = Path("out"),
    policies: PolicyFolder = None,
    feeds: FeedsFile = None,
    shops: ShopsFile = None,
    mapping: MappingFile = None,
    until: Until = "",
    ledger: Annotated[str, typer.Option("--ledger", help='"ended" or "all"; default: COUNTERMAND_LEDGER.')] = "",
    facts: Annotated[Path | None, typer.Option("--facts", help="A facts dump instead of histories.")] = None,
    as_json: AsJson = False,
) -> None:
    """Runs a history through the monitor and writes what it says.

    Example: countermand replay orders.jsonl.gz --feeds feeds.toml --out out --until end
    """
    rules, last, kept = rulebook(policies, feeds), until_instant(until), _ledger(ledger)
    foreign = sources(shops, mapping)
    if bool(files) == bool(facts):
        raise UsageError("name the histories to replay, or one facts dump with --facts")
    with OutputFolder(out, kept) as folder, progress("replay") as bar:
        if facts is not None:
            work = partial(replay_facts, rules, facts, folder)
        else:
            ingest = Ingest(rules.policies, lexicon(policies_folder(policies)), "log", foreign)
            work = partial(replay, rules, _reader(ingest, files or [], last, bar), folder, last)
        summary, rate = timed(work)
    if as_json:
        typer.echo(json.dumps(summary))
    else:
        _report(summary, rate, out)


def _ledger(text: str) -> Ledger:
    if not text:
        return Settings.from_env(os.environ).ledger
    if text not in {"ended", "all"}:
        raise UsageError(f'--ledger "{text}" is neither "ended" nor "all"')
    return "all" if text == "all" else "ended"


def _report(summary: dict[str, Any], rate: float, out: Path) -> None:
    events = summary["events"]
    typer.echo(
        f"{events['received']:,} events: {events['accepted']:,} accepted, {events['duplicates']:,} duplicates,"
        f" {events['dead_letters']:,} dead letters, {events['unread']:,} unread; {rate:,.0f} events/s"
    )
    for code, states in summary["findings"].items():
        typer.echo(f"{code}: {states['raised'] + states['confirmed']:,} findings, {states['withdrawn']:,} withdrawn")
    for kind, states in summary["directives"].items():
        shadowed = f", {states['shadowed']:,} shadowed" if "shadowed" in states else ""
        typer.echo(f"{kind}: {states['issued']:,} directives, {states['withdrawn']:,} withdrawn{shadowed}")
    for rule, whys in summary["not_applicable"].items():
        typer.echo(f"{rule}: not applicable: " + ", ".join(f"{why} ({n:,})" for why, n in whys.items()))
    typer.echo(f"written to {out}/")


@app.command("explain")
def explain_command(
    files: Files,
    order: Annotated[str, typer.Option("--order", help="The order's id.")],
    policies: PolicyFolder = None,
    feeds: FeedsFile = None,
    shops: ShopsFile = None,
    mapping: MappingFile = None,
    until: Until = "",
) -> None:
    """Explains one order: its facts, every duty with its clock, what was said and why.

    Example: countermand explain orders.jsonl --order o-1 --until end
    """
    rules, last = rulebook(policies, feeds), until_instant(until)
    ingest = Ingest(rules.policies, lexicon(policies_folder(policies)), "log", sources(shops, mapping))
    reader = _reader(ingest, files, last, None)
    typer.echo(explain(rules, [item for item in reader if isinstance(item, Fact)], order, last))


@app.command("rates")
def rates_command(
    files: Files,
    seller: Annotated[str, typer.Option("--seller", help="One seller; default: all.")] = "",
    day: Annotated[str, typer.Option("--day", help="The daily run of that local day; default: the last.")] = "",
    policies: PolicyFolder = None,
    feeds: FeedsFile = None,
    shops: ShopsFile = None,
    mapping: MappingFile = None,
    until: Until = "",
    as_json: AsJson = False,
) -> None:
    """Shows how sellers stand at a daily run: M-01 to M-10, answer times, the order limit advised.

    Example: countermand rates orders.jsonl --seller s-1 --day 2026-03-09
    """
    rules, last = rulebook(policies, feeds), until_instant(until)
    ingest = Ingest(rules.policies, lexicon(policies_folder(policies)), "log", sources(shops, mapping))
    facts = (item for item in _reader(ingest, files, last, None) if isinstance(item, Fact))
    wanted = local_day(day).toordinal() if day else None
    show(standings(rules, facts, seller, wanted), as_json)


@app.command("check")
def check_command(files: Files, shops: ShopsFile = None, mapping: MappingFile = None, as_json: AsJson = False) -> None:
    """Validates events for a team that sends them: line, path, sentence; nothing is judged.

    Example: countermand check events.jsonl
    """
    raise typer.Exit(check(files, as_json, sources(shops, mapping), policies_folder()))


@app.command("demo")
def demo_command() -> None:
    """A simulated marketplace through the embedded monitor, with a page and /metrics on loopback.

    Example: countermand demo; with DEMO_EXIT=1 it ends by itself
    """
    from streams.demo import demo  # noqa: PLC0415 - the web server is not loaded for a replay

    raise typer.Exit(demo(Settings.from_env(os.environ)))


@topics_app.command("plan")
def topics_plan(as_json: AsJson = False) -> None:
    """Says what `apply` would do, and changes nothing.

    Example: countermand topics plan
    """
    raise typer.Exit(topics.plan_command(Settings.from_env(os.environ), as_json))


@topics_app.command("apply")
def topics_apply(as_json: AsJson = False) -> None:
    """Makes the topics that are missing and mends the settings of those that are there.

    Example: COUNTERMAND_BROKERS=127.0.0.1:9092 countermand topics apply
    """
    raise typer.Exit(topics.apply_command(Settings.from_env(os.environ), as_json))


@topics_app.command("check")
def topics_check(as_json: AsJson = False) -> None:
    """Says each difference between the topics as declared and as they are; exit 1 when there is one.

    Example: countermand topics check
    """
    raise typer.Exit(topics.check_command(Settings.from_env(os.environ), as_json))


@app.command("load")
def load_command(
    files: Files,
    rate: Annotated[int | None, typer.Option("--rate", min=1, help="At most so many events a second.")] = None,
    until: Until = "",
) -> None:
    """Sends a history to the topics, by event type, keyed by seller; under COUNTERMAND_CLOCK=log in slices of log time.

    Example: COUNTERMAND_CLOCK=log countermand load orders.jsonl.gz --until end
    """
    settings, last = Settings.from_env(os.environ), until_instant(until)
    foreign = load_sources(settings.shops, settings.mapping)
    ingest = Ingest(load_policies(settings.policies), lexicon(settings.policies), "log", foreign)
    with progress("load") as bar:
        done = load(settings, ingest, files, last, rate, bar)
    typer.echo(
        f"{done.sent:,} events sent in {done.slices:,} slices; {done.unread:,} unread, {done.too_large:,} too large"
    )


@app.command("worker")
def worker_command() -> None:
    """The Faust worker against Kafka; as many processes as you like share the partitions. Settings: COUNTERMAND_….

    Example: COUNTERMAND_BROKERS=127.0.0.1:9092 COUNTERMAND_FEEDS=feeds.toml countermand worker
    """
    require_pinned()
    from streams.worker import worker  # noqa: PLC0415 - Faust is not loaded for a replay

    worker(Settings.from_env(os.environ))


@app.command("lag")
def lag_show(as_json: AsJson = False) -> None:
    """How far ingest and the monitor are behind, by topic: records, and seconds since the oldest unread one.

    Example: countermand lag --json
    """
    raise typer.Exit(lag_command(Settings.from_env(os.environ), as_json))


@facts_app.command("dump")
def facts_dump(
    out: Annotated[Path, typer.Option("--out", help="The file to write.")],
) -> None:
    """Writes the facts log with its ticks to a file; `replay --facts FILE` runs it through the step again.

    Example: countermand facts dump --out facts.jsonl
    """
    with progress("facts dump") as bar:
        written = dump(Settings.from_env(os.environ), out, bar)
    typer.echo(f"{written:,} records written to {out}")


if __name__ == "__main__":
    main()
