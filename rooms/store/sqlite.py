"""The store in one SQLite file: one connection that writes, a few that read.

Comes in: the file. Goes out: transactions. Each statement is one trip to the connection's thread:
aiosqlite's own cursors take four.
"""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Self

import aiosqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from rooms.store import failures
from rooms.store.engines import begun, translate

BUSY_SECONDS = 5.0
"""How long to wait for another process that writes, and for the writers of this one."""
READ_CACHE_KIB = 8192
"""Of each connection."""

_EVERYWHERE = (
    # A property of the file: readers go on beside the writer.
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    "PRAGMA foreign_keys = ON",
    f"PRAGMA cache_size = -{READ_CACHE_KIB}",
)


class Connection(aiosqlite.Connection):
    """A connection that begins its transactions itself, with the first statement of each."""

    def __init__(self, connector: Callable[[], sqlite3.Connection], begin: str) -> None:
        super().__init__(connector, iter_chunk_size=64)
        self._thread.daemon = True
        self._begin = begin
        self._unsettled = False

    def cursor(self) -> "Cursor":  # type: ignore[override]
        return Cursor(self)

    async def _connect(self) -> Self:
        try:
            await super()._connect()
        except BaseException:
            # aiosqlite tells the thread to stop and does not wait; the loop may end before it.
            await asyncio.to_thread(self._thread.join)
            raise
        return self

    async def run(self, statement: "Statement") -> "Outcome":
        """The whole of *statement*, its rows included."""
        try:
            outcome: Outcome = await self._execute(self._run, statement)  # type: ignore[no-untyped-call]
        except asyncio.CancelledError:
            # The thread may still be at it: whether there is a transaction is unknown.
            self._unsettled = True
            raise
        return outcome

    async def rollback(self) -> None:
        if self._unsettled or self._conn.in_transaction:
            await super().rollback()
            self._unsettled = False

    async def commit(self) -> None:
        if self._conn.in_transaction:
            await super().commit()

    def _run(self, statement: "Statement") -> "Outcome":
        if not self._conn.in_transaction:
            self._conn.execute(self._begin)
        cursor = statement(self._conn)
        rows = cursor.fetchall() if cursor.description else []
        return cursor, rows


Statement = Callable[[sqlite3.Connection], sqlite3.Cursor]
Outcome = tuple[sqlite3.Cursor, list[Any]]


class Cursor:
    """What SQLAlchemy asks of a cursor; the rows are there when the statement is done."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.arraysize = 1

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        await self._run(partial(_execute, sql, parameters))

    async def executemany(self, sql: str, parameters: Sequence[Sequence[Any]]) -> None:
        await self._run(partial(_execute_many, sql, parameters))

    async def fetchall(self) -> list[Any]:
        rows, self._rows = self._rows, []
        return rows

    async def close(self) -> None:
        """Nothing is left open."""

    async def _run(self, statement: Statement) -> None:
        done, self._rows = await self._connection.run(statement)
        self.description = done.description
        self.rowcount = done.rowcount
        self.lastrowid = done.lastrowid


class SqliteDatabase:
    """The file, opened."""

    dialect = "sqlite"

    def __init__(self, file: Path, connections: int) -> None:
        self._lock = asyncio.Lock()
        self._writer = _engine(partial(_open, file, writes=True), "BEGIN IMMEDIATE", 1)
        self._readers = _engine(partial(_open, file, writes=False), "BEGIN", connections)

    async def close(self) -> None:
        await self._readers.dispose()
        await self._writer.dispose()

    @contextlib.asynccontextmanager
    async def reading(self, org_id: str | None) -> AsyncIterator[AsyncConnection]:  # noqa: ARG002 - SQLite has no row-level security
        async with begun(self._readers) as db:
            yield db

    @contextlib.asynccontextmanager
    async def writing(self, org_id: str | None) -> AsyncIterator[AsyncConnection]:  # noqa: ARG002 - same
        await self._take_turn()
        try:
            async with begun(self._writer) as db:
                yield db
        finally:
            self._lock.release()

    async def _take_turn(self) -> None:
        try:
            async with asyncio.timeout(BUSY_SECONDS):
                await self._lock.acquire()
        except TimeoutError as error:
            raise failures.unavailable(error) from error


def migrating_engine(file: Path, wait_seconds: float) -> AsyncEngine:
    """For changes of the tables: makes the file, and has it for itself in each transaction."""

    def connector() -> sqlite3.Connection:
        return sqlite3.connect(
            file, timeout=wait_seconds, isolation_level=None, check_same_thread=False
        )

    return _engine(connector, "BEGIN EXCLUSIVE", 1)


def _engine(connector: Callable[[], sqlite3.Connection], begin: str, size: int) -> AsyncEngine:
    def connect(*_url: object, **_options: object) -> Connection:
        return Connection(connector, begin)

    engine = create_async_engine(
        "sqlite+aiosqlite:///rooms.db",
        poolclass=AsyncAdaptedQueuePool,
        pool_size=size,
        max_overflow=0,
        pool_timeout=BUSY_SECONDS,
        pool_use_lifo=True,
        connect_args={"async_creator_fn": connect},
    )
    translate(engine)
    return engine


def _open(file: Path, *, writes: bool) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{file.absolute().as_uri()}?mode=rw",
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=256,
    )
    try:
        for pragma in _EVERYWHERE:
            connection.execute(pragma)
        connection.execute("PRAGMA query_only = OFF" if writes else "PRAGMA query_only = ON")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _execute(
    sql: str, parameters: Sequence[Any], connection: sqlite3.Connection
) -> sqlite3.Cursor:
    return connection.execute(sql, parameters)


def _execute_many(
    sql: str, parameters: Sequence[Sequence[Any]], connection: sqlite3.Connection
) -> sqlite3.Cursor:
    return connection.executemany(sql, parameters)
