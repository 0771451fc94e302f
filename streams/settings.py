"""The settings (`COUNTERMAND_…` in the environment) and the feeds file, read and checked; contract §3 and §1 "Feeds".

Nothing is read but what is asked for: `Settings.from_env` looks at names and values only, never at files.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal

from detectors.feeds import Feed, Feeds
from streams.events import EVENTS

BEGINNING = "COUNTERMAND_"
OF_TESTS = "COUNTERMAND_TEST_KAFKA"
LONGEST_NAME = 80  # of a group or prefix: Kafka's topic names end at 249 characters

Address = tuple[str, int]
_KAFKA_NAME = re.compile(r"[A-Za-z0-9._-]*", re.ASCII)


class SettingError(ValueError):
    """A setting or the feeds file cannot be used; the message is one sentence for the person who wrote it."""


@dataclass(frozen=True)
class Settings:
    """Every setting of the contract, with its default. `metrics` None: not served."""

    brokers: tuple[Address, ...] = (("127.0.0.1", 9092),)
    group: str = "countermand"
    prefix: str = ""
    partitions: int = 8
    replication: int = 1
    policies: Path | None = None
    feeds: Path | None = None
    shops: Path | None = None
    mapping: Path | None = None
    ledger: Literal["ended", "all"] = "ended"
    clock: Literal["wall", "log"] = "wall"
    metrics: Address | None = ("127.0.0.1", 9464)
    data: Path = Path("countermand-data")

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "Settings":
        """The settings of this environment. SettingError names the first that is unknown or cannot be used.

        An empty value is the default.
        """
        given = {name: value.strip() for name, value in environ.items() if name.startswith(BEGINNING)}
        given.pop(OF_TESTS, None)
        for name in sorted(given):
            if name not in _READERS:
                raise SettingError(_unknown(name))
        read = {
            name.removeprefix(BEGINNING).lower(): _READERS[name](name, value) for name, value in given.items() if value
        }
        return cls(**read)

    @property
    def bootstrap(self) -> list[str]:
        """The brokers as Kafka clients take them."""
        return [f"{host}:{port}" for host, port in self.brokers]


def toml(what: str, path: Path) -> dict[str, Any]:
    """The table of a TOML file. SettingError (one sentence) says why it cannot be read, calling it `what`."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as why:
        raise SettingError(f"{what} {path} cannot be read: {why.strerror or why}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as why:
        raise SettingError(f"{what} {path} is no TOML: {why}") from None


def load_feeds(path: Path) -> Feeds:
    """The feeds of a `feeds.toml`. SettingError names what is wrong in it, or why it cannot be read."""
    document = toml("the feeds file", path)
    rows = document.pop("feed", None)
    if document or not isinstance(rows, list) or not rows:
        odd = f'"{next(iter(document))}"' if document else "nothing of use"
        raise SettingError(f"the feeds file {path} has {odd}; expected [[feed]] tables with source, markets and types")
    return Feeds([_feed(row, f"the feeds file {path}, [[feed]] number {n}") for n, row in enumerate(rows, 1)])


def _feed(row: Any, place: str) -> Feed:
    if not isinstance(row, dict) or set(row) != {"source", "markets", "types"}:
        raise SettingError(f"{place}: expected exactly source, markets and types")
    if not isinstance(row["source"], str) or not row["source"]:
        raise SettingError(f'{place}: source is no text; write it like source = "order-service"')
    types = _texts(row, "types", place)
    for pattern in types:
        if not any(fnmatchcase(name, pattern) for name in EVENTS):
            raise SettingError(f'{place}: types has "{pattern}", which is no event type{_nearest(pattern, EVENTS)}')
    return Feed(row["source"], _texts(row, "markets", place), types)


def _texts(row: Mapping[str, Any], name: str, place: str) -> tuple[str, ...]:
    value = row[name]
    if not isinstance(value, list) or not value or not all(isinstance(one, str) and one for one in value):
        raise SettingError(f'{place}: {name} is no list of texts; write it like {name} = ["*"]')
    return tuple(value)


def _unknown(name: str) -> str:
    own = [known.removeprefix(BEGINNING) for known in _READERS]
    return f"{name} is no setting of ours{_nearest(name.removeprefix(BEGINNING), own, BEGINNING)}"


def _nearest(word: str, words: Iterable[str], before: str = "") -> str:
    near = get_close_matches(word, list(words), 1, 0.5)
    return f"; did you mean {before}{near[0]}?" if near else ""


def _wrong(name: str, value: str, expected: str) -> SettingError:
    return SettingError(f'{name} is "{value}"; expected {expected}')


def _address(name: str, value: str) -> Address:
    host, colon, port = value.strip().rpartition(":")
    if not colon or not host or not port.isdecimal() or not port.isascii() or not 0 < int(port) < 65_536:
        raise _wrong(name, value, "host:port, like 127.0.0.1:9092")
    return host.strip("[]"), int(port)


def _brokers(name: str, value: str) -> tuple[Address, ...]:
    return tuple(_address(name, one) for one in value.split(","))


def _metrics(name: str, value: str) -> Address | None:
    return None if value == "off" else _address(name, value)


def _kafka_name(name: str, value: str) -> str:
    if _KAFKA_NAME.fullmatch(value) is None or len(value) > LONGEST_NAME:
        raise _wrong(name, value, f"at most {LONGEST_NAME} of the characters a-z A-Z 0-9 . _ -")
    return value


def _count(most: int) -> Callable[[str, str], int]:
    def read(name: str, value: str) -> int:
        if not value.isdecimal() or not value.isascii() or not 1 <= int(value) <= most:
            raise _wrong(name, value, f"a whole number from 1 to {most}")
        return int(value)

    return read


def _path(_name: str, value: str) -> Path:
    return Path(value)


def _one_of(*choices: str) -> Callable[[str, str], str]:
    def read(name: str, value: str) -> str:
        if value not in choices:
            raise _wrong(name, value, " or ".join(f'"{choice}"' for choice in choices))
        return value

    return read


_READERS: Mapping[str, Callable[[str, str], Any]] = {
    "COUNTERMAND_BROKERS": _brokers,
    "COUNTERMAND_GROUP": _kafka_name,
    "COUNTERMAND_PREFIX": _kafka_name,
    "COUNTERMAND_PARTITIONS": _count(10_000),
    "COUNTERMAND_REPLICATION": _count(100),
    "COUNTERMAND_POLICIES": _path,
    "COUNTERMAND_FEEDS": _path,
    "COUNTERMAND_SHOPS": _path,
    "COUNTERMAND_MAPPING": _path,
    "COUNTERMAND_LEDGER": _one_of("ended", "all"),
    "COUNTERMAND_CLOCK": _one_of("wall", "log"),
    "COUNTERMAND_METRICS": _metrics,
    "COUNTERMAND_DATA": _path,
}
