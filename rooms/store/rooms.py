"""Rows of `rooms` and `transitions`: read as `Room`, written from it.

Comes in: a connection in a transaction. Goes out: values. Every query names the organisation or
the room itself, as if there were no row-level security.
"""

from collections.abc import Sequence

import msgspec
from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from rooms.model import Millis, Room, RoomConfig, RoomState, RoomType
from rooms.store.tables import rooms, transitions

_encode = msgspec.json.Encoder().encode
_decode_config = msgspec.json.Decoder(RoomConfig).decode


class RoomFilter(msgspec.Struct, frozen=True):
    """Which rooms a list shows."""

    state: RoomState | None = None
    type: RoomType | None = None
    external_id: str | None = None


class Transition(msgspec.Struct, frozen=True):
    """One row of `transitions`."""

    from_state: str | None
    to_state: str
    at: Millis
    reason: str


def encode_config(config: RoomConfig) -> str:
    """*config* as the column holds it."""
    return _encode(config).decode()


async def insert_room(db: AsyncConnection, room: Room, created_key: str) -> None:
    """Raises `sqlalchemy.exc.IntegrityError` when the id or the code is taken."""
    values = msgspec.structs.asdict(room)
    values["type"] = room.type.value
    values["state"] = room.state.value
    values["config"] = encode_config(room.config)
    await db.execute(_INSERT, values | {"created_key": created_key})


async def by_media_id(db: AsyncConnection, media_id: str) -> Room | None:
    """The room, whosever it is."""
    return await _one(db, _BY_MEDIA_ID, media_id=media_id)


async def locked(db: AsyncConnection, media_id: str) -> Room | None:
    """The room, held against other transactions until this one ends (PostgreSQL).

    SQLite has one writer anyway.
    """
    return await _one(db, _LOCKED, media_id=media_id)


async def by_id(db: AsyncConnection, project_id: str, room_id: str) -> Room | None:
    """The project's room of that public id."""
    return await _one(db, _BY_ID, project_id=project_id, id=room_id)


async def by_external_id(db: AsyncConnection, project_id: str, external_id: str) -> Room | None:
    """The project's newest room with that external id."""
    query = (
        select(rooms)
        .where(rooms.c.project_id == project_id, rooms.c.external_id == external_id)
        .order_by(rooms.c.created_key.desc())
        .limit(1)
    )
    return await _one(db, query)


async def by_code(db: AsyncConnection, org_id: str, code: str) -> Room | None:
    """The organisation's room of that short code."""
    return await _one(
        db, select(rooms).where(rooms.c.org_id == org_id, rooms.c.short_code == code)
    )


async def page(
    db: AsyncConnection, project_id: str, wanted: RoomFilter, before: str | None, limit: int
) -> tuple[list[Room], str | None]:
    """At most *limit* rooms, newest first, and the key that the next page begins below."""
    query = list_query(project_id, wanted, before).limit(limit + 1)
    found = (await db.execute(query)).all()
    more = len(found) > limit
    shown = found[:limit]
    return [_room(row) for row in shown], str(shown[-1].created_key) if more else None


def list_query(
    project_id: str, wanted: RoomFilter, before: str | None
) -> Select[tuple[object, ...]]:
    """The query of a page: an index holds it whatever the filter."""
    conditions: list[ColumnElement[bool]] = [rooms.c.project_id == project_id]
    if wanted.state is not None:
        conditions.append(rooms.c.state == wanted.state.value)
    if wanted.type is not None:
        conditions.append(rooms.c.type == wanted.type.value)
    if wanted.external_id is not None:
        conditions.append(rooms.c.external_id == wanted.external_id)
    if before is not None:
        conditions.append(rooms.c.created_key < before)
    return select(rooms).where(and_(*conditions)).order_by(rooms.c.created_key.desc())


async def open_count(db: AsyncConnection, org_id: str) -> int:
    """How many rooms of the organisation have not ended."""
    over = (RoomState.ENDED.value, RoomState.ARCHIVED.value)
    query = (
        select(func.count())
        .select_from(rooms)
        .where(rooms.c.org_id == org_id, rooms.c.state.not_in(over))
    )
    return int((await db.execute(query)).scalar_one())


async def due(db: AsyncConnection, now: Millis, limit: int) -> Sequence[str]:
    """The media ids of rooms at which something is due, the longest overdue first."""
    query = (
        select(rooms.c.media_id)
        .where(rooms.c.deadline_at <= now)
        .order_by(rooms.c.deadline_at)
        .limit(limit)
    )
    return (await db.execute(query)).scalars().all()


async def next_deadline(db: AsyncConnection) -> Millis | None:
    """The earliest of all deadlines."""
    query = select(func.min(rooms.c.deadline_at)).where(rooms.c.deadline_at.is_not(None))
    deadline: Millis | None = (await db.execute(query)).scalar_one_or_none()
    return deadline


async def ended_since(db: AsyncConnection, since: Millis, limit: int) -> list[Room]:
    """Rooms that ended at *since* or later, the newest first."""
    # Every room that ended less than a day ago has the deadline of its archiving: the index
    # of deadlines is the list of the lately ended, too.
    query = (
        select(rooms)
        .where(rooms.c.deadline_at.is_not(None), rooms.c.ended_at >= since)
        .order_by(rooms.c.ended_at.desc())
        .limit(limit)
    )
    return [_room(row) for row in await db.execute(query)]


async def active(db: AsyncConnection, limit: int) -> list[str]:
    """Media ids of rooms with somebody in them."""
    query = select(rooms.c.media_id).where(rooms.c.state == RoomState.ACTIVE.value).limit(limit)
    return list((await db.execute(query)).scalars())


async def change(db: AsyncConnection, room: Room, **values: object) -> Room:
    """Writes *values* and gives the room with them."""
    changed = msgspec.structs.replace(room, **values)
    written = {name: _column(value) for name, value in values.items()}
    await db.execute(update(rooms).where(rooms.c.media_id == room.media_id).values(written))
    return changed


async def record_transition(
    db: AsyncConnection, room: Room, came_from: RoomState, now: Millis, reason: str
) -> None:
    """Every transition is stored with its time and reason (rooms.md §2)."""
    values = {
        "org_id": room.org_id,
        "media_id": room.media_id,
        "from_state": came_from.value,
        "to_state": room.state.value,
        "at": now,
        "reason": reason,
    }
    await db.execute(_INSERT_TRANSITION, values)


async def history(db: AsyncConnection, room: Room) -> list[Transition]:
    """The room's transitions, first to last; its creation is told by the room's own row."""
    query = (
        select(transitions)
        .where(transitions.c.media_id == room.media_id)
        .order_by(transitions.c.id)
    )
    later = [
        Transition(row.from_state, row.to_state, row.at, row.reason)
        for row in await db.execute(query)
    ]
    first = later[0].from_state if later else room.state.value
    return [Transition(None, first or "", room.created_at, "created"), *later]


# Made once: building a statement costs more than running it.
_INSERT = insert(rooms)
_BY_MEDIA_ID = select(rooms).where(rooms.c.media_id == bindparam("media_id"))
_LOCKED = _BY_MEDIA_ID.with_for_update()
_BY_ID = select(rooms).where(
    rooms.c.project_id == bindparam("project_id"), rooms.c.id == bindparam("id")
)
_INSERT_TRANSITION = insert(transitions)


async def _one(
    db: AsyncConnection, query: Select[tuple[object, ...]], **values: object
) -> Room | None:
    row = (await db.execute(query, values)).first()
    return None if row is None else _room(row)


def _room(row: Row[tuple[object, ...]]) -> Room:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's documented name
    del values["created_key"]
    values["type"] = RoomType(values["type"])
    values["state"] = RoomState(values["state"])
    values["config"] = _decode_config(values["config"])
    values["moderated"] = bool(values["moderated"])
    return Room(**values)


def _column(value: object) -> object:
    if isinstance(value, RoomConfig):
        return encode_config(value)
    return value.value if isinstance(value, RoomState | RoomType) else value
