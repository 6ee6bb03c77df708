"""Usage from rows, on both databases."""

import random

import pytest
from sessionrows import session_row
from sqlalchemy import insert, text

from rooms import quota
from rooms.lifecycle import first_state
from rooms.model import DAY, HOUR, Room, RoomConfig, RoomType, Session
from rooms.store.rooms import insert_room
from rooms.store.sessions import insert_sessions
from rooms.store.store import Store
from rooms.store.tables import organisations, projects, sessions
from rooms.store.usage import org_month_usage, project_usage, query, room_usage
from rooms.usage import Usage, stay, total

ORG, PROJECT = "org_mine", "prj_mine"
LONG = 1_000
"""Milliseconds that the random rooms are about."""


def _room(media_id: str, room_type: RoomType, org: str = "mine") -> Room:
    return Room(
        media_id=media_id,
        org_id=f"org_{org}",
        project_id=f"prj_{org}",
        id=media_id,
        external_id=None,
        type=room_type,
        config=RoomConfig(),
        state=first_state(None, 0),
        short_code=media_id,
        scheduled_for=None,
        created_at=0,
        started_at=None,
        ended_at=None,
        archived_at=None,
        end_reason=None,
        moderated=False,
        deadline_at=None,
    )


def _row(room: Room, number: int, **values: object) -> Session:
    return session_row(
        id=f"s_{room.media_id}_{number}",
        org_id=room.org_id,
        project_id=room.project_id,
        media_id=room.media_id,
        **values,
    )


async def _write(store: Store, written: dict[Room, list[Session]]) -> None:
    async with store.writing(None) as db:
        for name in sorted({room.org_id.removeprefix("org_") for room in written}):
            org = {"id": f"org_{name}", "name": name, "created_at": 0}
            await db.execute(insert(organisations), org)
            project = {"id": f"prj_{name}", "org_id": f"org_{name}", "name": "", "created_at": 0}
            await db.execute(insert(projects), project)
        for room, rows in written.items():
            await insert_room(db, room, room.media_id)
            await insert_sessions(db, rows)


def _chance(room: Room, number: int, dice: random.Random) -> Session:
    """A session of one of few participants; some are over, some run, some never were."""
    joined = dice.randrange(LONG)
    seen = joined + dice.choice([0, 1, dice.randrange(300)])
    return _row(
        room,
        number,
        participant_id=f"p_{room.media_id}_{dice.randrange(3)}",
        moderator=dice.random() < 0.2,
        publisher=dice.random() < 0.3,
        joined_at=joined,
        seen_at=seen,
        left_at=dice.choice([None, seen, max(joined, seen - 50)]),
    )


def _pure(written: dict[Room, list[Session]], since: int, until: int) -> Usage:
    stays = [stay(row, room.type) for room, rows in written.items() for row in rows]
    return total(stays, since, until)


async def test_the_database_adds_up_what_the_pure_function_does(store: Store) -> None:
    """rooms.md §9: whatever rows there are and whatever the interval, to the millisecond."""
    dice = random.Random(9)
    written: dict[Room, list[Session]] = {}
    for number in range(30):
        room = _room(f"r_{number}", dice.choice(list(RoomType)))
        written[room] = [_chance(room, each, dice) for each in range(dice.randrange(1, 20))]
    await _write(store, written)

    async with store.reading(ORG) as db:
        for room, rows in written.items():
            since, until = sorted(dice.randrange(LONG + 300) for _ in range(2))
            expected = _pure({room: rows}, since, until)
            assert await room_usage(db, room.media_id, since, until) == expected
        for since, until in [(0, LONG), (0, 300), (300, LONG), (5, 5), (9, 3), (0, 10**15)]:
            expected = _pure(written, since, until)
            assert await project_usage(db, PROJECT, since, until) == expected


async def test_nothing_was_used_where_nobody_was(store: Store) -> None:
    """No rows are no usage, and so is a room that nobody knows."""
    async with store.reading(ORG) as db:
        assert await room_usage(db, "r_unknown", 0, LONG) == Usage()
        assert await project_usage(db, PROJECT, 0, LONG) == Usage()
        assert await org_month_usage(db, ORG, 0) == Usage()


async def test_usage_is_its_own_tenants_only(store: Store) -> None:
    """Rooms of other projects and other organisations are not in the sum."""
    mine, theirs = _room("r_1", RoomType.MEETING), _room("r_2", RoomType.MEETING, "theirs")
    await _write(
        store,
        {
            mine: [_row(mine, 1, joined_at=0, seen_at=10)],
            theirs: [_row(theirs, 1, joined_at=0, seen_at=700)],
        },
    )

    async with store.reading(None) as db:
        assert await project_usage(db, "prj_mine", 0, LONG) == Usage(10)
        assert await org_month_usage(db, "org_mine", 0) == Usage(10)
        assert await org_month_usage(db, "org_theirs", 0) == Usage(700)
    async with store.reading("org_mine") as db:
        assert await project_usage(db, "prj_mine", 0, LONG) == Usage(10)


async def test_a_month_is_counted_from_its_first_instant(store: Store) -> None:
    """Who came last month and is still there counts from midnight on."""
    room = _room("r_1", RoomType.LIVE)
    since, until = quota.month(31 * DAY)
    row = _row(room, 1, joined_at=since - HOUR, seen_at=since + 2 * HOUR)
    await _write(store, {room: [row]})

    async with store.reading(ORG) as db:
        assert await org_month_usage(db, ORG, since) == Usage(0, 2 * HOUR)
        assert await org_month_usage(db, ORG, since - 1) == Usage(0, HOUR)
        assert await org_month_usage(db, ORG, until) == Usage()


async def test_the_same_question_has_the_same_answer(store: Store) -> None:
    """rooms.md §9: the sum over an interval is the same however often it is computed, and
    whatever begins after it.
    """
    room = _room("r_1", RoomType.LIVE)
    await _write(store, {room: [_row(room, 1, joined_at=0, seen_at=500)]})
    async with store.reading(ORG) as db:
        before = await room_usage(db, "r_1", 0, 400)

    later = _row(room, 2, joined_at=400, seen_at=500, publisher=True)
    async with store.writing(ORG) as db:
        await insert_sessions(db, [later])

    async with store.reading(ORG) as db:
        assert await room_usage(db, "r_1", 0, 400) == before == Usage(0, 400)
        assert await room_usage(db, "r_1", 400, 500) == Usage(100, 0)


@pytest.mark.parametrize("column", ["media_id", "project_id"])
async def test_an_index_finds_the_rows(store: Store, column: str) -> None:
    """No usage reads the sessions of all."""
    asked = query(sessions.c[column] == "r_1", 0, LONG)
    async with store.reading(None) as db:
        plain = asked.compile(db.sync_connection, compile_kwargs={"literal_binds": True})
        if store.dialect == "sqlite":
            plan = await db.execute(text(f"EXPLAIN QUERY PLAN {plain}"))
        else:
            # Without rows, PostgreSQL would rather read the whole table than an index.
            await db.execute(text("SET LOCAL enable_seqscan = off"))
            plan = await db.execute(text(f"EXPLAIN {plain}"))
        steps = " ".join(str(row) for row in plan)

    assert f"ix_sessions_{column}_" in steps
    assert "SCAN sessions" not in steps
    assert "Seq Scan" not in steps
