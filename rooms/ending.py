"""How rooms begin, end and are archived: the lifecycle's decisions, written down.

Comes in: a transaction and a room. Goes out: the room as it is now, with its transition stored,
announced to webhooks and said on the bus.
"""

from collections.abc import Sequence

from levelchat.auth.token import LEEWAY, MAX_TTL
from levelchat.bus.messages import RoomClosed, RoomOpened, SessionClosed
from levelchat.bus.seams import signal_subject
from rooms import lifecycle
from rooms.lifecycle import Facts
from rooms.model import (
    DAY,
    SECOND,
    EndReason,
    LeaveReason,
    Millis,
    Room,
    RoomState,
    Session,
    Transport,
)
from rooms.store import messages as message_rows
from rooms.store import rooms as room_rows
from rooms.store import sessions as session_rows
from rooms.store.transaction import Transaction
from rooms.webhooks import payloads

EMPTY_GRACE = 15 * SECOND
"""Milliseconds that a room stays open after its last participant left: a page refresh, like the
host's grace (rooms.md §2)."""
TOKEN_LIFE = (MAX_TTL + LEEWAY) * SECOND
"""Milliseconds after which every token that was good when a room ended has expired."""


async def begin_room(tx: Transaction, room: Room) -> Room:
    """The first participant joins: `active` (rooms.md §2)."""
    begun = await _move(tx, room, RoomState.ACTIVE, "joined", started_at=tx.now)
    tx.say(RoomOpened(room.media_id))
    await tx.outbox.announce(
        tx, room.org_id, room.project_id, "room.started", payloads.room_data(begun)
    )
    return begun


async def end_room(tx: Transaction, room: Room, reason: EndReason) -> Room:
    """Everybody leaves with *reason*. A room that is over stays as it is."""
    if room.state in (RoomState.ENDED, RoomState.ARCHIVED):
        return room
    present = await session_rows.open_sessions(tx.db, room.media_id)
    left = await session_rows.close(tx.db, present, tx.now, LeaveReason(reason.value))
    ended = await _move(
        tx,
        room,
        RoomState.ENDED,
        reason.value,
        ended_at=tx.now,
        end_reason=reason.value,
        deadline_at=tx.now + DAY,
    )
    until = tx.now + TOKEN_LIFE
    tx.say(RoomClosed(room.media_id, reason.value, tx.now, until))
    await announce_left(tx, ended, left, still=())
    await tx.outbox.announce(
        tx, room.org_id, room.project_id, "room.ended", payloads.room_data(ended)
    )
    return ended


async def archive_room(tx: Transaction, room: Room) -> Room:
    """Read-only from now on; its chat is forgotten."""
    archived = await _move(
        tx, room, RoomState.ARCHIVED, "age", archived_at=tx.now, deadline_at=None
    )
    await message_rows.forget(tx.db, room.media_id)
    await tx.outbox.announce(
        tx, room.org_id, room.project_id, "room.archived", payloads.room_data(archived)
    )
    return archived


async def settle(tx: Transaction, room: Room) -> Room:
    """Does what is due in *room* now, and notes when something will be due next."""
    verdict = lifecycle.decide(await _facts(tx, room), tx.now, EMPTY_GRACE)
    if verdict.end is not None:
        return await end_room(tx, room, verdict.end)
    if verdict.archive:
        return await archive_room(tx, room)
    if verdict.deadline is not None:
        tx.look_at(verdict.deadline)
    if verdict.deadline != room.deadline_at:
        return await room_rows.change(tx.db, room, deadline_at=verdict.deadline)
    return room


async def announce_left(
    tx: Transaction, room: Room, left: Sequence[Session], still: Sequence[Session]
) -> None:
    """Tells who watches and who listens that sessions ended; *still* are the ones that go on.

    A participant has left when its last session has. Viewers of HLS come and go by the thousand
    and are not announced to webhooks.
    """
    subject = signal_subject(room.media_id)
    for session in left:
        closed = SessionClosed(
            media_id=room.media_id,
            session=session.id,
            participant=session.participant_id,
            identity=session.identity,
            transport=session.transport.value,
            reason=session.reason or "",
        )
        tx.say(closed, subject)
    present = {each.participant_id for each in still if each.transport is not Transport.HLS}
    last = {each.participant_id: each for each in left if each.transport is not Transport.HLS}
    for participant, session in last.items():
        if participant not in present:
            data = payloads.participant_data(room, session)
            await tx.outbox.announce(tx, room.org_id, room.project_id, "participant.left", data)


async def _move(
    tx: Transaction, room: Room, state: RoomState, reason: str, **values: object
) -> Room:
    lifecycle.check(room.state, state)
    changed = await room_rows.change(tx.db, room, state=state, **values)
    await room_rows.record_transition(tx.db, changed, room.state, tx.now, reason)
    return changed


async def _facts(tx: Transaction, room: Room) -> Facts:
    if room.state is not RoomState.ACTIVE:
        return Facts(room.state, room.ended_at, False, False, None, None)
    anyone = await session_rows.anyone(tx.db, room.media_id)
    host = anyone and await session_rows.any_host(tx.db, room.media_id, moderated=room.moderated)
    last: tuple[Millis | None, Millis | None] = (None, None)
    if not host:
        last = await session_rows.last_left(tx.db, room.media_id, moderated=room.moderated)
    return Facts(room.state, room.ended_at, anyone, host, *last)
