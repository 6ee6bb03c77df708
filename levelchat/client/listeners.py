"""Who listens to a room's events: callbacks by name, and the queue behind `async for`.

Comes in: events. Goes out: calls, and events in their order. A queue that nobody empties drops
its oldest, and counts them.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any

import structlog

from levelchat.client.room_events import NAMES, Event, arguments

KEPT = 10_000
"""Events that wait for a reader: a room of 5,000 that fills and empties."""

_log = structlog.get_logger("client.room")

Callback = Callable[..., Any]


class Listeners:
    """Those of one room."""

    def __init__(self, kept: int = KEPT) -> None:
        self.dropped = 0
        """Events that nobody read in time."""
        self._callbacks: dict[str, list[Callback]] = {name: [] for name in NAMES.values()}
        self._waiting: deque[Event] = deque()
        self._kept = kept
        self._news = asyncio.Event()
        self._over = False

    def on(self, name: str, callback: Callback) -> None:
        """Calls *callback* with each event of that *name*; raises `ValueError` for no name."""
        if name not in self._callbacks:
            raise ValueError(f"no event is called {name!r}; there are {', '.join(NAMES.values())}")
        self._callbacks[name].append(callback)

    def off(self, name: str, callback: Callback) -> None:
        """Does not call it any more."""
        if callback in self._callbacks.get(name, ()):
            self._callbacks[name].remove(callback)

    def tell(self, event: Event) -> None:
        """Everybody hears of *event*."""
        if len(self._waiting) >= self._kept:
            self._waiting.popleft()
            self.dropped += 1
        self._waiting.append(event)
        self._news.set()
        name = NAMES[type(event)]
        for callback in list(self._callbacks[name]):
            try:
                callback(*arguments(event))
            except Exception:  # noqa: BLE001 - somebody else's defect must not end the connection
                _log.exception("a callback failed", callback=name)

    def end(self) -> None:
        """There will be no more events."""
        self._over = True
        self._news.set()

    async def next(self) -> Event | None:
        """The next event, in order; None after the last. Waits as long as the room lasts."""
        while not self._waiting:
            if self._over:
                return None
            self._news.clear()
            await self._news.wait()
        return self._waiting.popleft()
