"""A policy folder that can be used is read; one that cannot is refused with one sentence and the way out."""

import shutil
from pathlib import Path

import pytest

import policies
from detectors.policy import PolicyError
from policies import PACKAGED

MARKETS = ["US", "UK", "IE", "DE", "FR", "IT", "ES", "JP", "SG", "MY", "PH", "TH", "VN", "ID", "MX", "BR", "CN"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the packaged policies, to be spoilt."""
    names = ("markets", "calendars", "phrases")
    for name in names:
        shutil.copytree(PACKAGED / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("default.toml", "reasons.toml"):
        shutil.copy(PACKAGED / name, tmp_path / name)
    return tmp_path


def spoil(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{path} does not hold {old!r}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_packaged_policies_cover_every_market_of_the_contract() -> None:
    assert sorted(policies.load().markets) == sorted(MARKETS)


def test_a_copy_is_the_same_policy_and_any_change_another(folder: Path) -> None:
    assert policies.load(folder).hash == policies.load().hash
    spoil(folder / "markets" / "US.toml", '"24 h"', '"25 h"')
    assert policies.load(folder).hash != policies.load().hash


def test_a_market_that_says_nothing_falls_to_the_default() -> None:
    loaded = policies.load().markets
    day = 739_000  # in 2024
    assert loaded["JP"].get("response_sla", day) == loaded["UK"].get("response_sla", day)
    assert loaded["JP"].get("response_sla", day) != loaded["US"].get("response_sla", day)


SPOILT = [
    ("default.toml", 'version = "2026-11-24"', "", "default.toml: version is missing"),
    ("default.toml", "[settle]", "[setle]", "[settle] is missing; copy it from the packaged default.toml"),
    ("default.toml", 'unit = "span"', 'unit = "count"', "unit must be span"),
    ("default.toml", 'binds = "request"', 'binds = "full moon"', "binds must be request"),
    ("default.toml", '"3600 s", source = "R-01"', '"3600 s"', "every value names its source"),
    ("default.toml", '"3600 s"', '"1 working day"', "must be in hours, minutes or seconds"),
    ("default.toml", '"30 s"', '"half a minute"', "is no span"),
    ("markets/JP.toml", 'name = "JP"', 'name = "JA"', "must be that of the file, JP"),
    ("markets/JP.toml", "Asia/Tokyo", "Asia/Tokio", "is no time zone"),
    ("markets/JP.toml", '["ja"]', '["ja-JP"]', "primary subtags"),
    ("markets/JP.toml", "[5, 6]", "[6, 7]", "0 (Monday) to 6 (Sunday)"),
    ("markets/US.toml", "[response_sla]", "[respons_sla]", "did you mean [response_sla]?"),
    ("markets/US.toml", "2026-01-12", '"2026-01-12"', "without quotes"),
    ("markets/US.toml", "2026-01-26, value = [", "2025-01-26, value = [", ""),
    ("markets/US.toml", "2026-01-12", "2026-02-12", "in rising order"),
    ("markets/US.toml", 'sure = "official"', 'sure = "quite"', "sure must be one of"),
    ("calendars/JP.toml", "[years.2015", "[years.15", "years"),
    ("reasons.toml", 'fault = "B"', 'fault = "X"', "fault may be B, S, P, L, U"),
    ("reasons.toml", 'package_damagaed = "package_damaged"', 'package_damagaed = "nothing"', "there is no row"),
    ("phrases/en.toml", "version", "versoin", "phrases/en.toml: version"),
    ("phrases/en.toml", "spaced = [", "spaced = 5 #", "phrases/en.toml: spaced"),
]


@pytest.mark.parametrize(("file", "old", "new", "sentence"), SPOILT, ids=lambda value: str(value)[:30])
def test_what_is_wrong_is_named_in_one_sentence(folder: Path, file: str, old: str, new: str, sentence: str) -> None:
    spoil(folder / file, old, new)
    if not sentence:  # another date in order is a change, no mistake
        assert policies.load(folder).hash != policies.load().hash
        return
    read = policies.lexicon if file.startswith("phrases") else policies.load
    with pytest.raises(PolicyError) as e:
        read(folder)
    said = str(e.value)
    assert sentence in said
    assert "\n" not in said
    assert file.rsplit("/", maxsplit=1)[-1] in said


@pytest.mark.parametrize("file", ["default.toml", "reasons.toml", "calendars/JP.toml"])
def test_a_file_that_is_missing_or_no_toml_is_named(folder: Path, file: str) -> None:
    (folder / file).write_text("= what")
    with pytest.raises(PolicyError, match="is not TOML"):
        policies.load(folder)
    (folder / file).unlink()
    with pytest.raises(PolicyError, match="is missing; a policy folder replaces"):
        policies.load(folder)
