"""Making rooms and finding them again.

Comes in: who asks, and for what. Goes out: rooms of that caller's project, or `NotFound`, which
is the same whether a room never was or is another tenant's.
"""

import secrets

from sqlalchemy.exc import IntegrityError

from levelchat.auth.token import DEFAULT_PROJECT
from levelchat.contract.rest import NewRoom
from rooms import budget, config, ids
from rooms.config import Checked
from rooms.errors import NotFound, RoomExists, StoreUnavailable
from rooms.model import Millis, Principal, Room, RoomState, RoomType
from rooms.store import rooms as room_rows
from rooms.store.rooms import RoomFilter
from rooms.store.transaction import Transaction
from rooms.webhooks import payloads


async def create_room(tx: Transaction, who: Principal, wanted: NewRoom) -> Room:
    """A new row. Raises `InvalidRequest`, `RoomExists` or `QuotaExceeded`."""
    checked = config.check_new_room(wanted, tx.now)
    await budget.check_room(tx, who)
    if checked.id and await room_rows.by_id(tx.db, who.project_id, checked.id) is not None:
        raise _exists(checked.id)
    room = _new(who, checked, tx.now)
    try:
        await room_rows.insert_room(tx.db, room, ids.new("k"))
    except IntegrityError as error:
        if checked.id:
            raise _exists(checked.id) from error
        raise StoreUnavailable("the id was taken a moment ago; try again") from error
    await tx.outbox.announce(
        tx, room.org_id, room.project_id, "room.created", payloads.room_data(room)
    )
    return room


async def find_room(tx: Transaction, who: Principal, room_id: str) -> Room:
    """By id, or by `ext:` and an external id (rooms.md §4)."""
    if room_id.startswith(ids.EXTERNAL_PREFIX):
        external_id = room_id.removeprefix(ids.EXTERNAL_PREFIX)
        room = await room_rows.by_external_id(tx.db, who.project_id, external_id)
    else:
        room = await room_rows.by_id(tx.db, who.project_id, room_id)
    if room is None or room.org_id != who.org_id:
        raise NotFound("there is no such room")
    if who.media_id and room.media_id != who.media_id:
        raise NotFound("there is no such room")
    return room


async def find_by_code(tx: Transaction, who: Principal, code: str) -> Room:
    """By short code, in the caller's organisation only."""
    room = await room_rows.by_code(tx.db, who.org_id, code)
    if room is None:
        raise NotFound("there is no such room")
    return room


async def list_rooms(
    tx: Transaction,
    who: Principal,
    *,
    limit: int,
    cursor: str | None,
    state: RoomState | None = None,
    type_: RoomType | None = None,
    external_id: str | None = None,
) -> tuple[list[Room], str | None]:
    """A page, newest first, and the cursor of the next."""
    wanted = RoomFilter(state, type_, external_id)
    return await room_rows.page(tx.db, who.project_id, wanted, cursor, limit)


def _new(who: Principal, checked: Checked, now: Millis) -> Room:
    room_id = checked.id or ids.new(ids.ROOM)
    # An id that an app chose is its own only in its project; on the media planes all projects
    # share one space of names, in which the default project alone may choose.
    chosen_elsewhere = checked.id is not None and who.project_id != DEFAULT_PROJECT
    return Room(
        media_id=ids.new(ids.ROOM) if chosen_elsewhere else room_id,
        org_id=who.org_id,
        project_id=who.project_id,
        id=room_id,
        external_id=checked.external_id,
        type=checked.type,
        config=checked.config,
        state=checked.state,
        short_code=ids.short_code(secrets.choice),
        scheduled_for=checked.scheduled_for,
        created_at=now,
        started_at=None,
        ended_at=None,
        archived_at=None,
        end_reason=None,
        moderated=False,
        deadline_at=None,
    )


def _exists(room_id: str) -> RoomExists:
    return RoomExists(f"this project has a room {room_id} already")
