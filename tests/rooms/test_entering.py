"""Who is let into a room, and what that changes."""

import pytest
from roomkit import MODERATE, PUBLISH, WATCH, Kit

from levelchat.auth.errors import TokenRevoked
from levelchat.bus.messages import RoomOpened, SessionOpened
from rooms import moderation
from rooms.ending import end_room
from rooms.entering import enter
from rooms.errors import NotFound, RoomEnded, RoomFull
from rooms.model import EndReason, LeaveReason, RoomState
from rooms.store import rooms as room_rows
from rooms.store import sessions as session_rows


async def test_the_first_participant_makes_the_room_active(kit: Kit) -> None:
    """The first joins: `active`, stored with its time, announced, and heard by every node."""
    room = await kit.create()
    kit.now += 5_000

    attended = await kit.join(room, "ada", PUBLISH)

    assert attended.first
    assert (attended.room.state, attended.room.started_at) == (RoomState.ACTIVE, kit.now)
    assert kit.outbox.types == ["room.created", "room.started", "participant.joined"]
    assert len(kit.bus.of(RoomOpened)) == 1
    async with kit.transactions.reading(None) as tx:
        history = await room_rows.history(tx.db, room)
    assert [(each.to_state, each.at) for each in history][-1] == ("active", kit.now)


async def test_a_scheduled_room_becomes_active_too(kit: Kit) -> None:
    """`pending` ends when somebody joins."""
    room = await kit.create(scheduled_for="2027-01-01T00:00:00Z")

    assert (await kit.join(room, "ada")).room.state is RoomState.ACTIVE


async def test_connections_of_one_identity_are_one_participant(kit: Kit) -> None:
    """Signalling and WHIP of the same identity share a participant, announced once."""
    room = await kit.create()
    signal = await kit.join(room, "ada", PUBLISH)
    whip = await kit.join(room, "ada", PUBLISH, transport="whip")

    assert whip.session.participant_id == signal.session.participant_id
    assert not whip.first
    assert kit.outbox.types.count("participant.joined") == 1
    assert len(kit.bus.of(SessionOpened)) == 2


async def test_viewers_of_hls_are_counted_and_not_announced(kit: Kit) -> None:
    """A viewer has a session but no event; who then enters by signalling is news."""
    room = await kit.create(type="live")
    viewer = await kit.join(room, "bob", WATCH, transport="hls")
    signal = await kit.join(room, "bob", WATCH)

    assert not viewer.first
    assert signal.first
    assert signal.session.participant_id == viewer.session.participant_id
    assert kit.outbox.types.count("participant.joined") == 1


async def test_an_ended_room_takes_nobody(kit: Kit) -> None:
    """Joining an ended room is `room_ended`."""
    room = await kit.create()
    async with kit.transactions.writing(None) as tx:
        await end_room(tx, room, EndReason.HOST_ENDED)

    with pytest.raises(RoomEnded):
        await kit.join(room, "ada")


async def test_a_token_of_another_project_finds_no_room(kit: Kit) -> None:
    """A token whose audience is another project is told what an unknown room's is."""
    room = await kit.create()

    with pytest.raises(NotFound):
        await kit.join(room, "ada", project="prj_other")


async def test_seats_are_never_oversold_within_a_batch(kit: Kit) -> None:
    """Of ten who ask at once for two seats, the first two sit, and their other connections too."""
    room = await kit.create(config={"max_participants": 2})
    wishes = [kit.wish(room, f"user-{n}") for n in range(10)]
    wishes.append(kit.wish(room, "user-0", transport="whip"))

    async with kit.transactions.writing(room.org_id) as tx:
        outcomes = await enter(tx, room, wishes)

    refused = [isinstance(outcome, RoomFull) for outcome in outcomes]
    assert refused == [False] * 2 + [True] * 8 + [False]


async def test_a_third_in_a_one_to_one_room_is_refused(kit: Kit) -> None:
    """`1to1` is for two (rooms.md §3)."""
    room = await kit.create(type="p2p")
    await kit.join(room, "ada")
    await kit.join(room, "bob")

    with pytest.raises(RoomFull):
        await kit.join(room, "eve")


async def test_the_same_session_again_is_the_same(kit: Kit) -> None:
    """A join that is repeated (its answer was lost) makes no second row."""
    room = await kit.create()
    first = await kit.join(room, "ada", session="s_1")
    again = await kit.join(room, "ada", session="s_1")

    assert again.session == first.session
    assert await kit.present(room) == ["ada"]


async def test_who_was_taken_for_lost_may_turn_out_to_be_there(kit: Kit) -> None:
    """A node that was cut off brings its sessions back, and no minute is lost."""
    room = await kit.create()
    attended = await kit.join(room, "ada", session="s_1")
    async with kit.transactions.writing(None) as tx:
        await session_rows.close(tx.db, [attended.session], None, LeaveReason.LOST)
    kit.now += 60_000

    back = await kit.join(room, "ada", session="s_1")

    assert back.session.joined_at == attended.session.joined_at
    assert await kit.present(room) == ["ada"]


async def test_who_was_kicked_stays_out(kit: Kit) -> None:
    """Neither the old session nor a new one with the old token comes in; a new token does."""
    room = await kit.create()
    await kit.join(room, "ada", MODERATE)
    await kit.join(room, "eve", session="s_eve")
    async with kit.transactions.writing(None) as tx:
        await moderation.kick(tx, await kit.room(room.media_id), "eve")

    for more in ({"session": "s_eve", "token_id": "fresh"}, {}):
        with pytest.raises(TokenRevoked):
            await kit.join(room, "eve", **more)
    await kit.join(room, "eve", token_id="fresh")


async def test_a_clock_that_is_ahead_brings_nobody_from_the_future(kit: Kit) -> None:
    """`joined_at` is never later than now."""
    room = await kit.create()

    attended = await kit.join(room, "ada", at=kit.now + 3_600_000)

    assert attended.session.joined_at == kit.now


async def test_a_host_who_is_back_in_time_keeps_the_room(kit: Kit) -> None:
    """The deadline of the host's grace is taken back when a host joins."""
    room = await kit.create()
    host = await kit.join(room, "ada", MODERATE)
    await kit.join(room, "bob")
    await kit.leave(room, host)
    assert (await kit.room(room.media_id)).deadline_at == kit.now + 15_000
    kit.now += 10_000

    await kit.join(room, "ada", MODERATE)

    assert (await kit.room(room.media_id)).deadline_at is None
