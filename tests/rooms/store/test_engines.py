"""Transactions, and one way to be away."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from stores import make_tenant

from rooms.errors import NotFound
from rooms.store.store import Store


async def test_wrong_sql_is_not_an_outage(store: Store) -> None:
    """A statement that no database would take is our fault, and said as what it is."""
    with pytest.raises(DBAPIError):
        async with store.reading(None) as db:
            await db.execute(text("SELECT nothing FROM nowhere"))

    assert (await make_tenant(store, "one")).org_id


@pytest.mark.parametrize("error", [TimeoutError, OSError, NotFound("x"), ValueError])
async def test_what_the_block_raises_comes_out_as_it_is(store: Store, error: Exception) -> None:
    """A time-out or network error of the block's own is not taken for the database's."""
    kind = error if isinstance(error, type) else type(error)
    with pytest.raises(kind) as caught:
        async with store.writing(None):
            raise error

    assert type(caught.value) is kind
