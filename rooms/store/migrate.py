"""Brings the tables of a database to what this program needs.

Comes in: the database's URL. Goes out: the revision that it was at, and is at. Several processes
may start at once: the first migrates, the others wait and find nothing to do.
"""

from pathlib import Path

import msgspec
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from rooms.errors import SchemaMismatch
from rooms.store import migrations, postgres, schema, sqlite
from rooms.store.engines import begun
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
    engine = _engine(DatabaseUrl.parse(url))
    try:
        async with begun(engine) as db:
            return await _upgraded(db)
    except DBAPIError as error:
        raise SchemaMismatch(
            f"the migration failed and nothing was changed: {error.orig}; see docs/tenants.md for "
            "what the database's user must be allowed to do"
        ) from error
    finally:
        await engine.dispose()


async def _upgraded(db: AsyncConnection) -> Migrated:
    if db.dialect.name == "postgresql":
        await db.execute(_LOCK)
    before = await schema.revision(db)
    if before is not None and before > schema.HEAD:
        await schema.check(db)
    if before != schema.HEAD:
        await db.run_sync(upgrade)
    return Migrated(before, schema.HEAD)


def upgrade(connection: Connection) -> None:
    """Runs the revisions that are missing, in the transaction that *connection* is in."""
    config = Config()
    folder = Path(migrations.__file__).parent
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _engine(url: DatabaseUrl) -> AsyncEngine:
    if url.file is None:
        return postgres.engine(url.parsed, 1, command_seconds=MIGRATION_SECONDS)
    url.file.parent.mkdir(parents=True, exist_ok=True)
    return sqlite.migrating_engine(url.file, MIGRATION_SECONDS)
