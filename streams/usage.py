"""What a person wrote at the command line, read; a mistake is one sentence."""

from datetime import date

from streams.embedded import END_OF_TIME
from streams.instants import DATE_WORDS, day, instant


class UsageError(ValueError):
    """Something the person at the command line can mend; the message is one sentence."""


def until_instant(text: str) -> int | None:
    """The instant a person wrote: None for "" (the last log time), END_OF_TIME for "end", else ms UTC."""
    if not text or text == "end":
        return END_OF_TIME if text else None
    try:
        return instant(text)
    except ValueError:
        sentence = f'--until "{text}" is no instant with offset; write it like 2026-03-01T10:00:00Z, or "end"'
        raise UsageError(sentence) from None


def local_day(text: str) -> date:
    """The day a person wrote."""
    try:
        return date.fromisoformat(day(text))
    except ValueError:
        raise UsageError(f'"{text}" is not {DATE_WORDS}') from None
