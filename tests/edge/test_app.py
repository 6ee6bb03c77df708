"""Laws of edge.app."""

from edge_harness import ROOM, Harness


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
