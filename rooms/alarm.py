"""When the sweeper must look again: the earliest instant that anybody named.

Comes in: instants. Goes out: a wait that ends at the earliest one, or after a while at most.
"""

import asyncio
import contextlib
from collections.abc import Callable

from rooms.model import SECOND, Millis


class Alarm:
    """One for all rooms of a process."""

    def __init__(self) -> None:
        self._at: Millis | None = None
        self._changed = asyncio.Event()

    def set(self, at: Millis) -> None:
        """Something is due at *at*."""
        if self._at is None or at < self._at:
            self._at = at
            self._changed.set()

    async def wait(self, now: Callable[[], Millis], at_most: Millis) -> None:
        """Returns at the earliest instant that was set, or after *at_most*; then all are gone."""
        end = now() + at_most
        while (left := min(end, end if self._at is None else self._at) - now()) > 0:
            self._changed.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left / SECOND):
                    await self._changed.wait()
        self._at = None
