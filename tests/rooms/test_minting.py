"""Room tokens: for whom, for what, and never for a room that is over."""

from pathlib import Path

import pytest
from roomkit import Kit

from levelchat.auth import keys
from levelchat.auth.token import Minter, verify
from levelchat.clock import SystemClock
from levelchat.contract.rest import NewRoomToken, NewToken
from levelchat.media.time import NANOSECOND
from rooms import ending
from rooms.errors import InvalidRequest, NotFound, QuotaExceeded, RoomEnded
from rooms.minting import Minting
from rooms.model import EndReason, RoomType

WANTED = NewToken(identity="ada", capabilities=["publish:camera", "subscribe:*"], ttl=60)


@pytest.fixture
def token_keys(tmp_path: Path) -> keys.TokenKeys:
    return keys.load_or_create(tmp_path)


@pytest.fixture
async def minting(kit: Kit, token_keys: keys.TokenKeys) -> Minting:
    made = Minting(kit.transactions, Minter(token_keys), kit.bus, SystemClock())
    await made.start()
    return made


async def test_a_token_says_what_was_asked_for(
    kit: Kit, minting: Minting, token_keys: keys.TokenKeys
) -> None:
    """Every node that has the public key reads the same from it."""
    room = await kit.create(id="r_standup")

    minted = await minting.mint(kit.who, "r_standup", WANTED)

    now = SystemClock().wall_ns() // NANOSECOND
    grant = verify(token_keys, minted.token, room="r_standup", now=now)
    assert (grant.identity, grant.project) == ("ada", kit.who.project_id)
    assert (grant.room, grant.media_id) == ("r_standup", room.media_id)
    assert grant.capabilities == {"publish:camera", "subscribe:all"}
    assert grant.token_id == minted.token_id
    assert minted.expires_at == grant.expires * 1000


async def test_a_token_request_makes_the_room_once(kit: Kit, minting: Minting) -> None:
    """On the fly for an id that nobody used yet; then it is that room."""
    wanted = NewRoomToken(
        room_id="r_standup", identity="ada", capabilities=["subscribe:all"], type="broadcast"
    )

    first = await minting.mint_on_the_fly(kit.who, wanted)
    second = await minting.mint_on_the_fly(kit.who, wanted)

    assert first.room.type is RoomType.LIVE
    assert second.room.media_id == first.room.media_id
    assert kit.outbox.types == ["room.created"]


async def test_each_tenant_gets_its_own_room(kit: Kit, stranger: Kit, minting: Minting) -> None:
    """An id that another tenant uses is free here, and nothing tells of the other."""
    wanted = NewRoomToken(room_id="r_standup", identity="ada", capabilities=["subscribe:all"])

    mine = await minting.mint_on_the_fly(kit.who, wanted)
    theirs = await minting.mint_on_the_fly(stranger.who, wanted)

    assert mine.room.media_id != theirs.room.media_id


async def test_an_ended_room_gives_no_tokens(kit: Kit, minting: Minting) -> None:
    """Not for an id that was used a moment ago either: the end is heard on the bus."""
    room = await kit.create()
    minted = await minting.mint(kit.who, room.id, WANTED)
    async with kit.transactions.writing(None) as tx:
        await ending.end_room(tx, room, EndReason.HOST_ENDED)

    with pytest.raises(RoomEnded):
        await minting.mint(kit.who, room.id, WANTED)
    with pytest.raises(RoomEnded):
        await minting.mint_on_the_fly(
            kit.who, NewRoomToken(room_id=room.id, identity="ada", capabilities=[])
        )
    assert minted.room.id == room.id


async def test_unknown_capabilities_are_named(kit: Kit, minting: Minting) -> None:
    """A 422 with the place and the allowed ones."""
    room = await kit.create()
    wanted = NewToken(identity="ada", capabilities=["subscribe:all", "fly"])

    with pytest.raises(InvalidRequest) as caught:
        await minting.mint(kit.who, room.id, wanted)

    assert [flaw.path for flaw in caught.value.flaws] == ["capabilities.1"]


async def test_another_tenants_room_is_not_found(
    kit: Kit, stranger: Kit, minting: Minting
) -> None:
    """Even right after its owner asked for a token."""
    room = await kit.create()
    await minting.mint(kit.who, room.id, WANTED)

    with pytest.raises(NotFound):
        await minting.mint(stranger.who, room.id, WANTED)


async def test_a_token_is_renewed_with_the_same_id(
    kit: Kit, minting: Minting, token_keys: keys.TokenKeys
) -> None:
    """Same rights, same id, a new hour; not once the room is over."""
    room = await kit.create()
    minted = await minting.mint(kit.who, room.id, WANTED)
    now = SystemClock().wall_ns() // NANOSECOND
    grant = verify(token_keys, minted.token, room=room.id, now=now)

    renewed = await minting.renew(grant)

    again = verify(token_keys, renewed.token, room=room.id, now=now)
    assert (again.token_id, again.capabilities) == (grant.token_id, grant.capabilities)
    assert again.expires > grant.expires
    async with kit.transactions.writing(None) as tx:
        await ending.end_room(tx, room, EndReason.HOST_ENDED)
    with pytest.raises(RoomEnded):
        await minting.renew(grant)


async def test_a_used_up_quota_gives_no_tokens(kit: Kit, minting: Minting) -> None:
    """402, and the sentence says which."""
    room = await kit.create()
    await kit.set_quota('{"viewer_hours":0}')

    with pytest.raises(QuotaExceeded, match="viewer hours"):
        await minting.mint(kit.who, room.id, WANTED)
