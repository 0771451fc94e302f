"""What a rule judges by: the market's policies, the reasons, and what the feeds deliver."""

from typing import NamedTuple

from detectors.fault import Reasons
from detectors.feeds import Feeds
from detectors.policy import Market


class Terms(NamedTuple):
    """The terms of one market. Nothing in it depends on the present."""

    market: Market
    reasons: Reasons
    feeds: Feeds
