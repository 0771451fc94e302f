"""Topic `rulings`: what people decided on a case."""

from typing import Literal

from pydantic import Field

from streams.events.shapes import Data, Id, Ids, Text


class RulingMade(Data):
    """`ruling.made`. The comment's words never enter a fact."""

    case: Id
    outcome: Literal["upheld", "dismissed", "inconclusive"]
    by: Id
    comment: Text | None = Field(None, exclude=True)
    findings: Ids | None = None
