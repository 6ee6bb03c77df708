"""The store: transactions on SQLite or PostgreSQL, whichever the URL names.

Comes in: a URL. Goes out: connections in a transaction. A database that is away is
`StoreUnavailable`, whatever its driver calls it.
"""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from rooms.store import schema
from rooms.store.postgres import PostgresDatabase
from rooms.store.sqlite import SqliteDatabase
from rooms.store.url import DatabaseUrl

_PING = text("SELECT 1")


class Database(Protocol):
    """What SQLite and PostgreSQL have in common."""

    dialect: str

    async def close(self) -> None:
        """Closes every connection."""

    def reading(self, org_id: str | None) -> AbstractAsyncContextManager[AsyncConnection]:
        """A transaction that changes nothing."""

    def writing(self, org_id: str | None) -> AbstractAsyncContextManager[AsyncConnection]:
        """A transaction that commits when its block ends well."""


class Store:
    """Rows, in transactions. With an *org_id* a transaction is that organisation's; None is the
    system's, which sees all.
    """

    def __init__(self, url: str, connections: int = 8) -> None:
        location = DatabaseUrl.parse(url)
        self._file = location.file
        self._database = _database(location, connections)
        self.dialect = self._database.dialect

    async def open(self) -> None:
        """Connects. Raises `StoreUnavailable`, or `SchemaMismatch` when `levelchat migrate` has
        to be run first.
        """
        if self._file is not None and not self._file.exists():
            raise schema.missing()
        try:
            async with self._database.reading(None) as db:
                await db.run_sync(schema.check)
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Closes every connection; those in use when they come back."""
        await self._database.close()

    def reading(self, org_id: str | None) -> AbstractAsyncContextManager[AsyncConnection]:
        """A consistent view of one instant; changing anything in it fails."""
        return self._database.reading(org_id)

    def writing(self, org_id: str | None) -> AbstractAsyncContextManager[AsyncConnection]:
        """Commits when the block ends well, rolls back when it raises or is cancelled."""
        return self._database.writing(org_id)

    async def ping(self) -> None:
        """Raises `StoreUnavailable` when the database does not answer."""
        async with self._database.reading(None) as db:
            await db.execute(_PING)


def _database(location: DatabaseUrl, connections: int) -> Database:
    if location.file is not None:
        return SqliteDatabase(location.file, connections)
    return PostgresDatabase(location.parsed, connections)
