"""When SQLite's write-ahead log is copied back into the file, and by whom. A thread waits for the
disk; writers wait only when the log has grown long.

Comes in: commits. Goes out: checkpoints.
"""

import asyncio
import sqlite3
from concurrent.futures import Executor
from contextlib import closing
from pathlib import Path

import structlog

COMMITS = 200
"""Between two checkpoints."""
LONG_LOG = 8192
"""Pages in the log (32 MB) from which on writers wait for the copy, so that it starts anew."""

_log = structlog.get_logger("store")


class Checkpoints:
    """Of one file."""

    def __init__(self, file: Path, executor: Executor) -> None:
        self._file = file
        self._executor = executor
        self._commits = 0
        self._running: asyncio.Future[int] | None = None
        self._log_is_long = False
        self._fresh = False

    def committing(self) -> bool:
        """Begins a checkpoint beside the writers when one is due.

        Returns whether the commit that is to come may wait for the disk: the first one after a
        checkpoint starts the log anew, and syncs its head.
        """
        self._commits += 1
        if self._commits >= COMMITS and self._running is None:
            self._commits = 0
            self._running = self._begin()
            self._running.add_done_callback(self._done)
        fresh, self._fresh = self._fresh, False
        return fresh

    async def settle(self) -> None:
        """Called by who has the turn to write: lets a long log end, which takes some ms."""
        if not self._log_is_long:
            return
        self._log_is_long = False
        if self._running is not None:
            await asyncio.wait([self._running])
        # Nobody writes: what is copied now is the whole log, and the next commit starts it anew.
        await asyncio.wait([self._begin()])
        self._fresh = True

    async def close(self) -> None:
        """Waits for the one that runs."""
        if self._running is not None:
            await asyncio.wait([self._running])

    def _begin(self) -> asyncio.Future[int]:
        return asyncio.get_running_loop().run_in_executor(self._executor, checkpoint, self._file)

    def _done(self, future: asyncio.Future[int]) -> None:
        self._running = None
        if future.cancelled():
            return
        error = future.exception()
        if error is not None:
            _log.warning("the write-ahead log could not be copied", error=str(error))
            return
        self._log_is_long = future.result() >= LONG_LOG
        self._fresh = True


def checkpoint(file: Path) -> int:
    """Copies what no reader holds back; returns the pages in the log."""
    with closing(sqlite3.connect(file, timeout=0)) as connection:
        _busy, pages, _copied = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    return int(pages)
