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

from levelchat.bus.messages import Message
from rooms.alarm import Alarm
from rooms.model import Millis
from rooms.store import migrate
from rooms.store.store import Store
from rooms.store.transaction import Transaction, Transactions
from rooms.tenancy import Tenants

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
        await _order(server, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY file_copy")
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


PEPPER = b"pepper of the tests, 32 bytes ok"
"""What hashes of keys are keyed with in tests."""
NOW: Millis = 1_790_000_000_000


class SilentOutbox:
    """Owes nobody anything."""

    async def announce(
        self,
        tx: Transaction,
        org_id: str,
        project_id: str,
        event_type: str,
        data: dict[str, object],
    ) -> None:
        """Nobody listens."""


@asynccontextmanager
async def transaction(
    store: Store, org_id: str | None = None, now: Millis = NOW
) -> AsyncIterator[Transaction]:
    """A transaction without a bus."""
    async with store.writing(org_id) as db:
        yield Transaction(db, now, SilentOutbox(), Alarm())


class SilentBus:
    """Carries nothing."""

    connected = True

    def publish(self, subject: str, message: Message) -> None:
        """Nobody listens."""


def transactions(store: Store, now: Millis = NOW) -> Transactions:
    """Transactions at one instant, without a bus."""
    return Transactions(store, SilentBus(), lambda: now, SilentOutbox(), Alarm())


async def make_tenant(store: Store, name: str, pepper: bytes = PEPPER) -> Tenant:
    """A new organisation called *name* with a project called `main` and a key to it."""
    async with transaction(store) as tx:
        tenants = Tenants(pepper)
        org = await tenants.create_organisation(tx, name)
        project = await tenants.create_project(tx, org, "main")
        made = await tenants.create_key(tx, project)
    return Tenant(org.id, project.id, made.key, made.row.id)
