"""Schemas are made, upgraded, and left alone."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from postgres import PostgresServer
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
    await _order(server, f'CREATE DATABASE "{name}"')
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


@pytest.fixture
def fresh_server() -> Iterator[PostgresServer]:
    """A cluster without the role."""
    server = PostgresServer()
    server.start()
    yield server
    server.remove()


async def test_an_owner_who_is_no_superuser_can_migrate(fresh_server: PostgresServer) -> None:
    """CREATEROLE and a database of its own are enough; tenants are kept apart there too.

    A second owner in the cluster, whose role somebody else has made, must be granted it.
    """
    url = await _owned(fresh_server, "first", "CREATEROLE")
    await migrate.ensure(url)

    store = Store(url)
    await store.open()
    one, two = await make_tenant(store, "one"), await make_tenant(store, "two")
    async with store.reading(one.org_id) as db:
        assert await _organisations(db) == [one.org_id]
    async with store.reading(None) as db:
        assert await _organisations(db) == sorted([one.org_id, two.org_id])
    await store.close()

    second = await _owned(fresh_server, "second", "NOCREATEROLE")
    with pytest.raises(SchemaMismatch, match="permission denied"):
        await migrate.ensure(second)
    await _order(fresh_server, "GRANT levelchat_tenant TO second")
    assert await migrate.ensure(second) == Migrated(None, schema.HEAD)


async def _owned(server: PostgresServer, name: str, may: str) -> str:
    """An empty database that belongs to a user of the same name."""
    await _order(server, f"CREATE USER {name} {may}")
    await _order(server, f"CREATE DATABASE {name} OWNER {name}")
    return server.url(name, name)


async def _order(server: PostgresServer, sql: str) -> None:
    operator = await asyncpg.connect(server.url("postgres"))
    await operator.execute(sql)
    await operator.close()


async def _organisations(db: AsyncConnection) -> list[str]:
    found = await db.execute(text("SELECT id FROM organisations ORDER BY id"))
    return [str(each) for each in found.scalars()]
