"""The directory of nodes that are in one process: one, or the several of a test.

Comes in: records. Goes out: the same, to all who watch the same board. What a node wrote lives as
long as its directory runs, and `TTL_SECONDS` on, just as it would between machines.
"""

import asyncio

from levelchat.bus.directory import REPEAT_SECONDS, TTL_SECONDS, OnChange
from levelchat.bus.directory_known import Known, Watching, check
from levelchat.clock import Clock


class Board:
    """What the directories of one process share."""

    def __init__(self, ttl_seconds: float = TTL_SECONDS) -> None:
        self.known = Known(ttl_seconds)


class LocalDirectory:
    """A `Directory` within one process."""

    def __init__(
        self, clock: Clock, board: Board | None = None, repeat_seconds: float = REPEAT_SECONDS
    ) -> None:
        self._clock = clock
        self._known = (board or Board()).known
        self._repeat_seconds = repeat_seconds
        self._own: dict[str, bytes] = {}

    async def run(self) -> None:
        while True:
            now_ns = self._clock.monotonic_ns()
            for key, record in tuple(self._own.items()):
                self._known.hear(key, record, now_ns)
            self._known.expire(now_ns)
            await asyncio.sleep(self._repeat_seconds)

    def put(self, key: str, record: bytes) -> None:
        check(key, record)
        self._own[key] = record
        self._known.hear(key, record, self._clock.monotonic_ns())

    def delete(self, key: str) -> None:
        if self._own.pop(key, None) is not None:
            self._known.drop(key)

    async def watch(self, prefix: str, on_change: OnChange) -> Watching:
        return self._known.watch(prefix, on_change)
