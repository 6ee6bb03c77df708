"""Rooms end as the contract says, once, and tell everybody."""

from roomkit import MODERATE, PUBLISH, WATCH, Kit

from levelchat.bus.messages import RoomClosed
from rooms import ending
from rooms.model import DAY, EndReason, RoomState
from rooms.store import rooms as room_rows

GRACE = 15_000


async def settle(kit: Kit, media_id: str) -> RoomState:
    """What the sweeper does at a deadline."""
    async with kit.transactions.writing(None) as tx:
        room = await room_rows.locked(tx.db, media_id)
        assert room is not None
        return (await ending.settle(tx, room)).state


async def test_delete_kicks_everybody_with_host_ended(kit: Kit) -> None:
    """`DELETE` ends all sessions with `host_ended` and fires `room.ended` (rooms.md §2)."""
    room = await kit.create()
    await kit.join(room, "ada", MODERATE)
    await kit.join(room, "bob")
    async with kit.transactions.writing(None) as tx:
        await ending.end_room(tx, await kit.room(room.media_id), EndReason.HOST_ENDED)

    assert {each.reason for each in (await kit.sessions(room)).values()} == {"host_ended"}
    assert kit.outbox.types[-1] == "room.ended"
    assert kit.outbox.types.count("participant.left") == 2
    (closed,) = kit.bus.of(RoomClosed)
    assert closed.reason == "host_ended"
    ended = await kit.room(room.media_id)
    assert (ended.state, ended.ended_at) == (RoomState.ENDED, kit.now)


async def test_ending_twice_is_ending_once(kit: Kit) -> None:
    """The second time changes and announces nothing."""
    room = await kit.create()
    for _ in range(2):
        async with kit.transactions.writing(None) as tx:
            await ending.end_room(tx, await kit.room(room.media_id), EndReason.HOST_ENDED)
        kit.now += 1

    assert kit.outbox.types.count("room.ended") == 1
    assert (await kit.room(room.media_id)).ended_at == kit.now - 2


async def test_an_empty_room_ends_after_its_grace(kit: Kit) -> None:
    """Not before 15 s, and then with `empty`: viewers alone have no host to wait for."""
    room = await kit.create(type="live")
    viewer = await kit.join(room, "bob", WATCH)
    await kit.leave(room, viewer)
    kit.now += GRACE - 1
    assert await settle(kit, room.media_id) is RoomState.ACTIVE
    kit.now += 1

    assert await settle(kit, room.media_id) is RoomState.ENDED
    assert (await kit.room(room.media_id)).end_reason == "empty"


async def test_without_its_host_a_room_is_closed_on_the_others(kit: Kit) -> None:
    """15 s after the last moderator left, all others get `host_left`."""
    room = await kit.create()
    host = await kit.join(room, "ada", MODERATE)
    await kit.join(room, "bob", PUBLISH)
    await kit.leave(room, host)
    kit.now += GRACE

    assert await settle(kit, room.media_id) is RoomState.ENDED
    sessions = await kit.sessions(room)
    assert {each.identity: each.reason for each in sessions.values()} == {
        "ada": "left",
        "bob": "host_left",
    }


async def test_publishers_are_hosts_where_nobody_ever_moderated(kit: Kit) -> None:
    """A broadcaster who leaves closes the room on its viewers after the grace."""
    room = await kit.create(type="live")
    publisher = await kit.join(room, "ada", PUBLISH, transport="whip")
    await kit.join(room, "bob", WATCH, transport="hls")
    await kit.leave(room, publisher)
    kit.now += GRACE

    assert await settle(kit, room.media_id) is RoomState.ENDED


async def test_a_day_after_its_end_a_room_is_archived(kit: Kit) -> None:
    """24 h after `ended`: `archived`, announced, and never looked at again."""
    room = await kit.create()
    async with kit.transactions.writing(None) as tx:
        ended = await ending.end_room(tx, room, EndReason.HOST_ENDED)
    assert ended.deadline_at == kit.now + DAY
    kit.now += DAY - 1
    assert await settle(kit, room.media_id) is RoomState.ENDED
    kit.now += 1

    assert await settle(kit, room.media_id) is RoomState.ARCHIVED
    archived = await kit.room(room.media_id)
    assert (archived.archived_at, archived.deadline_at) == (kit.now, None)
    assert kit.outbox.types[-1] == "room.archived"


async def test_every_transition_is_stored_with_its_reason(kit: Kit) -> None:
    """created, active, ended, archived: each with its instant."""
    room = await kit.create()
    await kit.join(room, "ada")
    kit.now += 1_000
    async with kit.transactions.writing(None) as tx:
        await ending.end_room(tx, await kit.room(room.media_id), EndReason.HOST_ENDED)
    kit.now += DAY
    await settle(kit, room.media_id)

    async with kit.transactions.reading(None) as tx:
        history = await room_rows.history(tx.db, room)
    assert [(each.from_state, each.to_state, each.reason) for each in history] == [
        (None, "created", "created"),
        ("created", "active", "joined"),
        ("active", "ended", "host_ended"),
        ("ended", "archived", "age"),
    ]
