"""SQLite's connections: short statements run at once on the event loop, long ones in a thread.

Comes in: a file. Goes out: a connection with the interface of SQLAlchemy's `AsyncConnection`.

A statement by index takes some 20 µs, and handing it to a thread and back ten times that; beside a
busy loop a thread gets the interpreter only every 5 ms, several times a statement. So statements
begin on the loop. A query that turns out to be long is stopped after a few milliseconds and run
again in a thread, and so are changes of many rows.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar, cast

from sqlalchemy import CursorResult, Engine, Executable, RootTransaction, create_engine
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.pool import NullPool

from rooms.store import failures
from rooms.store.engines import translate

STEPS = 100_000
"""Of SQLite's virtual machine, before a query is too long for the loop: 2 to 5 ms."""
STATEMENT_SECONDS = 10.0
"""How long a statement in a thread may take."""
MANY_ROWS = 100
"""More rows than this in one statement are written in a thread."""
CACHE_KIB = 8192
"""Of each connection."""

ResultT = TypeVar("ResultT")

_PRAGMAS = (
    # A property of the file: readers go on beside the writer.
    "PRAGMA journal_mode = WAL",
    # Synced at checkpoints: a crash of the machine may cost the last transactions, never the file.
    "PRAGMA synchronous = NORMAL",
    # Checkpoints wait for the disk; they are made in a thread (`rooms.store.checkpoint`).
    "PRAGMA wal_autocheckpoint = 0",
    "PRAGMA foreign_keys = ON",
    f"PRAGMA cache_size = -{CACHE_KIB}",
)


class TooLong(Exception):
    """A query took more steps than the loop can wait for, or more time than anybody."""


class FileConnection(sqlite3.Connection):
    """Its cursors have their rows when they have executed."""

    def cursor(self, factory: type[sqlite3.Cursor] | None = None) -> sqlite3.Cursor:  # type: ignore[override]
        return super().cursor(factory or _WholeCursor)


class _WholeCursor(sqlite3.Cursor):
    _rows: list[Any]

    def execute(self, sql: str, parameters: Any = (), /) -> "_WholeCursor":  # noqa: ANN401 - sqlite3's
        self._rows = []
        try:
            super().execute(sql, parameters)
            if self.description is not None:
                self._rows = super().fetchall()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
                raise TooLong from error
            raise
        return self

    def fetchone(self) -> Any:  # noqa: ANN401 - sqlite3's
        return self._rows.pop(0) if self._rows else None

    def fetchmany(self, size: int | None = None) -> list[Any]:
        taken = self._rows[: size or self.arraysize]
        del self._rows[: size or self.arraysize]
        return taken

    def fetchall(self) -> list[Any]:
        rows, self._rows = self._rows, []
        return rows


class InlineConnection(AsyncConnection):
    """What transactions of SQLite yield."""

    __slots__ = ("_executor", "_raw")

    def __init__(self, engine: Engine, executor: Executor) -> None:
        """Opens the file; raises `sqlite3.Error`."""
        connection = engine.connect()
        # All that the base class wants of an AsyncEngine.
        super().__init__(cast("AsyncEngine", SimpleNamespace(sync_engine=engine)), connection)
        self._executor = executor
        self._raw = cast("FileConnection", connection.connection.dbapi_connection)

    @property
    def raw(self) -> FileConnection:
        """SQLite's own connection."""
        return self._raw

    def begun(self) -> RootTransaction:
        """A transaction, begun in SQLite already: a context manager that ends it."""
        return self._proxied.begin()

    async def execute(
        self,
        statement: Executable,
        parameters: Any = None,  # noqa: ANN401 - SQLAlchemy's
        *,
        execution_options: Any = None,  # noqa: ANN401 - same
    ) -> CursorResult[Any]:
        """The rows, all of them."""
        run = partial(
            self._proxied.execute, statement, parameters, execution_options=execution_options
        )
        if isinstance(parameters, Sequence) and len(parameters) > MANY_ROWS:
            return await self.in_thread(run)
        # An interrupted change would roll back the transaction, an interrupted query does not.
        if not statement.is_select:
            return run()
        self._raw.set_progress_handler(_stop, STEPS)
        try:
            return run()
        except TooLong:
            self._raw.set_progress_handler(None, 0)
            return await self.in_thread(run)
        finally:
            self._raw.set_progress_handler(None, 0)

    async def in_thread(self, call: Callable[[], ResultT]) -> ResultT:
        """*call*'s result. Late or cancelled, SQLite is stopped, and waited for."""
        future = asyncio.get_running_loop().run_in_executor(self._executor, call)
        future.add_done_callback(_retrieve)
        try:
            await asyncio.wait([future], timeout=STATEMENT_SECONDS)
        finally:
            while not future.done():
                self._raw.interrupt()
                await _settled(future)
        try:
            return future.result()
        except TooLong as error:
            raise failures.unavailable(error) from error

    def discard(self) -> None:
        """Closes the file; what was not committed is rolled back."""
        self._proxied.close()


def engine(file: Path, *, writes: bool) -> Engine:
    """Makes connections to *file*, which must exist."""

    def connect() -> sqlite3.Connection:
        return _open(file, writes=writes)

    made = create_engine("sqlite://", creator=connect, poolclass=NullPool)
    translate(made)
    return made


def _open(file: Path, *, writes: bool) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{file.absolute().as_uri()}?mode=rw",
        uri=True,
        # The loop never waits for a lock: `rooms.store.sqlite` tries again.
        timeout=0,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=256,
        factory=FileConnection,
    )
    try:
        for pragma in _PRAGMAS:
            connection.execute(pragma)
        connection.execute(f"PRAGMA query_only = {'OFF' if writes else 'ON'}")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _stop() -> int:
    return 1


async def _settled(future: asyncio.Future[Any]) -> None:
    try:
        await asyncio.wait([future], timeout=0.05)
    except asyncio.CancelledError:
        return  # whoever cancels twice waits all the same: the connection is in use


def _retrieve(future: asyncio.Future[Any]) -> None:
    """Who was cancelled does not ask for the outcome any more."""
    if not future.cancelled():
        future.exception()
