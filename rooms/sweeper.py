"""The one timer of all rooms: ends, archives, reaps, and forgets what is old.

Comes in: the rows whose deadline has come, and sessions that nobody has seen for a while. Goes
out: rooms that are over. Idle rooms have no deadline, and so cost nothing here.
"""

from itertools import groupby

import structlog

from rooms import ending, leaving
from rooms.alarm import Alarm
from rooms.errors import StoreUnavailable
from rooms.metrics import RoomsMetrics
from rooms.model import SECOND, LeaveReason, Millis, RoomState, Session
from rooms.store import leases
from rooms.store import rooms as room_rows
from rooms.store import sessions as session_rows
from rooms.store.transaction import Transactions

_log = structlog.get_logger("rooms")

TICK = 20 * SECOND
"""rooms.md §2: the reaper ticks every 20 s at least."""
SILENCE = 45 * SECOND
"""Nobody is there who was not seen for so long: nodes report every 10 s, the watchdog of
signalling drops a dead client within 45 s (rooms.md §2)."""
LEASE = 3 * TICK
"""How long one replica reaps before another may."""
BATCH = 500
"""Rows looked at in one go; a tick goes on until nothing is due."""
RETRY = SECOND
"""After the store was away."""
HOLD = 25 * SECOND
"""After a pause of ours, nodes must have had the time to say who is still there."""


class Sweeper:
    """One for a process. Several on one store share the work: whoever holds a room's row does
    what is due in it, and finds nothing left to do otherwise.
    """

    def __init__(
        self, transactions: Transactions, alarm: Alarm, metrics: RoomsMetrics, node: str
    ) -> None:
        self._transactions = transactions
        self._alarm = alarm
        self._metrics = metrics
        self._node = node
        self._last_tick: Millis | None = None
        self._reaps_from: Millis = 0

    async def run(self) -> None:
        """Sweeps whenever something is due, and every 20 s, until cancelled."""
        pause = RETRY
        while True:
            await self._alarm.wait(self._transactions.now, pause)
            try:
                with self._metrics.sweep_seconds.time():
                    await self.tick()
                pause = TICK
            except StoreUnavailable as error:
                _log.warning("sweep failed: the store is away", reason=error.detail)
                pause = RETRY
            except Exception:  # noqa: BLE001 - rooms must end although one tick failed
                _log.exception("sweep failed")
                pause = TICK

    async def tick(self) -> None:
        """Does all that is due now."""
        self._look_at_the_gap(self._transactions.now())
        await self._settle_due()
        async with self._transactions.writing(None) as tx:
            reaps = await leases.hold(tx.db, "sweeper", self._node, tx.now, tx.now + LEASE)
        if reaps and self._transactions.now() >= self._reaps_from:
            await self._reap()
        await self._note_next()
        self._last_tick = self._transactions.now()

    def _look_at_the_gap(self, now: Millis) -> None:
        """While this process or the store was away nobody could be seen; that is no silence."""
        if self._last_tick is None or now - self._last_tick > 2 * TICK:
            self._reaps_from = now + HOLD
            self._alarm.set(self._reaps_from)

    async def _settle_due(self) -> None:
        before: list[str] = []
        while True:
            async with self._transactions.reading(None) as tx:
                due = list(await room_rows.due(tx.db, tx.now, BATCH))
            # A room that stays due after it was settled must not keep us here for ever.
            if not due or due == before:
                return
            before = due
            for media_id in due:
                await self._settle(media_id)

    async def _settle(self, media_id: str) -> None:
        async with self._transactions.writing(None) as tx:
            room = await room_rows.locked(tx.db, media_id)
            # Another replica may have been here first.
            if room is not None and room.deadline_at is not None and room.deadline_at <= tx.now:
                await ending.settle(tx, room)

    async def _reap(self) -> None:
        """A leave was lost, or the node died: it left when it was last seen (rooms.md §2)."""
        while True:
            async with self._transactions.reading(None) as tx:
                silent = await session_rows.silent(tx.db, tx.now - SILENCE, BATCH)
            silent.sort(key=lambda session: session.media_id)
            for media_id, sessions in groupby(silent, key=lambda session: session.media_id):
                await self._reap_room(media_id, list(sessions))
            if len(silent) < BATCH:
                return

    async def _reap_room(self, media_id: str, silent: list[Session]) -> None:
        async with self._transactions.writing(None) as tx:
            room = await room_rows.locked(tx.db, media_id)
            if room is None:
                return
            known = await session_rows.by_ids(tx.db, [session.id for session in silent])
            gone = [each.id for each in known.values() if _is_silent(each, tx.now)]
            self._metrics.reaped.inc(len(gone))
            _log.info("sessions reaped", media_id=media_id, count=len(gone))
            await leaving.leave(tx, room, gone, None, LeaveReason.LOST)
            if room.state in (RoomState.ENDED, RoomState.ARCHIVED):
                _log.warning("an ended room had sessions", media_id=media_id)

    async def _note_next(self) -> None:
        async with self._transactions.reading(None) as tx:
            deadline = await room_rows.next_deadline(tx.db)
        if deadline is not None:
            self._alarm.set(deadline)


def _is_silent(session: Session, now: Millis) -> bool:
    return session.left_at is None and session.seen_at < now - SILENCE
