"""Which failures of a database mean that it is away, and which are what the statement deserved.

Comes in: what a driver raised. Goes out: whether to call it `StoreUnavailable`. Pure.
"""

import sqlite3

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from rooms.errors import StoreUnavailable

RETRY_SECONDS = 5
"""What `Retry-After` says: a restart of a database takes about so long."""

# Codes of SQLite: BUSY LOCKED NOMEM READONLY INTERRUPT IOERR CORRUPT FULL CANTOPEN PROTOCOL NOTADB
_SQLITE = frozenset({5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 26})
_SQLITE_PRIMARY = 0xFF
"""The lower byte of an extended code is the code."""
# Classes of PostgreSQL's SQLSTATE: connection, rolled back by a deadlock, out of resources, not in
# the state for it (locked), stopped by an operator, system error.
_POSTGRESQL = ("08", "40", "53", "55", "57", "58")
# A password or a name of a database that is refused will be as wrong for every later statement.
_REFUSED = ("28", "3D")


def unavailable(cause: BaseException) -> StoreUnavailable:
    """What callers see: one sentence without addresses or passwords."""
    return StoreUnavailable(
        f"the database cannot be used now ({_kind(cause)}); try again in {RETRY_SECONDS} s",
        headers={"Retry-After": str(RETRY_SECONDS)},
    )


def is_away(error: BaseException) -> bool:
    """Whether *error* says that the database is away, full or busy."""
    if isinstance(error, PoolTimeout | OSError | TimeoutError):
        return True
    if isinstance(error, DBAPIError) and error.orig is not None:
        return error.connection_invalidated or is_away(error.orig)
    return _driver_is_away(error)


def is_busy(error: sqlite3.Error) -> bool:
    """Whether somebody else has the file locked now."""
    return error.sqlite_errorcode & _SQLITE_PRIMARY == sqlite3.SQLITE_BUSY


def _driver_is_away(error: BaseException) -> bool:
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", 0)
        return code & _SQLITE_PRIMARY in _SQLITE
    state = getattr(error, "sqlstate", None)
    return isinstance(state, str) and state.startswith(_POSTGRESQL + _REFUSED)


def _kind(cause: BaseException) -> str:
    original = cause.orig if isinstance(cause, DBAPIError) and cause.orig else cause
    root = original.__cause__ or original
    name = getattr(root, "sqlite_errorname", None)
    return str(name) if name else type(root).__name__
