"""Fixtures of rooms: each test that asks for a store runs on SQLite and on PostgreSQL."""

from collections.abc import AsyncIterator, Iterator

import pytest
from roomkit import Kit, settle_in
from stores import DIALECTS, Databases

from rooms.store.store import Store


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """Makes databases; PostgreSQL is started by the first test that needs it."""
    made = Databases(tmp_path_factory.mktemp("databases"))
    yield made
    made.remove()


@pytest.fixture(params=DIALECTS)
def dialect(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def store_url(databases: Databases, dialect: str) -> AsyncIterator[str]:
    """The URL of a fresh database with our tables."""
    async with databases.migrated(dialect) as url:
        yield url


@pytest.fixture
async def store(store_url: str) -> AsyncIterator[Store]:
    """An open store on a fresh database."""
    opened = Store(store_url)
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
async def kit(store: Store) -> Kit:
    """The use cases of rooms for one tenant."""
    return Kit(store, await settle_in(store, "mine"))


@pytest.fixture
async def stranger(store: Store) -> Kit:
    """The same for another tenant on the same store."""
    return Kit(store, await settle_in(store, "theirs"))
