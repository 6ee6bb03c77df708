"""Moderators' acts are rows, and every node hears of them."""

import pytest
from roomkit import MODERATE, PUBLISH, Kit

from levelchat.bus.messages import PublishingForbidden, TokenRevoked
from rooms import moderation
from rooms.errors import NotFound
from rooms.store import sessions as session_rows


async def test_a_kick_ends_all_sessions_and_revokes_the_tokens(kit: Kit) -> None:
    """Signalling and WHIP alike; both tokens are named on the bus."""
    room = await kit.create()
    await kit.join(room, "ada", MODERATE)
    await kit.join(room, "eve", PUBLISH, token_id="t1")
    await kit.join(room, "eve", PUBLISH, transport="whip", token_id="t2")

    async with kit.transactions.writing(None) as tx:
        await moderation.kick(tx, await kit.room(room.media_id), "eve")

    assert await kit.present(room) == ["ada"]
    (revoked,) = kit.bus.of(TokenRevoked)
    assert set(revoked.token_ids) == {"t1", "t2"}
    async with kit.transactions.reading(None) as tx:
        assert await session_rows.revoked_among(tx.db, ["t1", "t2", "t3"], kit.now) == {"t1", "t2"}
        assert await session_rows.revoked_among(tx.db, ["t1"], revoked.until) == set()


async def test_nobody_can_kick_who_is_not_there(kit: Kit) -> None:
    """An unknown identity is `not_found`."""
    room = await kit.create()

    with pytest.raises(NotFound):
        async with kit.transactions.writing(None) as tx:
            await moderation.kick(tx, room, "nobody")


async def test_publishing_is_forbidden_until_it_is_allowed(kit: Kit) -> None:
    """The row stands between, for who joins meanwhile; twice is once."""
    room = await kit.create()
    for _ in range(2):
        async with kit.transactions.writing(None) as tx:
            await moderation.allow_publishing(tx, room, "eve", allowed=False)
    assert (await kit.join(room, "eve", PUBLISH)).publish_forbidden

    async with kit.transactions.writing(None) as tx:
        await moderation.allow_publishing(tx, room, "eve", allowed=True)

    assert not (await kit.join(room, "eve", PUBLISH)).publish_forbidden
    assert [each.forbidden for each in kit.bus.of(PublishingForbidden)] == [True, True, False]
