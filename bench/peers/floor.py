"""The floor: read and decode every record with aiokafka, and do nothing. It says `last` at the end of the input."""

import asyncio

from aiokafka import AIOKafkaConsumer, TopicPartition

from bench.events import PARTITIONS
from bench.job import decode
from bench.peers.setting import BROKER, INPUT, say


async def main() -> None:
    """Reads up to where the topic ends now."""
    consumer = AIOKafkaConsumer(bootstrap_servers=BROKER, enable_auto_commit=False, auto_offset_reset="earliest")
    await consumer.start()
    parts = [TopicPartition(INPUT, n) for n in range(PARTITIONS)]
    left = sum((await consumer.end_offsets(parts)).values())
    say("first")
    consumer.assign(parts)
    while left:
        for batch in (await consumer.getmany(timeout_ms=1000)).values():
            for record in batch:
                decode(record.value)
            left -= len(batch)
    say("last")
    await asyncio.sleep(60)


if __name__ == "__main__":
    asyncio.run(main())
