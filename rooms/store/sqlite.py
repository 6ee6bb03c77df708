"""The store in one SQLite file: one connection that writes, a few that read.

Comes in: the file. Goes out: transactions. Nothing here waits for a lock or the disk on the event
loop: who must wait tries again, or has a thread wait.
"""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.ext.asyncio import AsyncConnection

from rooms.store import failures, inline
from rooms.store.checkpoint import Checkpoints
from rooms.store.inline import InlineConnection

BUSY_SECONDS = 5.0
"""How long to wait for another process that writes, and for the writers of this one."""
FIRST_RETRY_SECONDS = 0.001
LAST_RETRY_SECONDS = 0.02
"""Between two tries to begin while another process writes."""
THREADS = 2
"""For long statements and checkpoints."""


class SqliteDatabase:
    """The file, opened."""

    dialect = "sqlite"

    def __init__(self, file: Path, connections: int) -> None:
        self._file = file
        self._connections = connections
        self._prepare()

    async def close(self) -> None:
        """Closes everything; what is in use, when it comes back. It may be used again."""
        await self._checkpoints.close()
        self._readers.close()
        self._writer.close()
        self._executor.shutdown(wait=False)
        self._prepare()

    def _prepare(self) -> None:
        """Opens no file and starts no thread: the first transaction does."""
        self._executor = ThreadPoolExecutor(THREADS, thread_name_prefix="sqlite")
        self._checkpoints = Checkpoints(self._file, self._executor)
        writer = inline.engine(self._file, writes=True)
        self._writer = _Pool(writer, 1, self._executor)
        readers = inline.engine(self._file, writes=False)
        self._readers = _Pool(readers, self._connections, self._executor)

    def reading(self, org_id: str | None) -> AbstractAsyncContextManager[AsyncConnection]:  # noqa: ARG002 - SQLite has no row-level security
        return self._readers.begun("BEGIN")

    def writing(self, org_id: str | None) -> AbstractAsyncContextManager[AsyncConnection]:  # noqa: ARG002 - same
        return self._writer.begun("BEGIN IMMEDIATE", self._checkpoints)


class _Pool:
    """At most *size* connections; those that are not in use stay open."""

    def __init__(self, engine: Engine, size: int, executor: ThreadPoolExecutor) -> None:
        self._engine = engine
        self._executor = executor
        self._free = asyncio.Semaphore(size)
        self._idle: list[InlineConnection] = []
        self._closed = False

    @contextlib.asynccontextmanager
    async def begun(
        self, begin: str, checkpoints: Checkpoints | None = None
    ) -> AsyncIterator[InlineConnection]:
        """A transaction: committed when the block ends well, else rolled back."""
        await self._take_turn()
        try:
            if checkpoints is not None:
                await checkpoints.settle()
            db = self._idle.pop() if self._idle else self._opened()
            try:
                await _begin(db.raw, begin)
                with db.begun() as transaction:
                    yield db
                    if checkpoints is not None and checkpoints.committing():
                        await db.in_thread(transaction.commit)
            finally:
                self._give_back(db)
        finally:
            self._free.release()

    def close(self) -> None:
        self._closed = True
        while self._idle:
            self._idle.pop().discard()

    async def _take_turn(self) -> None:
        if not self._free.locked():
            await self._free.acquire()
            return
        try:
            async with asyncio.timeout(BUSY_SECONDS):
                await self._free.acquire()
        except TimeoutError as error:
            raise failures.unavailable(error) from error

    def _opened(self) -> InlineConnection:
        try:
            return InlineConnection(self._engine, self._executor)
        except Exception as error:
            if failures.is_away(error):
                raise failures.unavailable(error) from error
            raise

    def _give_back(self, db: InlineConnection) -> None:
        # One that is still in a transaction failed to end it.
        if self._closed or db.raw.in_transaction:
            db.discard()
        else:
            self._idle.append(db)


async def _begin(connection: sqlite3.Connection, begin: str) -> None:
    wait, waited = FIRST_RETRY_SECONDS, 0.0
    while True:
        try:
            connection.execute(begin)
        except sqlite3.OperationalError as error:
            if waited >= BUSY_SECONDS or not failures.is_busy(error):
                raise failures.unavailable(error) from error
        else:
            return
        await asyncio.sleep(wait)
        waited += wait
        wait = min(2 * wait, LAST_RETRY_SECONDS)
