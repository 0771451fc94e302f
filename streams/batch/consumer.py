"""The consumer: hands each agent batches of one partition, never more than one at a time of each partition.

A rebalance may overtake any await. So the generation is read before each fetch, and looked at again at every cut; what
was fetched in an older one is dropped, and read again from where the log says.
"""

import asyncio
import time
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter
from typing import Any

from aiokafka.errors import IllegalStateError, KafkaError, KafkaTimeoutError
from aiokafka.structs import TopicPartition
from faust.transport.drivers import aiokafka as driver

from streams.batch.agent import Agent, Batch, Cut, Message
from streams.batch.appender import Appender, AppendError
from streams.batch.lane import Lane
from streams.batch.partition import ForeignError, Partition
from streams.batch.sending import Sending
from streams.batch.thread import Thread

WAIT_S = 1.0
TURN_S = 0.005
"""How long an idle lane waits for records while others work, and with it how long a lane that has finished may wait: at
20 ms half of the records waited 72 ms (5,000/s, two hops); at none batches are so small that they cost a quarter more.
"""
_offset = attrgetter("offset")


class OvertakenError(Exception):
    """A rebalance began while a batch was worked off."""


class TooLargeError(Exception):
    """What changed until a cut does not fit into one batch."""


class Consumer(driver.Consumer):  # type: ignore[misc]
    """The consumer of an `App`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lanes: dict[Any, Lane] = {}
        self._left: set[asyncio.Task[None]] = set()
        self._taken: tuple[int, frozenset[Any]] | None = None
        self._sending = Sending()
        self._appender = Appender(self.app.servers, self.app.largest)

    @property
    def settled(self) -> bool:
        """Whether every partition of this process has its rows and takes records."""
        return self._taken is not None and self.flow_active and all(lane.opened for lane in self._lanes.values())

    def partitions(self) -> list[Partition]:
        """The partitions of the tables that this process has, as far as they are read."""
        return [lane.kept for lane in list(self._lanes.values()) if lane.kept is not None]

    def _new_consumer_thread(self) -> Thread:
        return Thread(self, loop=self.loop, beacon=self.beacon)

    async def _drain_messages(self, fetcher: Any) -> None:
        try:
            while not (self._stopped.is_set() or fetcher._stopped.is_set()):  # noqa: SLF001
                if self.flow_active:
                    await self._turn()
                else:
                    await self.wait(self.can_resume_flow)
                await asyncio.sleep(0)
        except asyncio.CancelledError:
            if not fetcher._stopped.is_set():  # noqa: SLF001  Faust takes one who is stopped in a rebalance for crashed
                raise
        except Exception as why:
            self.log.exception("a batch failed: %s", why)
            await self.app.crash(why)
            raise
        finally:
            await self._end()

    async def _end(self) -> None:
        """Ends what goes on; nothing depends on it being ended well. How far each came is still to be committed."""
        for lane in self._lanes.values():
            lane.leave()
        tasks = [lane.task for lane in self._lanes.values() if lane.task is not None]
        for task in (*tasks, *self._left):
            task.cancel()
        await asyncio.gather(*tasks, *self._left, return_exceptions=True)
        self._taken = None
        await self._appender.stop()

    async def _turn(self) -> None:
        """Opens what was assigned, and starts work on what has come for partitions that are idle."""
        generation = self.app.consumer_generation_id
        try:
            await self._take_over(generation)
            idle = {lane.tp for lane in self._lanes.values() if lane.idle}
            if not idle:
                await self._wait()
                return
            fetched = await self._getmany(idle, TURN_S if len(idle) < len(self._lanes) else WAIT_S)
        except IllegalStateError as why:  # a rebalance took a partition between two awaits
            self._overtaken(why)
            return
        except KafkaError as why:
            await self._away(why)
            self._overtaken(why)
            return
        if not self._ours(generation):
            self._overtaken()
            return
        for tp, records in (fetched or {}).items():
            lane = self._lanes[tp]
            lane.task = asyncio.create_task(self._work(lane, records, generation))
        self._raise_failed()

    def _overtaken(self, why: object = "") -> None:
        """What was fetched is dropped: everything is opened again, and read again from where it stands."""
        self.log.info("overtaken by a rebalance %s", why)
        self._taken = None

    def _raise_failed(self) -> None:
        """What a task failed of, the worker fails of."""
        for lane in self._lanes.values():
            if lane.task is not None and lane.task.done() and not lane.task.cancelled():
                lane.task.result()

    async def _away(self, why: KafkaError) -> None:
        """The brokers do not answer: waits a while. What will be no better then is raised."""
        if not (why.retriable or isinstance(why, KafkaTimeoutError)):
            raise why
        self.log.warning("the brokers do not answer; waiting: %s", why or type(why).__name__)
        await self.sleep(self.app.conf.broker_heartbeat_interval)

    async def _wait(self) -> None:
        busy = [lane.task for lane in self._lanes.values() if lane.task is not None]
        if not busy:
            await self.sleep(TURN_S)
            return
        await asyncio.wait(busy, timeout=TURN_S, return_when=asyncio.FIRST_COMPLETED)
        self._raise_failed()

    def _ours(self, generation: int) -> bool:
        return bool(self.flow_active and self.app.consumer_generation_id == generation)

    # ---- partitions come and go

    async def _take_over(self, generation: int) -> None:
        """After a rebalance: leaves what is gone, and opens the rest, each in a task of its own."""
        agents = {tp: agent for tp in self.assignment() if (agent := self._agent(tp)) is not None}
        assigned = frozenset(agents)
        if self._taken == (generation, assigned):
            for lane in self._lanes.values():
                if lane.lost and not lane.busy:
                    self._start_opening(lane, generation)
            return
        for tp in [tp for tp in self._lanes if tp not in assigned]:
            self._leave(self._lanes.pop(tp))
        await self.perform_seek()
        for tp, agent in agents.items():
            lane = self._lanes.get(tp) or Lane(tp, agent)
            self._lanes[tp] = lane
            self._start_opening(lane, generation)
        self._taken = generation, assigned

    def _start_opening(self, lane: Lane, generation: int) -> None:
        lane.opened = False
        lane.task = asyncio.create_task(self._open(lane, generation, lane.task))

    def _agent(self, tp: Any) -> Agent | None:
        agents: Iterable[Agent] = self.app.agents.values()
        return next((agent for agent in agents if tp.topic in agent.get_topic_names()), None)

    def _leave(self, lane: Lane) -> None:
        lane.leave()
        if lane.busy and lane.task is not None:
            self._left.add(lane.task)
            lane.task.add_done_callback(self._let_go)

    def _let_go(self, task: "asyncio.Task[None]") -> None:
        self._left.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self.log.info("left behind: %s", task.exception())

    async def _open(self, lane: Lane, generation: int, before: "asyncio.Task[None] | None") -> None:
        if before is not None:
            await asyncio.wait((before,))
            if not before.cancelled():
                before.result()
        try:
            if lane.lost:
                await self._still_a_member(lane, generation)
            await self._open_tables(lane, generation) if lane.agent.uses_tables else await self._begin(lane)
        except (IllegalStateError, OvertakenError) as why:
            self._overtaken(why)
        except (ForeignError, AppendError, KafkaError) as why:
            self._lose(lane, why)
        else:
            lane.opened, lane.lost = True, False
            if not self._ours(generation):
                self._overtaken()

    async def _begin(self, lane: Lane) -> None:
        """Without tables the group's commit says where to go on, or we do when we came further."""
        committed, end = self._committed_offset[lane.tp], (await self.highwaters(lane.tp))[lane.tp]
        start = max(committed or 0, lane.position or 0)
        if start > end:
            self.log.error(
                "%s-%s ends at %s, but the group had come to %s: it was made anew or cut; it is read from the start",
                *(lane.tp.topic, lane.tp.partition, end, start),
            )
            start = 0
        lane.move(start or (await self.earliest_offsets(lane.tp))[lane.tp])
        if lane.position != committed:
            await self.seek(lane.tp, lane.position)

    async def _open_tables(self, lane: Lane, generation: int) -> None:
        """Keeps the rows when nobody has written since we did; else claims and reads them, if they are ours still."""
        log = TopicPartition(self.app.changelog, lane.tp.partition)
        if lane.lost or lane.kept is None or (await self.highwaters(log))[log] != lane.kept.end:
            if not self._ours(generation):
                raise OvertakenError
            lane.kept = None
            lane.coming = Partition(log, self.app.tables.names, self._appender, self.app.meter)
            lane.kept = await lane.coming.open()
            await self._compare(lane.tp, lane.kept.position)
        await self.seek(lane.tp, lane.kept.position)  # the marker is the truth; the group's commit is a hint

    async def _compare(self, tp: TopicPartition, position: int) -> None:
        """Raises ValueError where the source ends before the position: what came then would never be read."""
        end, committed = (await self.highwaters(tp))[tp], self._committed_offset[tp] or 0
        if position > end:
            raise ValueError(
                f"{tp.topic}-{tp.partition} ends at {end}, but its rows know it up to {position}: it was made anew or"
                " cut; its tables need a changelog of their own from now on"
            )
        if committed > position:
            self.log.error(
                "%s-%s: the group had come to %s, its rows to %s: its changelog was lost or cut; reading it again",
                *(tp.topic, tp.partition, committed, position),
            )

    async def _still_a_member(self, lane: Lane, generation: int) -> None:
        """Asks the group before going on, for we may be who lost the partition: it refuses what we commit then, and
        to claim would only take the rows from their owner.
        """
        position, pause = lane.position, self.app.conf.broker_heartbeat_interval
        if position is None:
            await self.sleep(pause)
        while self._ours(generation) and position is not None and not await self._commit({lane.tp: position}):
            await self.sleep(pause)

    def _lose(self, lane: Lane, why: Exception) -> None:
        self.log.warning("a partition is opened again: %s", why)
        lane.lost, lane.opened = True, False

    # ---- batches

    async def _work(self, lane: Lane, records: Sequence[Any], generation: int) -> None:
        """Works records off, in batches that are halved where what they change does not fit."""
        limit, kept = self.app.limit, lane.kept
        while todo := records[bisect_left(records, lane.position or 0, key=_offset) :]:
            batch = Batch(lane.tp.topic, lane.tp.partition, todo, limit, kept)
            try:
                await self._cuts(lane, lane.agent.cuts(batch), generation)
            except TooLargeError:
                self.app.meter.split()
                if limit == 1:
                    raise ValueError(
                        f"{lane.tp.topic}-{lane.tp.partition}: what the record at offset {lane.position} changes is"
                        f" larger than a batch of the changelog may be ({self.app.largest} bytes)"
                    ) from None
                limit = max(limit // 2, 1)
            except OvertakenError as why:
                self._overtaken(why)
                return
            except (ForeignError, AppendError) as why:
                self._lose(lane, why)
                return
            except KafkaError as why:
                await self._away(why)
                self._lose(lane, why)
                return
            else:
                if lane.position == todo[0].offset:
                    raise ValueError(f"{lane.agent.name} took none of the records it was given")

    async def _cuts(self, lane: Lane, cuts: Iterator[Cut], generation: int) -> None:
        whole = False
        try:
            started = time.perf_counter()
            for cut in cuts:
                if not self._ours(generation):
                    raise OvertakenError
                await self._cut(lane, cut, time.perf_counter() - started)
                started = time.perf_counter()
            whole = True
        finally:
            if not whole and lane.kept is not None:
                lane.kept.drop()

    async def _cut(self, lane: Lane, cut: Cut, body_s: float) -> None:
        """First the messages, then the rows with the position: a crash between repeats messages, and loses nothing."""
        kept, before = lane.kept, lane.position or 0
        rows = None if kept is None else kept.prepare(cut.position)
        if kept is not None and rows is None:
            raise TooLargeError
        started = time.perf_counter()
        await self._send(cut.messages)
        sent = time.perf_counter()
        if kept is None or rows is None:
            lane.move(cut.position)
        else:
            await kept.write(rows, cut.position)
        seconds = body_s, sent - started, time.perf_counter() - sent
        self.app.meter.cut(lane.agent.name, cut.position - before, len(rows or ()), seconds)

    async def _send(self, messages: Sequence[Message]) -> None:
        await self._sending(self.app.producer._ensure_producer(), messages)  # noqa: SLF001

    # ---- one number a partition instead of sets of acks

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> Iterator[Any]:
        yield from (tp for tp in self._lanes if topics is None or tp in topics or tp.topic in topics)

    def _new_offset(self, tp: Any) -> int | None:
        lane = self._lanes.get(tp)
        return None if lane is None else lane.position

    def verify_event_path(self, now: float, tp: Any) -> None:
        """Faust's detector of stuck streams reads sensors of single messages, which nobody feeds."""
