"""Consistent copies beside a running server."""

import asyncio
import os
import stat
import subprocess
from pathlib import Path

import asyncpg
import pytest
from postgres import program
from sqlalchemy import func, select
from stores import Databases, make_tenant

from rooms.errors import BackupFailed
from rooms.store import backup
from rooms.store.store import Store
from rooms.store.tables import api_keys, organisations


@pytest.fixture
def tools(monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL's programs of the server's version, first on the PATH."""
    monkeypatch.setenv(
        "PATH", f"{Path(program('pg_dump')).parent}{os.pathsep}{os.environ['PATH']}"
    )


async def _counts(url: str) -> tuple[int, int]:
    store = Store(url)
    await store.open()
    async with store.reading(None) as db:
        orgs = (await db.execute(select(func.count()).select_from(organisations))).scalar_one()
        keys = (await db.execute(select(func.count()).select_from(api_keys))).scalar_one()
    await store.close()
    return orgs, keys


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_a_copy_of_a_file_is_of_one_instant(
    store: Store, store_url: str, tmp_path: Path
) -> None:
    """While somebody writes, the copy has whole transactions only, and opens as a database."""
    stop = False

    async def write() -> None:
        number = 0
        while not stop:
            number += 1
            await make_tenant(store, f"org {number}")
            await asyncio.sleep(0)

    task = asyncio.create_task(write())
    await asyncio.sleep(0.05)
    await asyncio.to_thread(backup.backup, store_url, tmp_path / "copy.db")
    stop = True
    await task

    orgs, keys = await _counts(f"sqlite:///{tmp_path}/copy.db")
    assert orgs == keys > 0


@pytest.mark.parametrize("dialect", ["postgresql"])
async def test_a_dump_restores(
    databases: Databases, store: Store, store_url: str, tmp_path: Path, tools: None
) -> None:
    """In another database the dump gives the same rows, with row-level security over them."""
    tenant = await make_tenant(store, "one")
    await make_tenant(store, "two")
    await asyncio.to_thread(backup.backup, store_url, tmp_path / "copy.dump")

    server = await databases.server()
    operator = await asyncpg.connect(server.url("postgres"))
    await operator.execute(f'CREATE DATABASE "{tmp_path.name}"')
    await operator.close()
    url = server.url(tmp_path.name)
    await asyncio.to_thread(
        subprocess.run,
        [program("pg_restore"), "--dbname", url, str(tmp_path / "copy.dump")],
        check=True,
    )

    assert await _counts(url) == (2, 2)
    restored = Store(url)
    async with restored.reading(tenant.org_id) as db:
        found = (await db.execute(select(organisations.c.id))).scalars().all()
    await restored.close()
    assert found == [tenant.org_id]


@pytest.mark.parametrize("dialect", ["sqlite"])
def test_only_its_owner_reads_it(store_url: str, tmp_path: Path) -> None:
    """The copy's mode is 0600, and no draft is left."""
    backup.backup(store_url, tmp_path / "copy.db")

    assert stat.S_IMODE((tmp_path / "copy.db").stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["copy.db"]


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("sqlite:////nowhere/rooms.db", "no database"),
        ("postgresql://postgres:secret@127.0.0.1:1/none", "pg_dump failed"),
    ],
)
def test_what_cannot_be_copied_is_said(url: str, told: str, tmp_path: Path, tools: None) -> None:
    """No half a file is left behind, and no password is repeated."""
    with pytest.raises(BackupFailed, match=told) as caught:
        backup.backup(url, tmp_path / "copy")

    assert "secret" not in caught.value.detail
    assert list(tmp_path.iterdir()) == []


def test_a_missing_program_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without pg_dump the sentence says what to install."""
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(BackupFailed, match="pg_dump is not on the PATH"):
        backup.backup("postgresql://h/db", tmp_path / "copy")


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    """The target cannot be written."""
    with pytest.raises(BackupFailed, match="cannot be written"):
        backup.backup("sqlite:///x.db", tmp_path / "none" / "copy")
