"""Databases with our tables, one a test, and tenants in them."""

import asyncio
import itertools
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import msgspec
from postgres import PostgresServer

from rooms.store import migrate

DIALECTS = ("sqlite", "postgresql")
TEMPLATE = "migrated"


class Databases:
    """Makes databases by copying one that was migrated once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count()
        self._template: Path | None = None
        self._server: PostgresServer | None = None

    async def server(self) -> PostgresServer:
        """The PostgreSQL that all tests share; the first that asks waits for its start."""
        if self._server is None:
            server = PostgresServer()
            await asyncio.to_thread(server.start)
            self._server = server
            await _order(server, f"CREATE DATABASE {TEMPLATE}")
            await migrate.ensure(server.url(TEMPLATE))
        return self._server

    @asynccontextmanager
    async def migrated(self, dialect: str) -> AsyncIterator[str]:
        """The URL of a database with empty tables; it is gone afterwards."""
        name = f"test_{next(self._numbers)}"
        if dialect == "sqlite":
            file = self._folder / f"{name}.db"
            shutil.copy(await self._migrated_file(), file)
            yield f"sqlite:///{file}"
            return
        server = await self.server()
        await _order(server, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        try:
            yield server.url(name)
        finally:
            await _order(server, f"DROP DATABASE {name} WITH (FORCE)")

    def remove(self) -> None:
        if self._server is not None:
            self._server.remove()

    async def _migrated_file(self) -> Path:
        if self._template is None:
            template = self._folder / "template.db"
            await migrate.ensure(f"sqlite:///{template}")
            self._template = template
        return self._template


async def _order(server: PostgresServer, sql: str) -> None:
    connection = await asyncpg.connect(server.url("postgres"))
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


class Tenant(msgspec.Struct, frozen=True):
    """An organisation with a project and an API key to it."""

    org_id: str
    project_id: str
    key: str
    key_id: str
