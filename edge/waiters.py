"""Requests that wait: for a position of a playlist, or for a hinted part.

Comes in: keys to wait for, and predicates that say which have come. Goes out: True when it came,
False when the hold was over. One timer serves a whole broadcast, and none runs when nobody waits.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

Key = TypeVar("Key")


class Waiters(Generic[Key]):
    """All waiting requests of a broadcast; each is held for at most *hold_seconds*."""

    def __init__(self, hold_seconds: float) -> None:
        self._hold = hold_seconds
        self._waiting: dict[Key, set[asyncio.Future[bool]]] = {}
        self._deadlines: deque[tuple[float, asyncio.Future[bool]]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self.count = 0

    async def wait(self, key: Key) -> bool:
        """Returns True when *key* was woken, False when the hold is over."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[bool] = loop.create_future()
        waiting = self._waiting.setdefault(key, set())
        waiting.add(future)
        self._forget_answered()
        self._deadlines.append((loop.time() + self._hold, future))
        self._arm(loop)
        self.count += 1
        try:
            return await future
        finally:
            self.count -= 1
            waiting.discard(future)
            if not waiting and self._waiting.get(key) is waiting:
                del self._waiting[key]

    def wake(self, came: Callable[[Key], bool]) -> None:
        """Answers all who wait for a key of which *came* is true."""
        for key in [key for key in self._waiting if came(key)]:
            for future in self._waiting[key]:
                if not future.done():
                    future.set_result(True)

    def _arm(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._timer is None and self._deadlines:
            self._timer = loop.call_at(self._deadlines[0][0], self._expire, loop)

    def _forget_answered(self) -> None:
        while self._deadlines and self._deadlines[0][1].done():
            self._deadlines.popleft()

    def _expire(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        now = loop.time()
        # Holds are all of one length, so that deadlines are in order.
        while self._deadlines and self._deadlines[0][0] <= now:
            _, future = self._deadlines.popleft()
            if not future.done():
                future.set_result(False)
        self._forget_answered()
        self._arm(loop)
