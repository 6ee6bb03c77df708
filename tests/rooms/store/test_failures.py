"""What counts as a database that is away."""

import sqlite3

import pytest
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from rooms.store import failures


class _ServerError(Exception):
    """What a driver of PostgreSQL raises: an error with a state."""

    def __init__(self, sqlstate: str) -> None:
        super().__init__(sqlstate)
        self.sqlstate = sqlstate


def _file_error(code: int) -> sqlite3.Error:
    error = sqlite3.OperationalError("…")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    "error",
    [
        PoolTimeout("no free connection"),
        ConnectionRefusedError("refused"),
        TimeoutError(),
        _file_error(sqlite3.SQLITE_BUSY),
        _file_error(sqlite3.SQLITE_BUSY_SNAPSHOT),
        _file_error(sqlite3.SQLITE_FULL),
        _file_error(sqlite3.SQLITE_IOERR_READ),
        _file_error(sqlite3.SQLITE_CANTOPEN),
        _ServerError("08006"),
        _ServerError("53100"),
        _ServerError("57P01"),
        _ServerError("40P01"),
        _ServerError("28P01"),
        _ServerError("3D000"),
    ],
    ids=repr,
)
def test_a_neighbours_fault_is_away(error: Exception) -> None:
    """Lost, refused, late, locked, full, stopped: worth another try later, wrapped or not."""
    assert failures.is_away(error)
    assert failures.is_away(DBAPIError("SELECT", {}, error))


@pytest.mark.parametrize(
    "error",
    [
        _file_error(sqlite3.SQLITE_ERROR),
        _file_error(sqlite3.SQLITE_CONSTRAINT_UNIQUE),
        _ServerError("23505"),
        _ServerError("42P01"),
        _ServerError("42501"),
        _ServerError("22001"),
        ValueError("ours"),
    ],
    ids=repr,
)
def test_a_statements_fault_is_not(error: Exception) -> None:
    """Broken constraints, wrong SQL and missing rights are no outage."""
    assert not failures.is_away(error)
    assert not failures.is_away(DBAPIError("SELECT", {}, error))


def test_an_invalidated_connection_is_away() -> None:
    """Whatever the driver said: SQLAlchemy gave the connection up."""
    assert failures.is_away(DBAPIError("SELECT", {}, ValueError(), connection_invalidated=True))


def test_callers_are_told_when_to_come_back() -> None:
    """The refusal has `Retry-After` and neither address nor SQL."""
    refusal = failures.unavailable(DBAPIError("SELECT secret", {}, ConnectionError("10.0.0.7")))

    assert (refusal.status, refusal.headers) == (503, {"Retry-After": "5"})
    assert "secret" not in refusal.detail
    assert "10.0.0.7" not in refusal.detail
