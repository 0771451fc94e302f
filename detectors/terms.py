"""What a rule judges by: the market's policies, the reasons, and what the feeds deliver."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from detectors.fault import Reasons
from detectors.feeds import Feeds
from detectors.policy import Market

AS_SAID, STAYS, UNSAID = 0, -1, -2
"""How a verdict is kept when the policies change: as it was said; as it was said although no rule tells of it any more;
never said. A kept duty has the due it was closed with (ms UTC) instead."""
NOTHING: Mapping[str, int] = MappingProxyType({})


class Terms(NamedTuple):
    """The terms of one market. Nothing in it depends on the present.

    `kept`: of one order, the verdicts that a change of policies does not touch, by tag.
    """

    market: Market
    reasons: Reasons
    feeds: Feeds
    kept: Mapping[str, int] = NOTHING
