"""A live room: what everybody in it hears of."""

import asyncio

from roomkit import PUBLISH
from signalkit import MODERATE, TALK, Installation, Replica, eventually

from levelchat.bus.messages import Quality, StreamStarted, StreamStopped
from levelchat.bus.seams import signal_subject
from rooms.model import EndReason, LeaveReason


async def test_everybody_hears_who_comes_and_goes(place: Installation, replica: Replica) -> None:
    """WHIP publishers as well; HLS viewers as a number."""
    room = await place.kit.create(type="live")
    ada = await place.join(replica, room, "ada")

    whip = await place.kit.join(room, "cam", PUBLISH, transport="whip")
    joined = await ada.sees("cam")
    viewer = await place.kit.join(room, "viewer", transport="hls")
    await ada.counts(3)
    await place.kit.leave(room, viewer)
    await ada.counts(2)
    await place.kit.leave(room, whip, reason=LeaveReason.LOST)
    left = await ada.sees_leave("cam")

    assert joined["transports"] == ["whip"]
    assert left == "lost"
    assert "viewer" not in ada.joined


async def test_those_who_come_together_come_in_one_message(
    place: Installation, replica: Replica
) -> None:
    """Deltas are batched (rooms.md §6)."""
    room = await place.kit.create()
    ada = await place.join(replica, room, "ada")
    for number in range(30):
        await place.kit.join(room, f"user-{number}")

    await ada.counts(31)

    assert sum(message["type"] == "participants" for message in ada.heard) <= 10
    assert len(ada.people) == 31


async def test_who_may_not_watch_hears_of_nobody(place: Installation, replica: Replica) -> None:
    """rooms.md §5: a publisher without `subscribe:*` sees nobody, and is still told what is its."""
    room = await place.kit.create()
    cam = await place.join(replica, room, "cam", ("publish:camera",))
    host = await place.join(replica, room, "host", MODERATE)
    await host.ask("chat", text="hello")
    await host.until("chat")
    await host.ask("mute", identity="cam", kind="video")

    assert (await cam.until("mute"))["by"] == "host"
    assert cam.heard == []
    assert [each["identity"] for each in cam.welcome["participants"]] == ["cam"]
    assert (await cam.ask("roster"))["code"] == "capability_missing"


async def test_the_room_ends_for_all(place: Installation, replica: Replica) -> None:
    """With the reason; nobody can come back; nothing is kept."""
    room = await place.kit.create()
    ada, bob = [await place.join(replica, room, each) for each in ("ada", "bob")]

    await place.end(room, EndReason.HOST_LEFT)

    for each in (ada, bob):
        assert (await each.until("room_ended"))["reason"] == "host_left"
        assert await each.over() == 4002
    await eventually(lambda: not replica.hub.rooms)
    assert len(replica.signalling._entrance._tickets) == 0
    assert replica.signalling._entrance._sessions == {}


async def test_the_newest_connection_of_an_identity_stays(
    place: Installation, replica: Replica
) -> None:
    """The old one is told that it was replaced; for others nobody came or went."""
    room = await place.kit.create()
    bob = await place.join(replica, room, "bob")
    first = await place.join(replica, room, "ada")
    await bob.sees("ada")

    second = await place.join(replica, room, "ada")

    assert await first.over() == 4003
    assert second.welcome["participant"]["id"] == first.welcome["participant"]["id"]

    async def one_each() -> bool:
        return await place.kit.present(room) == ["bob", "ada"]

    await eventually(one_each)
    await second.ask("chat", text="hi")
    await bob.until("chat")
    assert bob.left == {}
    assert bob.joined.count("ada") == 1


async def test_a_connection_elsewhere_replaces_this_one(
    place: Installation, replica: Replica
) -> None:
    """The newest wins on whichever replica it is; a broken one does not wait any longer."""
    other = await place.replica("two")
    room = await place.kit.create()
    first = await place.join(replica, room, "ada")
    second = await place.join(other, room, "ada")
    assert await first.over() == 4003
    second.cut()
    live = other.hub.find(room.media_id)
    await eventually(lambda: live.parked)

    third = await place.join(replica, room, "ada")

    await eventually(lambda: not live.parked)

    async def one() -> bool:
        return await place.kit.present(room) == ["ada"]

    await eventually(one)
    assert third.welcome["participant"]["id"] == second.welcome["participant"]["id"]


async def test_tracks_and_quality_are_told(place: Installation, replica: Replica) -> None:
    """What nodes report of publishers, in a small room to all."""
    room = await place.kit.create()
    ada = await place.join(replica, room, "ada")
    whip = await place.kit.join(room, "cam", PUBLISH, transport="whip")
    await ada.sees("cam")
    subject, media_id, session = signal_subject(room.media_id), room.media_id, whip.session.id

    place.bus.publish(subject, StreamStarted(media_id, session, "cam", ("video",), 1))
    await ada.sees("cam", lambda cam: cam.get("tracks") == ["video"])
    place.bus.publish(subject, Quality(media_id, "cam", 25.0, 0.125, 1))
    notice = await ada.until("connection-quality", identity="cam")
    assert (notice["rtt"], notice["fraction_lost"]) == (25.0, 0.125)
    place.bus.publish(subject, StreamStopped(media_id, session, "cam", "left", 2))
    await ada.sees("cam", lambda cam: not cam.get("tracks"))


async def test_a_pong_measures_the_way(place: Installation, replica: Replica) -> None:
    """The round trip of each ping is told to all of a small room."""
    room = await place.kit.create()
    ada, bob = [await place.join(replica, room, each, TALK) for each in ("ada", "bob")]

    place.advance(replica, 15)
    about_bob, about_ada = await asyncio.gather(
        ada.until("connection-quality", identity="bob"),
        bob.until("connection-quality", identity="ada"),
    )

    assert all(0 <= each["rtt"] <= 20_000 for each in (about_ada, about_bob))
