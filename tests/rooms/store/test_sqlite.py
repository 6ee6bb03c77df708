"""SQLite: one writer, readers beside it, and other processes."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import uvloop
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import IntegrityError, OperationalError
from stores import Databases, make_tenant

from rooms.errors import StoreUnavailable
from rooms.store import sqlite
from rooms.store.store import Store
from rooms.store.tables import organisations, projects


@pytest.fixture
def dialect() -> str:
    """Here the other database is no use."""
    return "sqlite"


@pytest.fixture
def file(store_url: str) -> Path:
    return Path(store_url.removeprefix("sqlite:///"))


@pytest.fixture
def other(file: Path) -> Iterator[sqlite3.Connection]:
    """Another process with the same file open."""
    with closing(sqlite3.connect(file, isolation_level=None, timeout=0)) as connection:
        yield connection


async def _count(store: Store) -> int:
    async with store.reading(None) as db:
        return int(
            (await db.execute(select(func.count()).select_from(organisations))).scalar_one()
        )


async def test_readers_go_on_beside_a_writer(store: Store) -> None:
    """A reader sees the state before a transaction that is not over, and need not wait."""
    async with store.writing(None) as db:
        await db.execute(insert(organisations), {"id": "org_a", "name": "a", "created_at": 1})
        assert await _count(store) == 0

    assert await _count(store) == 1


async def test_a_reader_sees_one_instant(store: Store) -> None:
    """What is committed while a reading block is open is not seen in it."""
    async with store.reading(None) as db:
        assert (await db.execute(select(organisations))).all() == []
        await make_tenant(store, "one")
        assert (await db.execute(select(organisations))).all() == []


async def test_reading_changes_nothing(store: Store) -> None:
    """A write in a reading transaction is refused by the database."""
    with pytest.raises((OperationalError, StoreUnavailable)):
        async with store.reading(None) as db:
            await db.execute(text("DELETE FROM organisations"))


async def test_another_process_writes_beside(store: Store, file: Path) -> None:
    """Both wait for each other and lose nothing."""

    def write_elsewhere() -> None:
        with closing(sqlite3.connect(file)) as own:
            for number in range(50):
                own.execute(
                    "INSERT INTO organisations VALUES (?, ?, '{}', 1, NULL)", [f"o{number}"] * 2
                )
                own.commit()

    there = asyncio.create_task(asyncio.to_thread(write_elsewhere))
    for number in range(50):
        await make_tenant(store, f"mine {number}")
    await there

    assert await _count(store) == 100


async def test_a_file_that_stays_locked_is_away(
    store: Store, other: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A writer waits for the lock for so long, then says so; readers do not notice."""
    await make_tenant(store, "one")
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.05)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(StoreUnavailable) as caught:
        await make_tenant(store, "two")
    assert caught.value.headers == {"Retry-After": "5"}
    assert "SQLITE_BUSY" in caught.value.detail
    assert await _count(store) == 1

    other.execute("ROLLBACK")
    await make_tenant(store, "two")
    assert await _count(store) == 2


async def test_a_full_disk_is_away(store: Store) -> None:
    """What does not fit is not written, is said, and smaller things still work."""
    async with store.writing(None) as db:
        pages = (await db.execute(text("PRAGMA page_count"))).scalar_one()
        await db.execute(text(f"PRAGMA max_page_count = {pages + 2}"))

    with pytest.raises(StoreUnavailable, match="SQLITE_FULL"):
        async with store.writing(None) as db:
            await db.execute(
                insert(organisations), {"id": "org_a", "name": "a" * 100_000, "created_at": 1}
            )

    assert await _count(store) == 0
    await make_tenant(store, "one")


async def test_waiting_for_ones_turn_has_an_end(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A writer that never ends does not make others wait for ever."""
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.05)

    async with store.writing(None):
        with pytest.raises(StoreUnavailable):
            await make_tenant(store, "one")

    await make_tenant(store, "one")


async def test_foreign_keys_hold(store: Store) -> None:
    """SQLite checks references as PostgreSQL does."""
    with pytest.raises(IntegrityError):
        async with store.writing(None) as db:
            await db.execute(
                insert(projects), {"id": "p", "org_id": "none", "name": "x", "created_at": 1}
            )


async def test_the_file_is_in_wal_mode(store: Store) -> None:
    """Readers and the writer are kept apart by the write-ahead log, synced at checkpoints."""
    async with store.writing(None) as db:
        assert (await db.execute(text("PRAGMA journal_mode"))).scalar_one() == "wal"
        assert (await db.execute(text("PRAGMA synchronous"))).scalar_one() == 1


async def test_a_missing_file_is_away(tmp_path: Path) -> None:
    """The store makes no file: only a migration does."""
    store = Store(f"sqlite:///{tmp_path}/none.db")

    with pytest.raises(StoreUnavailable, match="SQLITE_CANTOPEN"):
        await store.ping()
    assert not (tmp_path / "none.db").exists()


async def test_the_loop_goes_on_while_another_process_writes(
    store: Store, other: sqlite3.Connection
) -> None:
    """A writer that waits for the file holds up nobody else, and goes on when the file is free."""
    other.execute("BEGIN IMMEDIATE")
    waiting = asyncio.create_task(make_tenant(store, "one"))

    for _ in range(20):
        await asyncio.sleep(0.001)
    assert not waiting.done()
    assert await _count(store) == 0

    other.execute("ROLLBACK")
    await waiting


def test_it_runs_on_uvloop(databases: Databases) -> None:
    """The loop that `levelchat serve` runs on carries it, too."""

    async def use() -> str:
        async with databases.migrated("sqlite") as url:
            store = Store(url)
            await store.open()
            tenant = await make_tenant(store, "one")
            await store.close()
            return tenant.org_id

    assert uvloop.run(use()).startswith("org_")
