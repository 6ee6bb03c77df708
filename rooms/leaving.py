"""Sessions that end.

Comes in: a transaction that holds the room, and which sessions. Goes out: the room as it is then.
"""

from collections.abc import Collection

from rooms import ending
from rooms.model import LeaveReason, Millis, Room
from rooms.store import sessions as session_rows
from rooms.store.transaction import Transaction


async def leave(
    tx: Transaction, room: Room, ids: Collection[str], at: Millis | None, reason: LeaveReason
) -> Room:
    """They left at *at*, or (None) when they were last seen. Those that are unknown, of another
    room, or over already change nothing.
    """
    found = await session_rows.by_ids(tx.db, ids)
    mine = [session for session in found.values() if session.media_id == room.media_id]
    left = await session_rows.close(tx.db, mine, at, reason)
    if not left:
        return room
    identities = {session.identity for session in left}
    going_on = await session_rows.open_of_identities(tx.db, room.media_id, identities)
    still = [session for sessions in going_on.values() for session in sessions]
    await ending.announce_left(tx, room, left, still)
    return await ending.settle(tx, room)
