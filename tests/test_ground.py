"""The ground: make, CI, pins and the compose file say what is true."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from typer.main import get_command

from streams.cli import app
from streams.settings import Settings

ROOT = Path(__file__).parents[1]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}


def test_the_compose_file_fits_its_schema():
    tool = Path(sys.executable).with_name("check-jsonschema")
    done = subprocess.run(
        [tool, "--builtin-schema", "vendor.compose-spec", ROOT / "docker-compose.yml"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_images_are_pinned():
    images = [service["image"] for service in SERVICES.values() if "image" in service]
    images += re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert len(images) == 5
    for image in images:
        assert re.fullmatch(r"[\w/.-]+:v?\d+\.\d+[\w.-]*", image), image


def test_every_port_binds_to_loopback():
    ports = [port for service in SERVICES.values() for port in service.get("ports", ())]
    assert len(ports) == 6
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_everything_that_stays_up_has_a_healthcheck():
    assert {name for name, service in SERVICES.items() if "healthcheck" not in service} == {"topics"}


def test_every_command_and_setting_of_ours_exists():
    assert set(OURS) == {"topics", "worker-1", "worker-2"}
    for service in OURS.values():
        command = get_command(app)
        for word in service["command"]:
            command = command.commands[word]
        settings = {name: str(value) for name, value in service["environment"].items()}
        Settings.from_env(settings)


@pytest.mark.parametrize("name", ["docker-compose.yml", "README.md"])
def test_every_setting_named_exists(name):
    named = set(re.findall(r"\bCOUNTERMAND_[A-Z_]+\b", (ROOT / name).read_text()))
    known = {f"COUNTERMAND_{field.upper()}" for field in Settings.__dataclass_fields__}
    assert named <= known


def test_every_command_in_the_readme_exists():
    text = (ROOT / "README.md").read_text()
    said = re.findall(r"(?:\.venv/bin/|`)countermand ([a-z]+)(?: ([a-z]+))?", text)
    assert {first for first, _ in said} >= {"check", "replay", "explain", "topics", "worker", "load", "lag"}
    commands = get_command(app).commands
    for first, second in said:
        command = commands[first]
        if hasattr(command, "commands"):
            assert second in command.commands


def test_readme_s_make_targets_exist():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:`|^)make ([a-z]+)", (ROOT / "README.md").read_text(), re.MULTILINE))
    assert named
    assert named <= targets


def test_help_names_every_target():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    shown = subprocess.run(["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert {line.split()[0] for line in shown.splitlines()} == targets


def test_ci_calls_make_test_last():
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert script.read_text().rstrip().endswith("make test")


def test_constraints_pin_every_dependency():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    pinned = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text().split())
    pinned = {name.lower().replace("_", "-"): version for name, version in pinned.items()}
    for requirement in wanted:
        name = re.match(r"[\w-]+", requirement)[0].lower().replace("_", "-")
        assert name in pinned, name
        if "==" in requirement:
            assert requirement.endswith(f"=={pinned[name]}")
