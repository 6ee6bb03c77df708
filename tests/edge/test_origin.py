"""Laws of edge.origin."""

import msgspec
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


async def test_what_an_ended_broadcast_listed_outlives_it(edge: Harness) -> None:
    """A2.9: players of the broadcast before still fetch its segments when a new one has begun."""
    edge.broadcast(seconds=8)
    old = edge.origin.broadcasts[ROOM]
    paths = [segment.uri for segment in old.windows["v720"].segments()]
    edge.origin.end(ROOM)
    edge.clock.ns += 9 * NANOSECOND
    edge.broadcast(seconds=4, start_ns=edge.clock.ns)

    shelf = edge.origin.broadcasts[ROOM].shelf
    assert all(shelf.get(path) for path in paths)

    edge.clock.ns += 60 * NANOSECOND
    shelf.sweep(edge.clock.ns)
    assert not any(shelf.get(path) for path in paths)


async def test_nothing_is_listed_after_the_end(edge: Harness) -> None:
    """A1.5: parts that come after the end, or for a rendition that nobody announced, are dropped
    and counted.
    """
    later = edge.broadcast()
    stranger = msgspec.structs.replace(later[0], rendition="v9000")
    edge.origin.part(ROOM, stranger)
    edge.origin.end(ROOM)
    before = edge.origin.broadcasts[ROOM].playlist("v720").plain
    edge.origin.part(ROOM, later[0])
    edge.origin.end(ROOM)

    assert edge.origin.broadcasts[ROOM].playlist("v720").plain == before
    assert edge.context.metrics.get_sample_value("levelchat_edge_dropped_parts_total") == 2
