"""Rooms are made once, found by their own tenant, and by nobody else."""

import msgspec
import pytest
from roomkit import Kit

from levelchat.contract.rest import NewRoom
from rooms import creation
from rooms.errors import InvalidRequest, NotFound, QuotaExceeded, RoomExists
from rooms.model import RoomState, RoomType
from rooms.store import rooms as room_rows


async def test_a_new_room_is_created_and_idle(kit: Kit) -> None:
    """A room without a schedule is `created`, announced, and has nothing due."""
    room = await kit.create(type="broadcast", config={"max_participants": 5})

    stored = await kit.room(room.media_id)
    assert stored == room
    assert (room.type, room.state) == (RoomType.LIVE, RoomState.CREATED)
    assert room.deadline_at is None
    assert kit.outbox.types == ["room.created"]


async def test_a_scheduled_room_is_pending(kit: Kit) -> None:
    """`scheduled_for` in the future makes a room `pending`."""
    room = await kit.create(scheduled_for="2027-01-01T00:00:00Z")

    assert room.state is RoomState.PENDING


async def test_flaws_are_named_and_nothing_is_made(kit: Kit) -> None:
    """A wrong key is a 422 that names it."""
    with pytest.raises(InvalidRequest) as caught:
        await kit.create(type="party", config={"colour": "red"})

    assert {flaw.path for flaw in caught.value.flaws} == {"type", "config.colour"}
    assert kit.outbox.types == []


async def test_an_id_is_taken_once_in_a_project(kit: Kit) -> None:
    """The same id again in the same project is `room_exists`."""
    await kit.create(id="r_standup")

    with pytest.raises(RoomExists):
        await kit.create(id="r_standup")


async def test_two_tenants_may_choose_the_same_id(kit: Kit, stranger: Kit) -> None:
    """Both have their room, on the media planes under different names."""
    mine, theirs = await kit.create(id="r_standup"), await stranger.create(id="r_standup")

    assert mine.id == theirs.id == "r_standup"
    assert mine.media_id != theirs.media_id


async def test_a_room_is_found_by_id_external_id_and_code(kit: Kit) -> None:
    """All three lead to the same room."""
    room = await kit.create(external_id="team-standup")

    async with kit.transactions.reading(kit.who.org_id) as tx:
        assert await creation.find_room(tx, kit.who, room.id) == room
        assert await creation.find_room(tx, kit.who, "ext:team-standup") == room
        assert await creation.find_by_code(tx, kit.who, room.short_code) == room


async def test_another_tenants_room_is_not_found(kit: Kit, stranger: Kit) -> None:
    """By whatever name it is asked for."""
    room = await kit.create(external_id="team-standup")

    async with stranger.transactions.reading(stranger.who.org_id) as tx:
        for name in (room.id, "ext:team-standup"):
            with pytest.raises(NotFound):
                await creation.find_room(tx, stranger.who, name)
        with pytest.raises(NotFound):
            await creation.find_by_code(tx, stranger.who, room.short_code)


async def test_a_room_token_finds_its_own_room_only(kit: Kit) -> None:
    """A moderator's token does not open the other rooms of the project."""
    mine, other = await kit.create(), await kit.create()
    moderator = msgspec.structs.replace(kit.who, kind="token", media_id=mine.media_id)

    async with kit.transactions.reading(kit.who.org_id) as tx:
        assert await creation.find_room(tx, moderator, mine.id) == mine
        with pytest.raises(NotFound):
            await creation.find_room(tx, moderator, other.id)


async def test_pages_hold_every_room_once_newest_first(kit: Kit) -> None:
    """Following the cursor shows all, whatever is made meanwhile."""
    made = [(await kit.create(type="live" if n % 2 else "meeting")).id for n in range(7)]
    seen, cursor = [], None
    while True:
        async with kit.transactions.reading(kit.who.org_id) as tx:
            page, cursor = await creation.list_rooms(tx, kit.who, limit=3, cursor=cursor)
        seen += [room.id for room in page]
        await kit.create()
        if cursor is None:
            break

    assert [each for each in seen if each in made] == made[::-1]
    async with kit.transactions.reading(kit.who.org_id) as tx:
        live, _ = await creation.list_rooms(
            tx, kit.who, limit=100, cursor=None, type_=RoomType.LIVE
        )
    assert [room.id for room in live] == made[1::2][::-1]


async def test_a_quota_of_open_rooms_is_kept(kit: Kit) -> None:
    """One more than the organisation may have open is `quota_exceeded`; ended ones are free."""
    await kit.set_quota('{"open_rooms":1}')
    room = await kit.create()

    with pytest.raises(QuotaExceeded):
        await kit.create()
    async with kit.transactions.writing(kit.who.org_id) as tx:
        await room_rows.change(tx.db, room, state=RoomState.ENDED)
    await kit.create()


async def test_a_wish_of_the_wire_is_what_is_checked() -> None:
    """The fields of the contract are those that creation takes."""
    assert set(NewRoom.__struct_fields__) == {
        "id",
        "external_id",
        "type",
        "config",
        "scheduled_for",
    }
