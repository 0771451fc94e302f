"""The headings of default.toml: which keys stand together."""

import re
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

    A heading is a comment of its own paragraph; the one above `version` heads the file and is none.
    """
    found: list[Group] = []
    for paragraph in ((folder or PACKAGED) / "default.toml").read_text(encoding="utf-8").split("\n\n"):
        lines = paragraph.strip("\n").splitlines()
        if lines and all(line.startswith("#") for line in lines):
            found.append(Group(lines[0].lstrip("# "), ()))
        elif any(line.startswith("version") for line in lines):
            found = []
        for key in (match[1] for match in map(_KEY.fullmatch, lines) if match):
            last = found.pop() if found else Group("", ())
            found.append(last._replace(keys=(*last.keys, key)))
    return [group for group in found if group.keys]
