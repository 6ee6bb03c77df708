"""The store: transactions on either database."""

import asyncio

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError

from rooms.errors import SchemaMismatch
from rooms.store.schema import HEAD
from rooms.store.store import Store
from rooms.store.tables import organisations


def _org(name: str) -> dict[str, object]:
    return {"id": f"org_{name}", "name": name, "created_at": 1}


async def _names(store: Store) -> list[str]:
    async with store.reading(None) as db:
        found = await db.execute(select(organisations.c.name).order_by(organisations.c.name))
        return list(found.scalars())


async def test_a_block_that_ends_well_is_committed(store: Store) -> None:
    """What was written is read by the next transaction."""
    async with store.writing(None) as db:
        await db.execute(insert(organisations), _org("a"))

    assert await _names(store) == ["a"]


async def test_a_block_that_raises_is_rolled_back(store: Store) -> None:
    """Nothing of it stays, and its own error comes out."""

    async def fail() -> None:
        async with store.writing(None) as db:
            await db.execute(insert(organisations), _org("a"))
            raise KeyError

    with pytest.raises(KeyError):
        await fail()

    assert await _names(store) == []


async def test_a_taken_value_is_an_integrity_error(store: Store) -> None:
    """A broken constraint is no outage: the caller gets SQLAlchemy's own error."""
    async with store.writing(None) as db:
        await db.execute(insert(organisations), _org("a"))

    with pytest.raises(IntegrityError):
        async with store.writing(None) as db:
            await db.execute(insert(organisations), _org("a"))

    async with store.writing(None) as db:
        await db.execute(insert(organisations), _org("b"))
    assert await _names(store) == ["a", "b"]


async def test_a_savepoint_keeps_the_transaction(store: Store) -> None:
    """A constraint broken inside `begin_nested` costs what was in it, and no more."""
    async with store.writing(None) as db:
        await db.execute(insert(organisations), _org("a"))
        with pytest.raises(IntegrityError):
            async with db.begin_nested():
                await db.execute(insert(organisations), _org("a"))
        await db.execute(insert(organisations), _org("b"))

    assert await _names(store) == ["a", "b"]


async def test_cancelling_rolls_back_and_leaves_the_writer_free(store: Store) -> None:
    """A request that is cancelled in the middle of a transaction writes nothing and blocks nobody."""
    inside = asyncio.Event()

    async def write() -> None:
        async with store.writing(None) as db:
            await db.execute(insert(organisations), _org("a"))
            inside.set()
            await asyncio.Event().wait()

    for _ in range(3):
        inside.clear()
        task = asyncio.create_task(write())
        await inside.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async with asyncio.timeout(2), store.writing(None) as db:
        await db.execute(insert(organisations), _org("b"))
    assert await _names(store) == ["b"]


async def test_cancelling_during_a_statement_leaves_the_writer_free(store: Store) -> None:
    """Cancelled at any await of a transaction, the next transaction goes on."""

    async def write() -> None:
        async with store.writing(None) as db:
            await db.execute(insert(organisations), _org("a"))
            await db.execute(select(organisations))
            raise KeyError

    for steps in range(12):
        task = asyncio.create_task(write())
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async with asyncio.timeout(5), store.writing(None) as db:
        await db.execute(insert(organisations), _org("b"))
    assert await _names(store) == ["b"]


async def test_many_writers_at_once_all_get_their_turn(store: Store) -> None:
    """A hundred transactions at once are a hundred commits."""

    async def write(number: int) -> None:
        async with store.writing(None) as db:
            await db.execute(insert(organisations), _org(f"{number:03}"))

    await asyncio.gather(*(write(number) for number in range(100)))

    assert len(await _names(store)) == 100


async def test_a_store_that_could_not_open_opens_later(store_url: str) -> None:
    """After `SchemaMismatch` or `close` the same store opens once the tables are there."""
    store = Store(store_url)
    async with store.writing(None) as db:
        await db.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    with pytest.raises(SchemaMismatch):
        await store.open()
    async with store.writing(None) as db:
        await db.execute(text("UPDATE alembic_version SET version_num = :head"), {"head": HEAD})

    for _ in range(2):
        await store.open()
        assert await _names(store) == []
        await store.close()
