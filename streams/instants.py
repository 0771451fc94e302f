"""Instants and dates as text: RFC 3339 with offset in, ms UTC out (rulebook TS-1)."""

import re
from datetime import UTC, date, datetime

DAY = 86_400_000
FIRST_YEAR, LAST_YEAR = 1970, 9998
INSTANT_WORDS = "an instant with offset like 2026-03-01T10:00:00Z, of the years 1970 to 9998"
DATE_WORDS = "a date like 2026-03-01, of the years 1970 to 9998"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_END = (datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC) - _EPOCH).days * DAY
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def instant(text: str) -> int:
    """The instant in ms UTC; digits after the third are cut. ValueError when it is none, or has no offset.

    A leap second (:60, only at midnight UTC) is the first second of the next day.
    """
    if _INSTANT.fullmatch(text) is None:
        raise ValueError(f"not {INSTANT_WORDS}")
    leap = text[17:19] == "60"
    passed = datetime.fromisoformat(f"{text[:17]}59{text[19:]}".upper() if leap else text.upper()) - _EPOCH
    at = passed.days * DAY + passed.seconds * 1000 + passed.microseconds // 1000 + leap * 1000
    if not 0 <= at < _END or (leap and at % DAY >= 1000):
        raise ValueError(f"not {INSTANT_WORDS}")
    return at


def day(text: str) -> str:
    """The date as it was written; ValueError when it is none."""
    if _DATE.fullmatch(text) is None or not FIRST_YEAR <= date.fromisoformat(text).year <= LAST_YEAR:
        raise ValueError(f"not {DATE_WORDS}")
    return text


def is_day(text: str) -> bool:
    """Whether the text has the form of a date without a time."""
    return len(text) == 10
