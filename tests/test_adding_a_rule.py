"""docs/adding-a-rule.md is executed on a copy of the repository: its files written, its timelines run."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^```(\w+) ([^\n]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def copy_of(target: Path) -> Path:
    for folder in ("detectors", "streams", "policies", "tests"):
        shutil.copytree(ROOT / folder, target / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", target)
    return target


def apply(block: str, told: dict[str, str], copy: Path) -> None:
    if "file" in told:
        path = copy / told["file"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block)
    elif "append" in told:
        path = copy / told["append"]
        path.write_text(path.read_text() + block)
    else:
        path = copy / told["in"]
        text, line = path.read_text(), told["after"] + "\n"
        assert text.count(line) == 1, f"{told['in']} does not hold {told['after']!r} once"
        path.write_text(text.replace(line, line + block))


def test_the_page_is_true(tmp_path):
    copy, ran = copy_of(tmp_path / "copy"), 0
    for _, words, block in BLOCK.findall((ROOT / "docs" / "adding-a-rule.md").read_text()):
        if words == "run":
            command = [sys.executable, *shlex.split(block)[1:]]
            done = subprocess.run(command, cwd=copy, capture_output=True, text=True, timeout=300)
            assert done.returncode == 0, done.stdout + done.stderr
            assert "4 passed" in done.stdout
            ran += 1
        else:
            apply(block, dict(word.split("=", 1) for word in shlex.split(words)), copy)
    assert ran == 1
    assert not (ROOT / "detectors" / "duties" / "tell_seller.py").exists()
