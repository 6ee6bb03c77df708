"""Sessions that begin.

Comes in: a transaction that holds the room, and the joins that wait for it. Goes out: for each
the session, or the error that its holder is told. Seats are counted while the room is held, so
that no two take the last one.
"""

from collections.abc import Sequence

import msgspec

from levelchat.auth.errors import TokenRevoked
from levelchat.bus.messages import Join, SessionOpened
from levelchat.bus.seams import signal_subject
from levelchat.errors import LevelChatError
from rooms import admission, ending, ids
from rooms.config import seats
from rooms.errors import NotFound, RoomEnded, RoomFull
from rooms.model import LeaveReason, Millis, Room, RoomState, Session, Transport
from rooms.store import rooms as room_rows
from rooms.store import sessions as session_rows
from rooms.store.transaction import Transaction
from rooms.webhooks import payloads


class Attended(msgspec.Struct, frozen=True):
    """Somebody was let in."""

    session: Session
    room: Room
    first: bool
    """Whether the participant was not there before; viewers of HLS are never first."""
    publish_forbidden: bool


class _Entry(msgspec.Struct):
    """What the joins of one batch are decided from, and what they change."""

    room: Room
    known: dict[str, Session]
    present: dict[str, list[Session]]
    revoked: set[str]
    taken: int | None
    """Seats; None where nobody counts them."""
    limit: int


async def enter(
    tx: Transaction, room: Room, joins: Sequence[Join]
) -> list[Attended | LevelChatError]:
    """Lets in who may come, in order."""
    if room.state in (RoomState.ENDED, RoomState.ARCHIVED):
        return [RoomEnded("the room has ended; nobody can join it any more")] * len(joins)
    entry = await _entry(tx, room, joins)
    outcomes: list[Session | LevelChatError] = []
    firsts: set[str] = set()
    fresh: list[Session] = []
    reopened: list[Session] = []
    for join in joins:
        outcome = _decide(entry, join, tx.now)
        outcomes.append(outcome)
        if isinstance(outcome, LevelChatError):
            continue
        known = entry.known.get(outcome.id)
        if known is not None and known.left_at is None:
            continue
        (fresh if known is None else reopened).append(outcome)
        if _count(entry, outcome):
            firsts.add(outcome.id)
    if fresh:
        await session_rows.insert_sessions(tx.db, fresh)
    if reopened:
        await session_rows.reopen(tx.db, reopened)
    room = await _after(tx, room, fresh + reopened, firsts)
    forbidden = await session_rows.forbidden(tx.db, room.media_id)
    return [
        outcome
        if isinstance(outcome, LevelChatError)
        else Attended(outcome, room, outcome.id in firsts, outcome.identity in forbidden)
        for outcome in outcomes
    ]


async def _entry(tx: Transaction, room: Room, joins: Sequence[Join]) -> _Entry:
    limit = seats(room.type, room.config)
    known, present = await session_rows.known_or_open(
        tx.db,
        room.media_id,
        [join.session for join in joins],
        list({join.identity for join in joins}),
    )
    return _Entry(
        room=room,
        known=known,
        present=present,
        revoked=await session_rows.revoked_among(tx.db, [join.token_id for join in joins], tx.now),
        taken=None
        if limit is None
        else await session_rows.count_participants(tx.db, room.media_id),
        limit=limit or 0,
    )


def _decide(entry: _Entry, join: Join, now: Millis) -> Session | LevelChatError:
    known = entry.known.get(join.session)
    refusal = _refusal(entry, join, known)
    if refusal is not None:
        return refusal
    if known is not None and known.left_at is None:
        return known
    present = entry.present.get(join.identity)
    if not present and entry.taken is not None and entry.taken >= entry.limit:
        return RoomFull(f"the room takes {entry.limit} participants, and they are there")
    participant = present[0].participant_id if present else ids.new(ids.PARTICIPANT)
    # A node whose clock is ahead brings nobody from the future.
    at = min(join.at, now)
    if known is not None:
        return msgspec.structs.replace(
            known, participant_id=participant, left_at=None, reason=None, seen_at=at
        )
    return _session(entry.room, join, participant, at)


def _refusal(entry: _Entry, join: Join, known: Session | None) -> LevelChatError | None:
    if join.project != entry.room.project_id:
        return NotFound("there is no such room")
    if join.token_id in entry.revoked:
        return TokenRevoked("this room token was revoked; ask for a new one")
    # What was taken for lost may turn out to be there; what was ended stays so.
    if known is not None and known.reason not in (None, LeaveReason.LOST.value):
        return TokenRevoked("this session was ended; join anew")
    return None


def _session(room: Room, join: Join, participant: str, at: Millis) -> Session:
    role = admission.flags(join.capabilities)
    return Session(
        id=join.session,
        org_id=room.org_id,
        project_id=room.project_id,
        media_id=room.media_id,
        participant_id=participant,
        identity=join.identity,
        name=join.name,
        capabilities=join.capabilities,
        meta=join.meta,
        transport=Transport(join.transport),
        node=join.node,
        token_id=join.token_id,
        moderator=role.moderator,
        publisher=role.publisher,
        joined_at=at,
        seen_at=at,
        left_at=None,
        reason=None,
    )


def _count(entry: _Entry, session: Session) -> bool:
    """Takes the session in; true when it is news that its participant is there.

    Viewers of HLS come and go by the thousand: they are counted, not announced.
    """
    others = entry.present.setdefault(session.identity, [])
    if not others and entry.taken is not None:
        entry.taken += 1
    first = session.transport is not Transport.HLS and all(
        other.transport is Transport.HLS for other in others
    )
    others.append(session)
    return first


async def _after(
    tx: Transaction, room: Room, entered: Sequence[Session], firsts: set[str]
) -> Room:
    if not entered:
        return room
    if room.state is not RoomState.ACTIVE:
        room = await ending.begin_room(tx, room)
    if not room.moderated and any(session.moderator for session in entered):
        room = await room_rows.change(tx.db, room, moderated=True)
    if room.deadline_at is not None:
        room = await ending.settle(tx, room)
    for session in entered:
        tx.say(_opened(session), signal_subject(room.media_id))
        if session.id in firsts:
            data = payloads.participant_data(room, session)
            await tx.outbox.announce(tx, room.org_id, room.project_id, "participant.joined", data)
    return room


def _opened(session: Session) -> SessionOpened:
    return SessionOpened(
        media_id=session.media_id,
        session=session.id,
        participant=session.participant_id,
        identity=session.identity,
        name=session.name,
        capabilities=session.capabilities,
        transport=session.transport.value,
        joined_at=session.joined_at,
        meta=session.meta,
    )
