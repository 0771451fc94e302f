"""The app: Faust's own, with agents, tables and transport of batches."""

from collections.abc import Sequence
from typing import Any

import faust
from yarl import URL

from streams.batch.agent import Agent
from streams.batch.meter import Meter
from streams.batch.partition import Partition
from streams.batch.tables import Table, Tables
from streams.batch.transport import Transport

LIMIT = 500
LARGEST = 4 << 20
MESSAGES_BYTES = 900_000


class App(faust.App):  # type: ignore[misc]
    """Declare topics, tables and agents as in Faust; an agent is a function of one batch."""

    def __init__(
        self,
        name: str,
        servers: Sequence[str],
        *,
        changelog: str,
        meter: Meter | None = None,
        limit: int = LIMIT,
        largest: int = LARGEST,
        **settings: Any,
    ) -> None:
        """`servers`: host:port. `changelog`: the topic of all tables, compacted, made before the app starts.

        `limit`: records or rows between two cuts. `largest`: bytes of a batch of rows; the topic must take as much.
        """
        self.servers, self.changelog, self.meter = list(servers), changelog, meter or Meter()
        self.limit, self.largest = limit, largest
        urls = [URL(f"kafka://{server}") for server in servers]
        super().__init__(
            name,
            broker=urls,
            Agent=Agent,
            Table=Table,
            TableManager=Tables,
            store="memory://",
            consumer_auto_offset_reset="earliest",
            producer_acks=-1,
            producer_max_batch_size=MESSAGES_BYTES,
            stream_wait_empty=False,
            table_standby_replicas=1,  # keeps Faust's own assignor, sticky and co-partitioning; there are no standbys
            topic_allow_declare=False,
            topic_disable_leader=True,
            **settings,
        )
        self.transport = self.producer_transport = Transport(urls, self)

    @property
    def settled(self) -> bool:
        """Whether this process has its partitions, with their rows, and takes records. Any thread may ask."""
        return not self.rebalancing and self._consumer is not None and self._consumer.settled

    def partitions(self) -> list[Partition]:
        """The partitions of the tables that this process has, as far as they are read. Any thread may ask.

        Not `consumer`: Faust makes it in the thread that asks first, and for that thread's loop.
        """
        return [] if self._consumer is None else self._consumer.partitions()
