"""How this program reaches Kafka: an admin client, plain words when nobody answers, and the partition of a key."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from kafka import KafkaAdminClient
from kafka.errors import KafkaError
from kafka.partitioner import murmur2

from streams.settings import SettingError, Settings

ANSWER_MS = 10_000
FIRST_ANSWER_MS = 5_000


class UnreachableError(SettingError):
    """No broker answers at the addresses of COUNTERMAND_BROKERS; the message is one sentence."""


@lru_cache(1 << 16)
def partition_of(key: bytes, partitions: int) -> int:
    """The partition of a key, as every Kafka client has it (murmur2)."""
    return int((murmur2(key) & 0x7FFFFFFF) % partitions)


@contextmanager
def admin(settings: Settings) -> Iterator[KafkaAdminClient]:
    """An admin client, closed afterwards. UnreachableError when no broker answers within 5 s."""
    try:
        client = KafkaAdminClient(
            bootstrap_servers=settings.bootstrap, request_timeout_ms=ANSWER_MS, bootstrap_timeout_ms=FIRST_ANSWER_MS
        )
    except (KafkaError, OSError) as why:
        raise unreachable(settings, why) from None
    try:
        yield client
    finally:
        client.close()


def unreachable(settings: Settings, why: Exception) -> UnreachableError:
    """What to tell the person when no broker answers."""
    return UnreachableError(
        f"no Kafka answers at {', '.join(settings.bootstrap)} ({type(why).__name__}); start one (make kafka),"
        " or set COUNTERMAND_BROKERS"
    )
