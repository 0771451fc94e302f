"""Tables for people: plain columns, as wide as the terminal, or wide enough to keep rows whole where there is none."""

from collections.abc import Sequence
from itertools import zip_longest

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

WIDE = 240
_GAP, _LONGEST = 3, 60


def console() -> Console:
    """Standard output. What files and events say is printed as it is: no markup, no emoji, no colours of its own."""
    found = Console(markup=False, emoji=False, highlight=False)
    return found if found.is_terminal else Console(markup=False, emoji=False, highlight=False, width=WIDE)


def table(headers: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[int] = (), room: int = WIDE) -> Table:
    """The rows below their headers. `widths` of the columns, where there is `room`, so that tables stand in line."""
    drawn = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    fits = sum(widths) + _GAP * len(widths) <= room
    for header, width in zip_longest(headers, widths if fits else ()):
        drawn.add_column(header, min_width=width, max_width=_LONGEST, overflow="fold")
    for row in rows:
        drawn.add_row(*row)
    return drawn


def widths_of(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> list[int]:
    """The widths that the columns need."""
    return [min(_LONGEST, max(map(len, column))) for column in zip(headers, *rows, strict=True)]
