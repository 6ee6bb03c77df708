"""Sessions end once, at the right instant, and a participant leaves with the last."""

from roomkit import MODERATE, PUBLISH, Kit

from levelchat.bus.messages import SessionClosed
from rooms.leaving import leave
from rooms.model import LeaveReason
from rooms.store import sessions as session_rows


async def test_a_participant_leaves_with_its_last_session(kit: Kit) -> None:
    """The end of WHIP alone is no `participant.left`; the end of signalling after it is."""
    room = await kit.create()
    signal = await kit.join(room, "ada", PUBLISH)
    whip = await kit.join(room, "ada", PUBLISH, transport="whip")

    await kit.leave(room, whip)
    assert "participant.left" not in kit.outbox.types

    await kit.leave(room, signal)
    assert kit.outbox.types.count("participant.left") == 1
    assert len(kit.bus.of(SessionClosed)) == 2


async def test_leaving_twice_is_leaving_once(kit: Kit) -> None:
    """The first instant counts, and nothing is announced again."""
    room = await kit.create()
    attended = await kit.join(room, "ada")
    await kit.leave(room, attended)
    left_at = kit.now
    kit.now += 9_000

    await kit.leave(room, attended)

    (row,) = (await kit.sessions(room)).values()
    assert row.left_at == left_at
    assert kit.outbox.types.count("participant.left") == 1


async def test_without_an_instant_it_left_when_it_was_last_seen(kit: Kit) -> None:
    """`left_at` is never when somebody noticed (rooms.md §2)."""
    room = await kit.create()
    attended = await kit.join(room, "ada")
    seen_at = kit.now + 4_000
    async with kit.transactions.writing(None) as tx:
        await session_rows.mark_seen(tx.db, [attended.session.id], seen_at)
    kit.now += 60_000

    await kit.leave(room, attended, at=None, reason=LeaveReason.LOST)

    (row,) = (await kit.sessions(room)).values()
    assert (row.left_at, row.reason) == (seen_at, "lost")


async def test_nobody_leaves_before_they_joined(kit: Kit) -> None:
    """A node whose clock is behind makes no negative minutes."""
    room = await kit.create()
    attended = await kit.join(room, "ada")

    await kit.leave(room, attended, at=kit.now - 60_000)

    (row,) = (await kit.sessions(room)).values()
    assert row.left_at == row.joined_at


async def test_a_session_of_another_room_is_left_alone(kit: Kit) -> None:
    """A leave that names the wrong room changes nothing."""
    room, other = await kit.create(), await kit.create()
    attended = await kit.join(room, "ada")

    async with kit.transactions.writing(None) as tx:
        await leave(tx, other, [attended.session.id], kit.now, LeaveReason.LEFT)

    assert await kit.present(room) == ["ada"]


async def test_the_last_host_starts_the_grace(kit: Kit) -> None:
    """15 s after the last host left, the sweeper looks."""
    room = await kit.create()
    host = await kit.join(room, "ada", MODERATE)
    await kit.join(room, "bob")

    await kit.leave(room, host)

    assert (await kit.room(room.media_id)).deadline_at == kit.now + 15_000
