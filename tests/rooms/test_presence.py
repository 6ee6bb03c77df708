"""Nodes' words about their sessions become rows, and rows become answers."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from roomkit import PUBLISH, Kit

from levelchat.bus.errors import Refused
from levelchat.bus.local import LocalBus
from levelchat.bus.messages import (
    Join,
    Joined,
    Left,
    Message,
    RoomClosed,
    Seen,
    Standing,
    StandingWanted,
    TokenRevoked,
)
from levelchat.bus.seams import CONTROL, JOINS, PRESENCE, STANDING
from rooms import ending, moderation
from rooms.attendance import Attendance
from rooms.model import EndReason
from rooms.presence import PresenceDesk
from rooms.settings import RoomsSettings

DEADLINE = 5.0


class Desk:
    """The desk on a real bus, and what is said on CONTROL."""

    def __init__(self, kit: Kit, bus: LocalBus) -> None:
        self.kit = kit
        self.bus = bus
        self.heard: asyncio.Queue[Message] = asyncio.Queue()

    async def join(self, join: Join) -> Joined:
        answer = await self.bus.request(JOINS, join, DEADLINE)
        assert isinstance(answer, Joined)
        return answer

    async def hear(self) -> Message:
        async with asyncio.timeout(DEADLINE):
            return await self.heard.get()


@pytest.fixture
async def desk(kit: Kit) -> AsyncIterator[Desk]:
    bus = LocalBus()
    attendance = Attendance(kit.transactions)
    presence = PresenceDesk(bus, attendance, kit.transactions, RoomsSettings())
    made = Desk(kit, bus)
    await bus.subscribe(CONTROL, made.heard.put_nowait)
    await presence.start()
    tasks = [asyncio.create_task(each.run()) for each in (bus, attendance)]
    yield made
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def until(condition: object) -> None:
    async with asyncio.timeout(DEADLINE):
        while not await condition():
            await asyncio.sleep(0.01)


async def test_a_publisher_is_a_participant(kit: Kit, desk: Desk) -> None:
    """A WHIP session that asks to join is a row, and leaves with the node's word."""
    room = await kit.create()
    wish = kit.wish(room, "ada", PUBLISH, transport="whip")

    answer = await desk.join(wish)

    assert answer.managed
    assert await kit.present(room) == ["ada"]
    desk.bus.publish(PRESENCE, Left(wish.session, room.media_id, kit.now, "gone"))

    async def empty() -> bool:
        return await kit.present(room) == []

    await until(empty)


async def test_rooms_that_were_never_created_are_unmanaged(kit: Kit, desk: Desk) -> None:
    """Only for tokens of the default project; others are told that there is no room."""
    room = await kit.create()
    offline = kit.wish(room, "ada", media_id="r_offline", project="default")
    other = kit.wish(room, "ada", media_id="r_offline")

    assert await desk.join(offline) == Joined(managed=False)
    with pytest.raises(Refused) as refused:
        await desk.join(other)
    assert refused.value.code == "not_found"


async def test_an_offline_token_does_not_open_a_tenants_room(kit: Kit, desk: Desk) -> None:
    """The default project's token for another project's room is refused."""
    room = await kit.create()

    with pytest.raises(Refused):
        await desk.join(kit.wish(room, "eve", project="default"))


async def test_who_came_while_rooms_was_away_is_joined_by_the_report(kit: Kit, desk: Desk) -> None:
    """`Seen` of an unknown session is a join; of a known one a sign of life."""
    room = await kit.create()
    known, late = kit.wish(room, "ada", PUBLISH), kit.wish(room, "bob")
    await desk.join(known)
    kit.now += 10_000
    desk.bus.publish(PRESENCE, Seen("node-1", kit.now, (known, late)))

    async def both() -> bool:
        return sorted(await kit.present(room)) == ["ada", "bob"]

    await until(both)
    assert (await kit.sessions(room))[known.session].seen_at == kit.now


async def test_a_node_that_missed_the_end_is_told_again(kit: Kit, desk: Desk) -> None:
    """A report from an ended room is answered with its end."""
    room = await kit.create()
    wish = kit.wish(room, "ada", PUBLISH)
    async with kit.transactions.writing(None) as tx:
        await ending.end_room(tx, room, EndReason.HOST_ENDED)
    desk.bus.publish(PRESENCE, Seen("node-1", kit.now, (wish,)))

    closed = await desk.hear()

    assert isinstance(closed, RoomClosed)
    assert (closed.media_id, closed.reason) == (room.media_id, "host_ended")


async def test_a_node_that_missed_a_kick_is_told_again(kit: Kit, desk: Desk) -> None:
    """A report of a kicked participant is answered with the revocation."""
    room = await kit.create()
    wish = kit.wish(room, "eve", PUBLISH)
    await desk.join(wish)
    async with kit.transactions.writing(None) as tx:
        await moderation.kick(tx, await kit.room(room.media_id), "eve")
    desk.bus.publish(PRESENCE, Seen("node-1", kit.now, (wish,)))

    revoked = await desk.hear()

    assert isinstance(revoked, TokenRevoked)
    assert revoked.token_ids == (wish.token_id,)


async def test_a_node_that_starts_learns_what_is_in_force(kit: Kit, desk: Desk) -> None:
    """Ended rooms, revoked tokens, forbidden publishers, and rooms that need a token."""
    ended, running = await kit.create(), await kit.create()
    await desk.join(kit.wish(running, "ada", PUBLISH))
    await desk.join(kit.wish(running, "eve", PUBLISH))
    async with kit.transactions.writing(None) as tx:
        await ending.end_room(tx, ended, EndReason.HOST_ENDED)
        room = await kit.room(running.media_id)
        await moderation.kick(tx, room, "eve")
        await moderation.allow_publishing(tx, room, "mallory", allowed=False)

    standing = await desk.bus.request(STANDING, StandingWanted(), DEADLINE)

    assert isinstance(standing, Standing)
    assert [each.media_id for each in standing.closed] == [ended.media_id]
    assert [each.token_ids for each in standing.revoked] == [("token-of-eve",)]
    assert [each.identity for each in standing.forbidden] == ["mallory"]
    assert [each.media_id for each in standing.opened] == [running.media_id]
