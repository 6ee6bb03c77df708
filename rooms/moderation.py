"""What moderators do to others: kick them, forbid them to publish.

Comes in: a transaction, a room, an identity. Goes out: rows, and messages by which every node
and replica acts on it.
"""

from levelchat.bus.messages import PublishingForbidden, TokenRevoked
from rooms import ending
from rooms.errors import NotFound
from rooms.model import LeaveReason, Room
from rooms.store import sessions as session_rows
from rooms.store.sessions import Revocation
from rooms.store.transaction import Transaction


async def kick(
    tx: Transaction, room: Room, identity: str, reason: LeaveReason = LeaveReason.KICKED
) -> None:
    """All its sessions end, and the tokens that it came with are good no more.

    A token minted for it later is good again. Raises `NotFound` when nobody of that identity is
    in the room.
    """
    found = await session_rows.open_of_identities(tx.db, room.media_id, [identity])
    present = found.get(identity, [])
    if not present:
        raise NotFound("there is no such participant in the room now")
    token_ids = await session_rows.token_ids(tx.db, room.media_id, identity)
    until = tx.now + ending.TOKEN_LIFE
    await session_rows.revoke(
        tx.db,
        [
            Revocation(token_id, room.org_id, room.media_id, identity, reason.value, until)
            for token_id in token_ids
        ],
    )
    left = await session_rows.close(tx.db, present, tx.now, reason)
    tx.say(TokenRevoked(room.media_id, identity, tuple(token_ids), reason.value, until))
    await ending.announce_left(tx, room, left, still=())
    await ending.settle(tx, room)


async def allow_publishing(tx: Transaction, room: Room, identity: str, *, allowed: bool) -> None:
    """Takes the right to publish from an identity, whatever its tokens say, or gives it back."""
    if allowed:
        await session_rows.allow_publishing(tx.db, room.media_id, identity)
    else:
        await session_rows.forbid_publishing(tx.db, room.org_id, room.media_id, identity, tx.now)
    until = tx.now + ending.TOKEN_LIFE
    tx.say(PublishingForbidden(room.media_id, identity, forbidden=not allowed, until=until))
