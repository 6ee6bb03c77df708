"""Laws of cascade.relay.link (and of links at work: test_relay.py)."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from relaykit import ROOM, Cascade, Node, cascade, until

from cascade.relay.errors import PullFailed
from cascade.relay.link import Link, Parent
from levelchat.errors import LevelChatError


@pytest.fixture
async def nodes() -> AsyncIterator[Cascade]:
    async with cascade() as made:
        yield made


def _link(node: Node) -> Link:
    return Link(Parent("origin", ("origin",)), node.endpoint, node.clock)


async def _joined(origin: Node, leaf: Node) -> Link:
    """Without HTTP between."""
    link = _link(leaf)
    key, offer = origin.relay.feeds.offer(ROOM, "s_one", "leaf")
    origin.relay.feeds.answer(key, link.begin(offer))
    await link.connected()
    return link


async def test_packets_come_and_are_answered_for(nodes: Cascade) -> None:
    """Every source flows, the parent hears reports of each, and silence is short."""
    origin, leaf = await nodes.node("origin"), await nodes.node("leaf")
    nodes.publisher(origin)
    link = await _joined(origin, leaf)
    stats = leaf.endpoint.forwarder.source_stats
    await until(lambda: all(stats(source).packets > 5 for source in link.sources))
    feed = next(iter(origin.relay.feeds._feeds.values()))
    outlets = origin.endpoint.forwarder.outlet_stats
    await until(lambda: all(outlets(outlet).reports for outlet in feed._outlets))

    assert link.has_pictures()
    assert link.silence_ns() < 500_000_000
    assert [track.layers[0].source for track in link.tracks] == list(link.sources)
    link.close("the test is over")
    await until(lambda: len(origin.relay.feeds) == 0)
    assert not link.is_open


async def test_the_newest_key_frame_is_there_at_once(nodes: Cascade) -> None:
    """What the parent keeps is replayed: the first picture waits for no publisher."""
    origin, leaf = await nodes.node("origin"), await nodes.node("leaf")
    publisher = nodes.publisher(origin)
    stats = origin.endpoint.forwarder.source_stats
    await until(lambda: stats(publisher.video).key_frames and stats(publisher.video).packets > 5)

    link = await _joined(origin, leaf)
    await until(link.has_pictures)

    assert stats(publisher.video).key_frames == 1
    link.close("the test is over")


async def test_a_link_that_ends_before_it_began_says_so(nodes: Cascade) -> None:
    """Who waits for it hears why."""
    origin, leaf = await nodes.node("origin"), await nodes.node("leaf")
    nodes.publisher(origin)
    link = _link(leaf)
    ended: list[bool] = []
    link.on_close = lambda: ended.append(True)
    link.begin(origin.relay.feeds.offer(ROOM, "s_one", "leaf")[1])
    waiting = asyncio.create_task(link.connected())
    await asyncio.sleep(0)
    link.close("no reason")
    with pytest.raises(PullFailed, match="no reason"):
        await waiting
    assert ended == [True]


@pytest.mark.parametrize("text", ["", "v=0\r\n", "what?"])
async def test_a_parents_garbage_opens_nothing(nodes: Cascade, text: str) -> None:
    """It is refused like anybody's."""
    leaf = await nodes.node("leaf")
    link = _link(leaf)
    with pytest.raises(LevelChatError):
        link.begin(text)
    link.close("it was garbage")
    assert leaf.endpoint.metrics.peers == 0
