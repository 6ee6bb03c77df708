"""The store is opened when it is there, and the first key is made once."""

import asyncio
from pathlib import Path

import pytest
from postgres import PostgresServer
from roomkit import Kit
from sqlalchemy import text

from rooms import opening
from rooms.errors import SchemaMismatch
from rooms.store.schema import HEAD
from rooms.store.store import Store
from rooms.tenancy import Tenants


async def test_a_new_database_gets_its_tables(tmp_path: Path) -> None:
    """Nothing has to be prepared."""
    url = f"sqlite:///{tmp_path / 'rooms.db'}"
    store = Store(url)

    await opening.open_store(url, store)

    await store.ping()
    await store.close()


async def test_a_database_that_is_away_is_waited_for() -> None:
    """A server may start before its database does."""
    server = PostgresServer()
    await asyncio.to_thread(server.start)
    url = server.url("postgres")
    server.stop()
    store = Store(url)
    opening_ = asyncio.create_task(opening.open_store(url, store))
    await asyncio.sleep(0.1)
    assert not opening_.done()

    await asyncio.to_thread(server.start)
    async with asyncio.timeout(20):
        await opening_

    await store.ping()
    await store.close()
    server.remove()


async def test_a_newer_database_is_refused(tmp_path: Path) -> None:
    """What a later version made is not touched."""
    url = f"sqlite:///{tmp_path / 'rooms.db'}"
    store = Store(url)
    await opening.open_store(url, store)
    async with store.writing(None) as db:
        await db.execute(text("UPDATE alembic_version SET version_num = :v"), {"v": f"{HEAD}9"})
    await store.close()

    with pytest.raises(SchemaMismatch):
        await opening.open_store(url, Store(url))


async def test_the_first_key_is_made_once(kit: Kit) -> None:
    """Its secret is shown on the first start only."""
    tenants = Tenants(b"p" * 32)

    first = await opening.first_key(kit.transactions, tenants)

    assert first is not None
    async with kit.transactions.reading(None) as tx:
        who = await tenants.authenticate(tx, first.key)
    assert who.project_id == "default"
    assert await opening.first_key(kit.transactions, tenants) is None
