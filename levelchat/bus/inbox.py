"""The messages that wait for one handler: in order, bounded, the oldest dropped.

Comes in: messages. Goes out: calls of the handler, one after the other. While none waits there is
no task. What the handler raises is logged and disturbs nobody.
"""

import asyncio
import inspect
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

from levelchat.bus.messages import Message
from levelchat.bus.metrics import BusMetrics
from levelchat.bus.seams import Handler

MAX_WAITING = 10_000
"""Messages; a handler so far behind has lost the present already."""
_BREATH = 64
"""Messages after which others of the loop get their turn."""

_log = structlog.get_logger("bus")

Spawn = Callable[[Callable[[], Coroutine[Any, Any, None]]], bool]
"""Starts a task of the bus; false while the bus does not run."""


class Inbox:
    """One subscription's."""

    def __init__(
        self, subject: str, handler: Handler, spawn: Spawn, metrics: BusMetrics | None = None
    ) -> None:
        self.subject = subject
        self._handler = handler
        self._spawn = spawn
        self._metrics = metrics
        self._waiting: deque[Message] = deque()
        self._is_working = False
        self._is_closed = False

    def put(self, message: Message) -> None:
        """*message* waits for its turn."""
        if self._is_closed:
            return
        if len(self._waiting) >= MAX_WAITING:
            self._waiting.popleft()
            if self._metrics is not None:
                self._metrics.dropped.inc()
        self._waiting.append(message)
        self.wake()

    def wake(self) -> None:
        """The bus runs, or something came: works on what waits."""
        if self._waiting and not self._is_working:
            self._is_working = self._spawn(self._work)

    @property
    def is_idle(self) -> bool:
        """Nothing waits, and nothing is being handled."""
        return not self._waiting and not self._is_working

    def close(self) -> None:
        """Nothing that waits is handled any more."""
        self._is_closed = True
        self._waiting.clear()

    async def _work(self) -> None:
        done = 0
        try:
            while self._waiting:
                await self._handle(self._waiting.popleft())
                done += 1
                if done % _BREATH == 0:
                    await asyncio.sleep(0)
        finally:
            self._is_working = False

    async def _handle(self, message: Message) -> None:
        try:
            waits = self._handler(message)
            if inspect.isawaitable(waits):
                await waits
        except Exception:  # noqa: BLE001 - one handler's fault must not silence the bus
            _log.exception(
                "bus handler failed", subject=self.subject, message=type(message).__name__
            )
