"""The catalogue's lists are complete."""

import re
from pathlib import Path

from detectors.catalogue import NOTES

DETECTORS = Path(__file__).parents[2] / "detectors"


def test_every_oddity_that_is_counted_has_a_name_in_the_catalogue():
    text = "".join(path.read_text() for path in DETECTORS.rglob("*.py"))
    counted = re.findall(r'(?:oddities\.append\(|Note\()"(\w+)"', text)
    counted += re.findall(r'Note\("(\w+)" if .* else "(\w+)"\)', text)[0]
    assert set(counted) == set(NOTES)
