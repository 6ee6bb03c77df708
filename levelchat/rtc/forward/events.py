"""What the core tells its owner, in order and never in the middle of a call of its.

Comes in: calls to make. Goes out: the calls, made at the end of a batch of datagrams, or in the
event loop's next turn after the owner called us. The queue is bounded; what does not fit is
counted.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any

from levelchat.rtc.forward.seams import Totals

MAX_EVENTS = 65_536
"""A batch of datagrams makes some hundred."""


class EventQueue:
    """`tell` from anywhere on the loop's thread."""

    __slots__ = ("_calls", "_is_scheduled", "_loop", "_totals")

    def __init__(self, totals: Totals) -> None:
        self._totals = totals
        self._calls: deque[tuple[Callable[..., None], tuple[Any, ...]]] = deque()
        self._is_scheduled = False
        self._loop: asyncio.AbstractEventLoop | None = None

    def open(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def close(self) -> None:
        """What was not told is never told."""
        self._loop = None
        self._calls.clear()

    def tell(self, call: Callable[..., None], *arguments: Any) -> None:  # noqa: ANN401 - of any event
        """Makes the call soon."""
        if self._loop is None:
            return
        if len(self._calls) >= MAX_EVENTS:
            self._totals.dropped_events += 1
            return
        self._calls.append((call, arguments))
        if not self._is_scheduled:
            self._is_scheduled = True
            self._loop.call_soon(self.flush)

    def flush(self) -> None:
        """Makes all calls, also those that they lead to. One that raises takes no other with it:
        the rest follow in the loop's next turn.
        """
        self._is_scheduled = False
        calls = self._calls
        try:
            while calls:
                call, arguments = calls.popleft()
                call(*arguments)
        finally:
            if calls and self._loop is not None and not self._is_scheduled:
                self._is_scheduled = True
                self._loop.call_soon(self.flush)
