"""A lane: one partition of a source topic, and how far its agent has come."""

import asyncio
from typing import Any

from streams.batch.agent import Agent
from streams.batch.partition import Partition


class Lane:
    """`position`: the offset to go on from, None until it is known. `kept`: its part of the tables, if it has one.

    `coming`: what `kept` will be when it is read.
    `task`: what is being done: the partition is opened, or a batch is worked off; one thing at a time.
    """

    def __init__(self, tp: Any, agent: Agent) -> None:
        self.tp, self.agent = tp, agent
        self.kept: Partition | None = None
        self.coming: Partition | None = None
        self.opened, self.lost = False, False
        self.task: asyncio.Task[None] | None = None
        self._position: int | None = None

    @property
    def position(self) -> int | None:
        """The offset to go on from: with tables, what their log says."""
        return self._position if self.kept is None else self.kept.position

    def move(self, position: int) -> None:
        """Goes on from there; without tables only."""
        self._position = position

    @property
    def busy(self) -> bool:
        """Whether something is being done."""
        return self.task is not None and not self.task.done()

    @property
    def idle(self) -> bool:
        """Whether it can take records."""
        return self.opened and not self.busy

    def leave(self) -> None:
        """The partition is somebody else's; what goes on ends at its next cut."""
        self.opened = False
        if self.coming is not None:
            self.coming.stopping.set()
