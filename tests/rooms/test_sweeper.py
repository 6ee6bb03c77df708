"""The sweeper ends what is due, takes the silent for gone, and costs idle rooms nothing."""

from collections.abc import Callable

import pytest
from prometheus_client import CollectorRegistry
from roomkit import MODERATE, PUBLISH, Kit
from sqlalchemy import event

from rooms.metrics import RoomsMetrics
from rooms.model import DAY, RoomState
from rooms.store import sessions as session_rows
from rooms.sweeper import HOLD, SILENCE, TICK, Sweeper


@pytest.fixture
def sweeper(kit: Kit) -> Sweeper:
    return Sweeper(kit.transactions, kit.alarm, RoomsMetrics(CollectorRegistry()), "node-1")


async def tick_until(kit: Kit, sweeper: Sweeper, over: Callable[[], object], most: int) -> None:
    """Ticks every 20 s of the test's time until *over*, *most* milliseconds at most."""
    end = kit.now + most
    while not await over():
        assert kit.now < end
        kit.now += TICK
        await sweeper.tick()


async def test_a_deadline_is_kept(kit: Kit, sweeper: Sweeper) -> None:
    """15 s after its last participant the room ends; a day later it is archived."""
    room = await kit.create()
    await kit.leave(room, await kit.join(room, "ada"))
    kit.now += 15_000
    await sweeper.tick()
    assert (await kit.room(room.media_id)).state is RoomState.ENDED
    kit.now += DAY

    await sweeper.tick()

    assert (await kit.room(room.media_id)).state is RoomState.ARCHIVED


async def test_lost_leaves_are_found_within_80_seconds(kit: Kit, sweeper: Sweeper) -> None:
    """With every leave event dropped the room ends within 80 s, and nobody is billed for the
    time after they were last seen (rooms.md §2).
    """
    room = await kit.create()
    await sweeper.tick()
    for _ in range(3):  # the sweeper has been running for a while
        kit.now += TICK
        await sweeper.tick()
    await kit.join(room, "ada", MODERATE)
    await kit.join(room, "bob", PUBLISH, transport="whip")
    gone_at = kit.now

    async def over() -> bool:
        return (await kit.room(room.media_id)).state is RoomState.ENDED

    await tick_until(kit, sweeper, over, 80_000)

    sessions = await kit.sessions(room)
    assert [each.left_at for each in sessions.values()] == [gone_at, gone_at]
    assert {each.reason for each in sessions.values()} == {"lost"}


async def test_who_is_seen_is_not_reaped(kit: Kit, sweeper: Sweeper) -> None:
    """Reports every 10 s keep a session for hours."""
    room = await kit.create()
    attended = await kit.join(room, "ada", MODERATE)
    for _ in range(60):
        kit.now += 10_000
        async with kit.transactions.writing(None) as tx:
            await session_rows.mark_seen(tx.db, [attended.session.id], kit.now)
        await sweeper.tick()

    assert await kit.present(room) == ["ada"]


async def test_a_pause_of_ours_is_no_silence_of_theirs(kit: Kit, sweeper: Sweeper) -> None:
    """After the store or this process was away, nodes get the time to say who is there."""
    room = await kit.create()
    await kit.join(room, "ada", MODERATE)
    await sweeper.tick()
    kit.now += 10 * 60_000
    await sweeper.tick()
    assert await kit.present(room) == ["ada"]

    kit.now += HOLD
    await sweeper.tick()

    assert await kit.present(room) == []


async def test_one_replica_reaps_while_the_other_stands_by(kit: Kit, sweeper: Sweeper) -> None:
    """The lease is with one; it passes on when that one is gone."""
    other = Sweeper(kit.transactions, kit.alarm, RoomsMetrics(CollectorRegistry()), "node-2")
    room = await kit.create()
    await sweeper.tick()
    await other.tick()
    for _ in range(3):
        kit.now += TICK
        await sweeper.tick()
        await other.tick()
    await kit.join(room, "ada")
    left_by_other = []
    for _ in range(3):
        kit.now += SILENCE // 3 + 1
        await other.tick()
        left_by_other += await kit.present(room)
        await sweeper.tick()

    assert left_by_other == ["ada"] * 3
    assert await kit.present(room) == []


async def test_idle_rooms_are_not_looked_at(kit: Kit, sweeper: Sweeper) -> None:
    """A tick makes as many queries with a hundred idle rooms as with none."""
    counts = []
    for _ in range(3):
        kit.now += TICK
        await sweeper.tick()
    for _ in range(2):
        kit.now += TICK
        counts.append(await _queries(kit, sweeper))
        for _ in range(50):
            await kit.create()

    assert counts[0] == counts[1]


async def _queries(kit: Kit, sweeper: Sweeper) -> int:
    statements = []

    def count(*arguments: object) -> None:
        statements.append(arguments)

    async with kit.store.reading(None) as db:
        engine = db.engine.sync_engine if hasattr(db.engine, "sync_engine") else db.engine
    event.listen(engine, "before_cursor_execute", count)
    try:
        await sweeper.tick()
    finally:
        event.remove(engine, "before_cursor_execute", count)
    return len(statements)
