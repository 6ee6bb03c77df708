"""What nodes say of their sessions, heard.

Comes in: joins, leaves, and lists of who is still there, from WHIP, WHEP and HLS on any node.
Goes out: rows by way of `Attendance`, and answers. A report of a session that rooms does not know
is a join that came while it was away.
"""

import contextlib

import structlog

from levelchat.auth.token import DEFAULT_PROJECT
from levelchat.bus.messages import (
    Join,
    Joined,
    Left,
    Message,
    PublishingForbidden,
    RoomClosed,
    RoomOpened,
    Seen,
    Standing,
    StandingWanted,
    TokenRevoked,
)
from levelchat.bus.seams import CONTROL, JOINS, PRESENCE, ROOMS, STANDING, Bus
from levelchat.errors import LevelChatError
from rooms import ending
from rooms.attendance import Attendance
from rooms.errors import NotFound, RoomEnded
from rooms.model import LeaveReason, RoomState
from rooms.settings import RoomsSettings
from rooms.store import rooms as room_rows
from rooms.store import sessions as session_rows
from rooms.store.transaction import Transactions

_log = structlog.get_logger("rooms")

STANDING_LIMIT = 2_500
"""Entries of each kind in one answer about what is in force: NATS carries 1 MB by default."""


class PresenceDesk:
    """Answers the nodes."""

    def __init__(
        self,
        bus: Bus,
        attendance: Attendance,
        transactions: Transactions,
        settings: RoomsSettings,
    ) -> None:
        self._bus = bus
        self._attendance = attendance
        self._transactions = transactions
        self._settings = settings

    async def start(self) -> None:
        """Listens."""
        await self._bus.respond(JOINS, self._on_join, ROOMS)
        await self._bus.respond(STANDING, self._on_standing_wanted, ROOMS)
        await self._bus.subscribe(PRESENCE, self._on_report, ROOMS)

    async def _on_join(self, message: Message) -> Message:
        if not isinstance(message, Join):
            raise NotFound("a join was expected")
        try:
            attended = await self._attendance.join(message)
        except NotFound:
            if await self._known(message.media_id) or not self._unmanaged(message):
                raise
            return Joined(managed=False)
        return Joined(
            managed=True,
            participant=attended.session.participant_id,
            publish_forbidden=attended.publish_forbidden,
        )

    def _unmanaged(self, join: Join) -> bool:
        """A room that was never created here, for a token that its operator minted offline."""
        return self._settings.unmanaged and join.project == DEFAULT_PROJECT

    async def _known(self, media_id: str) -> bool:
        async with self._transactions.reading(None) as tx:
            return await room_rows.by_media_id(tx.db, media_id) is not None

    async def _on_standing_wanted(self, message: Message) -> Message:
        if not isinstance(message, StandingWanted):
            raise NotFound("a wish for what is in force was expected")
        async with self._transactions.reading(None) as tx:
            since = tx.now - ending.TOKEN_LIFE
            ended = await room_rows.ended_since(tx.db, since, STANDING_LIMIT)
            revoked = await session_rows.revoked_now(tx.db, tx.now, STANDING_LIMIT)
            forbidden = await session_rows.forbidden_now(tx.db, STANDING_LIMIT)
            active = await room_rows.active(tx.db, STANDING_LIMIT)
            until = tx.now + ending.TOKEN_LIFE
        return Standing(
            closed=tuple(
                RoomClosed(room.media_id, room.end_reason or "", room.ended_at or 0, until)
                for room in ended
            ),
            revoked=tuple(
                TokenRevoked(
                    each.media_id, each.identity, (each.token_id,), each.reason, each.until_at
                )
                for each in revoked
            ),
            forbidden=tuple(
                PublishingForbidden(media_id, identity, forbidden=True, until=until)
                for media_id, identity in forbidden
            ),
            opened=tuple(RoomOpened(media_id) for media_id in active),
        )

    async def _on_report(self, message: Message) -> None:
        if isinstance(message, Left):
            # An unmanaged room's session, which joined while rooms was away, has nothing to leave.
            with contextlib.suppress(NotFound):
                await self._attendance.leave(
                    message.session, message.media_id, message.at, LeaveReason.LEFT
                )
        elif isinstance(message, Seen):
            await self._on_seen(message)

    async def _on_seen(self, report: Seen) -> None:
        async with self._transactions.reading(None) as tx:
            ids = [session.session for session in report.sessions]
            here = await session_rows.open_among(tx.db, ids)
        await self._attendance.seen(list(here), report.at)
        for join in report.sessions:
            if join.session not in here:
                await self._admit_late(join)

    async def _admit_late(self, join: Join) -> None:
        try:
            await self._attendance.join(join)
        except RoomEnded:
            await self._say_again_that_it_ended(join.media_id)
        except NotFound:
            return  # an unmanaged room
        except LevelChatError as error:
            _log.info("a session may not go on", session=join.session, why=error.code)
            self._bus.publish(
                CONTROL,
                TokenRevoked(
                    join.media_id,
                    join.identity,
                    (join.token_id,),
                    error.code,
                    join.at + ending.TOKEN_LIFE,
                ),
            )

    async def _say_again_that_it_ended(self, media_id: str) -> None:
        """The node was away when it was said."""
        async with self._transactions.reading(None) as tx:
            room = await room_rows.by_media_id(tx.db, media_id)
        if room is not None and room.state in (RoomState.ENDED, RoomState.ARCHIVED):
            ended = room.ended_at or 0
            self._bus.publish(
                CONTROL,
                RoomClosed(media_id, room.end_reason or "", ended, ended + ending.TOKEN_LIFE),
            )
