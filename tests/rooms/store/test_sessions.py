"""Rows of sessions, revocations and restrictions."""

from roomkit import PUBLISH, Kit

from rooms.store import sessions as session_rows
from rooms.store.sessions import Revocation


async def test_participants_come_in_pages(kit: Kit) -> None:
    """Every participant once, in order of joining, however many sessions each has."""
    room = await kit.create()
    for n in range(5):
        await kit.join(room, f"user-{n}")
        await kit.join(room, f"user-{n}", PUBLISH, transport="whip")
    seen, after = [], ""
    while True:
        async with kit.transactions.reading(None) as tx:
            page, cursor = await session_rows.of_room(tx.db, room.media_id, after, 2)
        seen += [session.identity for session in page]
        if cursor is None:
            break
        after = cursor

    assert sorted(set(seen)) == [f"user-{n}" for n in range(5)]
    assert len(seen) == 10


async def test_meta_and_capabilities_are_kept(kit: Kit) -> None:
    """A session is read as it was written."""
    room = await kit.create()
    attended = await kit.join(room, "ada", PUBLISH, meta={"seat": "4"})

    assert (await kit.sessions(room))[attended.session.id] == attended.session


async def test_more_sessions_than_one_statement_takes(kit: Kit) -> None:
    """Lists of any length are read, marked and closed."""
    room = await kit.create()
    attended = [await kit.join(room, f"user-{n}") for n in range(3)]
    ids = [each.session.id for each in attended] + [f"s_unknown_{n}" for n in range(1_200)]

    async with kit.transactions.writing(None) as tx:
        await session_rows.mark_seen(tx.db, ids, kit.now + 5)
        assert len(await session_rows.by_ids(tx.db, ids)) == 3

    assert {each.seen_at for each in (await kit.sessions(room)).values()} == {kit.now + 5}


async def test_revocations_are_forgotten_when_their_tokens_are_dead(kit: Kit) -> None:
    """Not before."""
    room = await kit.create()
    revoked = [
        Revocation(f"t{until}", room.org_id, room.media_id, "eve", "kicked", until)
        for until in (10, 20)
    ]
    async with kit.transactions.writing(None) as tx:
        await session_rows.revoke(tx.db, revoked)
        await session_rows.revoke(tx.db, revoked)
        await session_rows.forget_revocations(tx.db, 10)
        assert await session_rows.revoked_now(tx.db, 0, 10) == [revoked[1]]
