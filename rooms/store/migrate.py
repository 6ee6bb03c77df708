"""Brings the tables of a database to what this program needs.

Comes in: the database's URL. Goes out: the revision that it was at, and is at. Several processes
may start at once: the first migrates, the others wait and find nothing to do.
"""

import asyncio
from pathlib import Path

import msgspec
from alembic import command
from alembic.config import Config
from sqlalchemy import URL, Connection, create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from rooms.errors import SchemaMismatch
from rooms.store import migrations, postgres, schema
from rooms.store.engines import begun, translate
from rooms.store.url import DatabaseUrl

_LOCK = text("SELECT pg_advisory_xact_lock(7809644627822637426)")
"""Any number, as long as every LevelChat takes the same ("levelchat" in ASCII is too long)."""
MIGRATION_SECONDS = 600.0
"""How long one statement of a migration may take, waiting for another's included."""


class Migrated(msgspec.Struct, frozen=True):
    """What was done."""

    before: str | None
    """The revision before; None: there were no tables."""
    after: str


async def ensure(url: str) -> Migrated:
    """Makes the schema, or upgrades it.

    Raises `StoreUnavailable`, and `SchemaMismatch` when the database is newer than this program
    or its user may not do what a migration needs.
    """
    location = DatabaseUrl.parse(url)
    try:
        if location.file is not None:
            return await asyncio.to_thread(_migrate_file, location.file)
        return await _migrate_server(location.parsed)
    except DBAPIError as error:
        raise SchemaMismatch(
            f"the migration failed and nothing was changed: {error.orig}; see docs/tenants.md for "
            "what the database's user must be allowed to do"
        ) from error


async def _migrate_server(url: URL) -> Migrated:
    engine = postgres.engine(url, 1, command_seconds=MIGRATION_SECONDS)
    try:
        async with begun(engine) as db:
            await db.execute(_LOCK)
            return await db.run_sync(_migrate)
    finally:
        await engine.dispose()


def _migrate_file(file: Path) -> Migrated:
    file.parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        f"sqlite:///{file}",
        connect_args={"timeout": MIGRATION_SECONDS, "isolation_level": None},
        poolclass=NullPool,
    )
    translate(engine)
    with engine.connect() as connection, connection.begin():
        connection.exec_driver_sql("BEGIN EXCLUSIVE")
        return _migrate(connection)


def _migrate(connection: Connection) -> Migrated:
    """In a transaction that no other migration runs beside."""
    before = schema.revision(connection)
    if before is not None and before > schema.HEAD:
        schema.check(connection)
    if before != schema.HEAD:
        upgrade(connection)
    return Migrated(before, schema.HEAD)


def upgrade(connection: Connection) -> None:
    """Runs the revisions that are missing, in the transaction that *connection* is in."""
    config = Config()
    folder = Path(migrations.__file__).parent
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
