"""Agents: declared as Faust's are, over a function of one batch instead of a stream."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import faust

from streams.batch.tables import Rows

if TYPE_CHECKING:
    from streams.batch.partition import Partition


class Message(Protocol):
    """A record to append to another topic."""

    @property
    def topic(self) -> str: ...  # noqa: D102
    @property
    def partition(self) -> int: ...  # noqa: D102
    @property
    def key(self) -> bytes: ...  # noqa: D102
    @property
    def value(self) -> bytes: ...  # noqa: D102
    @property
    def headers(self) -> Sequence[tuple[str, bytes]]: ...  # noqa: D102


class Cut(NamedTuple):
    """A place where the work may be cut: the source offset to go on from, and what is to be sent until there.

    What the body has put into its rows since the cut before becomes one atomic batch together with the position.
    """

    position: int
    messages: Sequence[Message] = ()


class Batch(NamedTuple):
    """Records of one partition, in order. `limit`: cut after so many records or rows, at the latest.

    `cache` is for what the body derives from the rows: it is empty again whenever they are not what they were.
    """

    topic: str
    partition: int
    records: Sequence[Any]
    limit: int
    kept: "Partition | None"

    def rows(self, table: Any) -> Rows:
        """The rows of a table in this partition."""
        assert self.kept is not None
        return self.kept.view(table.name)

    @property
    def cache(self) -> dict[str, Any]:
        """What the body keeps between batches of this partition."""
        assert self.kept is not None
        return self.kept.cache


class Agent(faust.Agent):  # type: ignore[misc]
    """Declared by `@app.agent(topic)` over a function from a batch to its cuts. No stream, no queue, no acks.

    `tables=True`: the function uses the app's tables; the topic's partitions are then those of the changelog.
    """

    def __init__(self, fun: Any, *, tables: bool = False, **kwargs: Any) -> None:
        super().__init__(fun, **kwargs)
        self.uses_tables = tables

    async def on_start(self) -> None:
        """The conductor subscribes to the topic; nothing else runs."""
        self.app.topics.add(self.channel)

    async def on_stop(self) -> None:
        """Nothing runs."""

    def cuts(self, batch: Batch) -> Iterator[Cut]:
        """Works the batch off; synchronous between two cuts."""
        cuts: Iterator[Cut] = self.fun(batch)
        return cuts
