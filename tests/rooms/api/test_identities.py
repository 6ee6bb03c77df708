"""Laws of rooms.api.identities."""

import pytest
from apikit import ApiKit
from roomkit import MODERATE

from levelchat.auth.errors import TokenInvalid
from rooms.errors import KeyInvalid, NotFound


async def test_a_key_is_of_its_project(api: ApiKit) -> None:
    """Whoever holds it acts for that project and no other."""
    who = await api.identities.of_key(api.key)

    assert (who.org_id, who.project_id, who.kind) == (
        api.kit.who.org_id,
        api.kit.who.project_id,
        "key",
    )
    with pytest.raises(KeyInvalid):
        await api.identities.of_key(api.key[:-1] + "!")


async def test_a_token_is_of_its_room(api: ApiKit) -> None:
    """Its holder acts in that room only."""
    room = await api.kit.create()
    grant = api.identities.verify(api.token(room, "eve", *MODERATE))
    who = await api.identities.of_token(grant)

    assert (who.kind, who.id, who.media_id) == ("token", "eve", room.media_id)
    assert who.project_id == room.project_id


async def test_a_token_of_no_room_is_nobodys(api: ApiKit) -> None:
    """Well signed, for a room that never was created here."""
    room = await api.kit.create()
    grant = api.identities.verify(api.token(room, "eve", *MODERATE))
    unknown = type(grant)(
        room="r_x",
        media_id="r_x",
        identity="eve",
        capabilities=grant.capabilities,
        token_id="t",
        expires=grant.expires,
    )
    with pytest.raises(NotFound):
        await api.identities.of_token(unknown)
    with pytest.raises(TokenInvalid):
        api.identities.verify("a.b.c")
