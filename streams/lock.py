"""The lock: a worker judges only under the policies in force, those of the ticker that leads (docs/decisions/0003).

Every tick names the hash of the policies it was made under. A worker with others waits before it takes any partition;
one that meets the ticks of others while it runs ends. Either says nothing, changes no row and acknowledges nothing of
what it may not judge, so that whoever has the policies in force misses nothing.
"""

import logging
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from streams.metrics import Metrics

PERIOD_S = 1.0
GONE_S = 15.0
log = logging.getLogger(__name__)


class Word(NamedTuple):
    """What a leading ticker wrote last: where in its topic, its last tick (ms UTC), the hash of its policies.

    `read`: up to which offset it had read what ingest heard of the feeds; `heard`: when each was heard last.
    """

    offset: int
    tick: int
    policies: str
    read: int = 0
    heard: Sequence[tuple[str, str, int]] = ()


class PoliciesError(RuntimeError):
    """Other policies came into force while this worker ran; the message is one sentence."""


Look = Callable[[], Word | None]
"""Asks the brokers for the last word; None when there is none, or when it cannot be told."""


class Lock:
    """Whether this worker's policies are in force. `waits`: why it waits, "" while it does not."""

    def __init__(
        self, own: str, look: Look, metrics: Metrics, period_s: float = PERIOD_S, gone_s: float = GONE_S
    ) -> None:
        """`own`: the hash of this worker's policies. A leader that wrote nothing for `gone_s` is gone."""
        self._own, self._look, self._metrics = own, look, metrics
        self._period_s, self._gone_s = period_s, gone_s
        self._told: Word | None = None
        self._asked = -period_s
        self.waits = ""

    def until_others_are_gone(self) -> None:
        """Returns when no ticker leads under other policies. Only then may this worker's own ticker start."""
        word, since = self._look(), time.monotonic()
        while word is not None and word.policies != self._own and time.monotonic() - since < self._gone_s:
            self._wait(word.policies)
            time.sleep(self._period_s)
            before, word = word, self._look() or word
            since = since if word == before else time.monotonic()
        self._go_on()

    def until_in_force(self) -> None:
        """Returns when a ticker leads under this worker's policies: its own, once it was elected, or another's."""
        while (word := self._look()) is None or word.policies != self._own:
            if word is not None:
                self._wait(word.policies)
            time.sleep(self._period_s)
        self._told = word
        self._go_on()

    def check(self, policies: str) -> None:
        """PoliciesError when a record stands under other policies (their hash) that are in force; "": under none.

        A record that stands under others which are no longer in force may be taken: its tick is passed over. Asks the
        brokers at most once a period, and then waits for them.
        """
        if policies in {"", self._own}:
            return
        if time.monotonic() - self._asked >= self._period_s:
            self._told = self._look() or self._told
            self._asked = time.monotonic()
        if self._told is None or self._told.policies != self._own:
            others = policies if self._told is None else self._told.policies
            raise PoliciesError(
                f"this worker ends: the policies {others} came into force, its own are {self._own};"
                " start it again with those in force"
            )

    def _wait(self, others: str) -> None:
        if not self.waits:
            self.waits = (
                f"this worker waits: the policies in force are {others}, its own are {self._own};"
                " give it the same policies, or stop the workers that have the others"
            )
            log.warning(self.waits)
            self._metrics.waiting(True)

    def _go_on(self) -> None:
        if self.waits:
            self.waits = ""
            log.warning("this worker goes on: its policies %s are in force", self._own)
            self._metrics.waiting(False)
