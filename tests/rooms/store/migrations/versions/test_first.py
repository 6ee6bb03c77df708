"""The first revision."""

from sqlalchemy import insert
from tenantrows import rows_of

from rooms.store.store import Store


async def test_each_table_takes_a_row(store: Store) -> None:
    """A full row of every table is taken as it is and read back."""
    async with store.writing(None) as db:
        for table, values in rows_of("org"):
            await db.execute(insert(table), values)

    async with store.reading(None) as db:
        for table, values in rows_of("org"):
            row = (await db.execute(table.select())).one()
            assert dict(row._mapping) == values
