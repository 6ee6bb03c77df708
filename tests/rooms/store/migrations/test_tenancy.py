"""Row-level security as revisions put it on tables."""

import pytest
from sqlalchemy import text

from rooms.store.store import Store


@pytest.fixture
def dialect() -> str:
    """Only PostgreSQL has it."""
    return "postgresql"


async def test_the_role_opens_no_connection_and_has_no_rights_of_its_own(store: Store) -> None:
    """It cannot log in, owns nothing, and never passes by row-level security."""
    query = text(
        "SELECT rolcanlogin, rolsuper, rolbypassrls, rolcreaterole, "
        "(SELECT count(*) FROM pg_class WHERE relowner = r.oid) "
        "FROM pg_roles r WHERE rolname = 'levelchat_tenant'"
    )
    async with store.reading(None) as db:
        assert tuple((await db.execute(query)).one()) == (False, False, False, False, 0)


async def test_reading_and_writing_have_the_same_bound(store: Store) -> None:
    """Each policy is for all commands, and what may be seen is what may be written."""
    query = text("SELECT cmd, qual, with_check FROM pg_policies WHERE policyname = 'tenant'")
    async with store.reading(None) as db:
        found = (await db.execute(query)).all()

    assert found
    assert all(cmd == "ALL" and qual == check for cmd, qual, check in found)
