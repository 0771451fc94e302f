"""Other formats than the contract's: TikTok Shop, Doudian, and CloudEvents with foreign type names (contract §1).

Each is a pure function from a decoded JSON object to the contract's CloudEvents, which the ordinary ingest then
checks; no text that people wrote goes anywhere but into `data.text`, which never enters a fact.
"""

from streams.sources.sources import Sources, load_sources

__all__ = ["Sources", "load_sources"]
