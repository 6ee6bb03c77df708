"""The queue of deliveries: each is had by one process at a time, and by the next when it dies."""

from collections import Counter

import pytest
from hookkit import Hookkit, settle_in
from sqlalchemy import Select, select, text

from rooms.store.store import Store
from rooms.store.tables import deliveries
from rooms.webhooks import queue
from rooms.webhooks.queue import Claimed, Due
from rooms.webhooks.schedule import Dead, Delivered, Pending, answered

LOCK = 90_000
NOTHING = queue.Batch([], set())


async def _owe(hooks: Hookkit, count: int = 1) -> str:
    webhook = await hooks.create("http://127.0.0.1:9000/")
    await hooks.announce(count=count)
    return webhook.id


async def _claim(hooks: Hookkit, limit: int = 100) -> list[Claimed]:
    async with hooks.store.writing(None) as db:
        due = await queue.peek(db, hooks.now, limit, {}, 100)
        return (await queue.claim(db, due, hooks.now, hooks.now + LOCK)).claimed


async def _peek(hooks: Hookkit, load: dict[str, int] | None = None, each: int = 100) -> list[Due]:
    async with hooks.store.reading(None) as db:
        return await queue.peek(db, hooks.now, 100, load or {}, each)


async def test_what_is_claimed_is_not_due_until_its_lock_is_over(hooks: Hookkit) -> None:
    """A dead process keeps a delivery for 90 s."""
    await _owe(hooks)
    (claimed,) = await _claim(hooks)

    assert (claimed.attempt, claimed.url) == (0, "http://127.0.0.1:9000/")
    assert await _peek(hooks) == []
    hooks.now += LOCK - 1
    assert await _peek(hooks) == []
    hooks.now += 1
    assert [due.id for due in await _peek(hooks)] == [claimed.id]


async def test_two_who_saw_the_same_get_it_once(hooks: Hookkit, store: Store) -> None:
    """Whoever is second gets nothing, and does not wait (PostgreSQL)."""
    await _owe(hooks, 3)
    due = await _peek(hooks)
    async with store.writing(None) as db:
        first = await queue.claim(db, due, hooks.now, hooks.now + LOCK)
        if store.dialect == "postgresql":
            async with store.writing(None) as other:
                assert await queue.claim(other, due, hooks.now, hooks.now + LOCK) == NOTHING
    async with store.writing(None) as db:
        assert await queue.claim(db, due, hooks.now, hooks.now + LOCK) == NOTHING

    assert len(first.claimed) == 3


async def test_no_webhook_has_more_than_its_share(hooks: Hookkit) -> None:
    """What is under way counts, and however much is owed to one, the others have theirs."""
    much = await _owe(hooks, 20)
    other = await hooks.create("http://127.0.0.1:9001/", "room.ended")
    await hooks.announce("room.ended", count=2)

    def shares(due: list[Due]) -> Counter[str]:
        return Counter(each.webhook_id for each in due)

    assert shares(await _peek(hooks, each=4)) == {much: 4, other.id: 2}
    assert shares(await _peek(hooks, {much: 3, other.id: 3}, each=4)) == {much: 1, other.id: 1}
    assert shares(await _peek(hooks, {much: 4}, each=4)) == {other.id: 2}


async def test_of_many_webhooks_none_is_forgotten(hooks: Hookkit, store: Store) -> None:
    """However many have something due, and although the first are under way elsewhere."""
    others = [await settle_in(store, f"org{number}") for number in range(3)]
    for who in others:
        kit = Hookkit(store, who)
        for port in range(2000, 2015):
            await kit.create(f"http://127.0.0.1:{port}/")
        await kit.announce()

    assert len(await _claim(hooks, 40)) == 40
    assert len(await _peek(hooks)) == 5


async def test_the_longest_due_comes_first(hooks: Hookkit) -> None:
    """Order is best effort, and this is the effort."""
    await _owe(hooks)
    (first,) = await _peek(hooks)
    hooks.now += 1_000
    await hooks.announce()

    assert (await _peek(hooks))[0] == first


@pytest.mark.parametrize(
    ("verdict", "state"),
    [(Delivered(), "delivered"), (Pending(1), "pending"), (Dead(gone=False), "dead")],
)
async def test_a_result_is_written_once(
    hooks: Hookkit, store: Store, verdict: Delivered | Pending | Dead, state: str
) -> None:
    """The attempt counts, the lock is gone; a second time changes nothing."""
    await _owe(hooks)
    (claimed,) = await _claim(hooks)
    for _ in range(2):
        async with store.writing(None) as db:
            await queue.settle(db, claimed, answered(200), verdict, hooks.now)

    async with store.reading(None) as db:
        row = (await db.execute(select(deliveries))).one()
    assert (row.state, row.attempt, row.locked_until, row.last_status) == (state, 1, 0, 200)


async def test_a_result_that_comes_too_late_is_not_written(hooks: Hookkit, store: Store) -> None:
    """The lock was over, and another process has the delivery now."""
    await _owe(hooks)
    (late,) = await _claim(hooks)
    hooks.now += LOCK
    (claimed,) = await _claim(hooks)
    async with store.writing(None) as db:
        await queue.settle(db, late, answered(500), Dead(gone=False), hooks.now)

    async with store.reading(None) as db:
        row = (await db.execute(select(deliveries))).one()
    assert (row.state, row.locked_until) == ("pending", claimed.locked_until)


async def test_what_is_handed_back_is_due_at_once(hooks: Hookkit, store: Store) -> None:
    """No attempt is counted."""
    await _owe(hooks, 2)
    claimed = await _claim(hooks)
    async with store.writing(None) as db:
        await queue.hand_back(db, claimed)

    assert len(await _peek(hooks)) == 2


async def test_what_is_owed_to_a_disabled_webhook_is_given_up(
    hooks: Hookkit, store: Store
) -> None:
    """It cannot be claimed, only buried; in batches, for it may be much."""
    count = queue.BURIED_AT_ONCE + 1
    webhook_id = await _owe(hooks, count)
    (under_way,) = await _claim(hooks, 1)
    async with store.writing(None) as db:
        await queue.disable(db, webhook_id, hooks.now)
        due = await queue.peek(db, hooks.now, 10, {}, 10)
        batch = await queue.claim(db, due, hooks.now, hooks.now + LOCK)
    assert batch == queue.Batch([], {webhook_id})
    async with store.writing(None) as db:
        await queue.bury(db, webhook_id, hooks.now)

    async with store.reading(None) as db:
        left = (await db.execute(select(deliveries).where(deliveries.c.state != "dead"))).all()
    assert [row.id for row in left] == [under_way.id]


async def test_the_next_and_the_depth_are_known(hooks: Hookkit, store: Store) -> None:
    """When to look again, and how far behind the queue is."""
    await _owe(hooks, 3)
    (claimed,) = await _claim(hooks, 1)
    async with store.writing(None) as db:
        await queue.settle(db, claimed, answered(500), Pending(hooks.now + 10_000), hooks.now)
    async with store.reading(None) as db:
        assert await queue.next_due(db, hooks.now) == hooks.now + 10_000
        assert await queue.depth(db, hooks.now) == queue.Depth(2, hooks.now)
        assert await queue.next_due(db, hooks.now + 10_000) is None
        assert await queue.depth(db, hooks.now - 1) == queue.Depth(0, None)


@pytest.mark.parametrize(
    "query", [queue.owing_query(), queue.due_query(0, [("wh_1", 4), ("wh_2", 3)])]
)
async def test_looking_for_work_goes_by_the_index_of_what_is_pending(
    store: Store, query: Select[tuple[object, ...]]
) -> None:
    """However many deliveries were made before, and however much is owed to one webhook."""
    async with store.reading(None) as db:
        sql = str(query.compile(dialect=db.dialect, compile_kwargs={"literal_binds": True}))
        if store.dialect == "postgresql":
            # Its planner would read a table without rows from end to end.
            await db.execute(text("SET LOCAL enable_seqscan = off"))
            explain = "EXPLAIN "
        else:
            explain = "EXPLAIN QUERY PLAN "
        plan = [str(row) for row in await db.execute(text(explain + sql))]

    steps = [row for row in plan if "deliveries" in row]
    assert steps
    assert [row for row in steps if "ix_deliveries_webhook_id_due_at" not in row] == []
