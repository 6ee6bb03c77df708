"""Rooms are kept while somebody is in them here, and agree with those elsewhere."""

import asyncio
from typing import Any

import pytest
from roomkit import PUBLISH
from signalkit import MODERATE, TALK, Installation, Replica, eventually

from levelchat.bus.messages import SessionClosed, SessionOpened, StreamStarted
from levelchat.bus.seams import signal_subject
from rooms.errors import StoreUnavailable
from rooms.signal.hub import Hub


async def test_an_idle_room_is_not_kept(place: Installation, replica: Replica) -> None:
    """With the last one gone there is no entry, no timer, no subscription."""
    room = await place.kit.create()
    ada = await place.join(replica, room, "ada")
    assert replica.hub.find(room.media_id) is not None
    assert signal_subject(room.media_id) in place.bus._members

    await ada.say("leave")
    await ada.over()

    await eventually(lambda: not replica.hub.rooms)
    await eventually(lambda: signal_subject(room.media_id) not in place.bus._members)


async def test_two_replicas_act_as_one_room(place: Installation, replica: Replica) -> None:
    """Presence, chat, hands, reactions and direct messages cross the bus."""
    other = await place.replica("two")
    room = await place.kit.create()
    ada = await place.join(replica, room, "ada", (*TALK, *MODERATE))
    bob = await place.join(other, room, "bob")

    await ada.sees("bob")
    assert [each["identity"] for each in bob.welcome["participants"]] == ["ada", "bob"]
    await bob.ask("hand", raised=True)
    await ada.sees("bob", lambda bob: bob.get("hand"))
    await ada.ask("chat", text="hello")
    await bob.until("chat", text="hello", identity="ada")
    await bob.ask("reaction", emoji="👍")
    await ada.until("reaction", emoji="👍", identity="bob")
    await ada.ask("chat", text="psst", to="bob")
    await bob.until("chat", text="psst", to="bob")
    await ada.ask("mute", identity="bob", kind="audio")
    await bob.until("mute", by="ada")
    await ada.ask("kick", identity="bob")
    await bob.until("kicked", reason="kicked")
    assert await bob.over() == 4001
    assert await ada.sees_leave("bob") == "kicked"


async def test_a_replica_that_comes_late_knows_what_is_in_no_table(
    place: Installation, replica: Replica
) -> None:
    """Raised hands and tracks are told by the replicas that know them; chat is in the store."""
    room = await place.kit.create()
    ada = await place.join(replica, room, "ada")
    whip = await place.kit.join(room, "cam", PUBLISH, transport="whip")
    await ada.sees("cam")
    place.bus.publish(
        signal_subject(room.media_id),
        StreamStarted(room.media_id, whip.session.id, "cam", ("video",), 1),
    )
    await ada.sees("cam", lambda cam: cam.get("tracks") == ["video"])
    await ada.ask("hand", raised=True)
    await ada.ask("chat", text="early")
    await eventually(lambda: not replica.signalling._scribe._more.is_set())

    other = await place.replica("two")
    bob = await place.join(other, room, "bob")

    assert [each["text"] for each in bob.welcome["chat"]] == ["early"]
    live = other.hub.find(room.media_id)
    await eventually(lambda: live.roster.find("ada").hand is not None)
    await eventually(lambda: live.roster.find("cam").tracks == ("video",))


async def test_what_the_bus_lost_is_read_again(
    place: Installation, replica: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the bus was away, the roster is the store's."""
    room = await place.kit.create()
    ada = await place.join(replica, room, "ada")
    gone = await place.kit.join(room, "gone")
    await ada.sees("gone")
    publish = place.bus.publish
    monkeypatch.setattr(
        place.bus,
        "publish",
        lambda subject, message: (
            None
            if isinstance(message, SessionOpened | SessionClosed)
            else publish(subject, message)
        ),
    )
    await place.kit.leave(room, gone)
    await place.kit.join(room, "new")

    place.bus.connections += 1
    place.advance(replica, 1)

    assert (await ada.sees("new"))["identity"] == "new"
    assert replica.hub.find(room.media_id).roster.find("gone") is None


async def test_many_who_enter_at_once_share_one_reading(
    place: Installation, replica: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crowd at the opening of a room asks the store once."""
    room = await place.kit.create()
    readings = 0
    read = Hub._read

    async def counted(self: Hub, live: Any) -> None:
        nonlocal readings
        readings += 1
        await read(self, live)

    monkeypatch.setattr(Hub, "_read", counted)
    await asyncio.gather(*(place.join(replica, room, f"user-{n}") for n in range(20)))

    assert readings == 1


async def test_a_room_that_cannot_be_read_is_tried_anew(
    place: Installation, replica: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever waits is told 503; the next one may be luckier."""
    room = await place.kit.create()
    read = Hub._read

    async def failing(self: Hub, live: Any) -> None:
        raise StoreUnavailable("away")

    monkeypatch.setattr(Hub, "_read", failing)
    with pytest.raises(Exception, match="503"):
        await place.join(replica, room, "ada")
    assert not replica.hub.rooms
    monkeypatch.setattr(Hub, "_read", read)

    bob = await place.join(replica, room, "bob")
    assert bob.welcome["participant"]["identity"] == "bob"
