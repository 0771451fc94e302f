"""The quick end of `make mutations`: three breaks are seen by a test, and a mutant that no longer fits says so."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mutants import MUTANTS, Mutant
from tests.mutations import ROOT, attempt, mutated, unsound, workshop

QUICK = ("facts unsorted", "hold removed", "bound exclusive instead of inclusive")


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with workshop() as copy:
        yield copy


@pytest.mark.parametrize("mutant", [one for one in MUTANTS if one.name in QUICK], ids=lambda one: one.name)
def test_the_break_is_seen(mutant: Mutant, folder: Path) -> None:
    result = attempt(mutant, folder)
    assert result.killed, result.said
    assert (folder / mutant.file).read_text() == (ROOT / mutant.file).read_text()


def test_tests_that_fail_without_a_mutant_prove_nothing(folder: Path) -> None:
    (folder / "tests" / "test_wrong.py").write_text(
        "def test_one() -> None:\n    assert False\n\n\ndef test_two(): ...\n"
    )
    assert unsound(("tests/test_wrong.py", "-k", "one"), folder).startswith("FAILED tests/test_wrong.py::test_one")
    assert unsound(("tests/test_wrong.py", "-k", "two"), folder) == ""


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda one: one.name)
def test_every_mutant_fits_the_code(mutant: Mutant) -> None:
    text = (ROOT / mutant.file).read_text()
    assert mutated(mutant, text) != text


def test_a_mutant_that_no_longer_fits_names_itself() -> None:
    with pytest.raises(ValueError, match='"gone" does not fit'):
        mutated(Mutant("gone", "detectors/x.py", "nowhere", "", ()), "text")
