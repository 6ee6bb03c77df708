"""Fixtures of signalling: an installation on a fresh SQLite store."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from signalkit import Installation, Replica, installation
from stores import Databases

from rooms.store.store import Store


@pytest.fixture
async def sqlite(databases: Databases) -> AsyncIterator[Store]:
    """The rows of sessions are tested on both databases elsewhere."""
    async with databases.migrated("sqlite") as url:
        opened = Store(url)
        await opened.open()
        yield opened
        await opened.close()


@pytest.fixture
async def place(sqlite: Store, tmp_path: Path) -> AsyncIterator[Installation]:
    async with installation(sqlite, tmp_path) as made:
        yield made


@pytest.fixture
async def replica(place: Installation) -> Replica:
    return await place.replica()
