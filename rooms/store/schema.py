"""Whether the tables in a database are those that this program was written for.

Comes in: a connection. Goes out: nothing, or `SchemaMismatch`.
"""

from sqlalchemy import Connection, inspect, text

from rooms.errors import SchemaMismatch

HEAD = "0001"
"""The newest revision under `rooms/store/migrations/versions`; revisions are numbered."""

_REVISION = text("SELECT version_num FROM alembic_version")


def check(connection: Connection) -> None:
    """Raises `SchemaMismatch` that says what to do."""
    found = revision(connection)
    if found is None:
        raise missing()
    if found < HEAD:
        raise SchemaMismatch(
            f"the database is at revision {found}, this program needs {HEAD}; stop every server "
            "and run `levelchat migrate`"
        )
    if found > HEAD:
        raise SchemaMismatch(
            f"the database is at revision {found}, newer than this program's {HEAD}; install the "
            "LevelChat that ran `levelchat migrate` there"
        )


def missing() -> SchemaMismatch:
    """There is no database, or nothing in it."""
    return SchemaMismatch("the database has no tables yet; run `levelchat migrate` first")


def revision(connection: Connection) -> str | None:
    """The revision that the tables are at; None when there are none."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(_REVISION).scalar_one_or_none()
