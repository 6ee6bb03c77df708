"""PostgreSQL: row-level security, and connections that come and go."""

import asyncio
from collections.abc import Iterator

import asyncpg
import pytest
import uvloop
from postgres import PostgresServer
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection
from stores import Databases, make_tenant
from tenantrows import rows_of

from rooms.errors import StoreUnavailable
from rooms.store import migrate, postgres
from rooms.store.store import Store
from rooms.store.tables import TENANT_TABLES, metadata, organisations

MINE, THEIRS = "mine", "theirs"
MY_ORG, THEIR_ORG = f"id of {MINE}", f"id of {THEIRS}"
BY_NAME = {table.name: table for table in TENANT_TABLES}


@pytest.fixture
def dialect() -> str:
    """Here the other database is no use."""
    return "postgresql"


@pytest.fixture
async def both(store: Store) -> Store:
    """A row of each table for two organisations."""
    async with store.writing(None) as db:
        for org in (MINE, THEIRS):
            for table, values in rows_of(org):
                await db.execute(insert(table), values)
    return store


def _rows(org: str) -> dict[str, dict[str, object]]:
    return {table.name: values for table, values in rows_of(org)}


async def test_a_tenant_reads_its_own_rows_only(both: Store) -> None:
    """Without any WHERE, only the organisation's own row of any table comes out."""
    async with both.reading(MY_ORG) as db:
        found = {name: await _all(db, name) for name in BY_NAME}

    assert found == {name: [_rows(MINE)[name]] for name in BY_NAME}


async def test_a_tenant_changes_its_own_rows_only(both: Store) -> None:
    """Without any WHERE, UPDATE and DELETE reach the organisation's own row and no other."""
    reached = {}
    async with both.writing(None) as db:
        await db.execute(text("SET LOCAL session_replication_role = replica"))  # no foreign keys
        await _become(db, MY_ORG)
        for name, table in BY_NAME.items():
            column = next(iter(table.c)).name
            updated = await db.execute(text(f"UPDATE {name} SET {column} = {column}"))  # noqa: S608
            deleted = await db.execute(text(f"DELETE FROM {name}"))  # noqa: S608
            reached[name] = (updated.rowcount, deleted.rowcount)

    assert reached == dict.fromkeys(BY_NAME, (1, 1))
    async with both.reading(None) as db:
        left = {name: await _all(db, name) for name in BY_NAME}
    assert left == {name: [_rows(THEIRS)[name]] for name in BY_NAME}


async def test_a_tenant_inserts_no_foreign_row(store: Store) -> None:
    """A row of any table that belongs to another organisation is refused."""
    for name, values in _rows(THEIRS).items():
        if name in BY_NAME:
            with pytest.raises(ProgrammingError, match="row-level security"):
                async with store.writing(MY_ORG) as db:
                    await db.execute(insert(BY_NAME[name]), values)


async def test_a_tenant_gives_no_row_away(both: Store) -> None:
    """A row of any table stays its organisation's."""
    for name, table in BY_NAME.items():
        owner = "org_id" if "org_id" in table.c else "id"
        with pytest.raises(ProgrammingError, match="row-level security"):
            async with both.writing(MY_ORG) as db:
                await db.execute(text(f"UPDATE {name} SET {owner} = '{THEIR_ORG}'"))  # noqa: S608


async def _all(db: AsyncConnection, table: str) -> list[dict[str, object]]:
    found = await db.execute(text(f"SELECT * FROM {table}"))  # noqa: S608
    return [dict(row) for row in found.mappings()]


async def _become(db: AsyncConnection, org: str) -> None:
    await db.execute(
        text("SELECT set_config('role', :role, true), set_config('levelchat.org', :org, true)"),
        {"role": postgres.TENANT_ROLE, "org": org},
    )


async def test_every_tenant_table_has_its_policy(store: Store) -> None:
    """No table with an `org_id` is without row-level security; what has none is no tenant's."""
    query = text(
        "SELECT relname, relrowsecurity, (SELECT count(*) FROM pg_policy WHERE polrelid = c.oid) "
        "FROM pg_class c WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    )
    async with store.reading(None) as db:
        found = {name: (secured, count) for name, secured, count in await db.execute(query)}

    assert {name for name, (secured, count) in found.items() if secured and count == 1} == set(
        BY_NAME
    )
    assert set(found) - set(BY_NAME) == {"leases", "alembic_version"}
    assert [
        t.name for t in metadata.sorted_tables if "org_id" in t.c and t.name not in found
    ] == []


@pytest.mark.parametrize("name", ["leases", "alembic_version"])
async def test_a_tenant_sees_nothing_of_the_system(store: Store, name: str) -> None:
    """Tables that are no tenant's are closed to tenants."""
    with pytest.raises(ProgrammingError, match="permission denied"):
        async with store.reading(MY_ORG) as db:
            await db.execute(text(f"SELECT * FROM {name}"))  # noqa: S608


async def test_the_next_transaction_is_not_the_last_tenants(both: Store) -> None:
    """Role and organisation end with their transaction, though the connection is the same."""
    single = Store(_url(both), 1)
    async with single.writing(MY_ORG) as db:
        assert len((await db.execute(select(organisations))).all()) == 1
    async with single.writing(None) as db:
        assert len((await db.execute(select(organisations))).all()) == 2
    with pytest.raises(KeyError):
        await _fail_as(single, THEIR_ORG)
    async with single.reading(MY_ORG) as db:
        assert [row.id for row in await db.execute(select(organisations))] == [MY_ORG]
    await single.close()


async def _fail_as(store: Store, org: str) -> None:
    async with store.writing(org) as db:
        await db.execute(select(organisations))
        raise KeyError


async def test_a_tenant_of_no_organisation_sees_nothing(both: Store) -> None:
    """An empty organisation is nobody's, not everybody's."""
    async with both.reading("") as db:
        assert (await db.execute(select(organisations))).all() == []


async def test_the_keys_of_a_page_are_compared_by_index(store: Store) -> None:
    """Row-level security does not hide an index: comparing text gives nothing away."""
    async with store.reading(None) as db:
        await db.execute(text("SET LOCAL enable_seqscan = off"))
        await _become(db, "org_x")
        plan = "\n".join(
            (
                await db.execute(
                    text(
                        "EXPLAIN SELECT * FROM rooms WHERE project_id = 'p' AND created_key < 'k' "
                        "ORDER BY created_key DESC LIMIT 100"
                    )
                )
            ).scalars()
        )

    assert "Index Cond: ((project_id = 'p'::text) AND (created_key < 'k'::text))" in plan


async def test_reading_changes_nothing(store: Store) -> None:
    """A write in a reading transaction is refused by the database."""
    with pytest.raises(DBAPIError, match="read-only"):
        async with store.reading(None) as db:
            await db.execute(text("DELETE FROM organisations"))


async def test_connections_that_the_server_closed_are_replaced(store: Store) -> None:
    """After an operator terminated every connection, the next transaction just works."""
    await make_tenant(store, "one")
    pid = text("SELECT pg_backend_pid()")
    async with store.reading(None) as db:
        before = (await db.execute(pid)).scalar_one()

    await _terminate_others(store)
    await _gone(store)

    async with store.reading(None) as db:
        assert (await db.execute(pid)).scalar_one() != before


async def test_a_connection_lost_inside_a_transaction_is_said(store: Store) -> None:
    """The statement after the loss raises `StoreUnavailable`; the next transaction works."""
    with pytest.raises(StoreUnavailable) as caught:
        await _lose_connection(store)

    assert caught.value.headers == {"Retry-After": "5"}
    assert (await make_tenant(store, "two")).org_id


async def _lose_connection(store: Store) -> None:
    async with store.writing(None) as db:
        await db.execute(insert(organisations), {"id": "org_a", "name": "a", "created_at": 1})
        await _terminate_others(store)
        await db.execute(select(organisations))


async def _terminate_others(store: Store) -> None:
    operator = await asyncpg.connect(_url(store))
    await operator.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
        "WHERE pid <> pg_backend_pid() AND datname = current_database()"
    )
    await operator.close()


async def _gone(store: Store) -> None:
    """Until this process has read that its idle connections were closed."""
    pool = store._database._engine.pool
    idle = [record for record in pool._pool._queue._queue if record.dbapi_connection]
    assert idle
    while not all(record.dbapi_connection.driver_connection.is_closed() for record in idle):
        await asyncio.sleep(0.01)


def _url(store: Store) -> str:
    return str(store._database._engine.url.render_as_string(hide_password=False)).replace(
        "+asyncpg", ""
    )


@pytest.fixture
def own_server() -> Iterator[PostgresServer]:
    """A server that may be stopped."""
    server = PostgresServer()
    server.start()
    yield server
    server.remove()


async def test_the_pool_recovers(own_server: PostgresServer) -> None:
    """While the server is away every transaction is a 503; once it is back the first one works."""
    await migrate.ensure(own_server.url("postgres"))
    store = Store(own_server.url("postgres"))
    await store.open()
    await asyncio.gather(*(make_tenant(store, f"org {number}") for number in range(12)))

    await asyncio.to_thread(own_server.stop)
    for _ in range(3):
        with pytest.raises(StoreUnavailable):
            await make_tenant(store, "lost")
        with pytest.raises(StoreUnavailable):
            await store.ping()
    await asyncio.to_thread(own_server.start)

    await store.ping()
    await make_tenant(store, "back")
    async with store.reading(None) as db:
        names = set((await db.execute(select(organisations.c.name))).scalars())
    await store.close()
    assert names == {"back"} | {f"org {number}" for number in range(12)}


async def test_what_refuses_connections_is_away() -> None:
    """Nobody listening is `StoreUnavailable`, when opened and later."""
    store = Store("postgresql://postgres@127.0.0.1:1/none")

    with pytest.raises(StoreUnavailable):
        await store.open()
    with pytest.raises(StoreUnavailable):
        await store.ping()


async def test_an_unknown_database_is_away(databases: Databases) -> None:
    """A name that the server does not know is said without the address."""
    server = await databases.server()
    store = Store(server.url("nothing_of_that_name"))

    with pytest.raises(StoreUnavailable) as caught:
        await store.open()
    assert str(server.port) not in caught.value.detail


async def test_waiting_for_a_connection_has_an_end(
    store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When every connection is taken for too long, the caller is told so."""
    monkeypatch.setattr(postgres, "POOL_WAIT_SECONDS", 0.05)
    store = Store(store_url, connections=1)

    async with store.reading(None):
        with pytest.raises(StoreUnavailable):
            await store.ping()
    await store.ping()
    await store.close()


async def test_a_statement_has_a_deadline(store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A statement that the server does not answer in time is `StoreUnavailable`."""
    monkeypatch.setattr(postgres, "COMMAND_SECONDS", 0.1)
    store = Store(store_url, connections=1)

    with pytest.raises(StoreUnavailable):
        async with store.reading(None) as db:
            await db.execute(text("SELECT pg_sleep(30)"))
    await store.close()


def test_it_runs_on_uvloop(databases: Databases) -> None:
    """The loop that `levelchat serve` runs on carries it, too."""

    async def use() -> str:
        async with databases.migrated("postgresql") as url:
            store = Store(url)
            await store.open()
            tenant = await make_tenant(store, "one")
            await store.close()
            return tenant.org_id

    assert uvloop.run(use()).startswith("org_")
