"""The revisions and the tables say the same."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from rooms.store import migrations, schema
from rooms.store.store import Store
from rooms.store.tables import metadata


async def test_the_revisions_make_the_tables(store: Store) -> None:
    """Autogenerate finds nothing that `tables.py` has and the revisions do not, or otherwise."""

    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        return list(compare_metadata(context, metadata))

    async with store.reading(None) as db:
        assert await db.run_sync(differences) == []


async def test_the_newest_revision_is_the_one_that_is_checked() -> None:
    """`schema.HEAD` is Alembic's head, and revisions are numbers of four digits without gaps."""
    script = ScriptDirectory(str(migrations.__path__[0]))

    assert script.get_current_head() == schema.HEAD
    revisions = sorted(each.revision for each in script.walk_revisions())
    assert revisions == [f"{number:04}" for number in range(1, len(revisions) + 1)]
