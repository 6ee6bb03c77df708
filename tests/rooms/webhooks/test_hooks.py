"""Rows of webhooks belong to one tenant, whatever the query asks for."""

import msgspec
from hookkit import Hookkit

from rooms.webhooks import hooks as rows


async def test_a_row_is_read_as_it_was_written(hooks: Hookkit) -> None:
    """Types in order; none means all, those of later versions too."""
    some = await hooks.create("http://127.0.0.1:9000/", "room.ended", "room.created")
    every = await hooks.create("http://127.0.0.1:9001/")
    async with hooks.transactions.reading(hooks.who.org_id) as tx:
        first = await rows.by_id(tx.db, hooks.who, some.id, hold=False)
        second = await rows.by_id(tx.db, hooks.who, every.id, hold=False)

    assert first is not None
    assert second is not None
    assert (first.types, second.types) == (("room.ended", "room.created"), ())
    assert (first.url, first.key_id) == (some.url, some.key_id)
    assert (first.created_at, first.disabled_at) == (hooks.now, None)


async def test_the_query_itself_names_the_tenant(hooks: Hookkit) -> None:
    """Without row-level security a foreign organisation or project finds nothing either."""
    made = await hooks.create("http://127.0.0.1:9000/")
    foreign = [
        msgspec.structs.replace(hooks.who, org_id="org_other"),
        msgspec.structs.replace(hooks.who, project_id="prj_other"),
    ]
    async with hooks.transactions.reading(None) as tx:
        for who in foreign:
            assert await rows.by_id(tx.db, who, made.id, hold=False) is None
            assert await rows.page(tx.db, who, None, 10) == []
            assert await rows.count(tx.db, who) == 0
        assert await rows.count(tx.db, hooks.who) == 1
