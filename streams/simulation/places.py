"""The markets of the simulated world: local time, the buyers' languages, and money."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

SECOND = 1000
MINUTE, HOUR, DAY = 60 * SECOND, 3600 * SECOND, 86_400 * SECOND


class Place(NamedTuple):
    """One market as its people see it. `locales`: those of its buyers, the first the most common."""

    tz: ZoneInfo
    locales: tuple[str, ...]
    currency: str
    price: int


PLACES = {
    "JP": Place(ZoneInfo("Asia/Tokyo"), ("ja-JP",), "JPY", 1980),
    "US": Place(ZoneInfo("America/Los_Angeles"), ("en-US", "es-US"), "USD", 19),
    "TH": Place(ZoneInfo("Asia/Bangkok"), ("th-TH",), "THB", 349),
    "UK": Place(ZoneInfo("Europe/London"), ("en-GB",), "GBP", 15),
    "DE": Place(ZoneInfo("Europe/Berlin"), ("de-DE", "en-DE"), "EUR", 17),
    "FR": Place(ZoneInfo("Europe/Paris"), ("fr-FR",), "EUR", 18),
    "ES": Place(ZoneInfo("Europe/Madrid"), ("es-ES",), "EUR", 16),
    "IT": Place(ZoneInfo("Europe/Rome"), ("it-IT",), "EUR", 16),
    "CN": Place(ZoneInfo("Asia/Shanghai"), ("zh-CN",), "CNY", 99),
    "SG": Place(ZoneInfo("Asia/Singapore"), ("en-SG",), "SGD", 25),
    "MX": Place(ZoneInfo("America/Mexico_City"), ("es-MX",), "MXN", 320),
    "PH": Place(ZoneInfo("Asia/Manila"), ("en-PH",), "PHP", 890),
}


def local(market: str, at: int) -> datetime:
    """The market's local time at the instant (ms UTC)."""
    return datetime.fromtimestamp(at / SECOND, PLACES[market].tz)


def instant(moment: datetime) -> int:
    """The instant (ms UTC) of an aware time."""
    return round(moment.timestamp()) * SECOND


def at_hour(market: str, day: int, hour: float) -> int:
    """The instant within the UTC day that begins at `day` (ms UTC) at which the market's clocks show `hour`."""
    shift = local(market, day).utcoffset() or timedelta()
    return day + (round(hour * HOUR) - round(shift.total_seconds()) * SECOND) % DAY


def weekday_evening(market: str, at: int, weekdays: int) -> int:
    """17:00 local time, so many days from Monday to Friday after the day of `at`."""
    moment = local(market, at).replace(hour=17, minute=0, second=0, microsecond=0)
    while weekdays:
        moment += timedelta(days=1)
        weekdays -= moment.weekday() < 5
    return instant(moment)


def iso(at: int) -> str:
    """The instant as RFC 3339 in UTC."""
    return datetime.fromtimestamp(at / SECOND, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
