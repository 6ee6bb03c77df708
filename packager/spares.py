"""Processes started in advance: importing FFmpeg and NumPy takes longer than starting a broadcast.

Comes in: how many to hold ready. Goes out: a running process, ready-made where there is one. They
are held for the whole server, so that an idle room costs nothing.
"""

import asyncio
from collections import deque
from collections.abc import Callable

import structlog

from packager.child import Child

_log = structlog.get_logger("packager")

RETRY_SECONDS = 5.0
"""After the machine refused a process: too many of them, or no memory."""


class Spares:
    """*count* processes made by *make*, replaced as they are taken."""

    def __init__(self, make: Callable[[], Child], count: int) -> None:
        self._make = make
        self._count = count
        self._ready: deque[Child] = deque()
        self._taken = asyncio.Event()

    async def run(self) -> None:
        """Keeps the number up, until cancelled."""
        try:
            while True:
                await self._fill()
                await self._taken.wait()
                self._taken.clear()
        finally:
            for child in self._ready:
                child.kill()

    async def take(self) -> Child:
        """A process of the caller's own."""
        while self._ready:
            child = self._ready.popleft()
            self._taken.set()
            if child.alive:
                return child
            await child.stop()
        child = self._make()
        await child.start()
        return child

    async def _fill(self) -> None:
        while len(self._ready) < self._count:
            child = self._make()
            try:
                await child.start()
            except OSError as error:
                _log.warning("no spare process", reason=str(error))
                await asyncio.sleep(RETRY_SECONDS)
            else:
                self._ready.append(child)
