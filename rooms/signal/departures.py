"""Sessions that have to be ended in the store, and are, as soon as it can be reached.

Comes in: sessions, with the instant at which they were last seen. Goes out: leaves. Nobody waits
for them: whoever leaves is gone already. Should this process die first, the reaper ends them.
"""

import asyncio
import contextlib
from collections import OrderedDict

import msgspec
import structlog

from levelchat.errors import EnvironmentFault, LevelChatError
from rooms.model import LeaveReason, Millis
from rooms.signal.metrics import SignalMetrics
from rooms.signal.seams import Comings

_log = structlog.get_logger("signal")

MAX_WAITING = 50_000
"""Leaves; of more, the reaper takes care."""
BATCH = 500
"""Leaves that are under way at the same time."""
RETRY_SECONDS = 2.0
"""After the store was away."""


class _Leave(msgspec.Struct, frozen=True):
    session: str
    media_id: str
    at: Millis | None
    reason: LeaveReason


class Departures:
    """One for a process."""

    def __init__(self, attendance: Comings, metrics: SignalMetrics) -> None:
        self._attendance = attendance
        self._metrics = metrics
        self._waiting: OrderedDict[str, _Leave] = OrderedDict()
        self._more = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    def add(self, session: str, media_id: str, at: Millis | None, reason: LeaveReason) -> None:
        """It ended at *at*; the first reason counts."""
        if session in self._waiting:
            return
        if len(self._waiting) >= MAX_WAITING:
            self._metrics.dropped.labels("leave").inc()
            return
        self._waiting[session] = _Leave(session, media_id, at, reason)
        self._idle.clear()
        self._more.set()

    async def run(self) -> None:
        """Works until cancelled."""
        while True:
            await self._more.wait()
            batch = list(self._waiting.values())[:BATCH]
            done = await asyncio.gather(*(self._leave(each) for each in batch))
            for each, is_done in zip(batch, done, strict=True):
                if is_done:
                    self._waiting.pop(each.session, None)
            if not self._waiting:
                self._more.clear()
                self._idle.set()
            if not all(done):
                await asyncio.sleep(RETRY_SECONDS)

    async def settle(self, timeout_seconds: float) -> None:
        """Until nothing waits, for a process that stops."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_seconds):
                await self._idle.wait()

    async def _leave(self, wanted: _Leave) -> bool:
        """False if it is worth another try."""
        try:
            await self._attendance.leave(wanted.session, wanted.media_id, wanted.at, wanted.reason)
        except EnvironmentFault as error:
            _log.info("a leave waits", session=wanted.session, reason=error.detail)
            return False
        except LevelChatError as error:
            _log.info("a leave was refused", session=wanted.session, reason=error.detail)
        return True
