"""Which format a message is in, and what it tells as events of the contract."""

from typing import Any

from streams.sources.shops import Shops
from streams.sources.tiktok import is_webhook, webhook

Event = dict[str, Any]


class Sources:
    """The formats that are read beside the contract's own. Immutable."""

    def __init__(self, shops: Shops | None = None) -> None:
        """Without shops every message of a platform is of an unknown market."""
        self._shops = shops or Shops()

    def events(self, message: Event) -> list[Event]:
        """The events the decoded object tells; it alone when it is in no foreign format.

        Unusable: unknown_type, unknown_market, missing_field, bad_value, with the path in the message.
        """
        if "specversion" in message:
            return [message]
        if is_webhook(message):
            return _stamped(webhook(message, self._shops), message)
        return [message]


def _stamped(events: list[Event], message: Event) -> list[Event]:
    """The events, recorded when the message says it was."""
    recorded = message.get("recordedtime")
    return events if recorded is None else [{**event, "recordedtime": recorded} for event in events]
