"""`countermand policy`: show, check and diff for the people who own the numbers."""

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from policies import phrases, read, sources
from policies.groups import groups
from streams.policy_check import check_policies
from streams.policy_diff import Folder, differences, show_differences
from streams.policy_show import as_data, profile, show
from streams.settings import Settings
from streams.usage import local_day

policy_app = typer.Typer(help="The numbers that rules judge by: show, check, diff.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]


@policy_app.command("show")
def policy_show(
    market: Annotated[str, typer.Argument(help="Like JP.")],
    day: Annotated[str, typer.Argument(metavar="DATE", help="A local day of that market, like 2026-03-01.")],
    policies: Annotated[Path | None, typer.Option("--policies", help="A folder of policy files.")] = None,
    as_json: AsJson = False,
) -> None:
    """Shows every number that holds in a market on a day, since when, how sure it is, and whose.

    Example: countermand policy show JP 2026-03-01
    """
    folder = policies or Settings.from_env(os.environ).policies
    found = profile(read(folder), groups(folder), market, local_day(day))
    if as_json:
        typer.echo(json.dumps(as_data(found), ensure_ascii=False))
    else:
        show(found, sources(folder))


@policy_app.command("check")
def policy_check(
    folder: Annotated[Path | None, typer.Argument(metavar="[DIR]", help="A folder of policy files.")] = None,
) -> None:
    """Says whether a policy folder can be used; what is wrong is one sentence and exit 2.

    Example: countermand policy check my-policies
    """
    for line in check_policies(folder or Settings.from_env(os.environ).policies):
        typer.echo(line)


@policy_app.command("diff")
def policy_diff(
    a: Annotated[Path, typer.Argument(metavar="A", help="A folder of policy files.")],
    b: Annotated[Path, typer.Argument(metavar="B", help="Another.")],
    as_json: AsJson = False,
) -> None:
    """Says what differs between two policy folders: market, key and days, from what to what, by which source.

    Example: countermand policy diff policies my-policies
    """
    old, new = (Folder(read(folder), phrases(folder)) for folder in (a, b))
    parts = differences(old, new)
    if as_json:
        plain = {part: [change._asdict() for change in changes] for part, changes in parts.items()}
        typer.echo(json.dumps(plain, ensure_ascii=False))
    else:
        show_differences(old, new, parts)
