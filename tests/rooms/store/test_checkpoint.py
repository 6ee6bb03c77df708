"""The write-ahead log does not grow for ever, and the loop does not wait for the disk."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import insert, text
from stores import make_tenant

from rooms.store import checkpoint
from rooms.store.inline import InlineConnection
from rooms.store.store import Store
from rooms.store.tables import organisations


@pytest.fixture
def dialect() -> str:
    """PostgreSQL looks after its log itself."""
    return "sqlite"


@pytest.fixture
def log(store_url: str) -> Path:
    return Path(store_url.removeprefix("sqlite:///") + "-wal")


def _size(file: Path) -> int:
    return file.stat().st_size


async def _write(store: Store, transactions: int) -> None:
    for _ in range(transactions):
        async with store.writing(None) as db:
            await db.execute(text("UPDATE organisations SET name = hex(randomblob(10000))"))
        while store._database._checkpoints._running is not None:
            await asyncio.sleep(0.0005)


async def test_the_log_starts_anew(
    store: Store, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However much is written without a pause, the log stays near its bound."""
    monkeypatch.setattr(checkpoint, "COMMITS", 10)
    monkeypatch.setattr(checkpoint, "LONG_LOG", 50)
    await make_tenant(store, "one")

    sizes = []
    for _ in range(10):
        await _write(store, 30)
        sizes.append(_size(log))

    # Each transaction logs some 12 pages of 4 KB: all of them would be 15 MB.
    assert max(sizes) < 3_000_000


async def test_readers_do_not_stop_a_checkpoint(
    store: Store, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader holds back what it may still need; writers and later checkpoints go on."""
    monkeypatch.setattr(checkpoint, "COMMITS", 5)
    monkeypatch.setattr(checkpoint, "LONG_LOG", 20)
    await make_tenant(store, "one")

    async with store.reading(None) as db:
        before = (await db.execute(text("SELECT name FROM organisations"))).scalar_one()
        await _write(store, 50)
        assert (await db.execute(text("SELECT name FROM organisations"))).scalar_one() == before
    held = _size(log)

    await _write(store, 50)
    assert _size(log) <= held + 50 * 40_000


async def test_the_commit_after_a_checkpoint_is_made_in_a_thread(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It syncs the head of the log; all others touch the page cache only."""
    monkeypatch.setattr(checkpoint, "COMMITS", 4)
    commits: list[int] = []
    in_thread = InlineConnection.in_thread
    written = 0

    async def counted(self: InlineConnection, call: object) -> object:
        commits.append(written)
        return await in_thread(self, call)

    monkeypatch.setattr(InlineConnection, "in_thread", counted)
    for number in range(7):
        written = number + 1
        async with store.writing(None) as db:
            values = {"id": f"org_{number}", "name": f"{number}", "created_at": 1}
            await db.execute(insert(organisations), values)
        while store._database._checkpoints._running is not None:
            await asyncio.sleep(0.001)

    assert commits == [5]


async def test_a_checkpoint_that_fails_is_logged(tmp_path: Path) -> None:
    """Writers go on without it, and the next one tries again."""
    with ThreadPoolExecutor(1) as executor:
        checkpoints = checkpoint.Checkpoints(tmp_path / "no" / "file.db", executor)
        for _ in range(checkpoint.COMMITS + 1):
            assert not checkpoints.committing()
        await checkpoints.close()
        await asyncio.sleep(0)
        assert checkpoints._running is None
