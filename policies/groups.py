"""The headings of default.toml: which keys stand together."""

import re
import tomllib
from pathlib import Path
from typing import NamedTuple

from policies import PACKAGED

_KEY = re.compile(r"\[(\w+)\]")


class Group(NamedTuple):
    """A heading ("" for keys before the first) and the keys below it, in the order of the file."""

    heading: str
    keys: tuple[str, ...]


def groups(folder: Path | None = None) -> list[Group]:
    """The groups of the folder's default.toml, by default of the one that ships: a file that `read` has accepted.

    A heading is a comment of its own paragraph; the one above `version` heads the file and is none. Keys that are
    written in an unusual way stand in a last group of their own: none is left out.
    """
    text = ((folder or PACKAGED) / "default.toml").read_text(encoding="utf-8")
    found = [group for group in _headed(text) if group.keys]
    grouped = {key for group in found for key in group.keys}
    rest = tuple(key for key, row in tomllib.loads(text).items() if isinstance(row, dict) and key not in grouped)
    return [*found, Group("Others", rest)] if rest else found


def _headed(text: str) -> list[Group]:
    found: list[Group] = []
    for paragraph in text.split("\n\n"):
        lines = paragraph.strip("\n").splitlines()
        if lines and all(line.startswith("#") for line in lines):
            found.append(Group(lines[0].lstrip("# "), ()))
        elif any(line.startswith("version") for line in lines):
            found = []
        for key in (match[1] for match in map(_KEY.fullmatch, lines) if match):
            last = found.pop() if found else Group("", ())
            found.append(last._replace(keys=(*last.keys, key)))
    return found
