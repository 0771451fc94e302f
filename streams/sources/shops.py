"""`shops.toml`: which market a shop of a platform sells in (duties §3 "TikTok Shop")."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from detectors.clock import rfc3339
from streams.sentences import Unusable
from streams.settings import SettingError, toml
from streams.sources.fields import Fields


class Shop(NamedTuple):
    """A shop of a platform: its id is the seller, `source` the CloudEvents source of all that it tells."""

    id: str
    market: str
    source: str

    def event(self, name: str, kind: str, at: int, subject: str | None, data: dict[str, Any]) -> dict[str, Any]:
        """A CloudEvent of the contract. `name`: its id; `at`: ms UTC; no subject: the order is unknown."""
        whole = {"specversion": "1.0", "id": name, "source": self.source, "type": kind, "time": rfc3339(at)}
        whole |= {"subject": subject} if subject is not None else {}
        return whole | {"seller": self.id, "market": self.market, "data": data}


class Shops:
    """The markets of shops by their ids; empty when nobody named any."""

    def __init__(self, markets: Mapping[str, str] | None = None) -> None:
        self._markets = dict(markets or {})

    def of(self, message: Fields, platform: str) -> Shop:
        """The shop the message is of. Unusable: missing_field without `shop_id`, unknown_market for another shop."""
        shop = message.need("shop_id")
        market = self._markets.get(shop)
        if market is None:
            sentence = f'Shop "{shop[:40]}" has no market; expected in the [shops] table of the shops file (--shops).'
            raise Unusable("unknown_market", message.at("shop_id"), sentence)
        return Shop(shop, market, f"{platform}/{shop}")


def load_shops(path: Path) -> Shops:
    """The shops of a `shops.toml`. SettingError (one sentence) says why it cannot be read or used."""
    document = toml("the shops file", path)
    shops = document.pop("shops", None)
    if document or not isinstance(shops, dict) or not shops:
        odd = f'"{next(iter(document))}"' if document else "no shops"
        raise SettingError(f'the shops file {path} has {odd}; expected one table [shops] with rows like "749" = "JP"')
    for shop, market in shops.items():
        if not isinstance(market, str) or not market:
            raise SettingError(f'the shops file {path}: the market of "{shop}" is no text; write it like "JP"')
    return Shops(shops)
