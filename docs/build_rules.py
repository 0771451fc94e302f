"""Writes docs/rules.md, the reference page of all rules, from their cards; `--check` fails on drift.

.venv/bin/python docs/build_rules.py [--check]
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from detectors.card import Card
from detectors.catalogue import CARDS

PAGE = Path(__file__).with_name("rules.md")
_HEAD = """# The rules

Generated from the cards in `detectors/` by `docs/build_rules.py`; change the card, not this page. What each rule does
at its boundary stands in `tests/timelines/`.
"""


def page() -> str:
    """The whole page."""
    return "\n".join([_HEAD, *(line for card in CARDS.values() for line in _section(card))])


def _section(card: Card) -> Iterator[str]:
    yield f"## {card.name}\n"
    yield f"{card.promise}\n"
    yield f"- **Rules** {', '.join(card.rules)}; owed by the {card.holder}; severity {card.severity}"
    for code, what in card.codes.items():
        yield f"- **{code} {what.name}**: \u201c{what.message}\u201d"
    for kind in card.directives:
        yield f"- **Directive** `{kind}`"
    needs = "; ".join(" or ".join(f"`{kind}`" for kind in any_of) for any_of in card.needs)
    yield f"- **Needs** {needs or 'the order'}"
    keys = ", ".join(f"`{key}` (bound by {day})" for key, day in card.keys.items())
    yield f"- **Policy** {keys or 'none'}"
    yield from (f"- **Innocent** {text}" for text in card.innocents)
    yield from (f"- **Known gap** {text}" for text in card.gaps)
    yield f"- **First look** {card.first_look}\n"


if __name__ == "__main__":
    if "--check" not in sys.argv:
        PAGE.write_text(page(), encoding="utf-8")
    elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page():
        sys.exit("docs/rules.md is not what the cards say; run .venv/bin/python docs/build_rules.py")
