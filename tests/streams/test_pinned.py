"""A worker starts on the versions that it was written for, and on no others."""

import subprocess
import sys
import tomllib

import pytest

from streams import cli, pinned
from streams.pinned import PINNED
from tests.kafka.broker import ROOT


@pytest.mark.parametrize(
    ("package", "wanted", "found"),
    [("aiokafka", "0.13.0", PINNED["aiokafka"]), ("no-such-package", "1.0", "not installed")],
)
def test_another_version_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], package: str, wanted: str, found: str
) -> None:
    monkeypatch.setattr(pinned, "PINNED", {package: wanted})
    monkeypatch.setattr(sys, "argv", ["countermand", "worker"])
    monkeypatch.setenv("COUNTERMAND_BROKERS", "127.0.0.1:9")
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    assert capsys.readouterr().err == (
        f"countermand: {package} is {found}, but the worker runs on {wanted} only;"
        f" install it with pip install {package}=={wanted}\n"
    )


def test_those_of_pyproject_are_there() -> None:
    pinned.require_pinned()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = {name.partition("[")[0]: at for name, _, at in (one.partition("==") for one in project["dependencies"])}
    assert {package: asked[package] for package in PINNED} == dict(PINNED)


def test_it_is_asked_before_any_of_them_is_loaded() -> None:
    loaded = "import sys, streams.cli; print({'faust', 'mode', 'aiokafka'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", loaded], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
