"""Who comes and goes: joins and leaves of every transport, some in one transaction.

Comes in: joins (from WebSockets here, from WHIP, WHEP and HLS on any node) and leaves. Goes out:
rows, and who was let in. Each room's comings and goings are handled in order; those that wait at
the same time share a transaction, so that a crowd costs little more than one person.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from itertools import groupby

import msgspec
import structlog

from levelchat.bus.messages import Join
from levelchat.errors import LevelChatError
from rooms import entering, leaving
from rooms.entering import Attended
from rooms.errors import NotFound, StoreUnavailable
from rooms.model import LeaveReason, Millis
from rooms.store import rooms as room_rows
from rooms.store import sessions as session_rows
from rooms.store.transaction import Transactions

_log = structlog.get_logger("rooms")

QUEUES = 4
"""Rooms handled side by side; SQLite has one writer, PostgreSQL waits for the disk."""
MAX_WAITING = 10_000
"""Joins and leaves in one queue; more are told to come again."""
BATCH = 200
"""Of them in one transaction at most."""
CROWD_SECONDS = 0.1
"""Batches that follow each other this closely are a crowd's."""
GATHER_SECONDS = 0.04
"""How long a crowd's joins wait for each other; alone, nobody waits."""
KNOWN_ROOMS = 10_000
"""Rooms whose organisation is remembered."""


class Leave(msgspec.Struct, frozen=True):
    """A session that ends; *at* None: when it was last seen."""

    session: str
    media_id: str
    at: Millis | None
    reason: LeaveReason


_Outcome = Attended | LevelChatError | None
"""None: a leave that was carried out."""


class _Waiting(msgspec.Struct, frozen=True):
    wanted: Join | Leave
    answer: "asyncio.Future[Attended | None]"


class Attendance:
    """Lets people in and out."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions
        self._queues: list[asyncio.Queue[_Waiting]] = [
            asyncio.Queue(MAX_WAITING) for _ in range(QUEUES)
        ]
        self._organisations: OrderedDict[str, str] = OrderedDict()

    async def run(self) -> None:
        """Works until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for queue in self._queues:
                tasks.create_task(self._work(queue))

    async def join(self, join: Join) -> Attended:
        """Raises `NotFound`, `RoomEnded`, `RoomFull`, `TokenRevoked` or `StoreUnavailable`."""
        attended = await self._ask(join.media_id, join)
        if attended is None:
            raise RuntimeError("a join was answered like a leave")
        return attended

    async def leave(
        self, session: str, media_id: str, at: Millis | None, reason: LeaveReason
    ) -> None:
        """Ends a session at *at*, or (None) when it was last seen; again is the same."""
        await self._ask(media_id, Leave(session, media_id, at, reason))

    async def seen(self, sessions: list[str], at: Millis) -> None:
        """Those sessions were there at *at*."""
        if sessions:
            async with self._transactions.writing(None) as tx:
                await session_rows.mark_seen(tx.db, sessions, min(at, tx.now))

    async def _ask(self, media_id: str, wanted: Join | Leave) -> Attended | None:
        answer: asyncio.Future[Attended | None] = asyncio.get_running_loop().create_future()
        try:
            self._queues[hash(media_id) % QUEUES].put_nowait(_Waiting(wanted, answer))
        except asyncio.QueueFull as error:
            raise StoreUnavailable(
                "too many people come and go at once; try again", headers={"Retry-After": "1"}
            ) from error
        return await answer

    async def _work(self, queue: asyncio.Queue[_Waiting]) -> None:
        loop = asyncio.get_running_loop()
        last = -CROWD_SECONDS
        while True:
            batch = [await queue.get()]
            if loop.time() - last < CROWD_SECONDS:
                await asyncio.sleep(GATHER_SECONDS)
            while len(batch) < BATCH and not queue.empty():
                batch.append(queue.get_nowait())
            # Sorting is stable: what happens in one room keeps its order.
            batch.sort(key=lambda each: each.wanted.media_id)
            for (media_id, kind), run in groupby(
                batch, key=lambda each: (each.wanted.media_id, type(each.wanted))
            ):
                await self._handle(media_id, kind, list(run))
            last = loop.time()

    async def _handle(self, media_id: str, kind: type, run: list[_Waiting]) -> None:
        outcomes: Sequence[_Outcome]
        try:
            outcomes = await self._carry_out(media_id, kind, run)
        except LevelChatError as error:
            outcomes = [error] * len(run)
        except Exception:  # noqa: BLE001 - one batch's fault is told to those in it, and the next goes on
            _log.exception("joins and leaves failed", media_id=media_id, count=len(run))
            fault = StoreUnavailable("something failed while joining; try again")
            outcomes = [fault] * len(run)
        for waiting, outcome in zip(run, outcomes, strict=True):
            if waiting.answer.done():
                continue
            if isinstance(outcome, LevelChatError):
                waiting.answer.set_exception(outcome)
            else:
                waiting.answer.set_result(outcome)

    async def _carry_out(
        self, media_id: str, kind: type, run: list[_Waiting]
    ) -> Sequence[_Outcome]:
        org_id = await self._organisation(media_id)
        async with self._transactions.writing(org_id) as tx:
            room = await room_rows.locked(tx.db, media_id)
            if room is None:
                raise NotFound("there is no such room")
            if kind is Join:
                joins = [each.wanted for each in run if isinstance(each.wanted, Join)]
                return await entering.enter(tx, room, joins)
            leaves = [each.wanted for each in run if isinstance(each.wanted, Leave)]
            for (at, reason), together in groupby(leaves, key=lambda it: (it.at, it.reason)):
                ids = [each.session for each in together]
                room = await leaving.leave(tx, room, ids, at, reason)
            return [None] * len(run)

    async def _organisation(self, media_id: str) -> str:
        """Whose room it is: a room never changes hands."""
        if media_id in self._organisations:
            self._organisations.move_to_end(media_id)
            return self._organisations[media_id]
        async with self._transactions.reading(None) as tx:
            room = await room_rows.by_media_id(tx.db, media_id)
        if room is None:
            raise NotFound("there is no such room; create it, or ask for a token for it")
        self._organisations[media_id] = room.org_id
        if len(self._organisations) > KNOWN_ROOMS:
            self._organisations.popitem(last=False)
        return room.org_id
