"""Laws of edge.app."""

from edge_harness import ROOM, Harness
from roomsdesk import Desk

from levelchat.bus.messages import RoomClosed


async def test_a_drain_ends_every_playlist(edge: Harness) -> None:
    """After a drain each running playlist has EXT-X-ENDLIST and can still be fetched."""
    edge.broadcast()
    await edge.plane.drain()
    answer = await edge.client.get(f"/live/{ROOM}/v720.m3u8")

    assert (await answer.text()).endswith("#EXT-X-ENDLIST\n")


async def test_an_idle_edge_drains_at_once(edge: Harness) -> None:
    """Nothing to end, nothing to wait for."""
    await edge.plane.drain()

    assert edge.plane.unready() == []


async def test_a_room_that_ends_ends_its_playlists(edge: Harness, desk: Desk) -> None:
    """At once, though the packager would still wait for its publisher; what it sends is dropped."""
    later = edge.broadcast()
    at = edge.clock.ns // 1_000_000
    await desk.say(RoomClosed(ROOM, "host_ended", at, at + 3_600_000))
    edge.origin.part(ROOM, later[0])

    assert edge.origin.broadcasts[ROOM].playlist("v720").plain.endswith(b"#EXT-X-ENDLIST\n")
