"""Which revision the tables are at."""

import pytest
from sqlalchemy import text

from rooms.errors import SchemaMismatch
from rooms.store import schema
from rooms.store.store import Store


async def test_a_migrated_database_passes(store: Store) -> None:
    """The revision is the newest, and nothing is raised."""
    async with store.reading(None) as db:
        assert await db.run_sync(schema.revision) == schema.HEAD
        await db.run_sync(schema.check)


async def test_no_tables_have_no_revision(store: Store) -> None:
    """A database without Alembic's table is an empty one, and the transaction goes on."""
    async with store.writing(None) as db:
        await db.execute(text("DROP TABLE alembic_version"))
        assert await db.run_sync(schema.revision) is None
        with pytest.raises(SchemaMismatch, match="levelchat migrate"):
            await db.run_sync(schema.check)
        assert (await db.execute(text("SELECT 1"))).scalar_one() == 1
