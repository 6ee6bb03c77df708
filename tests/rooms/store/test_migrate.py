"""Schemas are made, upgraded, and left alone."""

import asyncio
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from stores import Databases, make_tenant

from rooms.errors import SchemaMismatch
from rooms.store import migrate, schema
from rooms.store.migrate import Migrated
from rooms.store.store import Store


@pytest.fixture
async def empty_url(databases: Databases, dialect: str, tmp_path: Path) -> str:
    """A database that nobody has used yet."""
    if dialect == "sqlite":
        return f"sqlite:///{tmp_path}/folder/rooms.db"
    server = await databases.server()
    name = tmp_path.name
    connection = await asyncpg.connect(server.url("postgres"))
    await connection.execute(f'CREATE DATABASE "{name}"')
    await connection.close()
    return server.url(name)


async def test_a_database_is_migrated_once(empty_url: str) -> None:
    """The first call makes the tables, the second finds nothing to do, and a store opens."""
    assert await migrate.ensure(empty_url) == Migrated(None, schema.HEAD)
    assert await migrate.ensure(empty_url) == Migrated(schema.HEAD, schema.HEAD)

    store = Store(empty_url)
    await store.open()
    await make_tenant(store, "one")
    await store.close()


async def test_several_may_start_at_once(empty_url: str) -> None:
    """Of five that start together one migrates, and all find the tables."""
    done = await asyncio.gather(*(migrate.ensure(empty_url) for _ in range(5)))

    assert sorted(each.before or "" for each in done) == [""] + [schema.HEAD] * 4


async def test_a_database_without_tables_is_refused(empty_url: str) -> None:
    """Opening it names the command that makes them."""
    store = Store(empty_url)

    with pytest.raises(SchemaMismatch, match="levelchat migrate"):
        await store.open()


@pytest.mark.parametrize(("found", "told"), [("0000", "levelchat migrate"), ("9999", "newer")])
async def test_another_revision_is_refused(store_url: str, found: str, told: str) -> None:
    """Tables older or newer than the program are named with what to do about it."""
    store = Store(store_url)
    async with store.writing(None) as db:
        await db.execute(text("UPDATE alembic_version SET version_num = :found"), {"found": found})

    with pytest.raises(SchemaMismatch, match=told):
        await store.open()


async def test_a_newer_database_is_not_migrated(store_url: str) -> None:
    """An old program leaves a newer database as it is."""
    store = Store(store_url)
    async with store.writing(None) as db:
        await db.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    await store.close()

    with pytest.raises(SchemaMismatch, match="newer"):
        await migrate.ensure(store_url)


async def test_an_owner_who_is_no_superuser_can_migrate(
    databases: Databases, tmp_path: Path
) -> None:
    """CREATEROLE and a database of its own are enough; tenants are kept apart there too."""
    url = await _owned(databases, tmp_path.name, "CREATEROLE")

    await migrate.ensure(url)

    store = Store(url)
    await store.open()
    one, two = await make_tenant(store, "one"), await make_tenant(store, "two")
    async with store.reading(one.org_id) as db:
        assert await _organisations(db) == [one.org_id]
    async with store.reading(None) as db:
        assert await _organisations(db) == sorted([one.org_id, two.org_id])
    await store.close()


async def test_a_user_who_may_not_is_told(databases: Databases, tmp_path: Path) -> None:
    """Without CREATEROLE and without the role, the sentence says what is missing."""
    url = await _owned(databases, tmp_path.name, "NOCREATEROLE")

    with pytest.raises(SchemaMismatch, match="permission denied"):
        await migrate.ensure(url)


async def _owned(databases: Databases, name: str, may: str) -> str:
    """An empty database that belongs to a user of the same name; the role exists already."""
    server = await databases.server()
    operator = await asyncpg.connect(server.url("postgres"))
    await operator.execute(f'CREATE USER "{name}" {may}')
    if may == "CREATEROLE":
        # In a fresh cluster the owner makes the role itself; here a superuser did for the others.
        await operator.execute(f'GRANT levelchat_tenant TO "{name}" WITH ADMIN OPTION')
    await operator.execute(f'CREATE DATABASE "{name}" OWNER "{name}"')
    await operator.close()
    return server.url(name, name)


async def _organisations(db: AsyncConnection) -> list[str]:
    found = await db.execute(text("SELECT id FROM organisations ORDER BY id"))
    return [str(each) for each in found.scalars()]
