"""Laws of cascade.relay.relay: three nodes, real UDP, DTLS and HTTP between them."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from jetstream import JetStreamServer
from relaykit import ROOM, TTL, Cascade, Node, Viewer, Watcher, cascade, until

from cascade.relay.relay import Measured
from cascade.relay.settings import RelaySettings

CHAIN = RelaySettings(max_children=1)
"""Each node feeds one other, so that three stand in a row."""
FREEZE_SECONDS = 1.5


@pytest.fixture
async def nodes() -> AsyncIterator[Cascade]:
    async with cascade() as made:
        yield made


async def _chain(nodes: Cascade) -> tuple[Node, Node, Node]:
    """An origin, a relay that pulls from it, and a leaf that pulls from the relay."""
    return (
        await nodes.node("origin", settings=CHAIN),
        await nodes.node("middle", settings=CHAIN),
        await nodes.node("leaf", settings=CHAIN),
    )


def _full_and_carried(leaf: Node) -> bool:
    """The leaf knows that the origin has a child, and that the child carries the session."""
    carriers = leaf.relay.view.carriers(ROOM, "s_one")
    return len(carriers) > 1 and any(item.children for item in carriers)


async def _watch_in_a_row(middle: Node, leaf: Node) -> tuple[Watcher, Watcher]:
    """The middle first, so that the leaf finds the origin full."""
    near = middle.watch()
    await until(lambda: middle.packets(near) > 0)
    await until(lambda: _full_and_carried(leaf))
    far = leaf.watch()
    await until(lambda: leaf.packets(far) > 0)
    return near, far


async def test_packets_come_through_two_nodes(nodes: Cascade) -> None:
    """A session is pulled where its room is watched, relay after relay, with its names, tracks
    and depth; and let go after the last watcher.
    """
    origin, middle, leaf = await _chain(nodes)
    nodes.publisher(origin)
    near, far = await _watch_in_a_row(middle, leaf)
    await until(lambda: leaf.packets(far) > 10)

    assert leaf.relay.parent(ROOM, "s_one") == "middle"
    assert leaf.relay.path(ROOM, "s_one") == ("origin", "middle", "leaf")
    there = far.published["s_one"]
    assert (there.identity, there.name, there.depth) == ("ann", "Ann", 2)
    assert [(track.codec.value, track.layers[0].rid, track.fmtp) for track in there.tracks] == [
        ("vp8", "h", ""),
        ("opus", "", "usedtx=1"),
    ]
    assert [track.fmtp for track in near.published["s_one"].tracks] == ["", "usedtx=1"]


async def test_a_killed_relay_is_passed_over(nodes: Cascade) -> None:
    """Nobody hears a goodbye: after the silence the leaf goes to the origin, the session stays
    published, and packets come again within what viewers may freeze.
    """
    origin, middle, leaf = await _chain(nodes)
    nodes.publisher(origin)
    _, far = await _watch_in_a_row(middle, leaf)
    assert leaf.relay.parent(ROOM, "s_one") == "middle"

    await middle.kill()
    killed = time.monotonic()
    former = far.published["s_one"]
    await until(lambda: far.published["s_one"] is not former and leaf.packets(far) > 0)

    assert time.monotonic() - killed < FREEZE_SECONDS
    assert leaf.relay.parent(ROOM, "s_one") == "origin"
    assert (far.replaced, far.unpublished) == (1, 0)
    await until(lambda: leaf.packets(far) > 25)


async def test_a_relay_that_stops_moves_its_children_first(nodes: Cascade) -> None:
    """Those below go elsewhere while packets still come, and `drain` returns when they have."""
    origin, middle, leaf = await _chain(nodes)
    nodes.publisher(origin)
    _, far = await _watch_in_a_row(middle, leaf)
    former = far.published["s_one"]
    source = former.tracks[0].layers[0].source
    flowing: list[int] = []

    drained = asyncio.create_task(middle.relay.drain())
    while not drained.done():
        flowing.append(leaf.endpoint.forwarder.source_stats(source).packets)
        if far.published["s_one"] is not former:
            break
        await asyncio.sleep(0.02)
    await drained

    assert leaf.relay.parent(ROOM, "s_one") == "origin"
    assert len(middle.relay.feeds) == 0
    assert (far.replaced, far.unpublished) == (1, 0)
    assert flowing[-1] > 0
    await until(lambda: leaf.packets(far) > 10)
    assert far.replaced == 1


async def test_a_silent_publisher_is_no_failure(nodes: Cascade) -> None:
    """Who is muted sends nothing for as long as they like: the nodes below ask, and stay."""
    origin = await nodes.node("origin")
    leaf = await nodes.node("leaf")
    publisher = nodes.publisher(origin)
    far = leaf.watch()
    await until(lambda: leaf.packets(far) > 0)

    publisher.paused = True
    source = far.published["s_one"].tracks[0].layers[0].source
    silent = leaf.endpoint.forwarder.source_stats
    await until(lambda: leaf.clock.now_ns() - silent(source).last_packet_ns > 1_500_000_000)
    before = leaf.packets(far)
    publisher.paused = False
    await until(lambda: leaf.packets(far) > before)

    assert (far.replaced, far.unpublished) == (0, 0)
    assert leaf.relay.parent(ROOM, "s_one") == "origin"


async def test_a_session_ends_everywhere(nodes: Cascade) -> None:
    """When the publisher leaves, each node takes the session back, and pulls the next one."""
    origin, middle, leaf = await _chain(nodes)
    publisher = nodes.publisher(origin)
    near, far = await _watch_in_a_row(middle, leaf)

    await publisher.stop()
    await until(lambda: near.unpublished and far.unpublished, 3)
    await until(lambda: not leaf.relay.view.sessions(ROOM))
    nodes.publisher(origin, "s_two")
    await until(lambda: middle.packets(near, "s_two") and leaf.packets(far, "s_two"))


async def test_what_nobody_watches_is_let_go(nodes: Cascade) -> None:
    """A while after the last watcher a room is not pulled any more; a node that feeds another
    keeps what it feeds, and nothing of it once that has let go.
    """
    short = RelaySettings(max_children=1, linger_seconds=0.2)
    origin = await nodes.node("origin", settings=short)
    middle = await nodes.node("middle", settings=short)
    leaf = await nodes.node("leaf", settings=short)
    nodes.publisher(origin)
    near, far = await _watch_in_a_row(middle, leaf)

    middle.relay.stage.unwatch(ROOM, near)
    before = leaf.packets(far)
    await until(lambda: leaf.packets(far) > before + 60)
    leaf.relay.stage.unwatch(ROOM, far)
    await until(lambda: len(origin.relay.feeds) == 0 and not middle.relay.stage.rooms())
    assert not leaf.relay.stage.rooms()


async def test_two_publishers_nodes_do_not_keep_each_other(nodes: Cascade) -> None:
    """Being pulled from is no reason to pull: with the last watcher gone all feeds end."""
    short = RelaySettings(linger_seconds=0.2)
    one = await nodes.node("one", settings=short)
    two = await nodes.node("two", settings=short)
    leaf = await nodes.node("leaf", settings=short)
    nodes.publisher(one, "s_one")
    nodes.publisher(two, "s_two")
    far = leaf.watch()
    await until(lambda: leaf.packets(far, "s_one") and leaf.packets(far, "s_two"))
    assert (len(one.relay.feeds), len(two.relay.feeds)) == (1, 1)
    mutual = one.watch()
    await until(lambda: one.packets(mutual, "s_two"))

    leaf.relay.stage.unwatch(ROOM, far)
    one.relay.stage.unwatch(ROOM, mutual)
    await until(lambda: len(one.relay.feeds) == 0 and len(two.relay.feeds) == 0)


async def test_a_room_settles_before_anybody_watches(nodes: Cascade) -> None:
    """After `settle` what flows elsewhere is on the stage; of a room that nobody knows it returns
    at once.
    """
    origin, leaf = await nodes.node("origin"), await nodes.node("leaf")
    nodes.publisher(origin)
    await until(lambda: leaf.relay.view.sessions(ROOM))

    await leaf.relay.settle("r_empty")
    await leaf.relay.settle(ROOM)

    assert [item.session for item in leaf.relay.stage.publications(ROOM)] == ["s_one"]


async def test_a_subscriber_is_sent_to_a_node_with_room(nodes: Cascade) -> None:
    """Not to this one, not to one that is full; to none if there is none."""
    one, two = await nodes.node("one"), await nodes.node("two")
    await until(lambda: len(one.relay.view.nodes) == 2)
    assert one.relay.alternate(ROOM) == one.relay.view.nodes["two"].url

    two.relay.measure = lambda: Measured(load=1.2, packets=200_000, subscribers=300)
    await until(lambda: one.relay.view.nodes["two"].load == 1.2)
    assert one.relay.alternate(ROOM) is None


async def test_a_key_frame_is_asked_of_the_publisher_through_all_nodes(nodes: Cascade) -> None:
    """Whoever needs one at the leaf asks by its publication, and the publisher hears of it."""
    origin, middle, leaf = await _chain(nodes)
    publisher = nodes.publisher(origin)
    _, far = await _watch_in_a_row(middle, leaf)
    before = publisher.wanted

    there = far.published["s_one"]
    there.request_key_frame(there.tracks[0].layers[0].source)

    await until(lambda: publisher.wanted > before)


async def test_a_publishers_node_that_dies_takes_the_session_along(nodes: Cascade) -> None:
    """Its record is gone, and nobody has the session any more: it ends, and no two nodes go on
    feeding each other.
    """
    origin, one, two = await nodes.node("origin"), await nodes.node("one"), await nodes.node("two")
    publisher = nodes.publisher(origin)
    watchers = one.watch(), two.watch()
    await until(lambda: one.packets(watchers[0]) and two.packets(watchers[1]))

    publisher.paused = True
    await origin.kill()

    await until(lambda: all(watcher.unpublished for watcher in watchers))
    await until(lambda: len(one.relay.feeds) == 0 and len(two.relay.feeds) == 0)
    assert not one.relay.stage.rooms()


async def test_a_viewer_below_sees_one_stream(nodes: Cascade) -> None:
    """Through a failover an outlet keeps its SSRC and counts on without a gap, and goes over at
    the key frame that the new parent sends first: the publisher is asked for none.
    """
    origin, middle, leaf = await _chain(nodes)
    publisher = nodes.publisher(origin)
    publisher.group = 10_000
    viewer = Viewer(leaf)
    await _watch_in_a_row(middle, leaf)
    viewer.on_published(leaf.relay.stage.publications(ROOM)[0])
    leaf.relay.stage.watch(ROOM, viewer)
    await until(lambda: len(viewer.packets) > 20)

    await middle.kill()
    killed = time.monotonic()
    count = len(viewer.packets)
    await until(lambda: len(viewer.packets) > count + 5)

    assert time.monotonic() - killed < FREEZE_SECONDS
    numbers = [packet.sequence for packet in viewer.packets]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    times = [packet.timestamp for packet in viewer.packets]
    assert times == sorted(times)
    assert {packet.ssrc for packet in viewer.packets} == {viewer.SSRC}
    leaf.relay.stage.unwatch(ROOM, viewer)
    viewer.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[JetStreamServer]:
    server = JetStreamServer(tmp_path)
    server.start()
    yield server
    server.stop()


async def test_media_need_no_nats_once_they_flow(server: JetStreamServer, nodes: Cascade) -> None:
    """While NATS is away, and when it is back with nothing remembered, nobody's packets stop; a
    relay that is killed meanwhile is passed over all the same.
    """
    nodes.nats = server.url
    origin, middle, leaf = await _chain(nodes)
    await until(lambda: len(leaf.relay.view.nodes) == len(origin.relay.view.nodes) == 3)
    nodes.publisher(origin)
    _, far = await _watch_in_a_row(middle, leaf)
    assert leaf.relay.parent(ROOM, "s_one") == "middle"

    server.stop()
    before = leaf.packets(far)
    await until(lambda: leaf.packets(far) > before + 50 * (TTL + 0.5))
    assert (far.replaced, far.unpublished) == (0, 0)
    await middle.kill()
    killed = time.monotonic()
    await until(lambda: far.replaced and leaf.packets(far) > 0)
    assert time.monotonic() - killed < FREEZE_SECONDS

    server.start()
    await until(lambda: "middle" not in leaf.relay.view.nodes)
    await until(lambda: "leaf" in origin.relay.view.nodes)
    before = leaf.packets(far)
    await until(lambda: leaf.packets(far) > before + 25)
    assert (far.replaced, far.unpublished) == (1, 0)
