"""The store in PostgreSQL: a pool, and row-level security set for each transaction.

Comes in: the URL. Goes out: transactions. One for an organisation runs as the role
`levelchat_tenant`, which sees and changes that organisation's rows only, whatever the SQL says;
one without (the system's) runs as the owner of the tables.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from rooms.store import failures
from rooms.store.engines import connected, translate

TENANT_ROLE = "levelchat_tenant"
CONNECT_SECONDS = 5.0
POOL_WAIT_SECONDS = 5.0
"""How long a transaction waits for a free connection."""
COMMAND_SECONDS = 10.0
"""How long one statement may take."""
STATEMENTS = 500
"""Prepared statements that each connection keeps."""

_READ = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
"""A reader sees one instant, as it does in SQLite."""
_WRITE = "BEGIN ISOLATION LEVEL READ COMMITTED"


class PostgresDatabase:
    """The server, connected to when first needed."""

    dialect = "postgresql"

    def __init__(self, url: URL, connections: int) -> None:
        # Transactions are begun and ended by our own words, so that beginning one as a tenant
        # takes one trip to the server and not three.
        self._engine = engine(url, connections).execution_options(isolation_level="AUTOCOMMIT")

    async def close(self) -> None:
        await self._engine.dispose()

    @contextlib.asynccontextmanager
    async def reading(self, org_id: str | None) -> AsyncIterator[AsyncConnection]:
        async with _begun(self._engine, _READ, org_id) as db:
            yield db

    @contextlib.asynccontextmanager
    async def writing(self, org_id: str | None) -> AsyncIterator[AsyncConnection]:
        async with _begun(self._engine, _WRITE, org_id) as db:
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
async def _begun(
    pool: AsyncEngine, begin: str, org_id: str | None
) -> AsyncIterator[AsyncConnection]:
    async with connected(pool) as db:
        server = (await db.get_raw_connection()).driver_connection
        await _order(db, server, begin + _as_tenant(org_id))
        try:
            yield db
        except BaseException:
            await _roll_back(db, server)
            raise
        await _order(db, server, "COMMIT")


def _as_tenant(org_id: str | None) -> str:
    if org_id is None:
        return ""
    quoted = org_id.replace("'", "''")
    return f"; SET LOCAL role = {TENANT_ROLE}; SET LOCAL levelchat.org = '{quoted}'"


async def _order(db: AsyncConnection, server: Any, sql: str) -> None:  # noqa: ANN401 - asyncpg's
    try:
        await server.execute(sql)
    except BaseException as error:
        # Whatever became of the transaction, this connection is not the place for the next.
        await db.invalidate()
        if isinstance(error, Exception) and failures.is_away(error):
            raise failures.unavailable(error) from error
        raise


async def _roll_back(db: AsyncConnection, server: Any) -> None:  # noqa: ANN401 - asyncpg's
    """Its failure must not hide why."""
    if db.invalidated or server.is_closed():
        return
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            await server.execute("ROLLBACK")
    except Exception:  # noqa: BLE001 - a connection that cannot roll back is given up
        await db.invalidate()
