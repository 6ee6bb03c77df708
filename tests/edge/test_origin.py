"""Laws of edge.origin."""

import synthetic
from edge_harness import ROOM, Harness

from levelchat.media.time import NANOSECOND


async def test_a_new_broadcast_after_the_end_counts_on(edge: Harness) -> None:
    """A room that ended and begins again gives no sequence number out twice."""
    edge.broadcast(seconds=8)
    before = edge.origin.broadcasts[ROOM].last_msn
    edge.origin.end(ROOM)
    edge.broadcast(seconds=4)

    assert edge.origin.broadcasts[ROOM].windows["v720"].first_msn > before


async def test_an_ended_broadcast_is_forgotten(edge: Harness) -> None:
    """After `ended_keep_seconds` nothing of a broadcast is held."""
    edge.broadcast()
    edge.origin.end(ROOM)
    edge.origin.sweep()
    kept = ROOM in edge.origin.broadcasts
    edge.clock.ns += 61 * NANOSECOND
    edge.origin.sweep()

    assert kept
    assert edge.origin.broadcasts == {}
    assert edge.context.metrics.get_sample_value("levelchat_edge_held_bytes") == 0


async def test_parts_of_an_unknown_room_are_left_out(edge: Harness) -> None:
    """A part that comes after its broadcast was forgotten does nothing."""
    part = next(synthetic.parts(synthetic.program(), synthetic.START_NS, 1))
    edge.origin.part("r_gone", part)

    assert edge.origin.broadcasts == {}
