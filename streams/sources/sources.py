"""Which format a message is in, and what it tells as events of the contract."""

from pathlib import Path
from typing import Any

from streams.sources.doudian import is_trade, trade
from streams.sources.mapping import Renamings, load_mapping
from streams.sources.shops import Shops, load_shops
from streams.sources.tiktok import is_webhook, webhook
from streams.sources.tiktok_bodies import body, is_body

Event = dict[str, Any]

_FORMATS = ((is_body, body), (is_trade, trade), (is_webhook, webhook))


class Sources:
    """The formats that are read beside the contract's own. Immutable."""

    def __init__(self, shops: Shops | None = None, renamings: Renamings | None = None) -> None:
        """Without shops every message of a platform is of an unknown market; without renamings no type is foreign."""
        self._shops, self._renamings = shops or Shops(), renamings or Renamings()

    def events(self, message: Event) -> list[Event]:
        """The events the decoded object tells, at least one; it alone when it is in no foreign format.

        Unusable: unknown_type, unknown_market, missing_field, bad_value, with the path in the message.
        """
        if "specversion" in message:
            return [self._renamings.apply(message)]
        for is_one, read in _FORMATS:
            if is_one(message):
                return _stamped(read(message, self._shops), message)
        return [message]


def load_sources(shops: Path | None, mapping: Path | None) -> Sources:
    """The formats as the shops file and the mapping file say. SettingError when one cannot be used."""
    return Sources(load_shops(shops) if shops else None, load_mapping(mapping) if mapping else None)


def _stamped(events: list[Event], message: Event) -> list[Event]:
    """The events, recorded when the message says it was."""
    recorded = message.get("recordedtime")
    return events if recorded is None else [{**event, "recordedtime": recorded} for event in events]
