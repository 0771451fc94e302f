"""Copies of the packaged policies, changed by a test; and the rows of a printed table."""

import re
import shutil
from pathlib import Path

from policies import PACKAGED


def copied(folder: Path) -> Path:
    """A copy of the packaged policies in the folder."""
    for name in ("markets", "calendars", "phrases"):
        shutil.copytree(PACKAGED / name, folder / name)
    for name in ("default.toml", "reasons.toml"):
        shutil.copy(PACKAGED / name, folder / name)
    return folder


def put(path: Path, key: str, values: str) -> None:
    """Gives the key of a policy file these values (TOML), whatever it had."""
    paragraphs = path.read_text(encoding="utf-8").strip("\n").split("\n\n")
    for i, paragraph in enumerate(paragraphs):
        if re.search(rf"^\[{key}\]$", paragraph, re.MULTILINE):
            kept = paragraph[: re.search(r"^values", paragraph, re.MULTILINE).start()]
            paragraphs[i] = f"{kept}values = {values}"
            break
    else:
        paragraphs.append(f"[{key}]\nvalues = {values}")
    path.write_text("\n\n".join(paragraphs) + "\n", encoding="utf-8")


def replace(path: Path, old: str, new: str) -> None:
    """Replaces a text that must stand in the file once."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{path} holds {old!r} {text.count(old)} times"
    path.write_text(text.replace(old, new), encoding="utf-8")


def cells(printed: str) -> list[list[str]]:
    """Every printed line as its cells; columns stand at least two spaces apart."""
    return [re.split(r"\s{2,}", line.strip()) for line in printed.splitlines() if line.strip()]
