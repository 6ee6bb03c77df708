"""Laws of cascade.relay.pulled (and of whole trees: test_relay.py)."""

from collections.abc import AsyncIterator

import msgspec
import pytest
from relaykit import ROOM, Cascade, cascade, until

from cascade.relay.records import (
    CarriedSession,
    NodeRecord,
    RoomRecord,
    encode,
    node_key,
    room_key,
)


@pytest.fixture
async def nodes() -> AsyncIterator[Cascade]:
    async with cascade() as made:
        yield made


async def test_other_tracks_of_a_session_come_through(nodes: Cascade) -> None:
    """When the publisher's tracks change, the nodes below pull the session anew and replace it."""
    origin, leaf = await nodes.node("origin"), await nodes.node("leaf")
    publisher = nodes.publisher(origin)
    far = leaf.watch()
    await until(lambda: leaf.packets(far) > 0)

    there = publisher.publication()
    origin.relay.stage.publish(msgspec.structs.replace(there, tracks=there.tracks[:1]))
    await until(lambda: len(far.published["s_one"].tracks) == 1, 2)
    await until(lambda: leaf.packets(far) > 0)

    assert (far.replaced, far.unpublished) == (1, 0)


async def test_a_node_that_gives_nothing_is_passed_over(nodes: Cascade) -> None:
    """Of those who say that they carry the session, one that does not answer costs a try."""
    origin, leaf = await nodes.node("origin"), await nodes.node("leaf", "eu")
    liar = leaf.relay._means.directory
    path = ("origin", "liar")
    liar.put(node_key("liar"), encode(NodeRecord("liar", "http://127.0.0.1:1", "eu")))
    liar.put(
        room_key(ROOM, "liar"), encode(RoomRecord("liar", ROOM, (CarriedSession("s_one", path),)))
    )
    nodes.publisher(origin)
    far = leaf.watch()
    await until(lambda: leaf.packets(far) > 0)
    assert leaf.relay.parent(ROOM, "s_one") == "origin"


async def test_a_circle_is_left(nodes: Cascade) -> None:
    """A parent that gets the session through this node is none: another is looked for while the
    session stays published.
    """
    origin, middle, leaf = [await nodes.node(name) for name in ("origin", "middle", "leaf")]
    nodes.publisher(origin)
    far = leaf.watch()
    await until(lambda: leaf.packets(far) > 0)
    near = middle.watch()
    await until(lambda: middle.packets(near) > 0)
    # The origin's record as it were if it pulled from the leaf.
    record = RoomRecord("origin", ROOM, (CarriedSession("s_one", ("middle", "leaf", "origin")),))
    former = far.published["s_one"]

    origin.relay._means.directory.put(room_key(ROOM, "origin"), encode(record))
    await until(lambda: leaf.relay.path(ROOM, "s_one") == ())
    origin.relay._written.clear()
    origin.relay._write_room(ROOM)
    await until(lambda: leaf.relay.path(ROOM, "s_one"))

    assert far.unpublished == 0
    assert far.published["s_one"].session == former.session
