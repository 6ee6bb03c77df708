"""The store in PostgreSQL: a pool, and row-level security set for each transaction.

Comes in: the URL. Goes out: transactions. One for an organisation runs as the role
`levelchat_tenant`, which sees and changes that organisation's rows only, whatever the SQL says;
one without (the system's) runs as the owner of the tables.
"""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from rooms.store.engines import begun, translate

TENANT_ROLE = "levelchat_tenant"
CONNECT_SECONDS = 5.0
POOL_WAIT_SECONDS = 5.0
"""How long a transaction waits for a free connection."""
COMMAND_SECONDS = 10.0
"""How long one statement may take."""
STATEMENTS = 500
"""Prepared statements that each connection keeps."""

_AS_TENANT = text(
    "SELECT set_config('role', :role, true), set_config('levelchat.org', :org, true)"
)


class PostgresDatabase:
    """The server, connected to when first needed."""

    dialect = "postgresql"

    def __init__(self, url: URL, connections: int) -> None:
        self._engine = engine(url, connections)
        # A reader sees one instant, as it does in SQLite.
        self._reading = self._engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )

    async def close(self) -> None:
        await self._engine.dispose()

    @contextlib.asynccontextmanager
    async def reading(self, org_id: str | None) -> AsyncIterator[AsyncConnection]:
        async with _begun(self._reading, org_id) as db:
            yield db

    @contextlib.asynccontextmanager
    async def writing(self, org_id: str | None) -> AsyncIterator[AsyncConnection]:
        async with _begun(self._engine, org_id) as db:
            yield db


def engine(url: URL, connections: int, *, command_seconds: float | None = None) -> AsyncEngine:
    """A pool of at most *connections*; it opens none yet."""
    made = create_async_engine(
        url.set(drivername="postgresql+asyncpg"),
        poolclass=AsyncAdaptedQueuePool,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=POOL_WAIT_SECONDS,
        pool_use_lifo=True,
        isolation_level="READ COMMITTED",
        connect_args={
            "timeout": CONNECT_SECONDS,
            "command_timeout": command_seconds or COMMAND_SECONDS,
            "prepared_statement_cache_size": STATEMENTS,
            "server_settings": {"application_name": "levelchat", "jit": "off"},
        },
    )
    translate(made.sync_engine)
    event.listen(made.sync_engine, "checkout", _refuse_closed)
    return made


def _refuse_closed(connection: Any, _record: object, _proxy: object) -> None:  # noqa: ANN401 - SQLAlchemy's adapter
    """A connection that the server closed is replaced before use: asyncpg knows without asking."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError


@contextlib.asynccontextmanager
async def _begun(pool: AsyncEngine, org_id: str | None) -> AsyncIterator[AsyncConnection]:
    async with begun(pool) as db:
        if org_id is not None:
            await db.execute(_AS_TENANT, {"role": TENANT_ROLE, "org": org_id})
        yield db
