"""Rows of rooms are read as they were written, and found by index."""

import pytest
from roomkit import Kit
from sqlalchemy import text
from sqlalchemy.dialects import postgresql, sqlite

from rooms.model import RoomState, RoomType
from rooms.store import rooms as room_rows
from rooms.store.rooms import RoomFilter

FILTERS = [
    RoomFilter(),
    RoomFilter(state=RoomState.ACTIVE),
    RoomFilter(type=RoomType.LIVE),
    RoomFilter(external_id="x"),
]


async def test_a_changed_room_is_read_as_changed(kit: Kit) -> None:
    """`change` gives what stands in the row afterwards."""
    room = await kit.create(config={"record": {"enabled": True}, "preferred_codec": "av1"})

    async with kit.transactions.writing(None) as tx:
        changed = await room_rows.change(tx.db, room, state=RoomState.ACTIVE, deadline_at=7)

    assert await kit.room(room.media_id) == changed
    assert (changed.state, changed.deadline_at) == (RoomState.ACTIVE, 7)


async def test_only_what_has_a_deadline_is_due(kit: Kit) -> None:
    """Idle rooms have none; the longest overdue comes first."""
    rooms = [await kit.create() for _ in range(3)]
    async with kit.transactions.writing(None) as tx:
        await room_rows.change(tx.db, rooms[0], deadline_at=20)
        await room_rows.change(tx.db, rooms[1], deadline_at=10)

    async with kit.transactions.reading(None) as tx:
        assert await room_rows.due(tx.db, 9, 10) == []
        assert list(await room_rows.due(tx.db, 20, 10)) == [rooms[1].media_id, rooms[0].media_id]
        assert await room_rows.next_deadline(tx.db) == 10


@pytest.mark.parametrize("wanted", FILTERS)
async def test_every_list_is_held_by_an_index(kit: Kit, wanted: RoomFilter) -> None:
    """No list of rooms sorts, or scans the table, whatever its filter."""
    dialect = {"sqlite": sqlite.dialect(), "postgresql": postgresql.dialect()}[kit.store.dialect]
    query = room_rows.list_query(kit.who.project_id, wanted, "k_0").limit(101)
    sql = str(query.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
    explain = "EXPLAIN QUERY PLAN " if kit.store.dialect == "sqlite" else "EXPLAIN "

    async with kit.store.writing(None) as db:
        if kit.store.dialect == "postgresql":
            await db.execute(text("SET LOCAL enable_seqscan = off"))
            await db.execute(text("SET LOCAL enable_bitmapscan = off"))
        plan = "\n".join(str(row) for row in await db.execute(text(explain + sql)))

    assert "ix_rooms_project_id" in plan
    assert "Sort" not in plan
    assert "TEMP B-TREE" not in plan


async def test_lately_ended_rooms_are_found(kit: Kit) -> None:
    """Those that nodes must refuse tokens of."""
    old, new, running = [await kit.create() for _ in range(3)]
    async with kit.transactions.writing(None) as tx:
        for room, at in ((old, 10), (new, 100)):
            await room_rows.change(
                tx.db, room, state=RoomState.ENDED, ended_at=at, deadline_at=at + 5
            )
        await room_rows.change(tx.db, running, state=RoomState.ACTIVE)

    async with kit.transactions.reading(None) as tx:
        assert [room.id for room in await room_rows.ended_since(tx.db, 50, 10)] == [new.id]
        assert await room_rows.active(tx.db, 10) == [running.media_id]
